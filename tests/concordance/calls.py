"""What a tool says about a record and a transcript, read from BCSQ (bcftools csq) and ANN (SnpEff, the engine)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

# What bcftools csq calls Sequence Ontology's terms.
CSQ_TERMS = {
    "missense": "missense_variant",
    "synonymous": "synonymous_variant",
    "frameshift": "frameshift_variant",
    "inframe_altering": "protein_altering_variant",
    "splice_acceptor": "splice_acceptor_variant",
    "splice_donor": "splice_donor_variant",
    "splice_region": "splice_region_variant",
    "stop_retained": "stop_retained_variant",
    "start_retained": "start_retained_variant",
    "5_prime_utr": "5_prime_UTR_variant",
    "3_prime_utr": "3_prime_UTR_variant",
    "non_coding": "non_coding_transcript_exon_variant",
    "intron": "intron_variant",
    "coding_sequence": "coding_sequence_variant",
}
SPLICE_SITES = {"splice_acceptor_variant", "splice_donor_variant"}
# What VEP keeps for structural variants, csq adds to indels.
STRUCTURAL = {"feature_elongation", "feature_truncation"}


@dataclass(frozen=True)
class Call:
    """``transcript`` is empty where the tool names only the gene; ``protein`` is its text of the protein's change.

    ``dna`` is bcftools csq's position with alleles, or HGVS.c.
    """

    gene: str
    transcript: str
    terms: frozenset[str]
    protein: str = ""
    dna: str = ""


Calls = dict[int, list[Call]]  # by the record's number


def merge(calls: Iterable[Call]) -> list[Call]:
    """Return one call for each gene and transcript, with all of its terms."""
    found: dict[tuple[str, str], Call] = {}
    for call in calls:
        known = found.setdefault((call.gene, call.transcript), call)
        merged = known.terms | call.terms
        found[call.gene, call.transcript] = replace(
            known, terms=merged, protein=known.protein or call.protein, dna=known.dna or call.dna
        )
    return list(found.values())


def parse_bcsq(text: str) -> Iterator[Call]:
    """Yield the call of one value of BCSQ; one that only points to another record (``@POS``) gives none."""
    if text.startswith("@"):
        return
    names, gene, transcript, _, *rest = text.split("|")
    terms = frozenset(CSQ_TERMS.get(name, name) for name in names.removeprefix("*").split("&"))
    protein, dna = (*rest[1:], "", "")[:2]
    if protein and terms & STRUCTURAL and not terms & {"frameshift_variant", "stop_gained", "stop_lost"}:
        # csq 1.24 names by these what earlier versions called inframe_altering.
        terms = (terms - STRUCTURAL) | {"protein_altering_variant"}
    if "synonymous_variant" in terms and terms & SPLICE_SITES and not protein:
        # So csq says that an indel leaves the splice site as it was.
        terms = (terms - SPLICE_SITES - {"synonymous_variant"}) | {"splice_region_variant"}
    yield Call(gene, transcript, terms, protein, dna)


def parse_ann(text: str) -> Call:
    """Return the call of one value of ANN, whose 16 subfields are those of the VCF annotation format 1.0."""
    fields = text.split("|")
    if len(fields) != 16:
        raise AssertionError(f"{len(fields)} subfields in ANN, 16 were expected: {text}")
    # Names are compared without the version that Ensembl's GFF3 has in an attribute of its own.
    transcript = fields[6].removeprefix("transcript:").partition(".")[0]
    return Call(fields[3], transcript, frozenset(fields[1].split("&")), fields[10], fields[9])
