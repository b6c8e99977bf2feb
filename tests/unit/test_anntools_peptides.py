"""Changes of proteins put together from parts."""

import numpy as np

from ann.anntools import peptides
from ann.anntools.coding import Proteins
from ann.anntools.effects import PeptideChange
from ann.anntools.texts import from_list

Row = tuple[int, bytes, bytes, int, bool]


def proteins(*rows: tuple[bytes, bytes, int, bool]) -> Proteins:
    return Proteins(
        ref=from_list([before for before, _, _, _ in rows]),
        alt=from_list([after for _, after, _, _ in rows]),
        first=np.array([first for _, _, first, _ in rows], np.int64),
        frameshift=np.array([shifted for _, _, _, shifted in rows], np.bool_),
    )


def listed(change: PeptideChange) -> list[Row]:
    return [
        (int(pair), change.ref[row], change.alt[row], int(change.first[row]), bool(change.frameshift[row]))
        for row, pair in enumerate(change.pair)
    ]


ONE = (np.array([2, 5]), proteins((b"K", b"*", 0, False), (b"AR", b"", 7, False)))
OTHER = (np.array([0, 3]), proteins((b"M", b"MKL*", 0, True), (b"", b"W", 3, False)))
TOGETHER: list[Row] = [
    (0, b"M", b"MKL*", 1, True),
    (2, b"K", b"*", 1, False),
    (3, b"", b"W", 4, False),
    (5, b"AR", b"", 8, False),
]


def test_changes_of_several_parts_are_ordered_by_pair_and_counted_from_one() -> None:
    assert listed(peptides.changes([ONE, OTHER])) == TOGETHER


def test_no_parts_are_no_changes() -> None:
    assert listed(peptides.changes([])) == []
    assert listed(peptides.none()) == []


def test_changes_follow_their_pairs_to_other_places() -> None:
    moved = peptides.moved(peptides.changes([ONE, OTHER]), np.array([5, 4, 3, 2, 1, 0]))
    assert listed(moved) == [(5 - pair, *rest) for pair, *rest in reversed(TOGETHER)]


def test_changes_of_blocks_are_counted_on() -> None:
    joined = peptides.joined([peptides.changes([ONE]), peptides.none(), peptides.changes([OTHER])], [0, 6, 8])
    assert listed(joined) == [
        (2, b"K", b"*", 1, False),
        (5, b"AR", b"", 8, False),
        (8, b"M", b"MKL*", 1, True),
        (11, b"", b"W", 4, False),
    ]
