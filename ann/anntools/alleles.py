"""Sources by exact allele: what is known of just this change, however a file wrote it down.

Both sides are brought to one form: the bases that REF and ALT share are cut off, and insertions and deletions go as far
to the left as the sequence lets them (A. Tan and others, Bioinformatics 2015, doi 10.1093/bioinformatics/btv112), where
a sequence is at hand. A track is one Arrow IPC file that is memory-mapped, with a record batch per contig and window of
2^WINDOW bases, sorted by key:

    key (int64)       place and bases, see `keys`
    allele (binary)   REF>ALT where the key does not hold all bases, else empty
    id (binary)       identifiers, joined with semicolons, empty for none
    one per INFO key  value (binary), escaped, null for none
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ann.anntools.header import InfoKey
from ann.anntools.overlap import MappedFile, empty, labelled
from ann.anntools.shifting import replaced, rotated, shifted
from ann.anntools.texts import Bools, Bytes, Ints, Texts, arrow, bytes_of, glue, offsets_of
from ann.anntools.variants import Alleles, Kind

FILE = "alleles.arrow"
KEY, ALLELE, IDS, VALUES = 0, 1, 2, 3  # columns
WINDOW = 22
# A key has the first base above CODE bits: HASHED, or the lengths of REF and ALT, LENGTH bits each, and their bases.
CODE, LENGTH, PACKED = 31, 3, 12
HASHED = 1 << (CODE - 1)
LONGEST = (1 << LENGTH) - 1
BASE = np.full(256, -1, np.int64)
BASE[list(b"ACGT")] = range(4)
# Odd numbers that scatter bits (D. Knuth, The Art of Computer Programming, volume 3, section 6.4).
SPREAD, MIX = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)


@dataclass(frozen=True)
class Normal:
    """A alleles in the one form: ``start``, int64 (A,), 1-based; ``ref`` and ``alt``, texts (A,)."""

    start: Ints
    ref: Texts
    alt: Texts


def normalised(alleles: Alleles, rows: Ints, sequence: Bytes | None) -> Normal:
    """Return ``alleles[rows]``, all of kind SEQUENCE, with insertions and deletions moved to the left."""
    start, ref, alt = alleles.start[rows], alleles.ref.take(rows), alleles.alt.take(rows)
    moving = np.flatnonzero((ref.sizes == 0) != (alt.sizes == 0))
    if sequence is None or not moving.size:
        return Normal(start, ref, alt)
    moved = shifted(alleles, rows[moving], np.zeros(moving.size, np.bool_), sequence)
    way = moved.start - start[moving]
    deleted = np.flatnonzero((alt.sizes[moving] == 0) & (way != 0))
    start = start.copy()
    start[moving] = moved.start
    gone = moving[deleted]
    return Normal(
        start,
        replaced(ref, gone, rotated(ref.take(gone), way[deleted])),
        replaced(alt, moving, moved.alt),
    )


def keys(normal: Normal) -> tuple[Ints, Bools]:
    """Return a key of each allele, int64 (A,), and whether it holds all bases, bool (A,); else two may share one."""
    ref, alt = normal.ref, normal.alt
    whole = (ref.sizes <= LONGEST) & (alt.sizes <= LONGEST) & (ref.sizes + alt.sizes <= PACKED)
    code = np.zeros(len(ref), np.int64)
    for text in (ref, alt):
        for place in range(int(text.sizes[whole].max(initial=0))):
            inside = whole & (place < text.sizes)
            base = BASE[text.data[np.where(inside, text.starts + place, 0)]]
            whole &= ~inside | (base >= 0)
            code = np.where(inside, code << 2 | base, code)
    code |= (np.minimum(ref.sizes, LONGEST) << LENGTH | np.minimum(alt.sizes, LONGEST)) << 2 * PACKED
    rest = np.flatnonzero(~whole)
    if rest.size:
        code[rest] = HASHED | _hashes(spelled(ref.take(rest), alt.take(rest)))
    return normal.start << CODE | code, whole


def spelled(ref: Texts, alt: Texts) -> pa.BinaryArray:
    """Return REF>ALT."""
    return glue(arrow(ref), b">", arrow(alt))


def _hashes(texts: pa.BinaryArray) -> Ints:
    """Return a number below HASHED for each text, none of which is empty."""
    edges = offsets_of(texts).astype(np.int64)
    data = bytes_of(texts)[edges[0] : edges[-1]].astype(np.uint64)
    sizes = np.diff(edges)
    place = (np.arange(data.size) - np.repeat(edges[:-1] - edges[0], sizes) + 1).astype(np.uint64)
    weight = place * SPREAD
    weight = (weight ^ (weight >> np.uint64(29))) * MIX
    total = np.add.reduceat(data * weight, edges[:-1] - edges[0])
    return (total >> np.uint64(64 - (CODE - 1))).astype(np.int64)


@dataclass(frozen=True)
class Match:
    """The M alleles that a track knows: ``allele``, int64 (M,), ascending; ``columns``, (M,) each, as in the file."""

    allele: Ints
    columns: list[pa.Array]


class AlleleTrack:
    """A source that tells what is known of each allele; see `ann.anntools.tracks.Track`."""

    def __init__(self, folder: Path, entry: Mapping[str, Any], sequence: Callable[[str], Bytes | None]) -> None:
        self.name: str = entry["name"]
        self.release: str = entry["release"]
        self.keys = tuple(InfoKey(**key) for key in entry["keys"])
        self._ids: bool = entry["ids"]
        self._deepest: int = entry["deepest"]
        self._windows: dict[str, dict[int, int]] = {name: dict(pairs) for name, pairs in entry["contigs"].items()}
        self._file = MappedFile(folder / FILE)
        self._sequence = sequence
        self._last: tuple[str, Alleles, Match] | None = None

    def renamed(self, names: Mapping[str, str]) -> "AlleleTrack":
        """Return the same track with other INFO names, ``names`` by the present ones."""
        copy = object.__new__(AlleleTrack)
        copy.__dict__.update(self.__dict__)
        copy.keys = tuple(replace(key, name=names.get(key.name, key.name)) for key in self.keys)
        return copy

    def texts(self, contig: str, first: Ints, last: Ints, alleles: Alleles) -> pa.BinaryArray:  # noqa: ARG002  as every Track
        """Return ``;KEY=value`` for each record, empty where no allele of it is known."""
        match = self._match(contig, alleles)
        if not match.allele.size or not self.keys:
            return empty(first.size)
        counts = np.bincount(alleles.record, minlength=first.size)
        columns = [
            _of_key(key, match.allele, match.columns[VALUES + number], alleles.record, counts)
            for number, key in enumerate(self.keys)
        ]
        return columns[0] if len(columns) == 1 else glue(*columns)

    def ids(self, contig: str, alleles: Alleles, records: int) -> pa.BinaryArray | None:
        """Return the identifiers of each record, empty for none; None where the source does not give them."""
        if not self._ids:
            return None
        match = self._match(contig, alleles)
        ids = match.columns[IDS] if match.columns else empty(0)
        record = alleles.record[match.allele]
        named = np.diff(offsets_of(ids)) > 0
        counts = np.bincount(record[named], minlength=records)
        if (counts <= 1).all():
            return _scattered(ids, record, records)
        lists = pa.ListArray.from_arrays(pa.array(_edges(counts)), ids.filter(pa.array(named)))
        return pc.binary_join(lists, b";")

    def release_pages(self) -> None:
        """Give the memory of what was read back to the system."""
        self._last = None
        self._file.release_pages()

    def _match(self, contig: str, alleles: Alleles) -> Match:
        """Return what is known of ``alleles``; asked twice in a row it answers from memory."""
        if self._last is None or self._last[0] != contig or self._last[1] is not alleles:
            self._last = (contig, alleles, self._look_up(contig, alleles))
        return self._last[2]

    def _look_up(self, contig: str, alleles: Alleles) -> Match:
        windows = self._windows.get(contig, {})
        rows = np.flatnonzero(alleles.kind == Kind.SEQUENCE)
        if not windows or not rows.size:
            return Match(rows[:0], [])
        normal = normalised(alleles, rows, self._sequence(contig))
        key, whole = keys(normal)
        window = normal.start >> WINDOW
        parts: list[Match] = []
        lowest, highest = int(window.min()), int(window.max())
        for number in windows:
            if lowest <= number <= highest:
                asked = np.flatnonzero(window == number)
                columns = self._file.columns(windows[number])
                place = self._places(columns, key[asked], whole[asked], normal, asked)
                known = place >= 0
                taken = pa.array(place[known])
                parts.append(Match(rows[asked[known]], [column.take(taken) for column in columns]))
        if not parts:
            return Match(rows[:0], [])
        found = np.concatenate([part.allele for part in parts])
        together = [pa.concat_arrays(columns) for columns in zip(*(part.columns for part in parts), strict=True)]
        if (found[1:] < found[:-1]).any():
            order = np.argsort(found)
            found, together = found[order], [column.take(pa.array(order)) for column in together]
        return Match(found, together)

    def _places(self, columns: list[pa.Array], key: Ints, whole: Bools, normal: Normal, asked: Ints) -> Ints:
        """Return the row of each allele in a record batch, -1 where it is not there, int64."""
        stored: NDArray[np.int64] = columns[KEY].to_numpy()
        at = np.searchsorted(stored, key)
        place = np.where(stored[np.minimum(at, stored.size - 1)] == key, np.minimum(at, stored.size - 1), -1)
        doubtful = np.flatnonzero((place >= 0) & ~whole)
        if doubtful.size:
            spelling = spelled(normal.ref.take(asked[doubtful]), normal.alt.take(asked[doubtful]))
            begin = place[doubtful]
            place[doubtful] = -1
            for depth in range(self._deepest):
                row = np.minimum(begin + depth, stored.size - 1)
                same = pc.equal(columns[ALLELE].take(pa.array(row)), spelling).to_numpy(zero_copy_only=False)
                same &= stored[row] == key[doubtful]
                place[doubtful[same]] = row[same]
        return place


def _of_key(key: InfoKey, allele: Ints, values: pa.BinaryArray, record: Ints, counts: Ints) -> pa.BinaryArray:
    """Return ``;KEY=value`` of each record; ``values`` are of the alleles ``allele``, ``counts`` of all alleles."""
    held = values.is_valid().to_numpy(zero_copy_only=False)
    allele, values = allele[held], values.filter(pa.array(held)) if not held.all() else values
    owner = record[allele]
    found = np.bincount(owner, minlength=counts.size)
    if key.number != "0" and (found <= 1).all() and (key.number != "A" or (counts[owner] == 1).all()):
        return _scattered(glue(f";{key.name}=".encode(), values), owner, counts.size)
    if key.number == "A":
        wanted = found[record] > 0
        place = np.full(record.size, -1, np.int64)
        place[allele] = np.arange(allele.size)
        chosen = place[wanted]
        full = values.take(pa.array(chosen, mask=chosen < 0)).fill_null(b".")
        return labelled(key, np.where(found > 0, counts, 0), full)
    encoded = values.dictionary_encode()
    _, unique = np.unique(owner << 32 | encoded.indices.to_numpy(), return_index=True)
    unique.sort()
    return labelled(key, np.bincount(owner[unique], minlength=counts.size), values.take(pa.array(unique)))


def _scattered(texts: pa.BinaryArray, record: Ints, records: int) -> pa.BinaryArray:
    """Return ``texts``, which belong to ascending records, each at most once if not empty, as a column of records."""
    edges = offsets_of(texts)
    sizes = np.bincount(record, weights=np.diff(edges), minlength=records).astype(np.int64)
    begin = int(edges[0])
    offsets = (np.concatenate(([0], np.cumsum(sizes))) + begin).astype(np.int32)
    return pa.Array.from_buffers(pa.binary(), records, [None, pa.py_buffer(offsets), texts.buffers()[2]])


def _edges(counts: Ints) -> NDArray[np.int32]:
    return np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
