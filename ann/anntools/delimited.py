"""Lines with columns between TABs, a batch of lines at a time, and what is wrong with them."""

import codecs
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from ann.anntools.errors import ReferenceDataError, clipped
from ann.anntools.gene_files import COMMENT
from ann.anntools.source_files import at_line, opened

BLOCK = 1 << 24
FASTA = "##FASTA"
MOST_LONG = 10_000  # lines with a TAB too much that are taken
LONGEST = 4  # bytes of a character in UTF-8
NOWHERE = -1  # the row of such a line


class _Readable(io.RawIOBase):
    """A file in which question marks stand for bytes that are no UTF-8, which Arrow cannot hand to _Malformed."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8")("question")

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Return at most ``size`` bytes, which is far more than a character has; none at the end."""
        while True:
            piece = self._stream.read(size - LONGEST)
            if piece.isascii() and not self._decoder.getstate()[0]:
                return piece
            text = self._decoder.decode(piece, final=not piece)
            if text or not piece:
                return text.encode()


def _question(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "?" * (error.end - error.start), error.end


codecs.register_error("question", _question)


@dataclass
class _Malformed:
    """Decides on lines that have other than ``names`` columns.

    ``long`` keeps those with more, whose last column holds a TAB; ``short`` the first with fewer that is neither
    comment nor sequence, and ``columns`` how many it has.
    """

    names: Sequence[str]
    long: list[bytes] = field(default_factory=list)
    short: str = ""
    columns: int = 0
    sequence: bool = False

    def __call__(self, row: csv.InvalidRow) -> str:
        if row.text.startswith(FASTA):
            self.sequence = True
        if self.sequence or row.text.startswith(COMMENT.decode()) or not row.text.strip():
            return "skip"
        if row.actual_columns > len(self.names) and len(self.long) < MOST_LONG:
            self.long.append(row.text.encode())
            return "skip"
        self.short, self.columns = row.text, row.actual_columns
        return "error"

    def batch(self, used: Sequence[str]) -> pa.RecordBatch:
        """Return the long lines."""
        rows = [line.split(b"\t", len(self.names) - 1) for line in self.long]
        columns = dict(zip(self.names, zip(*rows, strict=True), strict=True))
        return pa.RecordBatch.from_pydict({name: pa.array(columns[name], pa.binary()) for name in used})


def lines(path: Path, names: Sequence[str], used: Sequence[str]) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Yield (row of the first line, columns ``used``, binary) of the lines that are no comments; ``names`` name all.

    Rows count lines from 0, without comments and empty ones. Lines with a TAB in their last column come last, with
    NOWHERE as row. Sequence after ##FASTA is skipped. Raises ReferenceDataError with the line number where a line has
    fewer columns, or where no line is there.
    """
    malformed = _Malformed(names)
    row = 0
    with opened(path) as stream:
        try:
            reader = csv.open_csv(
                _Readable(stream),
                read_options=csv.ReadOptions(column_names=names, block_size=BLOCK, use_threads=False),
                parse_options=csv.ParseOptions(delimiter="\t", quote_char=False, invalid_row_handler=malformed),
                convert_options=csv.ConvertOptions(
                    column_types={name: pa.binary() for name in used}, include_columns=used, strings_can_be_null=False
                ),
            )
            for batch in reader:
                found = batch.filter(pc.invert(pc.starts_with(batch[used[0]], COMMENT)))
                yield row, found
                row += len(found)
        except pa.ArrowInvalid as error:
            if malformed.short:
                raise _too_short(path, malformed) from error
            raise _empty(path, names) from error
    if malformed.long:
        yield NOWHERE, malformed.batch(used)
    elif not row:
        raise _empty(path, names)


def _empty(path: Path, names: Sequence[str]) -> ReferenceDataError:
    return ReferenceDataError(f"{path.name} holds no lines with {len(names)} columns.")


def _too_short(path: Path, malformed: _Malformed) -> ReferenceDataError:
    with opened(path) as stream:
        wanted = malformed.short.encode()
        number = next((number for number, line in enumerate(stream, 1) if line.rstrip(b"\r\n") == wanted), 0)
    said = f"{clipped(malformed.short)!r} has {malformed.columns} columns instead of {len(malformed.names)}."
    return at_line(path, number, said)
