"""REF against the bases of a reference."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ann.anntools import refcheck
from ann.anntools.blocks import block_of
from ann.anntools.contigs import Names
from ann.anntools.header import Header
from ann.anntools.limits import LIMITS
from ann.anntools.refcheck import Fit, fit, mismatches
from ann.anntools.texts import from_list
from tests.unit.anntools_references import reference

HEADER = Header([b"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"])
SEQUENCE = st.text("ACGTNacgtnRM", max_size=40).map(str.encode)
REF = st.one_of(st.text("ACGTNacgtn*.R", min_size=1, max_size=9), st.text("ACGT", min_size=1, max_size=80)).map(
    str.encode
)


def differs(ref: bytes, pos: int, sequence: bytes) -> bool:
    """Compare base by base."""
    for shift, base in enumerate(ref.upper()):
        place = pos - 1 + shift
        if not 0 <= place < len(sequence):
            return True
        known = sequence[place : place + 1].upper()
        if base != ord("N") and known in {b"A", b"C", b"G", b"T"} and known[0] != base:
            return True
    return False


@settings(deadline=None)
@given(SEQUENCE, st.lists(st.tuples(REF, st.integers(0, 45), st.booleans()), max_size=12))
def test_mismatches_are_those_that_a_loop_over_bases_finds(
    sequence: bytes, drawn: list[tuple[bytes, int, bool]]
) -> None:
    # Chance alone seldom makes a REF of several bases fit.
    rows = [(sequence[max(pos - 1, 0) :][: len(ref)] or ref if own else ref, pos) for ref, pos, own in drawn]
    found = mismatches(
        from_list([ref for ref, _ in rows]),
        np.array([pos for _, pos in rows], np.int64),
        np.frombuffer(sequence, np.uint8),
    )
    assert found.tolist() == [differs(ref, pos, sequence) for ref, pos in rows]


def test_a_very_long_ref_is_compared_to_its_last_base() -> None:
    sequence = np.frombuffer(b"ACGT" * 50_000, np.uint8)
    whole = sequence.tobytes()
    refs = from_list([whole, whole[:-1] + b"A", whole + b"A", whole[1:]])
    assert mismatches(refs, np.array([1, 1, 1, 2]), sequence).tolist() == [False, True, True, False]


def test_rows_are_compared_in_batches_with_the_same_result() -> None:
    rng = np.random.default_rng(3)
    sequence = rng.choice(np.frombuffer(b"ACGT", np.uint8), 1000)
    count = refcheck.BATCH + 5
    pos = rng.integers(1, 990, count)
    refs = [sequence[p - 1 : p + 1].tobytes() for p in pos.tolist()]
    refs[0], refs[-1] = b"NN", b"??"
    assert np.flatnonzero(mismatches(from_list(refs), pos, sequence)).tolist() == [count - 1]


def test_the_fit_of_records_counts_what_is_on_the_reference_beyond_it_and_different() -> None:
    lines = (
        b"chr1\t1\t.\tA\tC\t.\t.\t.\nchr1\t2\t.\tA\tC\t.\t.\t.\n2\t9\t.\tA\tC\t.\t.\t.\n3\t1\t.\tA\tC\t.\t.\t.\n"
        b"1\t5\t.\tA\tC\t.\t.\t.\n1\t0\t.\tN\tC\t.\t.\t.\nMT\t7\t.\tA\tC\t.\t.\t.\n"
    )
    toy = reference("toy", {"1": b"ACGT"}, {"2": 8, "MT": 7})
    found = fit(block_of(lines, 2, HEADER, LIMITS), toy, Names(toy.contigs, human=False))
    assert found == Fit(assembly="toy", records=7, placed=6, beyond=2, compared=2, mismatches=1)


def test_only_the_first_records_are_looked_at() -> None:
    toy = reference("toy", {"1": b"ACGT"})
    block = block_of(b"1\t1\t.\tA\tC\t.\t.\t.\n" * (refcheck.SAMPLE + 9), 2, HEADER, LIMITS)
    found = fit(block, toy, Names(toy.contigs, human=False))
    assert (found.placed, found.compared) == (refcheck.SAMPLE, refcheck.COMPARED)
