"""Which exons and introns of a transcript a span touches, and where it lies in the spliced transcript."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ann.anntools.texts import Ints
from ann.anntools.transcripts import Transcripts

LONGEST_SITES = 4  # an intron up to this length is no more than its donor and acceptor
Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Touched:
    """R pairs of a span and a transcript whose body it touches; int64 (R,) but for ``forward``, bool (R,).

    ``first``, ``last``: the span within the body, 1-based inclusive; of an insertion ``last`` is ``first - 1``, and it
    touches what holds both its neighbours, and of an exon and an intron between which it stands the exon.
    ``low``, ``high``: rows of the first exon touched and of the one after the last, in the order of the contig; equal
    where none is touched, and then the intron before ``low`` is. ``begin``, ``stop``: rows of the transcript's first
    exon and of the one after its last.
    """

    transcript: Ints
    first: Ints
    last: Ints
    low: Ints
    high: Ints
    begin: Ints
    stop: Ints
    forward: Flags

    def take(self, rows: Ints | Flags) -> "Touched":
        """Return the chosen pairs, in that order."""
        return Touched(**{name: column[rows] for name, column in vars(self).items()})

    def moved(self, distance: Ints) -> "Touched":
        """Return the spans moved within the exons that they touch."""
        return replace(self, first=self.first + distance, last=self.last + distance)

    def exonic(self) -> Flags:
        """Whether each span touches an exon."""
        return self.high > self.low

    def exon(self) -> Ints:
        """Return the number of the first exon touched in the direction of the transcript, 0 for none."""
        number = np.where(self.forward, self.low - self.begin + 1, self.stop - self.high + 1)
        return np.where(self.exonic(), number, 0)

    def intron(self, models: Transcripts) -> Ints:
        """Return the number of the first intron touched in the direction of the transcript, 0 for none."""
        left = (self.low > self.begin) & (self.first < models.exon_starts[self.low])
        right = (self.high < self.stop) & (self.last > models.exon_ends[self.high - 1])
        several = self.high - self.low > 1
        forward = np.where(left, self.low - self.begin, np.where(several | right, self.low - self.begin + 1, 0))
        reverse = np.where(right, self.stop - self.high, np.where(several | left, self.stop - self.high + 1, 0))
        return np.where(self.exonic(), np.where(self.forward, forward, reverse), self.between())

    def between(self) -> Ints:
        """Return the number of the intron before ``low`` in the direction of the transcript."""
        return np.where(self.forward, self.low - self.begin, self.stop - self.low)

    def cdna(self, models: Transcripts) -> tuple[Ints, Ints]:
        """Return the first and last base touched in the spliced transcript, 1-based; every span touches an exon.

        Of an insertion they are the base after it and the one before it.
        """
        last_exon = self.high - 1
        first = np.maximum(self.first, models.exon_starts[self.low])
        last = np.minimum(self.last, models.exon_ends[last_exon])
        from_left = models.exon_before[self.low] + first - models.exon_starts[self.low] + 1
        to_left = models.exon_before[last_exon] + last - models.exon_starts[last_exon] + 1
        from_right = models.exon_before[last_exon] + models.exon_ends[last_exon] - last + 1
        to_right = models.exon_before[self.low] + models.exon_ends[self.low] - first + 1
        return np.where(self.forward, from_left, from_right), np.where(self.forward, to_left, to_right)


def touch(models: Transcripts, transcript: Ints, start: Ints, end: Ints) -> Touched:
    """Return what the spans ``start[i]..end[i]`` touch in ``transcript[i]``, whose bodies they touch."""
    first = np.maximum(start, models.starts[transcript])
    last = np.minimum(end, models.ends[transcript])
    begin, stop = models.exon_offsets[transcript], models.exon_offsets[transcript + 1]
    high = begin + models.exons_begun(transcript, last)
    low = high - (first <= models.exon_ends[high - 1])
    wide = np.flatnonzero(first != last)
    low[wide] = begin[wide] + models.exons_ended(transcript[wide], first[wide] - 1)
    low, high = _beside(models, first, last, low, np.maximum(high, low))
    return Touched(
        transcript=transcript,
        first=first,
        last=last,
        low=low,
        high=high,
        begin=begin,
        stop=stop,
        forward=models.strand[transcript] > 0,
    )


def _beside(models: Transcripts, first: Ints, last: Ints, low: Ints, high: Ints) -> tuple[Ints, Ints]:
    """Return ``low`` and ``high`` with insertions at either end of an intron counted to the exon.

    Not so where the intron is no more than its splice sites: the insertion changes one of them.
    """
    rows = np.flatnonzero((first > last) & (low == high))
    exon = low[rows]
    left, right = models.exon_ends[exon - 1], models.exon_starts[exon]
    long = right - left - 1 > LONGEST_SITES
    low, high = low.copy(), high.copy()
    low[rows] -= long & (last[rows] == left)
    high[rows] += long & (first[rows] == right) & (last[rows] != left)
    return low, high
