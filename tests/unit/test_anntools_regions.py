"""AnnTools' position types."""

import numpy as np
import pytest

from ann.anntools.effects import BIT, TERMS
from ann.anntools.regions import REGIONS, of_terms


def region(*names: str, coding: bool = True) -> str:
    terms = np.array([sum(BIT[name] for name in names)], np.int64)
    codes = of_terms(terms, np.array([coding]))
    assert codes.dtype == np.uint8
    return REGIONS[int(codes[0])]


@pytest.mark.parametrize(
    ("names", "coding", "expected"),
    [
        (["missense_variant"], True, "CDS"),
        (["missense_variant", "splice_region_variant"], True, "CDS"),
        (["splice_acceptor_variant", "coding_sequence_variant"], True, "splice_acceptor"),
        (["splice_donor_variant", "intron_variant"], True, "splice_donor"),
        (["5_prime_UTR_variant", "splice_region_variant"], True, "utr5"),
        (["3_prime_UTR_variant"], True, "utr3"),
        (["intron_variant"], True, "intron"),
        (["intron_variant", "non_coding_transcript_variant"], False, "non_coding_intron"),
        (["non_coding_transcript_exon_variant"], False, "non_coding_exon"),
        (["upstream_gene_variant"], True, "upstream"),
        (["downstream_gene_variant"], False, "downstream"),
        (["intergenic_variant"], False, "interGenic"),
        (["transcript_ablation"], True, "CDS"),
        (["transcript_ablation"], False, "non_coding_exon"),
        (["feature_truncation", "coding_sequence_variant", "intron_variant"], True, "CDS"),
    ],
)
def test_the_most_severe_region_touched_counts(*, names: list[str], coding: bool, expected: str) -> None:
    assert region(*names, coding=coding) == expected


@pytest.mark.parametrize("name", [term.name for term in TERMS if "feature_" not in term.name])
def test_every_term_but_those_of_no_place_has_a_region(name: str) -> None:
    assert (region(name) == "interGenic") == (name == "intergenic_variant")
