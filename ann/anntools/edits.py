"""Replacements of bases in spliced transcripts, and the codons that come out."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ann.anntools import codons
from ann.anntools.frames import Frames, codon
from ann.anntools.texts import Bytes, Ints, Texts
from ann.anntools.touched import Flags

CODON: Final = codons.SIZE
FIRST_READ: Final = 24  # codons of a shifted frame that are read at first; most meet a stop before


@dataclass(frozen=True, kw_only=True)
class Edits:
    """E replacements within one exon and the CDS of a transcript, int64 (E,) but for ``forward``, bool (E,).

    ``first``, ``last``: bases replaced, 0-based from the first whole codon on; ``last`` is ``first - 1`` where bases
    are inserted before ``first``. ``alt``: the new bases as on the contig.
    """

    transcript: Ints
    first: Ints
    last: Ints
    alt: Texts
    forward: Flags

    def __len__(self) -> int:
        return self.transcript.size

    def take(self, rows: Ints | Flags) -> "Edits":
        """Return the chosen edits, in that order."""
        chosen = np.arange(len(self))[rows]
        return Edits(
            transcript=self.transcript[chosen],
            first=self.first[chosen],
            last=self.last[chosen],
            alt=self.alt.take(chosen),
            forward=self.forward[chosen],
        )

    def growth(self) -> Ints:
        """Return by how many bases each edit makes the transcript longer."""
        return self.alt.sizes - (self.last - self.first + 1)

    def new_base(self, rows: Ints, place: Ints) -> Bytes:
        """Return base ``place[i]`` (0-based, in the direction of the transcript) of what edit ``rows[i]`` puts in."""
        forward = self.forward[rows]
        base = self.alt.data[self.alt.starts[rows] + np.where(forward, place, self.alt.sizes[rows] - 1 - place)]
        return np.where(forward, base, codons.COMPLEMENT[base])


def edited_codons(edits: Edits, frame: Frames, row: Ints, place: Ints) -> NDArray[np.uint8]:
    """Return the codons of the edited transcripts whose first bases are at ``place`` after the first touched codon."""
    first, last, added = edits.first[row], edits.last[row], edits.alt.sizes[row]
    lead = first % CODON
    behind = place - lead - added
    result = np.empty(row.size, np.uint8)
    after = np.flatnonzero(behind >= 0)
    result[after] = codon(frame, edits.transcript[row[after]], (last + 1 + behind)[after])
    mixed = np.flatnonzero(behind < 0)
    bases = []
    for shift in range(CODON):
        at = place[mixed] + shift
        before, beyond = at < lead[mixed], at >= (lead + added)[mixed]
        old = np.where(before, (first - lead)[mixed] + at, (last + 1 + behind)[mixed] + shift)
        base = frame.read(edits.transcript[row[mixed]], old)
        new = np.flatnonzero(~before & ~beyond)
        base[new] = edits.new_base(row[mixed[new]], at[new] - lead[mixed[new]])
        bases.append(base)
    result[mixed] = codons.codes(*bases)
    return result


def begins_as_before(edits: Edits, frame: Frames) -> Flags:
    """Whether the whole CDS still stands in each edited transcript, what comes before it being changed only.

    The edits may begin before the CDS.
    """
    size = np.maximum(edits.last + 1, 0)
    row = np.repeat(np.arange(len(edits)), size)
    place = np.arange(row.size) - np.repeat(np.cumsum(size) - size, size)
    # Counted back from the first base that stays.
    back = size[row] - place
    added, first = edits.alt.sizes[row], edits.first[row]
    base = frame.read(edits.transcript[row], first + added - back)
    new = np.flatnonzero(back <= added)
    base[new] = edits.new_base(row[new], (added - back)[new])
    result = np.ones(len(edits), np.bool_)
    result[row[base != frame.read(edits.transcript[row], place)]] = False
    return result


def to_stop(edits: Edits, frame: Frames) -> Texts:
    """Return what edited transcripts are read as, from the first touched codon to the first stop or the end."""
    first = edits.first // 3 * 3
    total = np.maximum(frame.limit[edits.transcript] - first + edits.growth(), 0) // 3
    sizes = np.zeros(len(edits), np.int64)
    pieces: list[tuple[Ints, Bytes]] = []
    active, done, step = np.flatnonzero(total > 0), 0, FIRST_READ
    while active.size:
        count = np.minimum(total[active] - done, step)
        row, place = codons.reading(np.full(active.size, 3 * done), count)
        acids = codons.amino_acids(edited_codons(edits, frame, active[row], place), frame.genetic_code)
        begin = np.cumsum(count) - count
        within = np.arange(row.size) - begin[row]
        stop = count.copy()
        found = acids == codons.STOP
        np.minimum.at(stop, row[found], within[found] + 1)
        kept = within < stop[row]
        pieces.append((active[row[kept]], acids[kept]))
        sizes[active] += stop
        met = np.zeros(active.size, np.bool_)
        met[row[found]] = True
        done += step
        active = active[~met & (total[active] > done)]
        step *= 2
    if not pieces:
        return Texts(np.zeros(0, np.uint8), np.zeros(len(edits), np.int64), sizes)
    order = np.argsort(np.concatenate([rows for rows, _ in pieces]), kind="stable")
    return Texts(np.concatenate([acids for _, acids in pieces])[order], np.cumsum(sizes) - sizes, sizes)
