"""Intervals and their layers find what a loop over all of them finds."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ann.anntools.intervals import Intervals, Layers, expand, layered

PAIR = st.tuples(st.integers(1, 60), st.integers(0, 40)).map(lambda pair: (pair[0], pair[0] + pair[1]))
PAIRS = st.lists(PAIR, max_size=12)


def columns(pairs: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    table = np.array(pairs, np.int64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def by_hand(intervals: list[tuple[int, int]], spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    return [
        (span, interval)
        for span, (first, last) in enumerate(spans)
        for interval, (start, end) in enumerate(intervals)
        if start <= last and end >= first
    ]


@given(PAIRS, PAIRS)
def test_every_touching_pair_is_found_in_order(intervals: list[tuple[int, int]], spans: list[tuple[int, int]]) -> None:
    intervals = sorted(intervals)
    found = Intervals(*columns(intervals))
    expected = by_hand(intervals, spans)
    assert list(zip(*map(np.ndarray.tolist, found.overlaps(*columns(spans))), strict=True)) == expected
    counts = [sum(span == number for span, _ in expected) for number in range(len(spans))]
    assert found.count(*columns(spans)).tolist() == counts


@given(PAIRS, PAIRS, st.integers(0, 4))
def test_of_each_span_the_first_pairs_are_taken_where_only_so_many_are_wanted(
    intervals: list[tuple[int, int]], spans: list[tuple[int, int]], most: int
) -> None:
    intervals = sorted(intervals)
    pairs = by_hand(intervals, spans)
    expected = [pair for number in range(len(spans)) for pair in [p for p in pairs if p[0] == number][:most]]
    found = Intervals(*columns(intervals)).overlaps(*columns(spans), most)
    assert list(zip(*map(np.ndarray.tolist, found), strict=True)) == expected


@given(PAIRS.filter(bool), PAIRS)
def test_layers_find_the_same_pairs(intervals: list[tuple[int, int]], spans: list[tuple[int, int]]) -> None:
    intervals = sorted(intervals)
    starts, ends = columns(intervals)
    order, layers = layered(starts, ends)
    first, last = (column.astype(np.int32) for column in columns(spans))
    found = Layers(starts[order].astype(np.int32), ends[order].astype(np.int32), layers)
    span, row = found.overlaps(first, last)
    assert sorted(zip(span.tolist(), order[row].tolist(), strict=True)) == by_hand(intervals, spans)
    assert (found.candidates(first, last) >= np.bincount(span, minlength=len(spans))).all()


def test_a_layer_holds_intervals_of_similar_length_so_that_few_others_are_looked_at() -> None:
    starts = np.arange(1, 10_001, dtype=np.int64)
    ends = starts + np.where(np.arange(10_000) == 0, 1_000_000, 9)
    order, layers = layered(starts, ends)
    found = Layers(starts[order].astype(np.int32), ends[order].astype(np.int32), layers)
    at = np.array([9000], np.int32)
    assert found.candidates(at, at).tolist() == [11]


def test_runs_of_numbers_are_written_out() -> None:
    assert expand(np.array([5, 0, 9]), np.array([2, 0, 3])).tolist() == [5, 6, 9, 10, 11]
    assert expand(np.zeros(0, np.int64), np.zeros(0, np.int64)).tolist() == []
