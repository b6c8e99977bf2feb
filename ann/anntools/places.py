"""Where the rows of a source lie on the genome, and their values as INFO takes them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ann.anntools.contigs import Names
from ann.anntools.errors import ReferenceDataError, quoted
from ann.anntools.intervals import Intervals
from ann.anntools.recipe import FIELD, InfoSpec
from ann.anntools.tables import CONTIG_COLUMNS, END_COLUMNS, START_COLUMNS, Lines, Table, column_names, integers
from ann.anntools.texts import Ints
from ann.anntools.values import attribute, escaped, first_no_number, flag

PROMOTER = "promoter"  # the format of CpG islands that promoters overlap
UPSTREAM = 500  # bases before a transcript that AnnTools took for its putative promoter
MISSING = (b"", b".", b"NA", b"N/A")
SYMBOLS = ("symbol", "geneSymbol", "gene")  # of the column of gene symbols; the first column where none is named so


class Bodies(NamedTuple):
    """The T transcripts of a contig.

    ``symbols`` of their genes, binary (T,); ``starts`` and ``ends``, int64 (T,), 1-based inclusive; ``strand``, 1 or
    -1 (T,).
    """

    symbols: pa.BinaryArray
    starts: Ints
    ends: Ints
    strand: Ints


@dataclass(frozen=True)
class Placed:
    """R rows of a source.

    ``contigs``: binary (R,), as the file names them; ``starts``, ``ends``: int64 (R,), 1-based inclusive; ``values``:
    per INFO key binary (R,), escaped, null for none; ``number``: int64 (R,), lines of the file.
    """

    contigs: pa.BinaryArray
    starts: Ints
    ends: Ints
    values: Sequence[pa.BinaryArray]
    number: Ints

    def __len__(self) -> int:
        return self.starts.size

    def by_contig(self) -> Iterator[tuple[bytes, Ints]]:
        """Yield each contig and its rows."""
        encoded = self.contigs.dictionary_encode()
        codes = encoded.indices.to_numpy()
        order = np.argsort(codes, kind="stable")
        edges = np.searchsorted(codes[order], np.arange(len(encoded.dictionary) + 1))
        for code, name in enumerate(encoded.dictionary.to_pylist()):
            yield name, order[edges[code] : edges[code + 1]]

    def take(self, rows: Ints) -> "Placed":
        """Return the chosen rows."""
        chosen = pa.array(rows)
        return Placed(
            self.contigs.take(chosen),
            self.starts[rows],
            self.ends[rows],
            [column.take(chosen) for column in self.values],
            self.number[rows],
        )

    def refuse_outside(self, table: Table, contig: str, length: int) -> None:
        """Raise ReferenceDataError where a row does not lie on ``contig``."""
        wrong = (self.starts < 1) | (self.ends > length) | (self.starts > self.ends)
        if wrong.any():
            row = int(np.argmax(wrong))
            start, end, number = int(self.starts[row]), int(self.ends[row]), int(self.number[row])
            if start > end:
                raise table.refuse(number, f"its first base, {start}, comes after its last, {end}.")
            raise table.refuse(number, f"bases {start} to {end} are not all on {contig}, which has {length} bases.")


def placed(table: Table, contigs: Mapping[str, int], genes: Callable[[str], Bodies] | None) -> Iterator[Placed]:
    """Return the rows of a source by overlap, a piece of the file at a time; the arguments are `compile_source`'s."""
    by_genes = table.spec.match == "gene" or table.spec.format == PROMOTER
    if not by_genes:
        return _of_vcf(table) if table.spec.format == "vcf" else _of_table(table)
    if genes is None:
        raise ReferenceDataError(f"The source {table.spec.name} is placed by genes, but the recipe has no [genes].")
    if table.spec.format == PROMOTER:
        return _promoters(table, contigs, genes)
    return _of_genes(table, contigs, genes)


def _of_table(table: Table) -> Iterator[Placed]:
    """Yield the rows of a BED, a table of UCSC or a GFF3; of CpG islands without values."""
    spec = table.spec
    names = spec.columns or column_names(spec)
    contig, start, end = (_first(table, names, allowed) for allowed in (CONTIG_COLUMNS, START_COLUMNS, END_COLUMNS))
    for lines in table.read(wanted(table, [contig, start, end])):
        starts, ends = integers(table, lines, start), integers(table, lines, end)
        if spec.format != "gff3":
            # UCSC counts from 0, half-open; what has no length there lies after the base that VCF anchors it to.
            starts = np.where(starts == ends, np.maximum(starts, 1), starts + 1)
            ends = np.where((starts == 1) & (ends == 0), 1, ends)
        yield Placed(lines.columns[contig], starts, ends, values(table, lines), lines.number)


def wanted(table: Table, columns: Sequence[str]) -> list[str]:
    """Return ``columns`` and those that the INFO keys of the source take, each once."""
    taken: list[str] = []
    if table.spec.format == "gff3":
        taken = ["attributes"]
    elif table.spec.format == "vcf":
        taken = ["INFO"]
    elif table.spec.format != PROMOTER:
        taken = [name for info in table.spec.infos if info.column for name in info.fields]
    return list(dict.fromkeys([*columns, *taken]))


def values(table: Table, lines: Lines) -> list[pa.BinaryArray]:
    """Return the escaped values of each INFO key, null where there is none; those of promoters come from the genes."""
    if table.spec.format == PROMOTER:
        return []
    columns = [_value(table, lines, info) for info in table.spec.infos]
    for info, column in zip(table.spec.infos, columns, strict=True):
        wrong = first_no_number(column, info.key.type)
        if wrong >= 0:
            said = f"{info.column} is {quoted(column[wrong].as_py())}, {info.key.name} wants type {info.key.type}."
            raise table.refuse(int(lines.number[wrong]), said)
    return columns


def _value(table: Table, lines: Lines, info: InfoSpec) -> pa.BinaryArray:
    if not info.column:
        return pa.array([b"1"] * len(lines), pa.binary())
    if table.spec.format == "gff3":
        return attribute(lines.columns["attributes"], info.column)
    if not FIELD.search(info.column):
        return escaped(_known(lines.columns[info.column]))
    parts: list[pa.BinaryArray | bytes] = []
    end = 0
    for found in FIELD.finditer(info.column):
        parts.append(info.column[end : found.start()].encode())
        if found[2]:
            parts.append(pa.array(integers(table, lines, found[1]) + 1).cast(pa.string()).cast(pa.binary()))
        else:
            parts.append(_known(lines.columns[found[1]]))
        end = found.end()
    return escaped(pc.binary_join_element_wise(*parts, info.column[end:].encode(), b""))


def _known(column: pa.BinaryArray) -> pa.BinaryArray:
    missing = pc.is_in(column, pa.array(MISSING, pa.binary()))
    return pc.if_else(missing, pa.scalar(None, pa.binary()), column)


def _first(table: Table, names: Sequence[str], allowed: set[str]) -> str:
    if not names:
        raise ReferenceDataError(
            f"The source {table.spec.name} needs columns = [...]: the columns of {table.spec.table or 'its table'} are "
            "not known."
        )
    for name in names:
        if name in allowed:
            return name
    raise ReferenceDataError(
        f"The source {table.spec.name} needs one of the columns {', '.join(sorted(allowed))}; "
        f"it has {', '.join(names)}."
    )


def _of_vcf(table: Table) -> Iterator[Placed]:
    """Yield the records of a VCF, from POS to END or to the end of REF."""
    for lines in table.read(("CHROM", "POS", "REF", "INFO")):
        starts = integers(table, lines, "POS")
        ends = starts + pc.binary_length(lines.columns["REF"]).to_numpy() - 1
        said = attribute(lines.columns["INFO"], "END")
        given = ~said.is_null().to_numpy(zero_copy_only=False)
        if given.any():
            told = Lines({"END": said.filter(pa.array(given))}, lines.number[given])
            ends[given] = np.maximum(integers(table, told, "END"), starts[given])
        found = [
            (flag if info.key.number == "0" else attribute)(lines.columns["INFO"], info.column or info.key.name)
            for info in table.spec.infos
        ]
        yield Placed(lines.columns["CHROM"], starts, ends, found, lines.number)


def _of_genes(table: Table, contigs: Mapping[str, int], genes: Callable[[str], Bodies]) -> Iterator[Placed]:
    """Yield the transcripts of the genes that the file names, with the values of all their rows."""
    names = table.spec.columns or column_names(table.spec)
    symbol = next((name for name in SYMBOLS if name in names), "1")
    pieces = [
        pa.table(
            [lines.columns[symbol], *values(table, lines)], ["#symbol", *(info.key.name for info in table.spec.infos)]
        )
        for lines in table.read(wanted(table, [symbol]))
    ]
    if not pieces:
        return
    rows = pa.concat_tables(pieces)
    for contig in contigs:
        bodies = genes(contig)
        place = pa.table({"#symbol": bodies.symbols, "#row": pa.array(np.arange(len(bodies.symbols)))})
        joined = place.join(rows.append_column("#line", pa.array(np.arange(len(rows)))), "#symbol", join_type="inner")
        joined = joined.sort_by([("#line", "ascending"), ("#row", "ascending")]).combine_chunks()
        row = joined.column("#row").to_numpy()
        if row.size:
            yield Placed(
                pa.array([contig.encode()] * row.size, pa.binary()),
                bodies.starts[row],
                bodies.ends[row],
                [joined.column(info.key.name).combine_chunks() for info in table.spec.infos],
                joined.column("#line").to_numpy() + 1,
            )


def _promoters(table: Table, contigs: Mapping[str, int], genes: Callable[[str], Bodies]) -> Iterator[Placed]:
    """Yield the UPSTREAM bases before each transcript where they overlap an island of the file, with its gene."""
    names = Names(contigs, human=True)
    islands: dict[str, list[tuple[Ints, Ints]]] = {}
    for rows in _of_table(table):
        for name, chosen in rows.by_contig():
            contig = names.find(name.decode("utf-8", "replace"))
            if contig is not None:
                islands.setdefault(contig, []).append((rows.starts[chosen], rows.ends[chosen]))
    for contig, parts in islands.items():
        starts, ends = (np.concatenate(column) for column in zip(*parts, strict=True))
        order = np.argsort(starts, kind="stable")
        bodies = genes(contig)
        forward = bodies.strand > 0
        first = np.where(forward, bodies.starts - UPSTREAM, bodies.ends + 1)
        last = np.where(forward, bodies.starts - 1, bodies.ends + UPSTREAM)
        first, last = np.maximum(first, 1), np.minimum(last, contigs[contig])
        near = (Intervals(starts[order], ends[order]).count(first, last) > 0) & (first <= last)
        row = np.flatnonzero(near)
        row = row[np.argsort(first[row], kind="stable")]
        if row.size:
            names_of = escaped(_known(bodies.symbols.take(pa.array(row))))
            yield Placed(
                pa.array([contig.encode()] * row.size, pa.binary()),
                first[row],
                last[row],
                [names_of for _ in table.spec.infos],
                np.zeros(row.size, np.int64),
            )
