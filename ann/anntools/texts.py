"""Many byte strings as two arrays, so that text is put together without a loop over records."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

NOTHING = pa.array([b""], pa.binary())  # one empty row
# Numbers below are kept as texts, which is faster than writing them anew, once there are not few of them.
POOL, WORTH_A_POOL = 1 << 16, 16
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


def escaped(texts: Texts) -> Texts:
    """Return ``texts`` with the characters that INFO reserves percent-encoded (VCF 4.3, section 1.2)."""
    if not RESERVED[texts.flat()].any():
        return texts
    rows = [texts[row] for row in range(len(texts))]
    return from_list([b"".join(b"%%%02X" % c if RESERVED[c] else b"%c" % c for c in row) for row in rows])


def binary(data: Bytes, offsets: Ints) -> pa.BinaryArray:
    """Return rows ``data[offsets[i] : offsets[i + 1]]`` as an Arrow array that shares ``data``; under 2 GiB."""
    buffers = [None, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(np.ascontiguousarray(data))]
    return pa.Array.from_buffers(pa.binary(), offsets.size - 1, buffers)


def arrow(texts: Texts) -> pa.BinaryArray:
    """Return ``texts`` as an Arrow array with bytes of its own."""
    return binary(texts.flat(), np.concatenate(([0], np.cumsum(texts.sizes))))


def offsets_of(array: pa.BinaryArray) -> NDArray[np.int32]:
    """Return where the rows of an array begin in its bytes, and where the last one ends, int32 (N + 1,)."""
    begin = array.offset
    return np.frombuffer(array.buffers()[1], np.int32)[begin : begin + len(array) + 1]


def bytes_of(array: pa.BinaryArray) -> Bytes:
    """Return the bytes that the offsets of an array count in, uint8."""
    buffer = array.buffers()[2]
    return np.frombuffer(buffer, np.uint8) if buffer is not None and buffer.size else np.zeros(0, np.uint8)


def glue(*columns: pa.BinaryArray | bytes) -> pa.BinaryArray:
    """Return row by row the concatenation of ``columns``, one of them at least being an array; nulls add nothing."""
    parts = [pa.scalar(part, pa.binary()) if isinstance(part, bytes) else part for part in columns]
    if not any(isinstance(part, bytes) for part in columns):
        parts.append(pa.scalar(b"", pa.binary()))  # Arrow leaves rows out in which every part is null
    return pc.binary_join_element_wise(*parts, pa.scalar(b"", pa.binary()), null_handling="skip")


def decimals(numbers: NDArray[np.integer]) -> pa.BinaryArray:
    """Return each number, none below 0, as decimal text."""
    if numbers.max(initial=0) < POOL <= numbers.size * WORTH_A_POOL:
        return _pool().take(pa.array(numbers))
    return _written(numbers)


@cache
def _pool() -> pa.BinaryArray:
    """Return the numbers below POOL."""
    return _written(np.arange(POOL))


def _written(numbers: NDArray[np.integer]) -> pa.BinaryArray:
    return pa.array(numbers).cast(pa.string()).view(pa.binary())


def runs(array: pa.BinaryArray, counts: Ints) -> pa.BinaryArray:
    """Return neighbouring rows as one, without a separator: the first ``counts[0]`` rows become row 0, and so on."""
    edges = offsets_of(array)[np.concatenate(([0], np.cumsum(counts)))]
    return pa.Array.from_buffers(pa.binary(), counts.size, [None, pa.py_buffer(edges), array.buffers()[2]])
