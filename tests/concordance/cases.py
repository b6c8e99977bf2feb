"""Brings what two tools say about a record and a transcript into common words."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from tests.concordance.calls import SPLICE_SITES, STRUCTURAL, Call, Calls
from tests.concordance.comparison import Case
from tests.concordance.edits import translated
from tests.concordance.models import Model, cds, translate
from tests.concordance.proteins import SAME, UNKNOWN, Change, from_csq, from_hgvs
from tests.concordance.records import Subject, trimmed

Terms = frozenset[str]

# Where VEP has finer terms, what the others call the same place.
FINER: Final = {
    "splice_donor_5th_base_variant": "splice_region_variant",
    "splice_donor_region_variant": "splice_region_variant",
    "splice_polypyrimidine_tract_variant": "intron_variant",
    "conservative_inframe_insertion": "inframe_insertion",
    "disruptive_inframe_insertion": "inframe_insertion",
    "conservative_inframe_deletion": "inframe_deletion",
    "disruptive_inframe_deletion": "inframe_deletion",
    "non_coding_transcript_variant": "intron_variant",
    "initiator_codon_variant": "start_retained_variant",
    "5_prime_UTR_premature_start_codon_gain_variant": "5_prime_UTR_variant",
}
OUTSIDE: Final = {"upstream_gene_variant", "downstream_gene_variant", "intergenic_variant", "intergenic_region"}
ENDS: Final = {"frameshift_variant", "stop_lost"}
VAGUE: Final = {"intron_variant", "non_coding_transcript_exon_variant"}
INFRAME: Final = {"inframe_insertion", "inframe_deletion", "protein_altering_variant"}
CODONS: Final = {
    "frameshift_variant",
    "inframe_variant",
    "missense_variant",
    "synonymous_variant",
    "stop_gained",
    "coding_sequence_variant",
    "splice_region_variant",
}
# What the tools add to a more severe term by rules of their own; the protein's change is compared apart from that.
ABSORBED: Final = {
    "splice_acceptor_variant": CODONS,
    "splice_donor_variant": CODONS,
    "frameshift_variant": {"stop_gained"},
    "stop_gained": {"inframe_variant"},
    "stop_lost": {"inframe_variant"},
    "start_retained_variant": {"inframe_variant", "synonymous_variant"},
    "start_lost": {"inframe_variant", "frameshift_variant", "synonymous_variant", "stop_gained"},
}


def csq_words(terms: Terms, model: Model) -> Terms:
    """Return ``terms`` in the words that bcftools csq and VEP share.

    csq names introns and coding sequence only where it has nothing finer to say, and calls all of a transcript that is
    not translated non_coding. VEP calls inframe only what leaves the other codons as they were, csq goes by length.
    """
    found = {FINER.get(term, term) for term in terms} - OUTSIDE - STRUCTURAL
    if model.cds is None:
        return frozenset({"non_coding_transcript_exon_variant"} if found else ())
    if found & INFRAME:
        found = found - INFRAME | {"inframe_variant"}
    for strong, weak in ABSORBED.items():
        if strong in found:
            found -= weak
    for vague in ("intron_variant", "coding_sequence_variant"):
        if len(found) > 1:
            found.discard(vague)
    return frozenset(found)


def snpeff_words(terms: Terms, model: Model) -> Terms:
    """Return ``terms`` in the words of SnpEff, whose splice_region also accompanies splice sites."""
    found = csq_words(terms, model)
    return found - {"splice_region_variant"} if len(found) > 1 else found


@dataclass(frozen=True)
class Peer:
    """How one tool's calls are read: its words, and its text of a protein's change."""

    words: Callable[[Terms, Model], Terms]
    protein: Callable[[Call, str], Change]


def hgvs_protein(call: Call, protein: str) -> Change:
    """Return the change in HGVS.p."""
    return from_hgvs(call.protein, protein) if call.protein else SAME


def csq_protein(call: Call, protein: str) -> Change:
    """Return the change that bcftools csq writes, UNKNOWN where it writes none."""
    return from_csq(call.protein, protein, frameshift="frameshift_variant" in call.terms)


CSQ = Peer(csq_words, csq_protein)
SNPEFF = Peer(snpeff_words, hgvs_protein)


def cases(subject: Subject, ours: Calls, theirs: Calls, peer: Peer) -> Iterator[Case]:
    """Yield a case for each record and each transcript that it touches."""
    proteins = {m.name: translate(cds(m, subject.genome), subject.code) for m in subject.models}
    for number, record in enumerate(subject.records):
        pos, ref, _ = trimmed(record)
        last = pos + len(ref) - 1
        our_calls, their_calls = calls_by_name(ours, number), calls_by_name(theirs, number)
        for model in subject.models:
            if model.contig != record.contig or model.exons[0][0] > last or model.exons[-1][1] < pos:
                continue
            protein = proteins[model.name]
            mine, other = find(our_calls, model), find(their_calls, model)
            if _left_out(mine, other, their_calls, peer, model):
                continue
            our_terms, their_terms = peer.words(mine.terms, model), peer.words(other.terms, model)
            our_terms, their_terms = _shared_ends(our_terms, their_terms)
            # Where a splice site or an end of the transcript is lost nobody knows the protein, though some write one.
            lost = bool(our_terms & SPLICE_SITES and their_terms & SPLICE_SITES)
            lost |= bool(ref) and (pos < model.exons[0][0] or last > model.exons[-1][1])
            yield Case(
                record=record,
                model=model,
                ours=our_terms,
                theirs=their_terms,
                our_protein=UNKNOWN if lost else _change(hgvs_protein, mine, protein),
                their_protein=UNKNOWN if lost else _change(peer.protein, other, protein),
                our_call=mine,
                their_call=other,
                sequence=subject.genome[record.contig],
                translate=partial(translated, model, record, subject.genome[record.contig], subject.code),
            )


def _shared_ends(one: Terms, other: Terms) -> tuple[Terms, Terms]:
    """Return the terms with but one of frameshift and stop_lost where one tool says both, and the other one of them.

    The proteins, which are compared apart from that, tell what becomes of the stop.
    """
    common = one & other & ENDS
    return (one - ENDS | common, other - ENDS | common) if common else (one, other)


def _left_out(mine: Call, other: Call, others: dict[str, Call], peer: Peer, model: Model) -> bool:
    """Whether the peer leaves out ``model`` because it names introns and RNAs of one gene a record only."""
    return (
        peer is CSQ
        and not other.terms - STRUCTURAL
        and peer.words(mine.terms, model) <= VAGUE
        and any(call.terms & VAGUE for name, call in others.items() if name.startswith("gene "))
    )


def _change(read: Callable[[Call, str], Change], call: Call, protein: str) -> Change:
    """Return the change of the protein; without a start codon nobody knows the new protein."""
    if "start_lost" in call.terms:
        return UNKNOWN
    try:
        return read(call, protein)
    except ValueError as error:
        return ("?", str(error))


def calls_by_name(calls: Calls, number: int) -> dict[str, Call]:
    """Return the calls of one record by transcript, and by gene where the tool names no transcript."""
    return {call.transcript or f"gene {call.gene}": call for call in calls.get(number, [])}


def find(calls: dict[str, Call], model: Model) -> Call:
    """Return what is said of ``model``, or of its gene where no transcript is named, or nothing."""
    own = calls.get(model.name)
    vague = calls.get(f"gene {model.gene}")
    if own is None and vague is not None and model.name == model.gene:
        return vague
    if vague is not None and (own is None or not own.terms - STRUCTURAL):
        kind = "intron_variant" if model.cds else "non_coding_transcript_exon_variant"
        if kind in vague.terms:
            return Call(model.gene, model.name, frozenset({kind}))
    return own or Call(model.gene, model.name, frozenset())
