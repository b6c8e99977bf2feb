"""Unusual ways to read a transcript: unfinished ones, mitochondria, selenocysteine, and none at all."""

import pytest

from ann.anntools import consequence, translated
from ann.anntools.effects import Note
from tests.unit.anntools_models import Change, Model, alleles, array, called, peptides, reverse_complement, transcripts

LEAD = b"C" * 10


def judged(
    cds: bytes, changes: list[Change], code: int = 1, *, sequence: bool = True, **known: int | bool
) -> tuple[list[set[str]], list[int], list[tuple[int, bytes, bytes, bool]]]:
    """Return terms, notes and amino acids of changes to a CDS of one exon; places count from its first base."""
    contig = LEAD + cds + (b"" if code > 1 else b"C" * 10)
    model = Model(exons=[(11, len(contig))], cds=(11, 10 + len(cds)), **known)  # type: ignore[arg-type]
    moved = alleles([(position + 10, ref, alt) for position, ref, alt in changes])
    models = transcripts([model], contig if sequence else None, code)
    found = consequence.effects(moved, models, array(contig) if sequence else None, 5, 9)
    names = [{name.removesuffix("_variant") for name in terms} for terms in called(found)]
    return names, found.notes.tolist(), peptides(found) if sequence else []


def test_a_cds_without_its_beginning_loses_no_start() -> None:
    terms, notes, _ = judged(b"ATGGCTTAA", [(1, b"A", b"G")], start_known=False)
    assert (terms, notes) == ([{"missense"}], [Note.W3])


def test_a_cds_that_begins_with_no_start_codon_loses_none_and_is_doubtful() -> None:
    terms, notes, acids = judged(b"CGGGCTTAA", [(2, b"G", b"T")])
    assert (terms, notes, acids) == ([{"missense"}], [Note.W5], [(1, b"R", b"L", False)])


def test_a_phase_moves_the_codons() -> None:
    terms, notes, acids = judged(
        b"GGATGGCTTAA", [(3, b"A", b"C"), (1, b"G", b"C"), (2, b"GA", b"G")], phase=2, start_known=False
    )
    assert terms == [{"missense"}, {"coding_sequence"}, {"frameshift"}]
    assert notes == [Note.W3] * 3
    assert acids[0] == (1, b"M", b"L", False)


def test_a_cds_without_its_end_loses_no_stop() -> None:
    terms, notes, _ = judged(b"ATGGCTTAA", [(7, b"T", b"C"), (4, b"G", b"A")], stop_known=False)
    assert "stop_lost" not in terms[0]
    assert terms[1] == {"missense"}
    assert notes == [Note.W3] * 2


def test_a_codon_that_is_cut_off_by_the_end_is_incomplete() -> None:
    terms, notes, _ = judged(b"ATGGCTAAGTC", [(10, b"T", b"G"), (7, b"A", b"T")], stop_known=False)
    assert terms == [{"incomplete_terminal_codon", "coding_sequence"}, {"stop_gained"}]
    assert notes == [Note.W3] * 2


@pytest.mark.parametrize("stop", [b"T", b"TA"])
def test_stop_codons_of_mitochondria_are_completed_by_polyadenylation(stop: bytes) -> None:
    terms, notes, acids = judged(b"ATAGCTTGA" + stop, [(10, b"T", b"C"), (8, b"G", b"A"), (3, b"A", b"G")], code=2)
    assert terms == [{"stop_lost"}, {"stop_gained"}, {"start_retained", "synonymous"}]
    assert notes == [Note.NONE] * 3
    assert acids == [(4, b"*", b"Q", False), (3, b"W", b"*", False), (1, b"M", b"M", False)]


def test_polyadenylation_completes_what_a_deletion_leaves_of_a_stop_codon() -> None:
    terms, _, _ = judged(b"ATAGCTTAA", [(9, b"A", b""), (8, b"AA", b""), (7, b"TAA", b"")], code=2)
    assert terms == [{"stop_retained"}, {"stop_retained"}, {"inframe_deletion", "stop_lost"}]


def test_mitochondria_read_their_own_stops_and_starts() -> None:
    terms, _, _ = judged(b"ATTAAAGCTTAA", [(3, b"T", b"C"), (5, b"A", b"G"), (1, b"A", b"C")], code=2)
    assert terms == [{"start_retained", "synonymous"}, {"stop_gained"}, {"start_lost"}]


def test_a_start_codon_that_changes_its_amino_acid_is_lost_in_mitochondria_too() -> None:
    terms, notes, _ = judged(b"ATAGCTTAA", [(1, b"A", b"G"), (3, b"A", b"T")], code=2)
    assert (terms, notes) == ([{"start_lost"}, {"start_lost"}], [Note.NONE] * 2)


def test_a_tga_inside_a_cds_is_selenocysteine() -> None:
    changes: list[Change] = [(9, b"A", b"C"), (9, b"A", b"G"), (8, b"G", b"A"), (7, b"", b"AAA"), (4, b"G", b"A")]
    terms, notes, acids = judged(b"ATGGCTTGAAAATAA", changes)
    assert terms == [{"missense"}, {"missense"}, {"stop_gained"}, {"inframe_insertion"}, {"missense"}]
    assert notes == [Note.NONE] * 5
    assert [(before, after) for _, before, after, _ in acids[:4]] == [
        (b"U", b"C"),
        (b"U", b"W"),
        (b"U", b"*"),
        (b"U", b"KU"),
    ]


def test_a_stop_before_the_end_is_doubtful() -> None:
    _, notes, _ = judged(b"ATGTAGAAATAA", [(4, b"T", b"C")])
    assert notes == [Note.W4]


def test_unknown_bases_of_the_reference_make_no_amino_acid() -> None:
    terms, _, acids = judged(b"ATGNCTAAATAA", [(5, b"C", b"A"), (7, b"A", b"G")])
    assert terms == [{"coding_sequence"}, {"missense"}]
    assert acids[0] == (2, b"X", b"X", False)


def test_without_sequence_only_lengths_are_judged() -> None:
    changes: list[Change] = [
        (7, b"A", b"T"),
        (7, b"AA", b"TT"),
        (7, b"A", b""),
        (7, b"AAA", b""),
        (7, b"", b"CCC"),
        (7, b"AAAA", b"C"),
        (1, b"ATG", b"CAC"),
    ]
    terms, notes, _ = judged(b"ATGGCTAAAAAATAA", changes, sequence=False)
    assert terms == [
        {"coding_sequence"},
        {"coding_sequence"},
        {"frameshift"},
        {"inframe_deletion"},
        {"inframe_insertion"},
        {"coding_sequence"},
        {"coding_sequence"},
    ]
    assert notes == [Note.W2] * 7


def test_without_sequence_the_ends_of_a_cds_are_not_judged() -> None:
    terms, _, _ = judged(b"ATGGCTAAATAA", [(11, b"AACC", b"")], sequence=False)
    assert terms == [{"coding_sequence", "3_prime_UTR"}]


def test_a_shifted_frame_is_read_to_its_first_stop_however_far() -> None:
    codons = 900
    _, _, acids = judged(b"ATG" + b"GCA" * codons + b"TAA", [(4, b"G", b""), (4, b"", b"TA")])
    # GCAGCA… reads on as CAGCAG…; the last codons are CAT AAC CCC CCC CCC.
    assert acids[0] == (2, b"A", b"Q" * (codons - 1) + b"HNPPP", True)
    # TAGCAGCA… stops at once.
    assert acids[1] == (2, b"A", b"*", True)


def test_amino_acids_of_the_reverse_strand_are_read_backwards() -> None:
    cds = b"ATGGCTAAATGGTAA"
    contig = LEAD + reverse_complement(cds) + LEAD
    model = Model(exons=[(1, len(contig))], cds=(11, 25), strand=-1)
    # Codon 3, AAA, is TTT at 17 to 19.
    changes: list[Change] = [(19, b"T", b"A"), (17, b"T", b""), (17, b"", b"GGC"), (16, b"ATT", b"CCC")]
    found = consequence.effects(alleles(changes), transcripts([model], contig), array(contig), 5, 9)
    assert called(found) == [
        {"stop_gained"},
        {"frameshift_variant"},
        {"inframe_insertion"},
        {"missense_variant"},
    ]
    # The shifted frame reads AAT GGT AAG and on into ten bases of G.
    assert [change[:3] for change in peptides(found)] == [
        (3, b"K", b"*"),
        (3, b"K", b"NGKGGG"),
        (4, b"W", b"AW"),
        (3, b"KW", b"RG"),
    ]
    assert found.cds.tolist() == [7, 9, 10, 8]


def test_an_allele_too_long_to_translate_is_judged_by_its_length() -> None:
    long = translated.LONGEST // 3 * 3 + 3
    changes: list[Change] = [(7, b"", b"C" * long), (7, b"", b"C" * (long + 1))]
    terms, _, acids = judged(b"ATGGCTAAATAA", changes)
    assert (terms, acids) == ([{"inframe_insertion"}, {"frameshift"}], [])


def test_edits_are_read_the_same_in_many_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    cds = b"ATG" + b"GCAAAGCCC" * 9 + b"TAA"
    changes: list[Change] = [(place, b"", b"A" * size) for place in range(2, 60) for size in (1, 2, 3, 4)]
    whole = judged(cds, changes)
    monkeypatch.setattr(translated, "BASES_AT_ONCE", 100)
    assert judged(cds, changes) == whole


def test_a_deletion_of_a_whole_cds_loses_both_its_ends() -> None:
    cds = b"ATGGCTAAATAA"
    contig = LEAD + cds + LEAD
    model = Model(exons=[(3, 40)], cds=(11, 22))
    contig += LEAD
    found = consequence.effects(alleles([(9, contig[8:25], b"")]), transcripts([model], contig), array(contig), 5, 9)
    assert called(found) == [{"start_lost", "stop_lost", "5_prime_UTR_variant", "3_prime_UTR_variant"}]


@pytest.mark.parametrize("strand", [1, -1])
def test_of_bases_across_an_end_of_the_cds_those_within_are_judged(strand: int) -> None:
    contig = LEAD + b"ATGGCTAAATAA" + LEAD
    model = Model(exons=[(1, 32)], cds=(11, 22), strand=strand)
    changes: list[Change] = [(10, b"CA", b"AG"), (22, b"AC", b"CA")]  # GTG; TAC
    if strand < 0:
        contig = reverse_complement(contig)
        changes = [(33 - place - 1, reverse_complement(ref), reverse_complement(alt)) for place, ref, alt in changes]
    found = consequence.effects(alleles(changes), transcripts([model], contig), array(contig), 5, 9)
    assert called(found) == [{"start_lost", "5_prime_UTR_variant"}, {"stop_lost", "3_prime_UTR_variant"}]
    assert peptides(found) == [(1, b"M", b"V", False), (4, b"*", b"Y", False)]


def test_a_stop_codon_at_the_very_end_of_a_transcript_is_lost_with_a_base_of_it() -> None:
    contig = b"CCCCCATGGCTTAACCCCC"
    model = Model(exons=[(6, 14)], cds=(6, 14))
    found = consequence.effects(alleles([(14, b"A", b"")]), transcripts([model], contig), array(contig), 5, 9)
    assert called(found) == [{"frameshift_variant", "stop_lost"}]
