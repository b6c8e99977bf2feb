"""Writes the file of a source by exact allele; `ann.anntools.alleles` says what is in it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ann.anntools import blocks, variants
from ann.anntools.alleles import ALLELE, FILE, IDS, KEY, VALUES, WINDOW, Normal, keys, normalised, spelled
from ann.anntools.blocks import ID as ID_COLUMN
from ann.anntools.blocks import INFO, Block
from ann.anntools.header import Header
from ann.anntools.limits import LIMITS
from ann.anntools.recipe import InfoSpec
from ann.anntools.spill import Spill
from ann.anntools.tables import Table
from ann.anntools.texts import Bytes, Ints, arrow
from ann.anntools.values import attribute, escaped, flag
from ann.anntools.variants import Alleles, Kind

Part = tuple[str, int]
# In the ID column semicolons separate; a comma may stand there.
ID_RESERVED = rb"[^!-~]"


class Group(NamedTuple):
    """Rows of one contig: its name in the file, how many, and what makes (window, rows) of them for our contig."""

    contig: bytes
    size: int
    rows: Callable[[str], Iterator[tuple[int, pa.RecordBatch]]]


def schema(infos: Sequence[InfoSpec]) -> pa.Schema:
    """Return the columns of a track."""
    of_keys = [(info.key.name, pa.binary()) for info in infos]
    return pa.schema([("key", pa.int64()), ("allele", pa.binary()), ("id", pa.binary()), *of_keys])


class VCFAlleles:
    """The alleles of a VCF as rows of a track."""

    def __init__(self, table: Table, sequence: Callable[[str], Bytes | None]) -> None:
        self._table, self._sequence = table, sequence
        self._header: Header | None = None

    def groups(self) -> Iterator[Group]:
        """Yield the records. Raises BadInput where the file is no VCF."""
        self._header, records = blocks.read((text for text, _ in self._table.pieces()), LIMITS)
        for block in records:
            names, codes = block.contigs()
            for code, name in enumerate(names):
                rows = np.flatnonzero(codes == code)
                yield Group(name, rows.size, partial(self._rows, block, rows))

    def _rows(self, block: Block, records: Ints, contig: str) -> Iterator[tuple[int, pa.RecordBatch]]:
        spec = self._table.spec
        alleles = variants.of(block, records, block.pos[records])
        chosen = np.flatnonzero(alleles.kind == Kind.SEQUENCE)
        if not chosen.size:
            return
        info = arrow(block.column(INFO).take(records))
        ids = self._ids(block, records) if spec.ids else pa.array([b""] * records.size, pa.binary())
        values = [self._values(info, one, alleles, chosen) for one in spec.infos]
        named = ids.take(pa.array(alleles.record[chosen]))
        yield from windowed(normalised(alleles, chosen, self._sequence(contig)), named, values, spec.infos)

    def _ids(self, block: Block, records: Ints) -> pa.BinaryArray:
        ids = arrow(block.column(ID_COLUMN).take(records))
        return escaped(pc.if_else(pc.equal(ids, b"."), pa.scalar(b"", pa.binary()), ids), ID_RESERVED)

    def _values(self, info: pa.BinaryArray, spec: InfoSpec, alleles: Alleles, chosen: Ints) -> pa.BinaryArray:
        """Return the value of each chosen allele, null for none."""
        record, number = alleles.record[chosen], alleles.number[chosen]
        source = spec.column or spec.key.name
        if spec.key.number == "0":
            return flag(info, source).take(pa.array(record))
        values = attribute(info, source)
        split = spec.split or self._declared(source)
        if split not in {"A", "R"}:
            return values.take(pa.array(record))
        lists = pc.split_pattern(values.fill_null(b""), b",")
        edges = lists.offsets.to_numpy()
        place = edges[record] + number + (split == "R")
        missing = (place >= edges[record + 1]) | values.is_null().to_numpy(zero_copy_only=False)[record]
        single = lists.values.take(pa.array(place, mask=missing))
        dot = pc.is_in(single, pa.array([b".", b""], pa.binary()))
        return pc.if_else(dot, pa.scalar(None, pa.binary()), single)

    def _declared(self, key: str) -> str:
        line = self._header.info.get(key, b"") if self._header else b""
        return next((number for number in ("A", "R") if f"Number={number},".encode() in line), "")


def windowed(
    normal: Normal, ids: pa.BinaryArray, values: Sequence[pa.BinaryArray], infos: Sequence[InfoSpec]
) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Yield (window, rows) for alleles with their identifiers and their values per INFO key."""
    key, whole = keys(normal)
    spelling = pc.if_else(pa.array(whole), pa.scalar(b"", pa.binary()), spelled(normal.ref, normal.alt))
    batch = pa.RecordBatch.from_arrays([pa.array(key), spelling, ids, *values], schema=schema(infos))
    window = normal.start >> WINDOW
    for number in np.unique(window).tolist():
        yield number, batch.take(pa.array(np.flatnonzero(window == number)))


def write(
    folder: Path, contigs: Mapping[str, int], spill: Spill[Part], infos: Sequence[InfoSpec]
) -> tuple[dict[str, list[list[int]]], int]:
    """Write the rows that were put aside by contig and window.

    Returns the (window, record batch) pairs of each contig, and how many rows share a key at most.
    """
    places: dict[str, list[list[int]]] = {}
    windows: dict[str, list[int]] = {}
    for contig, window in spill.parts:
        windows.setdefault(contig, []).append(window)
    deepest, batch = 1, 0
    with pa.ipc.new_file(str(folder / FILE), schema(infos)) as writer:
        for contig in contigs:
            for window in sorted(windows.get(contig, [])):
                rows, depth = merged(spill.take((contig, window)))
                writer.write_batch(rows)
                places.setdefault(contig, []).append([window, batch])
                deepest, batch = max(deepest, depth), batch + 1
    return places, deepest


def merged(rows: pa.RecordBatch) -> tuple[pa.RecordBatch, int]:
    """Return rows sorted by key with each allele once, and how many share a key at most.

    Of an allele that stands in several rows the identifiers are joined, and of each INFO key the first value counts.
    """
    key = rows.column(KEY).to_numpy()
    order = np.argsort(key, kind="stable")
    rows, key = rows.take(pa.array(order)), key[order]
    if not (key[1:] == key[:-1]).any():
        return rows, 1
    shares = np.flatnonzero((np.diff(key, prepend=-1) == 0) | (np.diff(key, append=-1) == 0))
    kept = np.ones(key.size, np.bool_)
    kept[shares] = False
    single = _each_once(rows.take(pa.array(shares)))
    both = pa.Table.from_batches([rows.filter(pa.array(kept)), single]).combine_chunks().to_batches()[0]
    key = both.column(KEY).to_numpy()
    order = np.argsort(key, kind="stable")
    return both.take(pa.array(order)), int(np.unique(key, return_counts=True)[1].max())


def _each_once(rows: pa.RecordBatch) -> pa.RecordBatch:
    """Return rows that share keys with each allele once."""
    by_allele: dict[tuple[int, bytes], list[Any]] = {}
    for row in zip(*(column.to_pylist() for column in rows.columns), strict=True):
        first = by_allele.setdefault((row[KEY], row[ALLELE]), list(row))
        names = dict.fromkeys(name for text in (first[IDS], row[IDS]) for name in text.split(b";") if name)
        first[IDS] = b";".join(names)
        pairs = zip(first[VALUES:], row[VALUES:], strict=True)
        first[VALUES:] = [new if old is None else old for old, new in pairs]
    columns = zip(*by_allele.values(), strict=True)
    arrays = [pa.array(list(column), field.type) for column, field in zip(columns, rows.schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=rows.schema)
