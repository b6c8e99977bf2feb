"""Insertions and deletions under the 3' rule, against moving them one base at a time."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ann.anntools.shifting import FARTHEST, rotated, shifted, steps_holding
from ann.anntools.texts import from_list
from tests.unit.hgvs_samples import alleles_of, bases_of, changed

Change = tuple[int, str, str]


def moved(genome: str, changes: list[Change], forward: list[bool]) -> list[tuple[int, int, str]]:
    rows = np.arange(len(changes))
    result = shifted(alleles_of(changes), rows, np.array(forward), bases_of(genome))
    alts = [result.alt[row].decode() for row in range(len(changes))]
    return list(zip(result.start.tolist(), result.end.tolist(), alts, strict=True))


def step(genome: str, change: Change, way: int) -> Change | None:
    """Return the change one base further, if one there gives the same genome."""
    position, ref, alt = change
    position += way
    if not 1 <= position <= len(genome) + 1 - len(ref):
        return None
    if ref:
        further = (position, genome[position - 1 : position - 1 + len(ref)], "")
    else:
        further = (position, "", alt[1:] + alt[0] if way > 0 else alt[-1] + alt[:-1])
    return further if changed(genome, further) == changed(genome, change) else None


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, list[Change]]:
    genome = draw(st.text(draw(st.sampled_from(["A", "AC", "ACGT"])), min_size=1, max_size=200))
    changes = []
    for _ in range(draw(st.integers(1, 4))):
        position = draw(st.integers(1, len(genome)))
        ref = genome[position - 1 : position - 1 + draw(st.integers(0, 3))]
        changes.append((position, ref, "" if ref else draw(st.text("AC", min_size=1, max_size=6))))
    return genome, changes


@settings(deadline=None)
@given(cases(), st.booleans())
def test_changes_move_as_far_as_single_steps_lead(case: tuple[str, list[Change]], forward: bool) -> None:  # noqa: FBT001
    genome, changes = case
    expected = []
    for change in changes:
        last = change
        while further := step(genome, last, 1 if forward else -1):
            last = further
        position, ref, alt = last
        expected.append((position, position + len(ref) - 1, alt))
    assert moved(genome, changes, [forward] * len(changes)) == expected


def test_one_allele_moves_either_way_with_the_strand() -> None:
    assert moved("CATATATG", [(4, "AT", "")] * 2, [True, False]) == [(6, 7, ""), (2, 3, "")]
    assert moved("CATATATG", [(3, "", "TA")] * 2, [True, False]) == [(8, 7, "AT"), (2, 1, "AT")]


def test_substitutions_and_delins_stay_where_they_are() -> None:
    changes = [(2, "A", "G"), (2, "AA", "G"), (3, "AA", "CC")]
    assert moved("AAAAAA", changes, [True] * 3) == [(2, 2, "G"), (2, 3, "G"), (3, 4, "CC")]


def test_a_long_repeat_moves_no_farther_than_the_bound() -> None:
    genome = "C" + "A" * (FARTHEST + 500) + "C"
    assert moved(genome, [(2, "A", "")], [True]) == [(2 + FARTHEST, 2 + FARTHEST, "")]


def test_without_sequence_nothing_moves() -> None:
    result = shifted(alleles_of([(2, "A", "")]), np.zeros(1, np.int64), np.array([True]), None)
    assert (result.start.tolist(), result.end.tolist()) == ([2], [2])


def test_texts_rotate_by_any_number_of_letters() -> None:
    turned = rotated(from_list([b"ACG", b"ACG", b"ACG", b"T", b""]), np.array([1, 4, -1, 7, 3]))
    assert [turned[row] for row in range(5)] == [b"CGA", b"CGA", b"GAC", b"T", b""]


@settings(deadline=None)
@given(st.lists(st.integers(0, 300), max_size=6), st.integers(0, 250))
def test_steps_are_counted_up_to_the_first_that_fails(limits: list[int], most: int) -> None:
    ends = np.array(limits, np.int64)
    counted = steps_holding(ends.size, lambda row, steps: steps < ends[row], most)
    assert counted.tolist() == [min(limit, most) for limit in limits]
