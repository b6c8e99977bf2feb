"""Rows that came in no order, kept on disk until all are there, then given out sorted, a bounded part at a time."""

import mmap
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ann.anntools.texts import Ints
from ann.anntools.variant_rows import SCHEMA

# A part, a batch as well as what is given out: so many rows, fewer where they are long.
ROWS: Final = 1 << 17
BYTES: Final = 64 << 20
# Keys that are remembered of a whole part, evenly spaced; so many in a row make the next part to be given out.
SAMPLES: Final = 1 << 11
# Batches of which slices are copied out of the mapped file at a time; the system maps far more around each slice.
TOGETHER: Final = 4


def in_order(rows: pa.RecordBatch) -> pa.RecordBatch:
    """Return ``rows`` sorted by key, then chrom, ref and alt; equal ones stay as they came."""
    key = rows["key"].to_numpy()
    if (key[1:] > key[:-1]).all():
        return rows
    order = np.argsort(key, kind="stable")
    ranked = key[order]
    same = ranked[1:] == ranked[:-1]
    # Few rows share their key with others; only those are compared as texts.
    tied = np.flatnonzero(np.append(same, False) | np.append(False, same))
    if tied.size:
        names = ["key", "chrom", "ref", "alt"]
        texts = rows.select(names).take(pa.array(order[tied]))
        ranks = pc.sort_indices(texts, sort_keys=[(name, "ascending", "at_start") for name in names])
        order[tied] = order[tied][ranks.to_numpy()]
    if (order[1:] > order[:-1]).all():
        return rows
    return rows.take(pa.array(order))


class Spill:
    """Sorted batches in a file without a name, which the system removes with the process."""

    def __init__(self, folder: Path) -> None:
        """Make the file in ``folder``."""
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  closed by close
        self._writer = pa.ipc.new_file(self._file, SCHEMA)
        self._samples: list[Ints] = []

    def add(self, rows: pa.RecordBatch) -> None:
        """Take a batch of sorted rows, of ROWS and BYTES at most."""
        self._writer.write_batch(rows)
        share = max(rows.num_rows / ROWS, rows.nbytes / BYTES)
        places = np.linspace(0, rows.num_rows - 1, min(int(SAMPLES * share) + 1, rows.num_rows)).astype(np.int64)
        self._samples.append(rows["key"].to_numpy()[places])

    def parts(self) -> Iterator[pa.RecordBatch]:
        """Yield all rows sorted, about ROWS or BYTES at a time.

        Of a key that more rows share than make a part, the rows come in several parts, each sorted in itself.
        """
        self._writer.close()
        self._file.flush()
        samples = np.sort(np.concatenate(self._samples))
        bounds, counts = np.unique_counts(samples[SAMPLES::SAMPLES])
        # A key that fills parts has them to itself.
        bounds = np.unique(np.concatenate((bounds, bounds[counts > 1] + 1)))
        memory = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        yield from self._merged(memory, [*bounds.tolist(), None])

    def close(self) -> None:
        """Give the room on disk back."""
        self._file.close()

    def _merged(self, memory: mmap.mmap, bounds: list[int | None]) -> Iterator[pa.RecordBatch]:
        """Yield for each of ``bounds`` the rows below it that were not yet given, None being above all."""
        reader = pa.ipc.open_file(pa.py_buffer(memory))
        batches = [reader.get_batch(number) for number in range(reader.num_record_batches)]
        rests = [Rest(batch, batch["key"].to_numpy()) for batch in batches]
        for before, bound in pairwise([None, *bounds]):
            below = _below(rests, bound, memory)
            one_key = before is not None and bound == before + 1
            for piece in _pieces(below) if one_key else [list(below)]:
                yield in_order(pa.concat_batches(piece))


class Rest:
    """What was not yet given out of a sorted batch with these keys."""

    def __init__(self, batch: pa.RecordBatch, key: Ints) -> None:
        self._batch = batch
        self._key = key
        self._done = 0

    def below(self, bound: int | None) -> pa.RecordBatch:
        """Return, once, the rows whose key is below ``bound``, all that is left for None."""
        start = self._done
        found = self._key.size if bound is None else start + int(np.searchsorted(self._key[start:], bound))
        self._done = found
        return self._batch.slice(start, found - start)


def _below(rests: list[Rest], bound: int | None, memory: mmap.mmap) -> Iterator[pa.RecordBatch]:
    """Yield copies of the rows below ``bound``, those of a few batches at a time."""
    for first in range(0, len(rests), TOGETHER):
        yield pa.concat_batches([rest.below(bound) for rest in rests[first : first + TOGETHER]])
        # What was read stays in the system's cache; without this it would count as ours as well.
        memory.madvise(mmap.MADV_DONTNEED)


def _pieces(batches: Iterator[pa.RecordBatch]) -> Iterator[list[pa.RecordBatch]]:
    """Group the rows of a single key, which may be too many for one part."""
    group: list[pa.RecordBatch] = []
    for batch in batches:
        group.append(batch)
        if sum(one.num_rows for one in group) >= ROWS or sum(one.nbytes for one in group) >= BYTES:
            yield group
            group = []
    if group:
        yield group
