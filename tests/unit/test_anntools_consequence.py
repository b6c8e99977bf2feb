"""Consequences of single alleles on a small transcript."""

import numpy as np
import pytest

from ann.anntools import consequence
from ann.anntools.effects import Note, severity
from ann.anntools.texts import Bytes
from ann.anntools.transcripts import Transcripts
from ann.anntools.variants import Alleles, Kind
from tests.unit.anntools_models import Change, Model, alleles, array, called, peptides, symbolic, transcripts

#          UTR     CDS of four codons   intron                              CDS, stop        UTR
EXONS = ("CCACC" + "ATGGCTAAAGGG", "GTAAGTCCTTGACCATTTCTTTTCCTCAG", "CTTCGATGGTAA" + "GCCTGATT")
BEFORE = "T" * 20
CONTIG = (BEFORE + "".join(EXONS) + "A" * 20).encode()
FIRST = (len(BEFORE) + 1, len(BEFORE) + len(EXONS[0]))
SECOND = (FIRST[1] + len(EXONS[1]) + 1, FIRST[1] + len(EXONS[1]) + len(EXONS[2]))
START, STOP = FIRST[0] + 5, SECOND[0] + 11  # first and last base of the CDS
CODING = Model(exons=[FIRST, SECOND], cds=(START, STOP))
NONCODING = Model(exons=[FIRST, SECOND])


def terms(change: Change, model: Model = CODING, contig: bytes = CONTIG, code: int = 1) -> set[str]:
    found = consequence.effects(alleles([change]), transcripts([model], contig, code), array(contig), 10, 9)
    return {name.removesuffix("_variant") for name in called(found)[0]}


def replaced(position: int, size: int, new: bytes) -> Change:
    """Return the change that puts ``new`` in place of ``size`` bases of the contig."""
    return position, CONTIG[position - 1 : position - 1 + size], new


def inserted(position: int, new: bytes) -> Change:
    """Return the change that puts ``new`` before a base of the contig."""
    return position, b"", new


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (replaced(START + 3, 1, b"A"), {"missense"}),
        (replaced(START + 5, 1, b"A"), {"synonymous"}),
        (replaced(START + 6, 1, b"T"), {"stop_gained"}),
        (replaced(START, 1, b"G"), {"start_lost"}),
        (replaced(STOP - 2, 1, b"C"), {"stop_lost"}),
        (replaced(STOP, 1, b"G"), {"stop_retained"}),
        (replaced(START + 5, 2, b"AC"), {"missense"}),
        (replaced(START + 3, 6, b"GCATAA"), {"stop_gained"}),
        (replaced(START + 6, 3, b""), {"inframe_deletion"}),
        (inserted(START + 6, b"CCC"), {"inframe_insertion"}),
        (inserted(START + 7, b"CCC"), {"inframe_insertion"}),
        (inserted(START + 6, b"TAA"), {"inframe_insertion", "stop_gained"}),
        (replaced(START + 4, 4, b"G"), {"protein_altering"}),
        (replaced(START + 6, 1, b""), {"frameshift"}),
        (inserted(START + 6, b"C"), {"frameshift"}),
        (inserted(START, b"C"), {"5_prime_UTR"}),
        (inserted(STOP + 1, b"C"), {"3_prime_UTR"}),
        (replaced(START, 3, b""), {"start_lost", "inframe_deletion"}),
        (replaced(START + 1, 1, b""), {"start_lost"}),
        (replaced(START - 2, 4, b""), {"start_lost", "5_prime_UTR"}),
        (replaced(STOP - 1, 4, b""), {"stop_lost", "3_prime_UTR"}),
        (replaced(START - 1, 2, b"GC"), {"start_lost", "5_prime_UTR"}),
        (replaced(START + 3, 1, b"N"), {"coding_sequence"}),
        (replaced(FIRST[1] + 1, 1, b"A"), {"splice_donor"}),
        (replaced(FIRST[1] + 5, 1, b"A"), {"splice_donor_5th_base", "splice_region", "intron"}),
        (replaced(SECOND[0] - 2, 1, b"T"), {"splice_acceptor"}),
        (replaced(SECOND[0] - 1, 2, b""), {"splice_acceptor", "coding_sequence"}),
        (replaced(START + 9, 35, b""), {"splice_donor", "splice_acceptor", "coding_sequence", "intron"}),
    ],
)
def test_an_allele_has_the_terms_of_what_it_touches(change: Change, expected: set[str]) -> None:
    assert terms(change) - {"splice_polypyrimidine_tract"} == expected


def test_a_deletion_that_moves_wholly_before_the_start_codon_retains_it() -> None:
    contig = CONTIG[: START - 2] + b"A" + CONTIG[START - 1 :]
    assert terms((START - 1, b"AA", b"A"), contig=contig) == {"5_prime_UTR"}
    assert terms((START, b"A", b""), contig=contig) == {"start_retained"}


def test_a_frame_that_shifts_within_the_stop_codon_may_leave_the_protein_alone() -> None:
    contig = CONTIG[:STOP] + b"A" + CONTIG[STOP + 1 :]
    assert terms((STOP, b"A", b""), contig=contig) == {"stop_retained"}
    assert terms((STOP, CONTIG[STOP - 1 : STOP], b"")) == {"stop_retained"}  # TAAG to TAG
    assert terms((STOP - 2, b"T", b"")) == {"frameshift", "stop_lost"}


def test_an_indel_in_a_repeat_leaves_the_splice_site_that_another_place_would_not_touch() -> None:
    assert terms((SECOND[0] - 2, b"A", b"")) == {"splice_acceptor"}
    repeat = CONTIG[: FIRST[1]] + b"GTGTGT" + CONTIG[FIRST[1] + 6 :]
    assert terms((FIRST[1] + 1, b"GT", b""), contig=repeat) == {"splice_region", "intron"}
    assert terms((FIRST[1] + 2, b"", b"GT"), contig=CONTIG) == {"splice_donor"}
    assert terms((FIRST[1] + 2, b"", b"TG"), contig=repeat) == {"splice_region", "intron"}


def test_a_deletion_across_the_end_of_an_exon_counts_to_the_exon_where_a_repeat_lets_it_lie_there() -> None:
    contig = CONTIG[: FIRST[1] - 4] + b"GTGT" + CONTIG[FIRST[1] :]
    assert terms((FIRST[1], b"TG", b""), contig=contig) == {"frameshift", "splice_region"}


def test_an_insertion_between_exon_and_intron_lengthens_the_exon_unless_a_repeat_takes_it_into_the_intron() -> None:
    assert terms(inserted(FIRST[1] + 1, b"C")) == {"frameshift", "splice_region"}
    assert terms(inserted(SECOND[0], b"CCC")) == {"inframe_insertion", "splice_region"}
    assert terms(inserted(FIRST[1] + 1, b"GTAA")) == {"splice_region", "intron"}


def test_an_intron_of_a_few_bases_is_all_splice_site() -> None:
    short = Model(exons=[(FIRST[0], FIRST[1]), (FIRST[1] + 3, SECOND[1])], cds=(START, STOP))
    assert terms(inserted(FIRST[1] + 1, b"C"), short) >= {"splice_donor"}
    assert terms(inserted(FIRST[1] + 3, b"C"), short) >= {"splice_acceptor"}


def test_a_noncoding_transcript_has_exons_and_introns_of_its_own_kind() -> None:
    assert terms(replaced(START, 1, b"C"), NONCODING) == {"non_coding_transcript_exon"}
    assert terms(replaced(FIRST[1] + 10, 1, b"A"), NONCODING) == {"intron", "non_coding_transcript"}


@pytest.mark.parametrize(
    ("position", "strand", "term", "distance"),
    [
        (FIRST[0] - 1, 1, "upstream_gene_variant", 1),
        (FIRST[0] - 10, -1, "downstream_gene_variant", 10),
        (SECOND[1] + 1, 1, "downstream_gene_variant", 1),
        (SECOND[1] + 10, -1, "upstream_gene_variant", 10),
    ],
)
def test_the_flanks_are_up_and_downstream(position: int, strand: int, term: str, distance: int) -> None:
    model = Model(exons=[FIRST, SECOND], strand=strand)
    found = consequence.effects(alleles([(position, b"T", b"C")]), one(model), None, 10, 9)
    assert (called(found), found.distance.tolist()) == ([{term}], [distance])


def test_what_lies_beyond_the_flanks_has_no_pair() -> None:
    far = alleles([(FIRST[0] - 11, b"T", b"C"), (SECOND[1] + 11, b"A", b"C")])
    assert len(consequence.effects(far, one(CODING), None, 10, 9)) == 0


def one(model: Model, sequence: bytes | None = None) -> Transcripts:
    return transcripts([model], sequence)


def effects(changed: Alleles, models: list[Model], sequence: Bytes | None = None) -> list[set[str]]:
    contig = None if sequence is None else sequence.tobytes()
    return called(consequence.effects(changed, transcripts(models, contig), sequence, 10, 9))


def test_symbolic_alleles_take_double_shorten_or_lengthen_a_transcript() -> None:
    whole, part = (FIRST[0] - 3, SECOND[1] + 3), (FIRST[1] + 9, FIRST[1] + 12)
    spans = [
        (*whole, Kind.DELETION),
        (*whole, Kind.DUPLICATION),
        (*part, Kind.DELETION),
        (*part, Kind.DUPLICATION),
        (part[0], part[0] - 1, Kind.INSERTION),
        (*part, Kind.INVERSION),
        (START, START + 2, Kind.COPY_NUMBER),
        (START, START, Kind.BREAKEND),
        (START, START, Kind.NONE),
        (START, START, Kind.SPANNING),
    ]
    tract = {"splice_polypyrimidine_tract_variant"}
    found = [terms - tract for terms in effects(symbolic(spans), [CODING], array(CONTIG))]
    assert found == [
        {"transcript_ablation"},
        {"transcript_amplification"},
        {"feature_truncation", "intron_variant"},
        {"feature_elongation", "intron_variant"},
        {"feature_elongation", "intron_variant"},
        {"intron_variant"},
        {"coding_sequence_variant"},
        {"coding_sequence_variant"},
    ]


def test_a_long_deletion_by_its_bases_takes_a_transcript_too() -> None:
    assert terms(replaced(FIRST[0] - 1, SECOND[1] - FIRST[0] + 3, b"")) == {"transcript_ablation"}


def test_pairs_are_ordered_by_allele_severity_and_transcript() -> None:
    models = [NONCODING, CODING, Model(exons=[FIRST, SECOND], cds=(START, STOP), strand=-1)]
    changes = [replaced(position, 1, b"N") for position in range(FIRST[0] - 5, SECOND[1] + 5)]
    found = consequence.effects(alleles(changes), transcripts(models, CONTIG), array(CONTIG), 10, 9)
    keys = list(zip(found.allele.tolist(), severity(found.terms).tolist(), found.transcript.tolist(), strict=True))
    assert len(keys) == 3 * len(changes)
    assert keys == sorted(keys)


def test_the_first_transcripts_on_the_contig_are_looked_at() -> None:
    many = transcripts([NONCODING] * 5, CONTIG)
    found = consequence.effects(alleles([replaced(START, 1, b"C")]), many, array(CONTIG), 10, 3)
    assert sorted(found.transcript.tolist()) == [0, 1, 2]


def test_pairs_come_out_the_same_in_several_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    models = transcripts([NONCODING, CODING], CONTIG)
    changes = alleles([replaced(position, 1, b"N") for position in range(FIRST[0] - 5, SECOND[1] + 5)])
    whole = consequence.effects(changes, models, array(CONTIG), 10, 9)
    monkeypatch.setattr(consequence, "PAIRS_AT_ONCE", 7)
    parts = consequence.effects(changes, models, array(CONTIG), 10, 9)
    assert peptides(parts) == peptides(whole)
    assert whole.peptides is not None
    assert parts.peptides is not None
    assert np.array_equal(whole.peptides.pair, parts.peptides.pair)
    for name in set(vars(whole)) - {"peptides"}:
        assert np.array_equal(getattr(parts, name), getattr(whole, name)), name


def test_no_alleles_and_no_transcripts_make_no_pairs() -> None:
    change = alleles([replaced(START, 1, b"C")])
    assert len(consequence.effects(alleles([]), one(CODING, CONTIG), array(CONTIG), 10, 9)) == 0
    assert len(consequence.effects(change, transcripts([], b""), array(CONTIG), 10, 9)) == 0
    assert consequence.effects(change, transcripts([], None), None, 10, 9).peptides is None


def test_a_sound_transcript_has_no_notes() -> None:
    found = consequence.effects(alleles([replaced(START, 1, b"C")]), one(CODING, CONTIG), array(CONTIG), 10, 9)
    assert found.notes.tolist() == [Note.NONE]
