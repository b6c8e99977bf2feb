"""Terms for introns and for the neighbourhood of their ends.

Distances are those of Ensembl VEP: two bases of an intron at either end are the splice site; three bases of the exon
and the third to eighth of the intron the splice region; from the donor the fifth base, and the third to sixth are the
donor region; from the acceptor the third to 17th are the polypyrimidine tract.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ann.anntools.effects import BIT
from ann.anntools.texts import Bytes, Ints, Texts
from ann.anntools.touched import LONGEST_SITES, Flags, Touched
from ann.anntools.transcripts import Transcripts

SITE = 2
EXON_REGION, INTRON_REGION = 3, 8  # the splice region's bases of the exon, and up to which of the intron
FIFTH_BASE, DONOR_END = 5, 6
REACH = 17  # bases of an intron from its end that have a term of their own
INTRON = BIT["intron_variant"]
DONOR, ACCEPTOR = BIT["splice_donor_variant"], BIT["splice_acceptor_variant"]
REGION = BIT["splice_region_variant"]
FIFTH = BIT["splice_donor_5th_base_variant"]
DONOR_REGION = BIT["splice_donor_region_variant"]
TRACT = BIT["splice_polypyrimidine_tract_variant"]
LONGEST_SHIFT: Final = 1000  # steps along a repeat; longer repeats count as if they ended there


@dataclass(frozen=True)
class Shifts:
    """How many bases each indel can be moved to the left and to the right along a repeat, int64; 0 for others."""

    left: Ints
    right: Ints


def deep(touched: Touched, models: Transcripts) -> Flags:
    """Whether each span lies in an intron, too far from its ends for any other term."""
    left = touched.first - models.exon_ends[touched.high - 1]
    right = models.exon_starts[np.minimum(touched.low, touched.stop - 1)] - touched.last
    return ~touched.exonic() & (left > REACH) & (right > REACH)


def terms(touched: Touched, models: Transcripts, shifts: Shifts) -> Ints:
    """Return the terms for the introns that each span touches or lies beside, int64."""
    # Spans within one intron have it on both sides; of those deeper in an exon no intron is near.
    before = models.exon_starts[np.minimum(touched.low, touched.stop - 1)]
    after = models.exon_ends[touched.high - 1]
    left = np.flatnonzero(touched.exonic() & (touched.low > touched.begin) & (touched.first <= before + EXON_REGION))
    right = np.flatnonzero((touched.high < touched.stop) & (touched.last >= after - EXON_REGION))
    result = np.where(touched.high - touched.low > 1, DONOR | ACCEPTOR | INTRON, 0)
    for rows, exon in ((left, touched.low[left]), (right, touched.high[right])):
        result[rows] |= _one_intron(touched.take(rows), models, exon, Shifts(shifts.left[rows], shifts.right[rows]))
    essential = (result & (DONOR | ACCEPTOR)) != 0
    return np.where(essential, result & ~REGION, result)


def _one_intron(touched: Touched, models: Transcripts, exon: Ints, shifts: Shifts) -> Ints:
    """Return the terms for the intron before each ``exon`` (rows)."""
    forward = touched.forward
    before, after = models.exon_ends[exon - 1], models.exon_starts[exon]
    # Counted from the left and from the right end of the intron, 1 is its outermost base and 0 the exon's.
    l1, l2, r1, r2 = touched.first - before, touched.last - before, after - touched.last, after - touched.first
    left_near, right_near = (l1 <= SITE) & (l2 >= 1), (r1 <= SITE) & (r2 >= 1)
    left_site = left_near & (l1 + shifts.right <= SITE) & (l2 - shifts.left >= 1)
    right_site = right_near & (r1 + shifts.left <= SITE) & (r2 - shifts.right >= 1)
    inserted = touched.first > touched.last
    # Nothing of so short an intron is left beside its two sites, so an insertion at its border changes one of them.
    tiny = inserted & (after - before - 1 <= LONGEST_SITES)
    left_site |= tiny & (l1 == 1)
    right_site |= tiny & (r1 == 1)
    # An indel that a repeat lets clear the site lies in the intron all the same.
    beside = (left_near & ~left_site) | (right_near & ~right_site)
    inner = (beside & ~touched.exonic()) | ((np.maximum(l1, l2) > SITE) & (np.maximum(r1, r2) > SITE))
    inner |= inserted & ~tiny & ~touched.exonic() & ((l1 == 1) | (r1 == 1))
    for near, far in ((l1, l2), (r1, r2)):
        beside |= ((near <= 0) & (far > -EXON_REGION)) | ((near <= INTRON_REGION) & (far > SITE))
        beside |= inserted & ((near == 1) | (near == SITE + 1))
    d1, d2 = np.where(forward, l1, r1), np.where(forward, l2, r2)
    a1, a2 = np.where(forward, r1, l1), np.where(forward, r2, l2)
    # What lies in the intron lies on its side of the other end too.
    within = (l2 >= 1) & (r2 >= 1)
    fifth = within & (d1 <= FIFTH_BASE) & (d2 >= FIFTH_BASE)
    result = np.where(inner, INTRON, 0)
    result |= np.where(np.where(forward, left_site, right_site), DONOR, 0)
    result |= np.where(np.where(forward, right_site, left_site), ACCEPTOR, 0)
    result |= np.where(beside, REGION, 0)
    result |= np.where(fifth, FIFTH, 0)
    result |= np.where(within & ~fifth & (d1 <= DONOR_END) & (d2 > SITE), DONOR_REGION, 0)
    result |= np.where(within & (a1 <= REACH) & (a2 > SITE), TRACT, 0)
    return result


def into_intron(touched: Touched, models: Transcripts, shifts: Shifts) -> Touched:
    """Return the pairs with insertions beside an exon counted to the intron where a repeat takes them past the site."""
    inserted = (touched.first > touched.last) & touched.exonic()
    after = inserted & (touched.last == models.exon_ends[touched.high - 1]) & (shifts.right >= SITE)
    before = inserted & (touched.first == models.exon_starts[touched.low]) & (shifts.left >= SITE)
    return replace(touched, low=touched.low + after, high=touched.high - (before & ~after))


def past_acceptor(touched: Touched, models: Transcripts, shifts: Shifts) -> tuple[Touched, Ints]:
    """Return the pairs with indels in an intron moved past its acceptor into the exon where a repeat leads there.

    HGVS writes them there, as the most 3' place; insertions lie between two bases of the exon then. The second result
    is by how much each was moved, int64, 0 for most.
    """
    move = np.zeros(touched.first.size, np.int64)
    onward = np.where(touched.forward, shifts.right, shifts.left)
    rows = np.flatnonzero(~touched.exonic() & (onward > 0))
    if not rows.size:
        return touched, move
    exon, forward = touched.low[rows], touched.forward[rows]
    # Of an insertion its two neighbours.
    first = np.minimum(touched.first, touched.last)[rows]
    last = np.maximum(touched.first, touched.last)[rows]
    right, left = models.exon_starts[exon] - first, last - models.exon_ends[exon - 1]
    to_right = forward & (right <= onward[rows]) & (last + right <= models.exon_ends[exon])
    to_left = ~forward & (left <= onward[rows]) & (first - left >= models.exon_starts[exon - 1])
    move[rows] = np.where(to_right, right, np.where(to_left, -left, 0))
    low, high = touched.low.copy(), touched.high.copy()
    high[rows] += to_right
    low[rows] -= to_left
    return replace(touched.moved(move), low=low, high=high), move


def into_exon(touched: Touched, models: Transcripts, shifts: Shifts) -> Ints:
    """Return by how much to move deletions across the end of one exon so that they lie in it; 0 where they cannot."""
    long = (touched.high - touched.low == 1) & (touched.last >= touched.first)
    right = np.maximum(models.exon_starts[touched.low] - touched.first, 0)
    left = np.maximum(touched.last - models.exon_ends[touched.high - 1], 0)
    move = np.where(left == 0, right, np.where(right == 0, -left, 0))
    possible = long & (move <= shifts.right) & (-move <= shifts.left)
    possible &= touched.last + move <= models.exon_ends[touched.high - 1]
    possible &= touched.first + move >= models.exon_starts[touched.low]
    return np.where(possible, move, 0)


def shifts(start: Ints, end: Ints, alt: Texts, sequence: Bytes | None) -> Shifts:
    """Return how far pure insertions and deletions can be moved without another outcome.

    ``start``, ``end``, ``alt`` are those of `Alleles`. Moves stop once the allele would clear all bases of an intron
    that have a term of their own.
    """
    left, right = np.zeros(start.size, np.int64), np.zeros(start.size, np.int64)
    size = end - start + 1 + alt.sizes
    pure = np.flatnonzero((end < start) ^ (alt.sizes == 0))
    if sequence is None or not pure.size:
        return Shifts(left, right)
    for moved, step in ((left, -1), (right, 1)):
        active = pure
        for distance in range(LONGEST_SHIFT):
            active = active[distance <= size[active] + REACH]
            if not active.size:
                break
            outer = end[active] + 1 + distance if step > 0 else start[active] - 1 - distance
            active = active[_repeats(outer, outer - step * size[active], alt.take(active), sequence, (step, distance))]
            moved[active] += 1
    return Shifts(left, right)


def _repeats(outer: Ints, source: Ints, alt: Texts, sequence: Bytes, move: tuple[int, int]) -> Flags:
    """Whether base ``outer`` of the contig equals the one that a move puts there.

    That is base ``source`` or, where bases are inserted, one of them: ``move`` is the direction and the distance.
    """
    step, distance = move
    inside = (outer >= 1) & (outer <= sequence.size)
    known = sequence[np.clip(source, 1, sequence.size) - 1]
    within = np.flatnonzero(alt.sizes > distance)
    known[within] = alt.data[alt.starts[within] + (distance if step > 0 else alt.sizes[within] - 1 - distance)]
    result: Flags = inside & (sequence[np.where(inside, outer, 1) - 1] == known)
    return result
