"""The files that sources come as (BED, UCSC's tables, GFF3, VCF), read as columns a piece at a time."""

import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pc_csv

from ann.anntools.errors import ReferenceDataError, quoted
from ann.anntools.recipe import SourceSpec
from ann.anntools.texts import Ints
from ann.anntools.ucsc import TABLES

PIECE = 8 << 20  # bytes of a file that are looked at together
MOST_LINE = 256 << 20  # gnomAD's lines have some ten thousand bytes
GZIP = b"\x1f\x8b"
BED = ("chrom", "chromStart", "chromEnd", "name", "score", "strand", "thickStart", "thickEnd", "itemRgb", "blockCount",
       "blockSizes", "blockStarts")  # fmt: skip
GFF3 = ("seqid", "source", "type", "start", "end", "score", "strand", "phase", "attributes")
VCF = ("CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO")
# Lines of a BED that are for browsers.
BROWSER = (b"track", b"browser")
CONTIG_COLUMNS = {"chrom", "tName", "genoName", "seqid", "CHROM"}
START_COLUMNS = {"chromStart", "txStart", "tStart", "genoStart", "start", "POS"}
END_COLUMNS = {"chromEnd", "txEnd", "tEnd", "genoEnd", "end"}


@dataclass(frozen=True)
class Lines:
    """L lines of a table: ``columns``, Arrow binary arrays (L,) by name; ``number``: int64 (L,), counted from 1."""

    columns: dict[str, pa.BinaryArray]
    number: Ints

    def __len__(self) -> int:
        return self.number.size


@dataclass(frozen=True)
class Table:
    """A file of a source."""

    spec: SourceSpec
    path: Path

    def read(self, wanted: Sequence[str]) -> Iterator[Lines]:
        """Yield the lines with the columns ``wanted``.

        Raises ReferenceDataError where the file cannot be read, lacks a column or has a line with other columns.
        """
        names: Sequence[str] = ()
        for piece, first in self.pieces():
            lines = piece.splitlines(keepends=True)
            is_data = [self._is_data(line) for line in lines]
            numbers = first + np.flatnonzero(is_data)
            if not numbers.size:
                continue
            whole = numbers.size == len(lines)
            text = piece if whole else b"".join(line for line, data in zip(lines, is_data, strict=True) if data)
            names = names or self._names(text.partition(b"\n")[0].split(b"\t"), wanted)
            yield Lines(self._parsed(text, names, wanted, numbers), numbers)

    def refuse(self, line: int, sentence: str) -> ReferenceDataError:
        """Return the error that says what is wrong with a line."""
        return ReferenceDataError(f"{self.path.name}, line {line}: {sentence}")

    def _is_data(self, line: bytes) -> bool:
        if line.startswith((b"#", b">")) or not line.strip():
            return False
        return not (self.spec.format == "bed" and line.startswith(BROWSER) and line.split(None, 1)[0] in BROWSER)

    def _names(self, line: Sequence[bytes], wanted: Sequence[str]) -> Sequence[str]:
        """Return the names of the columns of a file whose first line is ``line``."""
        count = len(line)
        given = self.spec.columns or column_names(self.spec)
        if given[:1] == ("bin",) and not line[0].isdigit():
            given = given[1:]
        if len(given) > count and self.spec.format != "bed":
            raise ReferenceDataError(
                f"{self.path.name} has {count} columns, those of {self.spec.table or self.spec.format} are "
                f"{len(given)}: {', '.join(given)}."
            )
        names = [*given[:count], *(f"#{number}" for number in range(len(given) + 1, count + 1))]
        for name in wanted:
            if name not in names and not _number(name, count):
                raise ReferenceDataError(
                    f"{self.path.name} has no column {name!r}; its columns are {', '.join(names)} or 1 to {count}."
                )
        return names

    def _parsed(self, text: bytes, names: Sequence[str], wanted: Sequence[str], numbers: Ints) -> dict[str, pa.Array]:
        places = {name: _number(name, len(names)) or names.index(name) + 1 for name in wanted}
        titles = [str(place) for place in range(1, len(names) + 1)]
        include = sorted({str(place) for place in places.values()}, key=int)
        try:
            table = pc_csv.read_csv(
                pa.BufferReader(text),
                read_options=pc_csv.ReadOptions(column_names=titles, use_threads=False, block_size=len(text)),
                parse_options=pc_csv.ParseOptions(delimiter="\t", quote_char=False, ignore_empty_lines=False),
                convert_options=pc_csv.ConvertOptions(
                    include_columns=include, column_types=dict.fromkeys(include, pa.binary()), strings_can_be_null=False
                ),
            )
        except pa.ArrowInvalid as error:
            for number, line in zip(numbers.tolist(), text.splitlines(), strict=True):
                count = line.count(b"\t") + 1
                if count != len(names):
                    sentence = f"it has {count} columns, the lines before have {len(names)}."
                    raise self.refuse(number, sentence) from error
            raise self.refuse(int(numbers[0]), f"from here on the table cannot be read: {error}.") from error
        columns = {title: table.column(title).combine_chunks() for title in include}
        return {name: columns[str(place)] for name, place in places.items()}

    def pieces(self) -> Iterator[tuple[bytes, int]]:
        """Yield whole lines and the number of the first."""
        number = 1
        rest = b""
        try:
            with _opened(self.path) as stream:
                while piece := stream.read(PIECE):
                    text = rest + piece
                    cut = text.rfind(b"\n") + 1
                    rest = text[cut:]
                    if len(rest) > MOST_LINE:
                        raise self.refuse(
                            number, f"the line is longer than {MOST_LINE:,} bytes, the most that is taken."
                        )
                    if cut:
                        yield text[:cut], number
                        number += text.count(b"\n", 0, cut)
                if rest:
                    yield rest, number
        except (OSError, EOFError) as error:
            raise ReferenceDataError(f"{self.path} cannot be read: {error}.") from error


def _opened(path: Path) -> gzip.GzipFile | BufferedReader:
    with path.open("rb") as stream:
        packed = stream.read(len(GZIP)) == GZIP
    return gzip.open(path, "rb") if packed else path.open("rb")


def _number(name: str, count: int) -> int:
    return int(name) if name.isdecimal() and 1 <= int(name) <= count else 0


def column_names(spec: SourceSpec) -> Sequence[str]:
    """Return the names that a format or a known table of UCSC gives its columns; empty where it gives none."""
    if spec.format == "ucsc":
        return TABLES.get(spec.table, ())
    return {"bed": BED, "gff3": GFF3, "vcf": VCF, "promoter": TABLES["cpgIslandExt"]}[spec.format]


def integers(table: Table, lines: Lines, name: str) -> Ints:
    """Return a column as numbers, int64 (L,). Raises ReferenceDataError where one is none."""
    try:
        numbers: Ints = pc.cast(lines.columns[name].cast(pa.string()), pa.int64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        for row, value in enumerate(lines.columns[name].to_pylist()):
            if not (value.isdigit() and len(value) < len(str(np.iinfo(np.int64).max))):
                number = int(lines.number[row])
                raise table.refuse(number, f"{name} is {quoted(value)}, it must be a whole number.") from None
        raise
    return numbers
