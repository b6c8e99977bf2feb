"""Indels at the ends of a CDS and of exons, where the same bases can be written in several places."""

import pytest

from ann.anntools import consequence, hgvs
from tests.unit.anntools_models import Change, Model, alleles, array, called, reverse_complement, transcripts

LEAD = b"C" * 10
CDS = b"ATGAACGGTCTTTAA"


def judged(
    cds: bytes, change: Change, after: bytes = b"CGCGC", code: int = 1, *, whole: bool = True
) -> tuple[str, str]:
    """Return terms and HGVS.p of a change whose place counts from the first base of the CDS, on a single exon."""
    contig = LEAD + cds + after + LEAD
    end = 10 + len(cds)
    model = Model(exons=[(6, end + len(after))], cds=(11, end), stop_known=whole)
    return named(contig, model, (change[0] + 10, *change[1:]), code)


def named(contig: bytes, model: Model, change: Change, code: int = 1) -> tuple[str, str]:
    models = transcripts([model], contig, code)
    found = consequence.effects(alleles([change]), models, array(contig), 2, 9)
    peptides = found.peptides
    assert peptides is not None
    names = hgvs.protein(peptides, models, found.transcript[peptides.pair], found.terms[peptides.pair])
    terms = sorted(name.removesuffix("_variant") for name in called(found)[0])
    return "&".join(terms), "".join(name.decode() for name in names.to_pylist())


def test_a_shifted_frame_that_takes_the_last_codon_of_a_transcript_loses_the_stop() -> None:
    # ATA GGT TTA TAG, of which TA goes before the stop: TTA G, which polyadenylation makes TTA GAA.
    found = judged(b"ATAGGTTTATAG", (8, b"TA", b""), after=b"", code=2)
    assert found == ("frameshift&stop_lost", "p.Ter4GluextTer?")


def test_a_frame_that_shifts_right_before_the_stop_codon_loses_it() -> None:
    assert judged(CDS, (12, b"", b"T")) == ("frameshift&stop_lost", "p.Ter5LeuextTer?")


def test_a_frame_that_shifts_further_ahead_does_not_lose_the_stop_codon() -> None:
    assert judged(CDS, (7, b"G", b""))[0] == "frameshift"


@pytest.mark.parametrize("new", [b"TTAACT", b"TTAACTCT"])
def test_a_new_stop_where_the_old_one_stands_changes_no_protein(new: bytes) -> None:
    assert judged(CDS, (12, b"", new)) == ("stop_retained", "p.Ter5%3D")


def test_amino_acids_that_repeat_up_to_a_new_stop_change_no_protein() -> None:
    assert judged(b"ATGAGATCAAGATAA", (7, b"", b"AGCCGTTAG")) == ("stop_retained", "p.Ter5%3D")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ((3, b"", b"A"), ("start_lost", "p.Met1?")),
        ((2, b"", b"TG"), ("frameshift", "p.Arg2CysfsTer?")),
        ((3, b"", b"GAAC"), ("frameshift", "p.Arg2AsnfsTer?")),
        ((3, b"", b"GCTTGA"), ("inframe_insertion", "p.Met1_Arg2insLeuGlu")),
    ],
)
def test_an_insertion_that_leaves_the_start_codon_whole_does_not_lose_it(
    change: Change, expected: tuple[str, str]
) -> None:
    assert judged(b"ATGCGCGGTCTTTAA", change) == expected


def test_a_deletion_that_leaves_the_start_codon_whole_does_not_lose_it() -> None:
    assert judged(CDS, (3, b"GAAC", b"")) == ("frameshift", "p.Asn2ValfsTer?")


def test_a_start_codon_that_an_insertion_exchanges_for_one_of_the_same_amino_acid_stays() -> None:
    terms, name = judged(b"ATTAATCCCTAA", (2, b"", b"TC"), code=2)
    assert (terms, name[:9]) == ("frameshift&start_retained", "p.Asn2Leu")


def test_codons_put_in_before_one_that_the_end_cuts_off_have_a_name() -> None:
    found = judged(b"ATGAACGG", (6, b"", b"CATTGA"), after=b"", whole=False)
    assert found == ("inframe_insertion", "p.Asn2_Xaa3insIleAsp")


@pytest.mark.parametrize("strand", [1, -1])
def test_an_insertion_before_an_acceptor_counts_to_the_exon_where_a_repeat_takes_it_there(strand: int) -> None:
    contig = b"CCCCATGGCTAAAGT" + b"GTAAGTATTTTTTTTTTTTTTTCAG" + b"CAGGATTTAACCC"
    change, exons, cds = (39, b"", b"AGCAGGC"), [(3, 15), (41, 53)], (5, 50)
    if strand < 0:
        size = len(contig) + 1
        change = (size - 38, b"", reverse_complement(change[2]))
        exons = [(size - last, size - first) for first, last in reversed(exons)]
        contig, cds = reverse_complement(contig), (size - cds[1], size - cds[0])
    terms, name = named(contig, Model(exons=exons, cds=cds, strand=strand), change)
    assert (terms, name) == ("frameshift&splice_region", "p.Ile6GlnfsTer?")


@pytest.mark.parametrize("strand", [1, -1])
def test_a_deletion_before_an_acceptor_counts_to_the_exon_where_a_repeat_takes_it_there(strand: int) -> None:
    contig = b"CCCCATGGCTAAAGT" + b"GTAAGTATTTTTTTTTTTTTTTCAG" + b"CAGGATTTAACCC"
    change, exons, cds = (38, b"CAG", b""), [(3, 15), (41, 53)], (5, 50)
    if strand < 0:
        size = len(contig) + 1
        change = (size - 40, reverse_complement(change[1]), b"")
        exons = [(size - last, size - first) for first, last in reversed(exons)]
        contig, cds = reverse_complement(contig), (size - cds[1], size - cds[0])
    found = named(contig, Model(exons=exons, cds=cds, strand=strand), change)
    assert found == ("inframe_deletion&splice_region", "p.Arg5del")


def test_an_indel_at_the_beginning_of_a_repeat_through_the_acceptor_counts_to_the_exon() -> None:
    contig = b"CCCCATGGCTAAAGT" + b"GTAAGTATTTTTTTTCAGCAGCAG" + b"CAGGATTTAACCC"
    model = Model(exons=[(3, 15), (40, 52)], cds=(5, 49))
    assert named(contig, model, (31, b"CAG", b"")) == ("inframe_deletion&splice_region", "p.Arg5del")
    assert named(contig, model, (31, b"", b"CAG"))[0] == "inframe_insertion&splice_region"
