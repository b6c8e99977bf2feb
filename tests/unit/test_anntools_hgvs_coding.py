"""HGVS names at the level of DNA against an oracle that counts bases one by one, and read back."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ann.anntools import hgvs_coding, texts
from ann.anntools.hgvs import coding
from ann.anntools.hgvs_coding import LONGEST
from ann.anntools.shifting import shifted
from ann.anntools.variants import Kind
from tests.unit.hgvs_samples import (
    Gene,
    alleles_of,
    apply,
    bases_of,
    changed,
    genomes,
    numbering,
    opposite,
    transcripts_of,
)

ZERO = np.zeros(1, np.int64)


def name(gene: Gene, genome: str, change: tuple[int, str, str], *, sequence: bool = True) -> str:
    columns = transcripts_of([gene], genome)
    names = coding(alleles_of([change]), ZERO, columns, ZERO, bases_of(genome) if sequence else None)
    return names[0].as_py().decode()


@st.composite
def changes(draw: st.DrawFn, genome: str) -> tuple[int, str, str]:
    position = draw(st.integers(1, len(genome)))
    ref = genome[position - 1 : position - 1 + draw(st.integers(0, 4))]
    alt = draw(st.text("ACGT", max_size=4))
    assume(ref != alt)
    while ref and alt and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    while ref and alt and ref[0] == alt[0]:
        ref, alt, position = ref[1:], alt[1:], position + 1
    return position, ref, alt


@settings(deadline=None)
@given(st.data(), genomes())
def test_a_name_read_back_gives_the_genome_that_the_allele_gives(data: st.DataObject, drawn: tuple[str, Gene]) -> None:
    genome, gene = drawn
    change = data.draw(changes(genome))
    written = name(gene, genome, change)
    if len(change[1]) == 1:
        assert written
    # Beside the ends of a contig an insertion has no two neighbours.
    way = shifted(alleles_of([change]), ZERO, np.array([gene.strand > 0]), bases_of(genome))
    if written and 1 < way.start[0] <= len(genome):
        assert apply(written, gene, genome) == changed(genome, change)


@settings(deadline=None)
@given(st.data(), genomes())
def test_insertions_and_deletions_stand_as_far_3_prime_as_any_place_that_gives_the_same_genome(
    data: st.DataObject, drawn: tuple[str, Gene]
) -> None:
    genome, gene = drawn
    position, ref, alt = data.draw(changes(genome))
    assume(not ref or not alt)
    assume(position > 1 and position + len(ref) <= len(genome))
    result = changed(genome, (position, ref, alt))
    size = len(ref) or len(alt)
    if ref:
        same = [at for at in range(1, len(genome) - size + 2) if genome[: at - 1] + genome[at - 1 + size :] == result]
    else:
        same = [at for at in range(1, len(genome) + 2) if result[: at - 1] + result[at - 1 + size :] == genome]
    last = max(same) if gene.strand > 0 else min(same)
    assume(1 < last <= len(genome) - len(ref))
    new = "" if ref else result[last - 1 : last - 1 + size]
    numbers = numbering(gene, genome)
    if ref:
        low, high, edit = last, last + size - 1, "del"
    else:
        back = genome[last - 1 - size : last - 1] if gene.strand > 0 else genome[last - 1 : last - 1 + size]
        low, high, edit = last - 1, last, "ins" + (new if gene.strand > 0 else opposite(new))
        if back == new:
            low, high, edit = (last - size, last - 1, "dup") if gene.strand > 0 else (last, last + size - 1, "dup")
    first, final = (low, high) if gene.strand > 0 else (high, low)
    expected = f"{'c' if gene.cds else 'n'}.{numbers[first]}" + (f"_{numbers[final]}" if low != high else "") + edit
    inside = [gene.exons[0][0] <= base <= gene.exons[-1][1] for base in (low, high)]
    written = name(gene, genome, (position, ref, alt))
    assert written == expected or (not written and not edit.startswith("ins") and not (inside[0] and inside[1]))


@pytest.mark.parametrize("strand", [1, -1])
def test_substitutions_are_named_at_every_base_by_what_counting_says(strand: int) -> None:
    genome = "ACGTTGCAACGTACGGTCAATGCCGTAACGTTAGCATCGGATTACAGATC"
    for cds in (None, (8, 33), (12, 31)):
        gene = Gene(((6, 13), (18, 19), (25, 40)), strand, cds)
        numbers = numbering(gene, genome)
        head = "c." if cds else "n."
        for position, ref in enumerate(genome, 1):
            alt = "G" if ref != "G" else "T"
            bases = (ref, alt) if strand > 0 else (opposite(ref), opposite(alt))
            assert name(gene, genome, (position, ref, alt)) == f"{head}{numbers[position]}{bases[0]}>{bases[1]}"


def test_without_sequence_nothing_is_shifted_and_repeats_are_insertions() -> None:
    gene = Gene(((5, 20),), 1, (5, 19))
    genome = "ACGTACAAAAAACGTGACGTACGT"
    assert name(gene, genome, (7, "", "A")) == "c.8dup"
    assert name(gene, genome, (7, "", "A"), sequence=False) == "c.2_3insA"
    assert name(gene, genome, (7, "A", ""), sequence=False) == "c.3del"


def test_alleles_that_no_name_fits_get_an_empty_one_among_named_ones() -> None:
    gene = Gene(((5, 20),), 1, (5, 19))
    genome = "ACGTACAAAAAACGTGACGTACGT"
    changes = [(8, "A", "G"), (3, "GTAC", ""), (9, "", ""), (2, genome[1:22], ""), (8, "A", "T" * (LONGEST + 1))]
    kinds = [Kind.SEQUENCE, Kind.SEQUENCE, Kind.DELETION, Kind.SEQUENCE, Kind.SEQUENCE]
    columns = transcripts_of([gene], genome)
    every = np.arange(len(changes))
    names = coding(alleles_of(changes, kinds), every, columns, np.zeros_like(every), bases_of(genome))
    assert names.to_pylist() == [b"c.4A>G", b"", b"", b"", b""]


def test_no_pairs_have_no_names() -> None:
    columns = transcripts_of([Gene(((5, 20),), 1, (5, 19))], "A" * 24)
    none = np.zeros(0, np.int64)
    assert len(coding(alleles_of([(8, "A", "G")]), none, columns, none, None)) == 0


def test_letters_that_are_no_bases_are_named_n_and_ambiguous_ones_are_complemented() -> None:
    genome = "ACGTACAAAAAACGTGACGTACGT"
    assert name(Gene(((5, 20),), 1, (5, 19)), genome, (8, "R", "Z")) == "c.4R>N"
    assert name(Gene(((5, 20),), -1, (5, 19)), genome, (8, "R", "A")) == "c.12Y>T"
    assert name(Gene(((5, 20),), -1, (5, 19)), genome, (8, "R", "MA")) == "c.12delinsTK"


def test_a_cds_that_begins_within_a_codon_counts_from_its_first_base() -> None:
    genome = "ACGTACAAAAAACGTGACGTACGT"
    assert name(Gene(((5, 20),), 1, (6, 19), phase=2), genome, (6, "C", "G")) == "c.1C>G"


@pytest.mark.parametrize("pool", [1, 2, 4, 16])
def test_places_are_written_the_same_whether_or_not_their_numbers_are_at_hand(
    monkeypatch: pytest.MonkeyPatch, pool: int
) -> None:
    genome = "ACGT" * 20
    genes = [Gene(strand=strand, exons=((11, 20), (61, 70)), cds=(13, 66)) for strand in (1, -1)]
    columns = transcripts_of(genes, genome)
    snvs = alleles_of([(place, genome[place - 1], "A" if genome[place - 1] != "A" else "C") for place in range(1, 81)])
    allele, transcript = np.repeat(np.arange(80), 2), np.tile(np.arange(2), 80)
    expected = coding(snvs, allele, columns, transcript, bases_of(genome)).to_pylist()
    assert expected[60:62] == [b"c.8+11G>A", b"c.7-11C>T"]
    monkeypatch.setattr(hgvs_coding, "POOL", pool)
    monkeypatch.setattr(texts, "POOL", pool)
    for kept in (texts._pool, hgvs_coding._offsets):  # what was kept has another size
        kept.cache_clear()
    try:
        assert coding(snvs, allele, columns, transcript, bases_of(genome)).to_pylist() == expected
    finally:
        for kept in (texts._pool, hgvs_coding._offsets):
            kept.cache_clear()
