"""The lines of GFF3 and GTF, both of which have nine columns, as columns of a batch of lines at a time."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ann.anntools.delimited import NOWHERE, lines
from ann.anntools.errors import ReferenceDataError, quoted
from ann.anntools.gene_files import line_of
from ann.anntools.source_files import at_line
from ann.anntools.texts import Bools, Ints

COLUMNS = ("contig", "source", "type", "start", "end", "score", "strand", "phase", "attributes")
USED = ("contig", "type", "start", "end", "strand", "phase", "attributes")
POSITION = "^-?[0-9]{1,10}$"
LAST = (1 << 31) - 1


def batches(path: Path) -> Iterator[tuple[Ints, pa.RecordBatch]]:
    """Yield (row, columns USED) of the lines that are no comments, in the order of the file.

    ``row`` as `delimited.lines` counts, one per line. Columns are binary, but start and end int64, 1-based inclusive.
    Raises ReferenceDataError as `delimited.lines` does, and where a line has no positions.
    """
    for first, batch in lines(path, COLUMNS, USED):
        row = np.full(len(batch), NOWHERE) if first == NOWHERE else np.arange(first, first + len(batch))
        yield row, _with_positions(path, row, batch)


def attribute(attributes: pa.BinaryArray, pattern: str) -> pa.BinaryArray:
    """Return the group ``value`` of ``pattern`` (RE2) in each row, null where it does not match."""
    return pc.struct_field(pc.extract_regex(attributes, pattern), "value")


def flags(values: pa.BooleanArray) -> Bools:
    """Return Arrow's booleans, none of them null, as NumPy's."""
    found: Bools = values.to_numpy(zero_copy_only=False)
    return found


def _with_positions(path: Path, row: Ints, batch: pa.RecordBatch) -> pa.RecordBatch:
    for name in ("start", "end"):
        good = flags(pc.match_substring_regex(batch[name], POSITION))
        if not good.all():
            bad = int(np.argmin(good))
            raise _blame(path, int(row[bad]), f"{quoted(batch[name][bad].as_py())} is no {name}, which is a number.")
    start, end = (batch[name].cast(pa.string()).cast(pa.int64()) for name in ("start", "end"))
    wrong = (start.to_numpy() > end.to_numpy()) | (end.to_numpy() > LAST)
    if wrong.any():
        bad = int(np.argmax(wrong))
        sentence = f"The end {end[bad]} comes before the start {start[bad]} or is beyond {LAST:,}."
        raise _blame(path, int(row[bad]), sentence)
    return batch.set_column(USED.index("start"), "start", start).set_column(USED.index("end"), "end", end)


def _blame(path: Path, row: int, sentence: str) -> ReferenceDataError:
    return at_line(path, line_of(path, row), sentence)
