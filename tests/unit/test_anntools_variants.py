"""ALT alleles are brought to the bases that they really change."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ann.anntools import variants
from ann.anntools.blocks import Block, block_of
from ann.anntools.header import Header
from ann.anntools.limits import LIMITS
from ann.anntools.variants import Alleles, Kind

HEADER = Header([b"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"])
BASES = st.text("ACGTNacgt", min_size=1, max_size=6)


def block(*records: tuple[int, str, str]) -> Block:
    lines = [f"1\t{pos}\t.\t{ref}\t{alt}\t.\t.\tA,B\n" for pos, ref, alt in records]
    return block_of("".join(lines).encode(), 1, HEADER, LIMITS)


def alleles(*records: tuple[int, str, str], last: list[int] | None = None) -> Alleles:
    ends = [pos + len(ref) - 1 for pos, ref, _ in records]
    return variants.of(block(*records), np.arange(len(records)), np.array(last or ends))


def trimmed(pos: int, ref: str, alt: str) -> tuple[int, str, str]:
    """Return (start, REF, ALT) without the bases that both share, cutting one base at a time, first at the end."""
    ref, alt = ref.upper(), alt.upper()
    while ref and alt and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    while ref and alt and ref[0] == alt[0]:
        pos, ref, alt = pos + 1, ref[1:], alt[1:]
    return pos, ref, alt


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 10**6), BASES, st.lists(BASES, min_size=1, max_size=4)), min_size=1))
def test_shared_bases_are_cut_off_as_one_base_at_a_time_would(records: list[tuple[int, str, list[str]]]) -> None:
    found = alleles(*((pos, ref, ",".join(alts)) for pos, ref, alts in records))
    expected = [
        (row, number, *trimmed(pos, ref, alt))
        for row, (pos, ref, alts) in enumerate(records)
        for number, alt in enumerate(alts)
    ]
    assert found.record.tolist() == [row for row, *_ in expected]
    assert found.number.tolist() == [number for _, number, *_ in expected]
    for allele, (_, _, start, ref, alt) in enumerate(expected):
        if not ref and not alt:
            assert found.kind[allele] == Kind.NONE
            continue
        assert found.kind[allele] == Kind.SEQUENCE
        assert (found.start[allele], found.ref[allele], found.alt[allele]) == (start, ref.encode(), alt.encode())
        assert found.end[allele] == start + len(ref) - 1


@pytest.mark.parametrize(
    ("alt", "kind"),
    [
        (".", Kind.NONE),
        ("<*>", Kind.NONE),
        ("<NON_REF>", Kind.NONE),
        ("a", Kind.NONE),
        ("*", Kind.SPANNING),
        ("<DEL>", Kind.DELETION),
        ("<DEL:ME:ALU>", Kind.DELETION),
        ("<DUP:TANDEM>", Kind.DUPLICATION),
        ("<INS>", Kind.INSERTION),
        ("<INV>", Kind.INVERSION),
        ("<CNV:TR>", Kind.COPY_NUMBER),
        ("<X>", Kind.OTHER),
        ("A]2:3]", Kind.BREAKEND),
        ("[2:3[A", Kind.BREAKEND),
        (".A", Kind.BREAKEND),
        ("A.", Kind.BREAKEND),
        ("D3", Kind.OTHER),
        ("A?", Kind.OTHER),
        ("7", Kind.OTHER),
    ],
)
def test_every_kind_of_alt_is_known(alt: str, kind: Kind) -> None:
    found = alleles((5, "A", f"C,{alt},G"))
    assert [Kind(code) for code in found.kind.tolist()] == [Kind.SEQUENCE, kind, Kind.SEQUENCE]
    assert [found.written[row] for row in range(3)] == [b"C", alt.encode(), b"G"]


def test_a_symbolic_allele_begins_after_pos_and_ends_where_the_record_does() -> None:
    found = alleles((100, "A", "<DEL>,C"), last=[250])
    assert (found.start.tolist(), found.end.tolist()) == ([101, 100], [250, 100])


def test_commas_of_other_columns_split_no_alt() -> None:
    assert len(alleles((1, "A", "C"), (2, "AC", "A"), (3, "A", "C,T"))) == 4


def test_many_alleles_of_a_long_ref_take_memory_in_proportion_to_the_record() -> None:
    ref = "ACGT" * 5000
    given = block((7, ref, ",".join(["A", "<DEL>"] * 500)))
    tracemalloc.start()
    found = variants.of(given, np.arange(1), np.array([7 + len(ref) - 1]))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(found) == 1000
    assert peak < 40 * len(ref)


def test_a_ref_that_is_no_sequence_makes_no_sequence_of_its_alts() -> None:
    assert alleles((1, "A-C", "A,G"), (2, "AC", "A")).kind.tolist() == [Kind.OTHER, Kind.OTHER, Kind.SEQUENCE]
