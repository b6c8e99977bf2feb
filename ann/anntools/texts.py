"""Many byte strings as two arrays, so that text is put together without a loop over records."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]

NEWLINE = 10
# What may not stand in a value of ours: what INFO gives a meaning, blanks, what is not ASCII, and our ampersand.
RESERVED = np.zeros(256, np.bool_)
RESERVED[[*range(33), *range(127, 256), *b";=,%&:"]] = True


@dataclass(frozen=True)
class Texts:
    """Byte strings: row ``i`` is ``data[starts[i] : starts[i] + sizes[i]]``.

    ``data`` is uint8 of any length, ``starts`` and ``sizes`` are int64 of one length. Rows may overlap in ``data``.
    """

    data: Bytes
    starts: Ints
    sizes: Ints

    def __len__(self) -> int:
        return self.starts.size

    def __getitem__(self, row: int) -> bytes:
        start = int(self.starts[row])
        return self.data[start : start + int(self.sizes[row])].tobytes()

    def take(self, rows: Ints) -> "Texts":
        """Return the chosen rows, in that order, without copying text."""
        return Texts(self.data, self.starts[rows], self.sizes[rows])

    def flat(self) -> Bytes:
        """Return all rows one after another, uint8 of length ``sizes.sum()``."""
        ends = np.cumsum(self.sizes)
        total = int(ends[-1]) if ends.size else 0
        shift = np.repeat(self.starts - ends + self.sizes, self.sizes)
        return self.data[shift + np.arange(total)]


def from_list(values: Sequence[bytes]) -> Texts:
    """Return ``values`` as texts."""
    sizes = np.array([len(value) for value in values], np.int64)
    return Texts(np.frombuffer(b"".join(values), np.uint8), np.cumsum(sizes) - sizes, sizes)


def from_lines(data: Bytes) -> Texts:
    """Return the rows of a uint8 column in which every row ends with a newline."""
    ends = np.flatnonzero(data == NEWLINE)
    starts = np.concatenate((np.zeros(min(ends.size, 1), np.int64), ends[:-1] + 1))
    return Texts(data, starts, ends - starts)


def escaped(texts: Texts) -> Texts:
    """Return ``texts`` with the characters that INFO reserves percent-encoded (VCF 4.3, section 1.2)."""
    if not RESERVED[texts.flat()].any():
        return texts
    rows = [texts[row] for row in range(len(texts))]
    return from_list([b"".join(b"%%%02X" % c if RESERVED[c] else b"%c" % c for c in row) for row in rows])


def concatenate(*columns: Texts | bytes) -> Texts:
    """Return row by row the concatenation of ``columns``, one of them at least being texts; bytes are repeated."""
    count = next(len(column) for column in columns if isinstance(column, Texts))
    parts = [
        column
        if isinstance(column, Texts)
        else Texts(np.frombuffer(column, np.uint8), np.zeros(count, np.int64), np.full(count, len(column), np.int64))
        for column in columns
    ]
    base = np.cumsum([0, *(part.data.size for part in parts[:-1])])
    starts = np.stack([part.starts + shift for part, shift in zip(parts, base, strict=True)], axis=1)
    sizes = np.stack([part.sizes for part in parts], axis=1)
    pooled = Texts(np.concatenate([part.data for part in parts]), starts.ravel(), sizes.ravel())
    totals = sizes.sum(axis=1)
    return Texts(pooled.flat(), np.cumsum(totals) - totals, totals)


def join(texts: Texts, counts: Ints, separator: bytes) -> Texts:
    """Join neighbouring rows: the first ``counts[0]`` rows become row 0, and so on; ``counts`` sums to the rows.

    A count of 0 gives an empty row. ``separator`` is one byte.
    """
    ends = np.cumsum(counts)
    lead = np.ones(len(texts), np.int64)
    lead[(ends - counts)[counts > 0]] = 0
    separators = Texts(np.frombuffer(separator, np.uint8), np.zeros(len(texts), np.int64), lead)
    joined = concatenate(separators, texts)
    edges = np.concatenate((np.zeros(1, np.int64), np.cumsum(joined.sizes)))
    starts = edges[ends - counts]
    return Texts(joined.data, starts, edges[ends] - starts)


def stack(parts: Sequence[Texts]) -> Texts:
    """Return the rows of all ``parts``, one part after another."""
    base = np.cumsum([0, *(part.data.size for part in parts[:-1])])
    return Texts(
        np.concatenate([part.data for part in parts]),
        np.concatenate([part.starts + shift for part, shift in zip(parts, base, strict=True)]),
        np.concatenate([part.sizes for part in parts]),
    )
