"""HGVS names of changes of proteins, read back and compared with the protein that translation gives."""

import re

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ann.anntools.effects import BIT, PeptideChange
from ann.anntools.hgvs import protein
from ann.anntools.hgvs_protein import LONGEST
from ann.anntools.texts import from_list
from tests.unit.hgvs_samples import Gene, change_of, opposite, to_stop, transcripts_of, translated

CODONS = {
    "M": "ATG", "K": "AAA", "N": "AAC", "P": "CCA", "G": "GGG", "V": "GTT", "F": "TTT", "L": "CTG", "W": "TGG",
    "*": "TAA",
}  # fmt: skip
ONE = "ARNDCQEGHILKMFPSTWYV*"
NAMES = "AlaArgAsnAspCysGlnGluGlyHisIleLeuLysMetPheProSerThrTrpTyrValTer"
THREE = {NAMES[3 * place : 3 * place + 3]: acid for place, acid in enumerate(ONE)}
NAME = re.compile(r"p\.([A-Z][a-z]{2})(\d+)(?:_([A-Z][a-z]{2})(\d+))?(.*)")
LEAD = "GCAT"
Edited = tuple[str, str, tuple[int, int, str]]  # CDS, what follows it, and what changes: start, end, new bases


def named(coding: str, trailer: str, changes: list[tuple[str, str, int, bool]], terms: int = 0) -> list[str]:
    """Return the names of changes on a transcript of the reverse strand that follows another one on the contig."""
    other = "ATGAAATAA"
    bases = LEAD + coding + trailer
    genome = other + opposite(bases)
    whole = len(genome)
    cds = (whole - len(LEAD) - len(coding) + 1, whole - len(LEAD))
    models = transcripts_of([Gene(((1, 9),), 1, (1, 9)), Gene(((10, whole),), -1, cds)], genome)
    rows = np.ones(len(changes), np.int64)
    change = PeptideChange(
        pair=np.arange(len(changes)),
        ref=from_list([ref.encode() for ref, _, _, _ in changes]),
        alt=from_list([alt.encode() for _, alt, _, _ in changes]),
        first=np.array([first for _, _, first, _ in changes]),
        frameshift=np.array([shifted for _, _, _, shifted in changes]),
    )
    names = protein(change, models, rows, np.full(len(changes), terms))
    return [name.decode() for name in names.to_pylist()]


def letters(text: str) -> str:
    return "".join(THREE[text[at : at + 3]] for at in range(0, len(text), 3))


def read_back(name: str, old: str, new: str) -> str:
    """Return the protein that a name describes; of what it only counts, check the count and take ``new``'s."""
    ref, first, ref_last, last, rest = NAME.fullmatch(name).groups()
    begin, end = int(first), int(last or first)
    assert old[begin - 1] == THREE[ref]
    assert ref_last is None or old[end - 1] == THREE[ref_last]
    if rest == "%3D":
        return old
    if rest == "fs":
        return old[: begin - 1]
    counted = re.fullmatch(r"(del|delins)?((?:[A-Z][a-z]{2})*?)(fs|ext)Ter(\d+|\?)", rest)
    if counted:
        edit, put, kind, number = counted.groups()
        lead = old[: begin - 1] + letters(put)
        assert new.startswith(lead)
        assert new[begin - 1 : begin] != THREE[ref] or edit
        stop = None if number == "?" else int(number) + (begin - 1 if kind == "fs" else end)
        assert new.find("*") + 1 == (stop or 0)
        return new
    edit, put = re.fullmatch(r"(delins|del|dup|ins|)((?:[A-Z][a-z]{2})*)", rest).groups()
    put = letters(put)
    if edit == "ins":
        assert end == begin + 1
        return to_stop(old[:begin] + put + old[begin:])
    if edit == "dup":
        put = old[begin - 1 : end] * 2
    return to_stop(old[: begin - 1] + put + old[end:])


@st.composite
def edits(draw: st.DrawFn) -> Edited:
    acids = draw(st.text(draw(st.sampled_from(["KN", "GVP", "KNPGVFLW"])), min_size=2, max_size=12))
    coding = "".join(CODONS[acid] for acid in f"M{acids}*")
    start = draw(
        st.integers(3, len(coding)) if draw(st.booleans()) else st.integers(1, len(acids) + 1).map(lambda n: 3 * n)
    )
    assume(start < len(coding))
    end = min(start + draw(st.sampled_from([0, 0, 1, 2, 3, 3, 4, 6, 9])), len(coding))
    bases = st.sampled_from([*CODONS.values(), coding[start : start + 3], coding[max(start - 3, 0) : start]])
    new = "".join(draw(st.lists(bases, max_size=3))) if draw(st.booleans()) else draw(st.text("ACGT", max_size=5))
    assume(new != coding[start:end])
    return coding, draw(st.text("ACGT", max_size=20)), (start, end, new)


@settings(deadline=None)
@given(edits())
def test_a_name_read_back_gives_the_protein_that_translation_gives(drawn: Edited) -> None:
    coding, trailer, edit = drawn
    start, end, new = edit
    old = translated(coding)
    altered = to_stop(translated(coding[:start] + new + coding[end:] + trailer))
    (name,) = named(coding, trailer, [change_of(coding, trailer, edit)])
    if name or "*" in altered:
        assert read_back(name, old, altered) == altered


@settings(deadline=None)
@given(st.text("KN", min_size=1, max_size=9), st.integers(0, 8), st.integers(1, 3))
def test_deletions_and_duplications_stand_at_the_last_of_all_places_that_give_the_same_protein(
    acids: str, place: int, size: int
) -> None:
    assume(place + size <= len(acids))
    old = f"M{acids}*"
    coding = "".join(CODONS[acid] for acid in old)
    begin = place + 1
    gone = old[begin : begin + size]
    names = named(coding, "", [(gone, "", begin + 1, False), (gone[:1], gone + gone[:1], begin + 1, False)])
    deleted = old[:begin] + old[begin + size :]
    doubled = old[: begin + size] + old[begin:]
    inner = range(1, len(old) - size)
    last_deleted = max(at for at in inner if old[:at] + old[at + size :] == deleted)
    last_doubled = max(at for at in inner if old[: at + size] + old[at:] == doubled)
    assert NAME.fullmatch(names[0])[2] == str(last_deleted + 1)
    assert names[0].endswith("del")
    assert NAME.fullmatch(names[1])[2] == str(last_doubled + 1)
    assert names[1].endswith("dup")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("K", "G", 2, False), "p.Lys2Gly"),
        (("K", "K", 2, False), "p.Lys2%3D"),
        (("K", "*", 2, False), "p.Lys2Ter"),
        (("*", "*", 7, False), "p.Ter7%3D"),
        (("*", "Q", 7, False), "p.Ter7GlnextTer3"),
        (("K", "KGP", 2, False), "p.Lys2_Asn3insGlyPro"),
        (("KN", "GP", 2, False), "p.Lys2_Asn3delinsGlyPro"),
        (("K", "KG*", 2, False), "p.Lys2_Asn3insGlyTer"),
        (("KN", "KN", 2, False), "p.Lys2_Asn3%3D"),
        (("N", "QWL*", 3, True), "p.Asn3GlnfsTer4"),
        (("N", "QWL", 3, True), "p.Asn3GlnfsTer?"),
        (("N", "NP", 3, True), "p.Pro4fs"),
        (("N", "*", 3, True), "p.Asn3Ter"),
        (("X", "X", 2, False), ""),
        (("K", "U", 2, False), "p.Lys2Sec"),
        (("K", "X", 2, False), "p.Lys2Xaa"),
        (("*", "", 7, False), "p.Ter7ProextTer2"),
        (("W*", "", 6, False), "p.Trp6_Ter7delextTer1"),
    ],
)
def test_every_kind_of_change_is_worded_as_the_nomenclature_asks(
    change: tuple[str, str, int, bool], expected: str
) -> None:
    coding = "".join(CODONS[acid] for acid in "MKNPGW*")
    if expected == "p.Pro4fs":
        change = ("N", "N", 3, True)
    assert named(coding, "CCACCATAA", [change]) == [expected]


def test_a_lost_start_is_unknown_whatever_it_becomes() -> None:
    coding = "".join(CODONS[acid] for acid in "MKNPGW*")
    changes = [("M", "V", 1, False), ("M", "", 1, False), ("M", "CS*", 1, True)]
    assert named(coding, "", changes, BIT["start_lost"]) == ["p.Met1?"] * 3


def test_many_kinds_at_once_keep_their_order() -> None:
    coding = "".join(CODONS[acid] for acid in "MKNPGW*")
    changes = [("N", "*", 3, True), ("K", "G", 2, False), ("NP", "", 3, False), ("G", "G", 5, False)]
    together = named(coding, "CC", changes)
    assert together == [named(coding, "CC", [change])[0] for change in changes]
    assert together == ["p.Asn3Ter", "p.Lys2Gly", "p.Asn3_Pro4del", "p.Gly5%3D"]


def test_a_very_long_insertion_has_no_name() -> None:
    coding = "".join(CODONS[acid] for acid in "MKNPGW*")
    changes = [("K", "K" + "G" * (LONGEST - 1), 2, False), ("K", "K" + "G" * LONGEST, 2, False)]
    names = named(coding, "", changes)
    assert names == ["p.Lys2_Asn3ins" + "Gly" * (LONGEST - 1), ""]


def test_the_first_whole_codon_of_a_partial_cds_is_amino_acid_1() -> None:
    genome = "CCAT" + "AAAAACTAA"  # two bases that finish a codon, then K, N and a stop
    models = transcripts_of([Gene(((1, len(genome)),), 1, (3, len(genome)), phase=2)], genome)
    texts = [from_list([acid]) for acid in (b"K", b"")]
    change = PeptideChange(
        pair=np.zeros(1, np.int64),
        ref=texts[0],
        alt=texts[1],
        first=np.ones(1, np.int64),
        frameshift=np.zeros(1, np.bool_),
    )
    zero = np.zeros(1, np.int64)
    assert protein(change, models, zero, zero).to_pylist() == [b"p.Lys1del"]


def test_a_mitochondrial_stop_that_polyadenylation_completes_is_a_stop() -> None:
    genome = "ATGTGAAACT"  # M, W in this code, N, and T with two more A
    models = transcripts_of([Gene(((1, len(genome)),), 1, (1, len(genome)))], genome, genetic_code=2)
    change = PeptideChange(
        pair=np.zeros(1, np.int64),
        ref=from_list([b"N"]),
        alt=from_list([b"N*"]),
        first=np.array([3]),
        frameshift=np.ones(1, np.bool_),
    )
    zero = np.zeros(1, np.int64)
    assert protein(change, models, zero, zero).to_pylist() == [b"p.Ter4%3D"]
