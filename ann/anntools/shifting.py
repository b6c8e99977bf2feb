"""The 3' rule: insertions and deletions slide along their sequence as far as the same bases or amino acids repeat.

A stretch of ``n`` letters that is inserted or deleted may move by one when the letter that follows equals its first
one, and then starts with its second; so it moves by as many steps ``j`` as ``following[j] == stretch[j % n]`` holds.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ann.anntools.texts import Bools, Bytes, Ints, Texts
from ann.anntools.variants import Alleles

FARTHEST = 1000  # steps: a longer repeat leaves the name some way before its 3'-most place
FIRST_CHUNK, CHUNK = 8, 64  # steps tried at once: most stop within the first few, some are in long repeats

ROWS = 1 << 14  # tried at once, which bounds memory

# Whether a step is possible: (rows of shape (R, 1), steps counted from 0 of shape (S,)) -> bool (R, S)
Holds = Callable[[Ints, Ints], Bools]


class Shifted(NamedTuple):
    """Where P alleles stand after shifting.

    ``start``, ``end``: int64 (P,), 1-based inclusive on the contig, ``end`` is ``start - 1`` for insertions. ``alt``:
    texts (P,), the bases put there, in the direction of the contig.
    """

    start: Ints
    end: Ints
    alt: Texts


def shifted(alleles: Alleles, rows: Ints, forward: Bools, sequence: Bytes | None) -> Shifted:
    """Return the places of ``alleles[rows]``, pure insertions and deletions moved as far 3' as their bases repeat.

    ``rows``: int64 (P,). ``forward``: bool (P,), whether 3' is towards higher positions. ``sequence``: uint8, the whole
    contig in capitals; None moves nothing. The contig's ends and FARTHEST bound the way.
    """
    start, end, alt = alleles.start[rows], alleles.end[rows], alleles.alt.take(rows)
    if sequence is None:
        return Shifted(start, end, alt)
    ref = alleles.ref.take(rows)
    moving = np.flatnonzero((alt.sizes == 0) != (ref.sizes == 0))
    deleted = alt.sizes[moving] == 0
    stretch = _either(deleted, ref.take(moving), alt.take(moving))
    onward = forward[moving]
    border = np.where(onward, end[moving] + 1, start[moving] - 1)

    def repeats(row: Ints, steps: Ints) -> Bools:
        up = onward[row]
        position = border[row] + np.where(up, steps, -steps)
        following = letters(sequence, position)
        size = stretch.sizes[row]
        within = steps % size
        own = stretch.data[stretch.starts[row] + np.where(up, within, size - 1 - within)]
        same: Bools = following == own
        return same

    way = steps_holding(moving.size, repeats, FARTHEST)
    signed = np.where(onward, way, -way)
    start[moving] += signed
    end[moving] += signed
    inserted = np.flatnonzero(~deleted & (way > 0))
    turned = rotated(stretch.take(inserted), signed[inserted])
    return Shifted(start, end, replaced(alt, moving[inserted], turned))


def steps_holding(count: int, holds: Holds, most: int) -> Ints:
    """Return for each of ``count`` rows how many steps in a row, from step 0, ``holds``; at most ``most``."""
    steps = np.zeros(count, np.int64)
    for begin in range(0, count, ROWS):
        active, done, width = np.arange(begin, min(begin + ROWS, count)), 0, FIRST_CHUNK
        while active.size and done < most:
            width = min(width, most - done)
            held = holds(active[:, None], np.arange(done, done + width))
            run = np.where(held.all(axis=1), width, held.argmin(axis=1))
            steps[active] += run
            active = active[run == width]
            done, width = done + width, CHUNK
    return steps


def letters(sequence: Bytes, position: Ints) -> Bytes:
    """Return the letters at 1-based ``position``, of any shape; 0 for what lies outside of ``sequence``."""
    inside = (position >= 1) & (position <= sequence.size)
    if not sequence.size:
        return np.zeros(position.shape, np.uint8)
    return np.where(inside, sequence[np.where(inside, position - 1, 0)], 0).astype(np.uint8, copy=False)


def rotated(texts: Texts, left: Ints) -> Texts:
    """Return each text with its first ``left[i]`` letters, modulo its size, moved to its end."""
    sizes = np.repeat(texts.sizes, texts.sizes)
    ends = np.cumsum(texts.sizes)
    within = np.arange(sizes.size) - np.repeat(ends - texts.sizes, texts.sizes)
    turned = (within + np.repeat(left, texts.sizes)) % np.maximum(sizes, 1)
    return Texts(texts.data[np.repeat(texts.starts, texts.sizes) + turned], ends - texts.sizes, texts.sizes)


def _either(choice: Bools, one: Texts, other: Texts) -> Texts:
    """Return the rows of ``one`` where ``choice`` holds, of ``other`` elsewhere."""
    return replaced(other, np.flatnonzero(choice), one.take(np.flatnonzero(choice)))


def replaced(texts: Texts, rows: Ints, others: Texts) -> Texts:
    """Return ``texts`` with ``others[i]`` in place of row ``rows[i]``."""
    if not rows.size:
        return texts
    starts, sizes = texts.starts.copy(), texts.sizes.copy()
    starts[rows], sizes[rows] = others.starts + texts.data.size, others.sizes
    return Texts(np.concatenate((texts.data, others.data)), starts, sizes)
