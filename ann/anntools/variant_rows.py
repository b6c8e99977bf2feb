"""A block's alleles as rows of the table of variants, in the compact form in which they are sorted."""

import re
from collections.abc import Iterator
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ann.anntools import variants
from ann.anntools.annotated import Annotated, allele_types, firsts
from ann.anntools.blocks import CHROM, DOT, FILTER, ID, QUAL, REF, Block
from ann.anntools.effects import BIT
from ann.anntools.texts import Ints, Texts
from ann.anntools.variants import Alleles, Kind

# A row begins with its key: the contig's place above POS, so that keys sort as the genome does.
POS_BITS: Final = 32
# Texts longer than this are cut, and no more alleles than a portion are made to rows at a time, so that thousands of
# alleles of a REF of megabytes do not fill the memory.
LONGEST: Final = 1000
PORTION: Final = 1 << 14
CUT: Final = b"..."
NUMBER: Final = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
NUMBERS: Final = ("exon", "intron", "cdna_position", "cds_position", "protein_position", "distance")
SCHEMA: Final = pa.schema(
    [
        ("key", pa.int64()),
        ("chrom", pa.string()),  # only where the contig's place does not tell it
        ("id", pa.string()),
        ("ref", pa.string()),
        ("alt", pa.string()),
        ("qual", pa.float64()),
        ("filter", pa.string()),
        ("type", pa.int8()),  # place in TYPES
        ("terms", pa.int64()),  # a set of TERMS
        ("transcript", pa.int32()),  # row of the contig's transcripts
        *((name, pa.int32()) for name in NUMBERS),
        ("hgvs_c", pa.string()),
        ("hgvs_p", pa.string()),
        ("known", pa.bool_()),
    ]
)


def of_annotated(annotated: Annotated, place: int) -> Iterator[pa.RecordBatch]:
    """Yield a row for every allele, SCHEMA; ``place`` is the contig's in the order of the table."""
    alleles, effects = annotated.alleles, annotated.effects
    # Pairs ascend by allele, then severity, so the first of each allele is its most severe.
    pair = np.full(len(alleles), -1, np.int64)
    begins = firsts(effects.allele)
    pair[effects.allele[begins]] = begins
    for portion in _portions(alleles):
        part = _cut(alleles, portion)
        record = annotated.rows[part.record]
        columns = _of_block(annotated.block, record, np.int64(place)) | _of_alleles(part)
        columns |= _of_pairs(annotated, part, pair[portion])
        if annotated.known is not None:
            columns["known"] = pa.array(annotated.known[part.record])
        yield _batch(columns)


def of_unplaced(block: Block, rows: Ints, places: Ints) -> Iterator[pa.RecordBatch]:
    """Yield a row for every allele of records without effects, SCHEMA, which name their contig themselves.

    ``rows``: int64 (N,), rows of ``block``, ascending. ``places``: int64 (N,), of their contigs in the table's order.
    """
    alleles = variants.of(block, rows, block.pos[rows])
    for portion in _portions(alleles):
        part = _cut(alleles, portion)
        record = rows[part.record]
        columns = _of_block(block, record, places[part.record]) | _of_alleles(part)
        columns["chrom"] = _strings(block.column(CHROM), record)
        yield _batch(columns)


def _portions(alleles: Alleles) -> Iterator[slice]:
    for first in range(0, len(alleles), PORTION):
        yield slice(first, first + PORTION)


def _cut(alleles: Alleles, portion: slice) -> Alleles:
    """Return some of the alleles."""

    def texts(column: Texts) -> Texts:
        return Texts(column.data, column.starts[portion], column.sizes[portion])

    return Alleles(
        record=alleles.record[portion],
        number=alleles.number[portion],
        kind=alleles.kind[portion],
        start=alleles.start[portion],
        end=alleles.end[portion],
        ref=texts(alleles.ref),
        alt=texts(alleles.alt),
        written=texts(alleles.written),
    )


def _batch(columns: dict[str, pa.Array]) -> pa.RecordBatch:
    """Return the columns as SCHEMA has them, those that are missing as nulls."""
    count = len(columns["key"])
    arrays = [columns[field.name] if field.name in columns else pa.nulls(count, field.type) for field in SCHEMA]
    return pa.record_batch(arrays, schema=SCHEMA)


def _of_pairs(annotated: Annotated, alleles: Alleles, pair: Ints) -> dict[str, pa.Array]:
    """Return what the effects tell; ``pair``: int64 (A,), rows of the effects, -1 for none."""
    effects = annotated.effects
    bare = pair < 0
    changes = (alleles.kind != Kind.NONE) & (alleles.kind != Kind.SPANNING)
    terms = np.where(bare, np.where(changes, BIT["intergenic_variant"], 0), _chosen(effects.terms, pair))
    return {
        "terms": pa.array(terms, mask=terms == 0),
        "transcript": pa.array(_chosen(effects.transcript, pair).astype(np.int32), mask=bare),
        "exon": _positive(effects.exon, pair),
        "intron": _positive(effects.intron, pair),
        "cdna_position": _positive(effects.cdna, pair),
        "cds_position": _positive(effects.cds, pair),
        "protein_position": _positive(effects.protein, pair),
        "distance": _positive(effects.distance, pair),
        "hgvs_c": _named(annotated.coding_names, pair, bare),
        "hgvs_p": _named(annotated.protein_names, pair, bare),
    }


def _of_alleles(alleles: Alleles) -> dict[str, pa.Array]:
    return {
        "alt": _strings(alleles.written, np.arange(len(alleles))),
        "type": pa.array(allele_types(alleles).astype(np.int8)),
    }


def _of_block(block: Block, record: Ints, place: Ints | np.int64) -> dict[str, pa.Array]:
    return {
        "key": pa.array((place << POS_BITS) + block.pos[record]),
        "id": _present(block, ID, record),
        "ref": _strings(block.column(REF), record),
        "qual": _floats(_present(block, QUAL, record)),
        "filter": _present(block, FILTER, record),
    }


def _present(block: Block, number: int, record: Ints) -> pa.StringArray:
    """Return a column's texts, null for a dot or nothing."""
    texts = block.column(number)
    byte = block.data[np.minimum(texts.starts, block.data.size - 1)]
    absent = (texts.sizes == 0) | ((texts.sizes == 1) & (byte == DOT))
    return _strings(texts, record, absent[record])


def _strings(texts: Texts, rows: Ints, absent: NDArray[np.bool_] | None = None) -> pa.StringArray:
    """Return the chosen rows as UTF-8, long ones cut, null where ``absent``; the rows of ``texts`` ascend in data."""
    sizes = np.minimum(texts.sizes, LONGEST)
    # Between any two rows lies a stretch that is no row, so that one array of offsets describes both.
    edges = np.stack((texts.starts, texts.starts + sizes), axis=1).ravel()
    base = int(edges[0]) if edges.size else 0
    offsets = (edges - base).astype(np.int32)
    count = max(offsets.size - 1, 0)
    stretches = pa.Array.from_buffers(
        pa.binary(), count, [None, pa.py_buffer(offsets), pa.py_buffer(texts.data[base:])]
    )
    found = stretches.take(pa.array(2 * rows, mask=absent))
    long = texts.sizes > LONGEST
    if long.any():
        marks = pa.array(np.array([b"", CUT], object)[long[rows].astype(np.int64)], pa.binary())
        found = pc.binary_join_element_wise(found, marks, b"")
    return _utf8(found)


def _utf8(found: pa.BinaryArray) -> pa.StringArray:
    try:
        return found.cast(pa.string())
    except pa.ArrowInvalid:
        values = [value if value is None else value.decode("utf-8", "replace") for value in found.to_pylist()]
        return pa.array(values, pa.string())


def _floats(texts: pa.StringArray) -> pa.DoubleArray:
    try:
        return texts.cast(pa.float64())
    except pa.ArrowInvalid:
        return pa.array([_float(text) for text in texts.to_pylist()], pa.float64())


def _float(text: str | None) -> float | None:
    return float(text) if text is not None and NUMBER.fullmatch(text) else None


def _chosen(values: Ints, pair: Ints) -> Ints:
    return np.append(values, 0)[pair]


def _positive(values: NDArray[np.int32], pair: Ints) -> pa.Int32Array:
    """Return the values of each allele's pair, null for 0 or without a pair."""
    chosen = np.append(values, np.int32(0))[pair]
    return pa.array(chosen, mask=chosen == 0)


def _named(names: pa.BinaryArray | None, pair: Ints, bare: NDArray[np.bool_]) -> pa.StringArray:
    """Return the name of each allele's pair, long ones cut, null without a pair or a name."""
    if names is None:
        return pa.nulls(pair.size, pa.string())
    sizes = pc.fill_null(pc.binary_length(names), 0).to_numpy(zero_copy_only=False)
    size = _chosen(sizes, pair)
    found = names.take(pa.array(pair, mask=bare | (size == 0)))
    if (size > LONGEST).any():
        short = pc.binary_join_element_wise(pc.binary_slice(found, 0, LONGEST), CUT, b"")
        found = pc.if_else(pa.array(size > LONGEST), short, found)
    return _utf8(found)
