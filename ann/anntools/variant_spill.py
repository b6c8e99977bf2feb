"""Rows that came in no order, kept on disk until all are there, then given out sorted, a bounded part at a time."""

import mmap
import tempfile
from collections.abc import Iterator
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
        keys = [batch["key"].to_numpy() for batch in batches]
        done = [0] * len(batches)
        for bound in bounds:
            slices = []
            for number, key in enumerate(keys):
                stop = key.size if bound is None else done[number] + int(np.searchsorted(key[done[number] :], bound))
                if stop > done[number]:
                    slices.append(batches[number].slice(done[number], stop - done[number]))
                    done[number] = stop
            for piece in _pieces(slices):
                yield in_order(pa.concat_batches(piece))
            # What was read stays in the system's cache; without this it would count as ours as well.
            memory.madvise(mmap.MADV_DONTNEED)


def _pieces(slices: list[pa.RecordBatch]) -> Iterator[list[pa.RecordBatch]]:
    """Group what lies between two bounds; only the rows of a single key are too many for one group."""
    group: list[pa.RecordBatch] = []
    rows = size = 0
    for one in slices:
        if group and (rows + one.num_rows > 4 * ROWS or size + one.nbytes > 4 * BYTES):
            yield group
            group, rows, size = [], 0, 0
        group.append(one)
        rows += one.num_rows
        size += one.nbytes
    if group:
        yield group
