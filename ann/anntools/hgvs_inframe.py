"""HGVS names of changes of proteins that keep the frame: substitutions, deletions, duplications, insertions, delins."""

from dataclasses import replace

import numpy as np
import pyarrow as pa

from ann.anntools.amino_words import (
    DEL,
    DELINS,
    DUP,
    INS,
    LONGER_OPEN,
    LONGER_TO,
    NONE,
    PLAIN,
    SAME,
    STOP,
    Name,
    Rows,
    letter,
)
from ann.anntools.shifting import FARTHEST, replaced, rotated, steps_holding
from ann.anntools.texts import Bools, Ints, Texts

MOST_CODONS = 100_000  # after a CDS; no transcript is as long


def inframe(rows: Rows) -> pa.BinaryArray:
    """Return the names of changes that keep the frame, binary, one for each row.

    What is the same before and after is cut off, first at the beginning, so that what is left stands as far as may be
    towards the end of the protein; deletions and insertions then slide on along the reference.
    """
    front, back = _shared(rows.ref, rows.alt)
    lost, gained = rows.ref.sizes - front - back, rows.alt.sizes - front - back
    first = rows.first + front
    name = Name(
        first=first,
        last=first + lost - 1,
        edit=np.select([gained == 0, (lost == 1) & (gained == 1)], [DEL, NONE], DELINS),
        letters=Texts(rows.alt.data, rows.alt.starts + front, gained.copy()),
        suffix=np.full(len(rows), PLAIN),
        number=np.zeros(len(rows), np.int64),
    )
    every = np.arange(len(rows))
    stop = letter(name.letters, every, np.zeros_like(gained)) == STOP
    ends_in_stop = letter(name.letters, every, gained - 1) == STOP
    longer = (lost > 0) & (letter(rows.ref, every, rows.ref.sizes - back - 1) == STOP) & ~ends_in_stop
    same = (lost == 0) & (gained == 0)
    inserted = (lost == 0) & (gained > 0) & ~stop
    retained = _retained(rows, np.flatnonzero(ends_in_stop & inserted))
    inserted[retained] = False
    _keep(name, rows, np.flatnonzero(same))
    _stop(name, rows, np.flatnonzero(stop))
    name = replace(name, letters=_lengthen(name, rows, np.flatnonzero(longer), lost, gained))
    _slide_deletions(name, rows, np.flatnonzero((gained == 0) & (lost > 0) & (name.suffix == PLAIN)))
    letters = _slide_insertions(name, rows, np.flatnonzero(inserted))
    letters.sizes[retained] = 0
    name.first[retained] = name.last[retained] = rows.first[retained] + rows.alt.sizes[retained] - 1
    name.edit[retained], name.suffix[retained] = NONE, SAME
    return replace(name, letters=letters).written(rows)


def _retained(rows: Rows, at: Ints) -> Ints:
    """Return which rows, that put in a stop, read as the reference up to its own stop."""

    def same(row: Ints, steps: Ints) -> Bools:
        alike: Bools = letter(rows.alt, at[row], steps) == rows.own(rows.first[at[row]] + steps, at[row])
        return alike & (steps < rows.alt.sizes[at[row]])

    kept = steps_holding(at.size, same, int(rows.alt.sizes[at].max(initial=0)))
    found: Ints = at[kept == rows.alt.sizes[at]]
    return found


def _keep(name: Name, rows: Rows, at: Ints) -> None:
    """Word what stays the same by all amino acids that the allele touches."""
    name.first[at] = rows.first[at]
    name.last[at] = rows.first[at] + rows.ref.sizes[at] - 1
    name.edit[at], name.suffix[at] = NONE, SAME


def _stop(name: Name, rows: Rows, at: Ints) -> None:
    """Word a new stop by the amino acid in whose place it stands, whatever follows."""
    name.last[at], name.edit[at] = name.first[at], NONE
    retained = at[rows.own(name.first[at], at) == STOP]
    name.suffix[retained], name.letters.sizes[retained] = SAME, 0


def _lengthen(name: Name, rows: Rows, at: Ints, lost: Ints, gained: Ints) -> Texts:
    """Word a lost stop by what takes its place and how far it is to the next one; return what all rows write."""
    old = name.last[at]

    def reads_on(row: Ints, steps: Ints) -> Bools:
        amino = rows.after(old[row] + 1 + steps, at[row])
        goes_on: Bools = (amino != STOP) & (amino != 0)
        return goes_on

    way = steps_holding(at.size, reads_on, MOST_CODONS)
    found = rows.after(old + 1 + way, at) == STOP
    adjacent = found & (way == 0)
    alone = lost[at] == 1
    name.number[at] = way + 1 + gained[at] - lost[at]
    name.suffix[at] = np.where(found, LONGER_TO, LONGER_OPEN)
    name.edit[at] = np.select([alone, gained[at] == 0], [NONE, DEL], DELINS)
    # A stop that takes the place of the old one leaves the end of the protein as it was.
    kept = at[adjacent & (gained[at] == 0) & alone]
    name.suffix[kept] = SAME
    shortened = at[adjacent & ~alone]
    name.suffix[shortened] = PLAIN
    name.last[shortened] -= 1
    one = name.last[shortened] == name.first[shortened]
    name.edit[shortened[one & (gained[shortened] == 1)]] = NONE
    name.letters.sizes[at[alone & (gained[at] > 1)]] = 1
    drawn_in = alone & (gained[at] == 0) & (way > 0)
    following = rows.after(old + 1, at)[drawn_in]
    ones = np.ones(following.size, np.int64)
    return replaced(name.letters, at[drawn_in], Texts(following, np.arange(following.size), ones))


def _slide_deletions(name: Name, rows: Rows, at: Ints) -> None:
    first, size = name.first[at], name.last[at] - name.first[at] + 1

    def repeats(row: Ints, steps: Ints) -> Bools:
        following = rows.own(first[row] + size[row] + steps, at[row])
        same: Bools = (following == rows.own(first[row] + steps, at[row])) & (following != 0)
        return same

    way = steps_holding(at.size, repeats, FARTHEST)
    name.first[at] += way
    name.last[at] += way


def _slide_insertions(name: Name, rows: Rows, at: Ints) -> Texts:
    """Word insertions, those that repeat what stands before them as duplications; return what all rows write."""
    inserted = name.letters.take(at)
    first, size = name.first[at], inserted.sizes
    final = letter(inserted, np.arange(at.size), size - 1) == STOP

    def repeats(row: Ints, steps: Ints) -> Bools:
        same: Bools = rows.own(first[row] + steps, at[row]) == letter(inserted, row, steps % size[row])
        movable: Bools = same & ~final[row]
        return movable

    way = steps_holding(at.size, repeats, FARTHEST)
    place = first + way
    turned = rotated(inserted, way)

    def repeated(row: Ints, steps: Ints) -> Bools:
        same: Bools = rows.own(place[row] - size[row] + steps, at[row]) == letter(turned, row, steps)
        return same & (steps < size[row])

    doubled = steps_holding(at.size, repeated, int(size.max(initial=0))) == size
    name.first[at] = np.where(doubled, place - size, place - 1)
    name.last[at] = np.where(doubled, place - 1, place)
    name.edit[at] = np.where(doubled, DUP, INS)
    return replaced(name.letters, at, Texts(turned.data, turned.starts, np.where(doubled, 0, turned.sizes)))


def _shared(ref: Texts, alt: Texts) -> tuple[Ints, Ints]:
    """Return how many letters each pair shares at its beginning, then at its end."""
    less = np.minimum(ref.sizes, alt.sizes)
    most = int(less.max(initial=0))

    def alike(row: Ints, steps: Ints) -> Bools:
        same: Bools = letter(ref, row, steps) == letter(alt, row, steps)
        return same & (steps < less[row])

    front = steps_holding(len(ref), alike, most)

    def alike_behind(row: Ints, steps: Ints) -> Bools:
        one, other = letter(ref, row, ref.sizes[row] - 1 - steps), letter(alt, row, alt.sizes[row] - 1 - steps)
        same: Bools = one == other
        return same & (steps < less[row] - front[row])

    return front, steps_holding(len(ref), alike_behind, most)
