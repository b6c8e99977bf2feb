"""What an allele does to a transcript: the terms, and the columns that the engine's parts hand to each other.

Terms and their order of severity are Ensembl VEP's (Sequence Ontology names); impacts are those of the VCF annotation
format 1.0. A set of terms is an int64 in which bit ``i`` stands for ``TERMS[i]``, so the lowest bit is the most severe.
"""

from dataclasses import dataclass
from enum import IntFlag
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ann.anntools.texts import Ints, Texts

HIGH, MODERATE, LOW, MODIFIER = "HIGH", "MODERATE", "LOW", "MODIFIER"


class Term(NamedTuple):
    """A Sequence Ontology term and its putative impact."""

    name: str
    impact: str


TERMS: Final = (
    Term("transcript_ablation", HIGH),
    Term("splice_acceptor_variant", HIGH),
    Term("splice_donor_variant", HIGH),
    Term("stop_gained", HIGH),
    Term("frameshift_variant", HIGH),
    Term("stop_lost", HIGH),
    Term("start_lost", HIGH),
    Term("transcript_amplification", HIGH),
    Term("feature_elongation", HIGH),
    Term("feature_truncation", HIGH),
    Term("inframe_insertion", MODERATE),
    Term("inframe_deletion", MODERATE),
    Term("missense_variant", MODERATE),
    Term("protein_altering_variant", MODERATE),
    Term("splice_donor_5th_base_variant", LOW),
    Term("splice_region_variant", LOW),
    Term("splice_donor_region_variant", LOW),
    Term("splice_polypyrimidine_tract_variant", LOW),
    Term("incomplete_terminal_codon_variant", LOW),
    Term("start_retained_variant", LOW),
    Term("stop_retained_variant", LOW),
    Term("synonymous_variant", LOW),
    Term("coding_sequence_variant", MODIFIER),
    Term("5_prime_UTR_variant", MODIFIER),
    Term("3_prime_UTR_variant", MODIFIER),
    Term("non_coding_transcript_exon_variant", MODIFIER),
    Term("intron_variant", MODIFIER),
    Term("non_coding_transcript_variant", MODIFIER),
    Term("upstream_gene_variant", MODIFIER),
    Term("downstream_gene_variant", MODIFIER),
    Term("intergenic_variant", MODIFIER),
)
# What terms are called in ANN. SnpSift 5.1 stops at a term that SnpEff does not have, and these are VEP's alone.
VEP, SNPEFF = "vep", "snpeff"
VOCABULARIES: Final[dict[str, dict[str, str]]] = {
    VEP: {},
    SNPEFF: {
        "transcript_amplification": "duplication",
        "feature_truncation": "gene_variant",
        "protein_altering_variant": "coding_sequence_variant",
        "splice_donor_5th_base_variant": "splice_region_variant",
        "splice_donor_region_variant": "splice_region_variant",
        "splice_polypyrimidine_tract_variant": "intron_variant",
        "incomplete_terminal_codon_variant": "coding_sequence_variant",
        "intergenic_variant": "intergenic_region",
    },
}
BIT: Final = {term.name: 1 << place for place, term in enumerate(TERMS)}


class Note(IntFlag):
    """What makes an effect doubtful; the codes of the VCF annotation format 1.0, section on errors and warnings."""

    NONE = 0
    W1 = 1  # REF is not the base of the reference
    W2 = 2  # no sequence is at hand
    W3 = 4  # the transcript is incomplete: its CDS is no multiple of three or a part of it is unknown
    W4 = 8  # the transcript has a stop codon before its end
    W5 = 16  # the transcript does not begin with a start codon


@dataclass(frozen=True, kw_only=True)
class PeptideChange:
    """How the protein changes, for the C pairs whose allele changes a CDS and for which the sequence is at hand.

    ``pair``: int64 (C,), rows of the `Effects`, ascending. ``ref``, ``alt``: texts (C,), one-letter amino acids (``*``
    a stop, ``X`` unknown) of all codons that the allele touches, before and after, not trimmed; for an insertion
    between two codons ``ref`` is the codon before which it stands (the last amino acid where it stands at the very
    end). Where the frame shifts ``alt`` goes on to the first new stop, or to the end of the transcript. ``first``:
    int64 (C,), 1-based place of ``ref[0]`` in the protein. ``frameshift``: bool (C,).
    """

    pair: Ints
    ref: Texts
    alt: Texts
    first: Ints
    frameshift: NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Effects:
    """P pairs of allele and transcript, ascending by allele, then by severity, then by transcript.

    ``allele``: int64 (P,), rows of the `Alleles`. ``transcript``: int64 (P,), rows of the `Transcripts`. ``terms``:
    int64 (P,), sets of TERMS. ``exon``, ``intron``: int32 (P,), number of the first one touched in the direction of
    the transcript, counted from 1, 0 for none. ``cdna``, ``cds``, ``protein``: int32 (P,), 1-based place of the first
    base or amino acid touched, in the direction of the transcript, 0 for none; an insertion takes the base after it.
    ``distance``: int32 (P,), bases between an allele outside the transcript and its nearest end, 0 for others.
    ``notes``: uint8 (P,), sets of `Note`. ``peptides``: the changes of proteins, None where there is no sequence.
    """

    allele: Ints
    transcript: Ints
    terms: Ints
    exon: NDArray[np.int32]
    intron: NDArray[np.int32]
    cdna: NDArray[np.int32]
    cds: NDArray[np.int32]
    protein: NDArray[np.int32]
    distance: NDArray[np.int32]
    notes: NDArray[np.uint8]
    peptides: PeptideChange | None

    def __len__(self) -> int:
        return self.allele.size


def severity(terms: Ints) -> NDArray[np.uint8]:
    """Return the place in TERMS of the most severe term of each set, uint8; sets are not empty."""
    lowest = terms & -terms
    return (np.frexp(lowest.astype(np.float64))[1] - 1).astype(np.uint8)
