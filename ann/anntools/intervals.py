"""Sources by overlap: the intervals that each span touches."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Intervals:
    """Intervals on one contig, sorted by start; ``starts`` and ``ends`` are int64, 1-based inclusive.

    The line is cut wherever an interval begins or ends; each segment between two cuts lists the intervals that
    cover it. A span then touches those that cover its first base and those that begin in the rest of it.
    """

    starts: Ints
    ends: Ints

    @cached_property
    def cuts(self) -> Ints:
        """First base of each segment, ascending."""
        edges = np.sort(np.concatenate((self.starts, self.ends + 1)))
        return edges[np.diff(edges, prepend=edges[:1] - 1) > 0]

    @cached_property
    def _segments(self) -> tuple[Ints, Ints]:
        """Members of the segments as (offsets of length cuts + 2, members); segment 0 lies before all cuts."""
        first = np.searchsorted(self.cuts, self.starts) + 1
        counts = np.searchsorted(self.cuts, self.ends + 1) + 1 - first
        segment = expand(first, counts)
        member = np.repeat(np.arange(self.starts.size), counts)
        sizes = np.bincount(segment, minlength=self.cuts.size + 1)
        # Members were listed by interval, so a stable sort leaves them ascending within each segment.
        return np.concatenate(([0], np.cumsum(sizes))), member[np.argsort(segment, kind="stable")]

    def count(self, first: Ints, last: Ints) -> Ints:
        """Return how many intervals each span ``first..last`` (1-based inclusive) touches."""
        offsets, _ = self._segments
        segment = np.searchsorted(self.cuts, first, side="right")
        return offsets[segment + 1] - offsets[segment] + self._begun(first, last)[1]

    def overlaps(self, first: Ints, last: Ints, most: int | None = None) -> tuple[Ints, Ints]:
        """Return (span, interval) for every touching pair, ascending by span, then by interval.

        Of each span only the first ``most`` pairs, all where it is None.
        """
        offsets, members = self._segments
        segment = np.searchsorted(self.cuts, first, side="right")
        covering = offsets[segment + 1] - offsets[segment]
        begun_first, begun = self._begun(first, last)
        if most is not None:
            covering = np.minimum(covering, most)
            begun = np.minimum(begun, most - covering)
        spans = np.arange(first.size)
        span = np.concatenate((np.repeat(spans, covering), np.repeat(spans, begun)))
        interval = np.concatenate((members[expand(offsets[segment], covering)], expand(begun_first, begun)))
        # Every interval that covers a span's first base begins before those that begin in the rest of it.
        order = np.argsort(span, kind="stable")
        return span[order], interval[order]

    def _begun(self, first: Ints, last: Ints) -> tuple[Ints, Ints]:
        """Return (first interval, how many) beginning in ``first + 1 .. last``."""
        begin = np.searchsorted(self.starts, first, side="right")
        return begin, np.maximum(np.searchsorted(self.starts, last, side="right") - begin, 0)


def expand(first: Ints, counts: Ints) -> Ints:
    """Return ``first[0], first[0] + 1, …`` (``counts[0]`` of them), then the same for the next, and so on."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if ends.size else 0
    return np.repeat(first - ends + counts, counts) + np.arange(total)
