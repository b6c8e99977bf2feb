"""Intervals on a contig: those that each span touches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

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

    @cached_property
    def _next_cut(self) -> Ints:
        """First base after each segment."""
        return np.append(self.cuts, np.iinfo(np.int64).max)

    @cached_property
    def _started(self) -> Ints:
        """How many intervals begin before the end of each segment."""
        return np.concatenate(([0], np.searchsorted(self.starts, self.cuts, side="right")))

    def count(self, first: Ints, last: Ints) -> Ints:
        """Return how many intervals each span ``first..last`` (1-based inclusive) touches, int64."""
        offsets, _ = self._segments
        segment, _, begun = self._place(first, last)
        return offsets[segment + 1] - offsets[segment] + begun

    def overlaps(self, first: Ints, last: Ints, most: int | None = None) -> tuple[Ints, Ints]:
        """Return (span, interval) for every touching pair, ascending by span, then by interval.

        Of each span only the first ``most`` pairs, all where it is None.
        """
        offsets, members = self._segments
        segment, begun_first, begun = self._place(first, last)
        covering = offsets[segment + 1] - offsets[segment]
        if most is not None:
            covering = np.minimum(covering, most)
            begun = np.minimum(begun, most - covering)
        spans = np.arange(first.size)
        span = np.repeat(spans, covering)
        interval = members[expand(offsets[segment], covering)]
        if not begun.any():
            return span, interval
        # Every interval that covers a span's first base begins before those that begin in the rest of it.
        span = np.concatenate((span, np.repeat(spans, begun)))
        interval = np.concatenate((interval, expand(begun_first, begun)))
        order = np.argsort(span, kind="stable")
        return span[order], interval[order]

    def _place(self, first: Ints, last: Ints) -> tuple[Ints, Ints, Ints]:
        """Return the segment of each span's first base, and (first interval, how many) that begin in the rest of it."""
        segment = np.searchsorted(self.cuts, first, side="right")
        begin = self._started[segment]
        begun = np.zeros(first.size, np.int64)
        across = np.flatnonzero(self._next_cut[segment] <= last)
        begun[across] = self._started[np.searchsorted(self.cuts, last[across], side="right")] - begin[across]
        return segment, begin, begun


@dataclass(frozen=True)
class Layers:
    """Intervals of one contig sorted by layer, then by first base; those of a layer are of similar length.

    ``starts``, ``ends``: int32 (I,), 1-based inclusive. ``layers``: for each layer its longest interval in bases, its
    first row and the row after its last. An interval of a layer that touches a span begins at most its longest length
    before the span, so that a search in each layer finds all candidates and few others, however deep intervals lie.
    """

    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    layers: Sequence[Sequence[int]]

    def candidates(self, first: NDArray[np.int32], last: NDArray[np.int32]) -> Ints:
        """Return how many intervals `overlaps` looks at for each span, int64 (N,)."""
        total = np.zeros(first.size, np.int64)
        for layer in self.layers:
            low, high = self._window(layer, first, last)
            total += high - low
        return total

    def overlaps(self, first: NDArray[np.int32], last: NDArray[np.int32]) -> tuple[Ints, Ints]:
        """Return (span, interval) for every touching pair, in no order."""
        spans, rows = [], []
        for layer in self.layers:
            low, high = self._window(layer, first, last)
            row = expand(low, high - low)
            span = np.repeat(np.arange(first.size), high - low)
            touching = self.ends[row] >= first[span]
            spans.append(span[touching])
            rows.append(row[touching])
        return np.concatenate(spans), np.concatenate(rows)

    def _window(self, layer: Sequence[int], first: NDArray[np.int32], last: NDArray[np.int32]) -> tuple[Ints, Ints]:
        longest, begin, end = layer
        starts = self.starts[begin:end]
        # Subtracting from what may be 0 must not go below the smallest int32.
        low = np.searchsorted(starts, np.maximum(first, longest) - np.int32(longest) + np.int32(1))
        high = np.searchsorted(starts, last, side="right")
        return begin + low, begin + np.maximum(high, low)


def layered(starts: Ints, ends: Ints) -> tuple[Ints, list[list[int]]]:
    """Return the order of rows, int64 (I,), and the layers that `Layers` wants; rows are sorted by start."""
    lengths = np.maximum(ends - starts + 1, 1)
    # Two bits of length per layer: the search looks at four times as much as it needs at most.
    layer = (np.frexp(lengths.astype(np.float64))[1] + 1) // 2
    order = np.argsort(layer, kind="stable")
    edges = np.flatnonzero(np.diff(layer[order], prepend=-1, append=-1))
    return order, [[int(lengths[order[begin:end]].max()), begin, end] for begin, end in pairwise(edges.tolist())]


def expand(first: Ints, counts: Ints) -> Ints:
    """Return ``first[0], first[0] + 1, …`` (``counts[0]`` of them), then the same for the next, and so on."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if ends.size else 0
    return np.repeat(first - ends + counts, counts) + np.arange(total)


def portions(sizes: Ints, most: int) -> Iterator[tuple[int, int]]:
    """Yield (begin, end) of neighbouring rows whose sizes sum to at most ``most``, or single rows; one at least."""
    ends = np.cumsum(sizes)
    begin = 0
    while True:
        before = int(ends[begin - 1]) if begin else 0
        end = max(int(np.searchsorted(ends, before + most, side="right")), begin + 1)
        yield begin, min(end, sizes.size)
        begin = end
        if begin >= sizes.size:
            return
