"""Sources by overlap: the values of all intervals that a record's REF span touches.

A track is a folder of Arrow IPC files that are memory-mapped; each holds one record batch per contig, in the order of
the track's ``contigs``:

    segments.arrow   cut (int32): first base of each segment, ascending; text (int32): row of texts.arrow, 0 for none,
                     ASSEMBLED where the text would be too long to keep and is put together when it is asked for
    texts.arrow      text (binary): ready-made ``;KEY=value,value``, row 0 is empty
    intervals.arrow  start, end, rank (int32; rank counts by start, then by place in the file) and a column per key with
                     rows of values.arrow (int32, 0 for none), in the order that `Layers` wants
    values.arrow     value (binary), escaped; one batch per contig and key, row 0 is empty

Between two cuts the same intervals cover every base, so a record within one segment costs one search. One that spans
several gets the unique values of all that it touches in order of their first base, at most MOST_VALUES per key.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ann.anntools.errors import BadInput, ReferenceDataError, clipped
from ann.anntools.header import InfoKey
from ann.anntools.intervals import Layers, portions
from ann.anntools.texts import Bools, Ints, offsets_of
from ann.anntools.variants import Alleles

SEGMENTS, TEXTS, INTERVALS, VALUES = "segments.arrow", "texts.arrow", "intervals.arrow", "values.arrow"
ASSEMBLED = -1
MOST_VALUES = 1000
MOST_TEXT = 128 << 20  # bytes that a source may say of the records of one block: sixty times the block's own size
MOST_PAIRS = 1 << 21  # pairs of records and intervals that are looked at together, some 100 bytes each
SMALL = 32 << 20  # bytes of a file that may stay in memory
LAST = np.iinfo(np.int32).max

Rows = NDArray[np.int32]


@dataclass(frozen=True)
class Shelf:
    """The intervals of one contig with their values.

    ``layers``: I intervals. ``rank``: int32 (I,), their order. ``codes``: per key int32 (I,), rows of ``values`` of
    that key, 0 for none.
    """

    layers: Layers
    rank: Rows
    codes: Sequence[Rows]
    values: Sequence[pa.BinaryArray]

    def texts(self, first: Rows, last: Rows, keys: Sequence[InfoKey], most: int = LAST) -> pa.BinaryArray:
        """Return ``;KEY=value,value`` of all keys for each span ``first[i] .. last[i]``, empty where nothing is.

        Raises OverflowError where they take more than ``most`` bytes.
        """
        parts = []
        for begin, end in portions(self.layers.candidates(first, last), MOST_PAIRS):
            parts.append(self._some(first[begin:end], last[begin:end], keys))
            most -= parts[-1].nbytes
            if most < 0:
                raise OverflowError
        return pa.concat_arrays(parts) if len(parts) != 1 else parts[0]

    def _some(self, first: Rows, last: Rows, keys: Sequence[InfoKey]) -> pa.BinaryArray:
        span, interval = self.layers.overlaps(first, last)
        order = np.argsort((span << 32) | self.rank[interval], kind="stable")
        span, interval = span[order], interval[order]
        columns = [labelled(key, *self._of_key(number, span, interval, first.size)) for number, key in enumerate(keys)]
        return columns[0] if len(columns) == 1 else pc.binary_join_element_wise(*columns, b"")

    def _of_key(self, number: int, span: Ints, interval: Ints, spans: int) -> tuple[Ints, pa.BinaryArray]:
        """Return how many unique values each span has, int64 (spans,), and the values one after another."""
        code = self.codes[number][interval]
        held = code > 0
        span, code = span[held], code[held]
        _, chosen = np.unique((span << 32) | code, return_index=True)
        chosen.sort()
        span, code = span[chosen], code[chosen]
        counts = np.bincount(span, minlength=spans)
        within = np.arange(span.size) - np.repeat(np.cumsum(counts) - counts, counts) < MOST_VALUES
        return np.minimum(counts, MOST_VALUES), self.values[number].take(pa.array(code[within]))


def labelled(key: InfoKey, counts: Ints, values: pa.BinaryArray) -> pa.BinaryArray:
    """Return ``;KEY=value,value`` for each row; ``counts[i]`` of the values, one after another, belong to row i."""
    some = pa.array(counts > 0)
    if key.number == "0":
        return pc.if_else(some, f";{key.name}".encode(), b"")
    offsets = np.concatenate(([0], np.cumsum(counts)))
    if key.number == "1":
        firsts = np.where(counts > 0, offsets[:-1], 0)
        joined = values.take(pa.array(firsts)) if len(values) else pa.array([b""] * counts.size, pa.binary())
    else:
        joined = pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values), b",")
    return pc.if_else(some, pc.binary_join_element_wise(f";{key.name}=".encode(), joined, b""), b"")


def empty(count: int) -> pa.BinaryArray:
    """Return ``count`` empty rows."""
    return pa.Array.from_buffers(
        pa.binary(), count, [None, pa.py_buffer(np.zeros(count + 1, np.int32)), pa.py_buffer(b"")]
    )


class MappedFile:
    """A memory-mapped Arrow IPC file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._large = path.stat().st_size > SMALL
        self._reader = self._opened()

    def columns(self, batch: int) -> list[pa.Array]:
        """Return the columns of a record batch. Raises ReferenceDataError where they cannot be read."""
        try:
            return list(self._reader.get_batch(batch).columns)
        except (OSError, pa.ArrowException) as error:
            raise ReferenceDataError(f"The reference file {self._path} cannot be read: {error}.") from error

    def release_pages(self) -> bool:
        """Map the file anew if it is large, and return whether it is.

        The pages that were read are given back once no column of it is in use.
        """
        if self._large:
            self._reader = self._opened()
        return self._large

    def _opened(self) -> pa.RecordBatchFileReader:
        return pa.ipc.open_file(pa.memory_map(str(self._path)))


class _Contig:
    """One contig of a track, its files looked at when they are needed."""

    def __init__(self, track: "OverlapTrack", batch: int, layers: Sequence[Sequence[int]]) -> None:
        self._track, self._batch, self._layers = track, batch, layers
        cut, text = track.files[SEGMENTS].columns(batch)
        self.cuts: Rows = cut.to_numpy()
        # What lies before the first cut has no text; after the last one comes none.
        self.text: Rows = np.concatenate((np.zeros(1, np.int32), text.to_numpy()))
        self.next_cut: Rows = np.append(self.cuts, LAST)
        self.pool: pa.BinaryArray = track.files[TEXTS].columns(batch)[0]

    def take(self, rows: Rows) -> pa.BinaryArray:
        """Return ready-made texts. Raises OverflowError where they take more than MOST_TEXT bytes."""
        if not rows.any():
            return empty(rows.size)
        if self.longest * rows.size > MOST_TEXT and int(np.diff(offsets_of(self.pool))[rows].sum()) > MOST_TEXT:
            raise OverflowError
        return self.pool.take(pa.array(rows))

    @cached_property
    def longest(self) -> int:
        """Bytes of the longest ready-made text."""
        return int(np.diff(offsets_of(self.pool)).max())

    @cached_property
    def shelf(self) -> Shelf:
        """The intervals, for what the segments do not answer."""
        start, end, rank, *codes = (column.to_numpy() for column in self._track.files[INTERVALS].columns(self._batch))
        count = len(self._track.keys)
        values = self._track.files[VALUES]
        return Shelf(
            Layers(start, end, self._layers),
            rank,
            codes,
            [values.columns(self._batch * count + key)[0] for key in range(count)],
        )


class OverlapTrack:
    """A source that tells what each record's REF span touches; see `ann.anntools.tracks.Track`."""

    def __init__(self, folder: Path, entry: Mapping[str, Any]) -> None:
        self.name: str = entry["name"]
        self.release: str = entry["release"]
        self.keys = tuple(InfoKey(**key) for key in entry["keys"])
        self._stored = self.keys
        self._places = {name: (number, layers) for number, (name, layers) in enumerate(entry["contigs"].items())}
        self._contigs: dict[str, _Contig] = {}
        self.files = {name: MappedFile(folder / name) for name in (SEGMENTS, TEXTS, INTERVALS, VALUES)}

    def renamed(self, names: Mapping[str, str]) -> "OverlapTrack":
        """Return the same track with other INFO names, ``names`` by the present ones."""
        copy = object.__new__(OverlapTrack)
        copy.__dict__.update(self.__dict__)
        copy.keys = tuple(replace(key, name=names.get(key.name, key.name)) for key in self.keys)
        return copy

    def texts(self, contig: str, first: Ints, last: Ints, alleles: Alleles) -> pa.BinaryArray:  # noqa: ARG002  as every Track
        """Return ``;KEY=value,value`` for each record, empty where its span ``first .. last`` touches nothing.

        Raises BadInput where that is too much to hold.
        """
        place = self._contig(contig)
        if place is None:
            return empty(first.size)
        begin = first.astype(np.int32, copy=False)
        end = np.minimum(last, LAST - 1).astype(np.int32)
        segment = np.searchsorted(place.cuts, begin, side="right")
        rows = place.text[segment]
        slow = (place.next_cut[segment] <= end) | (rows < 0)
        assembled = slow.any()
        if assembled:
            rows[slow] = 0
        try:
            found = place.take(rows)
            if assembled:
                found = _put(found, slow, place.shelf.texts(begin[slow], end[slow], self._stored, MOST_TEXT))
        except OverflowError as error:
            raise BadInput(
                f"The records on {clipped(contig)} touch so many intervals of {self.name} that what it says of them "
                f"takes more than {MOST_TEXT:,} bytes at once, the most that is taken."
            ) from error
        return self._with_names(found)

    def ids(self, contig: str, alleles: Alleles, records: int) -> None:
        """Return None: what overlaps a record does not identify it."""

    def release_pages(self) -> None:
        """Give the memory of what was read from large files back to the system."""
        released = [file.release_pages() for file in self.files.values()]
        if any(released):
            self._contigs.clear()

    def _contig(self, name: str) -> _Contig | None:
        if name not in self._places:
            return None
        if name not in self._contigs:
            self._contigs[name] = _Contig(self, *self._places[name])
        return self._contigs[name]

    def _with_names(self, texts: pa.BinaryArray) -> pa.BinaryArray:
        """Return ready-made texts under the present names; a semicolon stands nowhere but before a key."""
        for stored, key in zip(self._stored, self.keys, strict=True):
            if stored.name != key.name:
                end = "" if key.number == "0" else "="
                texts = pc.replace_substring_regex(
                    texts, f";{stored.name.replace('.', '[.]')}({end or ';|$'})".encode(), f";{key.name}\\1".encode()
                )
        return texts


def _put(texts: pa.BinaryArray, where: Bools, others: pa.BinaryArray) -> pa.BinaryArray:
    return pc.replace_with_mask(texts, pa.array(where), others)
