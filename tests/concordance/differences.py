"""Where the engine and its peers may differ: each class with its reason, the first one that fits counts."""

from typing import Final

from tests.concordance.comparison import Case, Difference
from tests.concordance.models import Model, cds
from tests.concordance.proteins import SAME, UNKNOWN, agree
from tests.concordance.records import left_aligned, trimmed

ESSENTIAL: Final = {"splice_acceptor_variant", "splice_donor_variant"}
UNTRANSLATED: Final = {"5_prime_UTR_variant", "3_prime_UTR_variant"}
SPLICE: Final = {*ESSENTIAL, "splice_region_variant"}
SPLICE_REGION: Final = {"splice_region_variant"}
PARTIAL: Final = {"coding_sequence_variant", "incomplete_terminal_codon_variant"}
VAGUE: Final = {"intron_variant", "coding_sequence_variant"}


def _incomplete(case: Case) -> bool:
    """Whether the CDS begins or ends within a codon."""
    model = case.model
    return model.cds is not None and bool(model.phase or len(cds(model, {model.contig: case.sequence})) % 3)


def _sites(model: Model) -> list[int]:
    """Return the first of the two bases of every splice site."""
    inner = list(zip(model.exons, model.exons[1:], strict=False))
    return [left[1] + 1 for left, _ in inner] + [right[0] - 2 for _, right in inner]


def _keeps_sites(case: Case) -> bool:
    """Whether an insertion or deletion can be written so that it touches no splice site."""
    pos, ref, alt = trimmed(left_aligned(case.record, case.sequence))
    if ref and alt:
        return False
    moved, sites = ref or alt, _sites(case.model)
    for _ in range(200):
        last = pos + len(ref) - 1
        touched = (pos <= site + 1 and last >= site if ref else pos == site + 1 for site in sites)
        if not any(touched):
            return True
        following = case.sequence[(pos + len(ref)) - 1]
        if following != moved[0]:
            return False
        moved, pos = moved[1:] + moved[0], pos + 1
        ref, alt = (moved, "") if ref else ("", moved)
    return False


def _insertion(case: Case) -> bool:
    _, ref, alt = trimmed(case.record)
    return not ref and bool(alt)


def _snv(case: Case) -> bool:
    return len(case.record.ref) == len(case.record.alt) == 1


def _indel(case: Case) -> bool:
    return len(case.record.ref) != len(case.record.alt)


def _plain_is_ours(case: Case) -> bool:
    return case.plain is not None and case.our_protein != UNKNOWN and agree(case.plain, case.our_protein)


def _same_protein(case: Case) -> bool:
    return agree(case.our_protein, case.their_protein) or case.our_protein == SAME


FROM_CSQ_DATA: Final[tuple[Difference, ...]] = (
    Difference(
        "intron not listed",
        "the file expects nothing of indels in introns that are written with shared bases; csq 1.24 names the intron",
        lambda case: case.ours == {"intron_variant"} and not case.theirs,
    ),
    Difference(
        "REF that reaches into the exon",
        "csq adds synonymous where REF and ALT share exonic bases and only the intron changes",
        lambda case: case.theirs - case.ours == {"synonymous_variant"} and case.ours == SPLICE_REGION,
    ),
)
FROM_CSQ: Final[tuple[Difference, ...]] = (
    Difference(
        "incomplete codon",
        "where a CDS begins or ends within a codon csq cuts that off and says intron, coding_sequence or nothing; "
        "we name it, and read a mitochondrial stop that polyadenylation completes",
        lambda case: _incomplete(case) and (case.theirs <= VAGUE or not case.ours.isdisjoint(PARTIAL)),
    ),
    Difference(
        "splice site kept",
        "the indel can be written so that both bases of the splice site stay where they are; csq names the site",
        lambda case: bool(case.theirs & ESSENTIAL) and not case.ours & ESSENTIAL and _keeps_sites(case),
    ),
    Difference(
        "start codon that stays",
        "after the allele a start codon still stands before the same frame; csq calls every change of its bases "
        "start_lost",
        lambda case: "start_lost" in case.theirs and "start_lost" not in case.ours,
    ),
    Difference(
        "insertion at the edge of the splice region",
        "csq lets the splice region of an exon begin one place earlier for insertions than for other alleles",
        lambda case: _insertion(case) and bool(case.ours ^ case.theirs) and case.ours ^ case.theirs <= SPLICE_REGION,
    ),
    Difference(
        "insertion at the border of an exon",
        "we count to the exon, as HGVS does, insertions between an exon and an intron, and those before an acceptor "
        "that a repeat takes into the exon; csq goes by the leftmost place",
        lambda case: _insertion(case) and bool(case.theirs & SPLICE) and case.theirs - case.ours <= SPLICE,
    ),
    Difference(
        "splice region as written",
        "csq judges the splice region by all bases written or, of indels, left-aligned; we by those that change",
        lambda case: (case.ours ^ case.theirs) - {"intron_variant"} == SPLICE_REGION,
    ),
    Difference(
        "deletion that begins in an untranslated region",
        "csq names the untranslated region only; we add the splice site or region, start or stop codon that is gone "
        "with it",
        lambda case: _indel(case) and bool(case.theirs) and case.theirs <= UNTRANSLATED and case.theirs < case.ours,
    ),
    Difference(
        "stop codon that stays",
        "after the allele a stop codon still ends the same frame; csq calls its bases lost or gained",
        lambda case: "stop_retained_variant" in case.ours,
    ),
    Difference(
        "stop codon within a shifted frame",
        "csq and VEP draw the line between frameshift and stop_lost differently where the frame shifts in or just "
        "before the stop codon; the proteins agree",
        lambda case: case.ours ^ case.theirs == {"frameshift_variant", "stop_lost"} and _same_protein(case),
    ),
    Difference(
        "allele across the border of an exon",
        "csq takes other bases that read the same for the splice site, or goes by a piece of a complex allele; VEP and "
        "we name the site that is gone",
        lambda case: bool(case.ours & ESSENTIAL) and case.plain is None and not _keeps_sites(case),
    ),
    Difference(
        "complex allele in an intron",
        "csq says nothing of some alleles in which bases are replaced by fewer or more",
        lambda case: case.ours == {"intron_variant"} and not case.theirs,
    ),
    Difference(
        "translation",
        "editing the CDS and translating all of it gives our protein; csq's is another or stops short of the new codon",
        lambda case: not agree(case.our_protein, case.their_protein) and _plain_is_ours(case),
    ),
    Difference(
        "complex allele that stops the frame",
        "editing the CDS and translating all of it gives the new stop codon that we name; csq goes by the length",
        lambda case: "stop_gained" in case.ours - case.theirs and _plain_is_ours(case),
    ),
    Difference(
        "deletion across the stop codon",
        "csq names the stop codon only; we add the untranslated region that the deletion reaches",
        lambda case: "stop_lost" in case.theirs and case.ours - case.theirs <= UNTRANSLATED and case.theirs < case.ours,
    ),
    Difference(
        "deletion across an end of the CDS",
        "the start or stop codon goes with bases beside the CDS; csq looks at its own piece of the transcript only",
        lambda case: case.plain is None and bool(case.ours & {"start_lost", "stop_lost"}),
    ),
    Difference(
        "start codon that comes together",
        "csq finds a start codon among the bases that are left, also those before the transcript; we hold it retained "
        "only where the allele can be moved out of it",
        lambda case: "start_retained_variant" in case.theirs - case.ours,
    ),
    Difference(
        "deletion that slides into the exon",
        "the deletion can be written so that it lies within the exon, where we read it; csq names the region only",
        lambda case: case.theirs == SPLICE_REGION < case.ours and not _insertion(case) and _keeps_sites(case),
    ),
    Difference(
        "insertion before the first whole codon",
        "no amino acid that is known stands before it, as a HGVS.p needs; csq writes what is put in",
        lambda case: _incomplete(case) and case.our_protein == SAME and case.ours == case.theirs,
    ),
    Difference(
        "insertion that slides out of the transcript",
        "csq gets the insertion left-aligned, and there it lies before the transcript",
        lambda case: not case.theirs and left_aligned(case.record, case.sequence).pos < case.model.exons[0][0],
    ),
)
FROM_SNPEFF: Final[tuple[Difference, ...]] = (
    Difference(
        "another start codon",
        "the code knows several start codons; VEP and we keep the start where the amino acid stays, SnpEff always",
        lambda case: _snv(case) and case.ours == {"start_lost"} and case.theirs == {"start_retained_variant"},
    ),
    Difference(
        "start codon that stays",
        "we add start_retained to alleles that change a base of the start codon and leave its amino acid",
        lambda case: case.ours - case.theirs == {"start_retained_variant"},
    ),
    Difference(
        "stop codon that polyadenylation completes",
        "SnpEff cannot read the incomplete last codon (p.???); we complete it to the stop codon that the mitochondrion "
        "makes of it",
        lambda case: _incomplete(case) and bool(case.ours & {"stop_lost", "frameshift_variant"}),
    ),
    Difference(
        "stop codon that stays",
        "after the allele a stop codon still ends the same protein; SnpEff names a change of amino acids or of frame",
        lambda case: "stop_retained_variant" in case.ours or case.plain == SAME,
    ),
    Difference(
        "translation",
        "editing the CDS and translating all of it gives our protein; SnpEff's is another",
        lambda case: not agree(case.our_protein, case.their_protein) and _plain_is_ours(case),
    ),
    Difference(
        "deletion across an end of the CDS",
        "of an allele that reaches beyond the CDS we name the start or stop codon, without HGVS.p; SnpEff tries to",
        lambda case: case.plain is None and bool(case.ours & {"start_lost", "stop_lost"}),
    ),
    Difference(
        "another start codon after an indel",
        "the indel leaves another amino acid in place of Met, and by VEP's and our rule that loses the start; SnpEff "
        "takes any start codon of the code",
        lambda case: "start_lost" in case.ours and "start_lost" not in case.theirs,
    ),
    Difference(
        "stop codon within a shifted frame",
        "SnpEff and VEP draw the line between frameshift and stop_lost differently; the proteins agree",
        lambda case: case.ours ^ case.theirs == {"frameshift_variant", "stop_lost"} and _same_protein(case),
    ),
    Difference(
        "insertion at the end of a transcript",
        "an insertion between the last base of a transcript and the next is in it for us, and beside it for SnpEff",
        lambda case: not case.theirs and _insertion(case),
    ),
)
