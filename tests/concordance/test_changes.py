"""The readers of changes: HGVS and the texts of bcftools csq mean the same."""

import pytest

from tests.concordance.models import Model
from tests.concordance.nucleotides import Ruler, same
from tests.concordance.proteins import agree, from_csq, from_hgvs
from tests.concordance.records import Record, left_aligned

PROTEIN = "MKVAAALLGT*"


@pytest.mark.parametrize(
    ("hgvs", "csq"),
    [
        ("p.Ala6del", "4AA>4A"),
        ("p.Val3Gly", "3V>3G"),
        ("p.Val3Ter", "2KV>2K*"),
        ("p.Val3%3D", "3V"),
        ("p.Ala4_Ala6dup", "3V>3VAAA"),
        ("p.Lys2_Val3insGlyTer", "2K>2KG*"),
        ("p.Ter11GlnextTer5", "11*>11Q"),
    ],
)
def test_one_change_is_the_same_in_hgvs_and_in_csq(hgvs: str, csq: str) -> None:
    assert from_hgvs(hgvs, PROTEIN) == from_csq(csq, PROTEIN, frameshift=False)


def test_a_shifted_frame_is_the_same_in_hgvs_and_in_csq() -> None:
    csq = from_csq("3VAAALLGT*>3SKL*", PROTEIN, frameshift=True)
    assert from_hgvs("p.Val3SerfsTer4", PROTEIN) == csq
    assert agree(csq, from_hgvs("p.Val3fs", PROTEIN))
    assert not agree(csq, from_hgvs("p.Val3SerfsTer5", PROTEIN))
    assert not agree(csq, from_hgvs("p.Ala4fs", PROTEIN))


def test_a_text_that_does_not_fit_the_protein_is_refused() -> None:
    with pytest.raises(ValueError, match="has V at 3, not K"):
        from_hgvs("p.Lys3Ala", PROTEIN)


@pytest.mark.parametrize(
    ("text", "alt", "right"),
    [("c.3_4insG", "CC", True), ("c.3dup", "CC", True), ("c.4dup", "CC", False), ("c.3_4insC", "CC", False)],
)
def test_hgvs_is_applied_on_the_strand_of_the_transcript(text: str, alt: str, right: bool) -> None:  # noqa: FBT001
    sequence = "TTTTAACATTTTT"
    model = Model(
        contig="1", strand="-", gene="G", name="T", biotype="protein_coding", exons=((4, 9),), cds=(4, 9), phase=0
    )
    assert same(text, Ruler(model), Record("1", 7, "C", alt), sequence) is right


def test_an_indel_moves_to_the_left_as_far_as_it_goes() -> None:
    assert left_aligned(Record("1", 6, "AA", "A"), "GTAAAAC") == Record("1", 2, "TA", "T")
    assert left_aligned(Record("1", 6, "A", "AAA"), "GTAAAAC") == Record("1", 2, "T", "TAA")
