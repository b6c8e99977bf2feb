"""Writes the files of a source by overlap; `ann.anntools.overlap` says what is in them."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pyarrow as pa

from ann.anntools.header import InfoKey
from ann.anntools.intervals import Layers, layered, portions
from ann.anntools.overlap import ASSEMBLED, INTERVALS, MOST_PAIRS, SEGMENTS, TEXTS, VALUES, Rows, Shelf, empty
from ann.anntools.texts import Bools, Ints

# Ready-made texts may take so many times the space of the values that they are made of, beside a floor in bytes; deeper
# places, such as the thousands of copy-number variants on one another in DGV, are put together when they are asked for.
GROWTH, FLOOR = 16, 1 << 20
MOST_BYTES = 1 << 30  # of the texts of one contig: an Arrow array of bytes ends at 2 GiB


class OverlapWriter:
    """Writes a track into ``folder``, one contig after another."""

    def __init__(self, folder: Path, keys: Sequence[InfoKey]) -> None:
        self._folder, self._keys = folder, keys
        self._contigs: dict[str, list[list[int]]] = {}

    def __enter__(self) -> "OverlapWriter":
        number = pa.int32()
        of_keys = [(key.name, number) for key in self._keys]
        self._schemas = {
            SEGMENTS: pa.schema([("cut", number), ("text", number)]),
            TEXTS: pa.schema([("text", pa.binary())]),
            INTERVALS: pa.schema([("start", number), ("end", number), ("rank", number), *of_keys]),
            VALUES: pa.schema([("value", pa.binary())]),
        }
        self._stack = ExitStack()
        self._writers = {
            name: self._stack.enter_context(pa.ipc.new_file(str(self._folder / name), schema))
            for name, schema in self._schemas.items()
        }
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    @property
    def contigs(self) -> dict[str, list[list[int]]]:
        """The layers of each contig that was added, in that order."""
        return self._contigs

    def add(self, contig: str, starts: Ints, ends: Ints, values: Sequence[pa.BinaryArray]) -> None:
        """Write all intervals of ``contig``, one at least, 1-based inclusive.

        ``values`` are per key the escaped values of the intervals, null where there is none.
        """
        by_start = np.argsort(starts, kind="stable")
        starts, ends = starts[by_start], ends[by_start]
        order, layers = layered(starts, ends)
        encoded = [column.take(pa.array(by_start[order])).dictionary_encode() for column in values]
        shelf = Shelf(
            Layers(starts[order].astype(np.int32), ends[order].astype(np.int32), layers),
            order.astype(np.int32),
            [column.indices.fill_null(-1).to_numpy().astype(np.int32) + np.int32(1) for column in encoded],
            [pa.concat_arrays([pa.array([b""], pa.binary()), column.dictionary]) for column in encoded],
        )
        cuts, rows, pool = self._segments(starts, ends, shelf)
        self._contigs[contig] = layers
        self._write(SEGMENTS, cuts, rows)
        self._write(TEXTS, pool)
        self._write(INTERVALS, shelf.layers.starts, shelf.layers.ends, shelf.rank, *shelf.codes)
        for value in shelf.values:
            self._write(VALUES, value)

    def _segments(self, starts: Ints, ends: Ints, shelf: Shelf) -> tuple[Rows, Rows, pa.BinaryArray]:
        """Return the cuts, the text of the segment after each, and the texts."""
        cuts = np.unique(np.concatenate((starts, ends + 1))).astype(np.int32)
        kept = _affordable(cuts, shelf, [len(key.name) + 2 for key in self._keys])
        parts = [
            shelf.texts(cuts[kept][begin:end], cuts[kept][begin:end], self._keys)
            for begin, end in portions(shelf.layers.candidates(cuts[kept], cuts[kept]), MOST_PAIRS)
        ]
        encoded = pa.concat_arrays([empty(1), *parts]).dictionary_encode()
        rows = np.full(cuts.size, ASSEMBLED, np.int32)
        rows[kept] = encoded.indices.to_numpy()[1:]
        changes = np.diff(rows, prepend=0) != 0
        return cuts[changes], rows[changes], encoded.dictionary

    def _write(self, name: str, *columns: Rows | pa.Array) -> None:
        arrays = [column if isinstance(column, pa.Array) else pa.array(column) for column in columns]
        self._writers[name].write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._schemas[name]))


def _affordable(cuts: Rows, shelf: Shelf, labels: Sequence[int]) -> Bools:
    """Return which segments may have ready-made texts: those with fewest bytes per base, as many as are affordable."""
    at_most = np.zeros(cuts.size, np.int64)
    total = 0
    for codes, values, label in zip(shelf.codes, shelf.values, labels, strict=True):
        sizes = np.diff(np.frombuffer(values.buffers()[1], np.int32)[: len(values) + 1])[codes] + (codes > 0)
        total += int(sizes.sum()) + label * codes.size
        change = np.zeros(cuts.size, np.int64)
        np.add.at(change, np.searchsorted(cuts, shelf.layers.starts), sizes)
        np.subtract.at(change, np.searchsorted(cuts, shelf.layers.ends + np.int32(1)), sizes)
        covered = np.cumsum(change)
        at_most += covered + label * (covered > 0)
    order = np.argsort(at_most / np.diff(cuts, append=cuts[-1:] + np.int32(1)), kind="stable")
    budget = min(GROWTH * total + FLOOR, MOST_BYTES)
    kept = np.zeros(cuts.size, np.bool_)
    kept[order[np.cumsum(at_most[order]) <= budget]] = True
    return kept
