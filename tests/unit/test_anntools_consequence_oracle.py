"""Consequences against slow code that walks over bases and translates whole edited transcripts."""

import random

import numpy as np
import pytest

from ann.anntools import consequence
from tests.unit.anntools_models import (
    Change,
    Model,
    alleles,
    array,
    called,
    peptides,
    reverse_complement,
    transcripts,
    trimmed,
)

ACIDS = {}
for one, row in zip(
    "TCAG", ("FFLLSSSSYY**CC*W", "LLLLPPPPHHQQRRRR", "IIIMTTTTNNKKSSRR", "VVVVAAAADDEEGGGG"), strict=True
):
    for place, acid in enumerate(row):
        ACIDS[one + "TCAG"[place // 4] + "TCAG"[place % 4]] = acid
SENSE = [codon for codon, acid in ACIDS.items() if acid != "*"]
CODING_TERMS = {
    *("missense_variant", "synonymous_variant", "stop_gained", "stop_lost", "start_lost", "frameshift_variant"),
    *("inframe_insertion", "inframe_deletion", "protein_altering_variant", "coding_sequence_variant"),
    *("stop_retained_variant", "start_retained_variant", "incomplete_terminal_codon_variant"),
}


def gene(chance: random.Random, strand: int) -> tuple[bytes, Model]:
    """Return a contig with a transcript of a few short exons, whose CDS begins and ends properly."""
    sizes = [chance.randint(5, 40) for _ in range(chance.randint(1, 5))] + [chance.randint(30, 60)]
    before = chance.randint(0, 6)
    count = (sum(sizes) - before - chance.randint(0, 9)) // 3 - 2
    cds = "ATG" + "".join(chance.choices(SENSE, k=count)) + chance.choice(["TAA", "TAG", "TGA"])
    after = sum(sizes) - before - len(cds)
    spliced = "".join(chance.choices("ACGT", k=before)) + cds + "".join(chance.choices("ACGT", k=after))
    contig = "".join(chance.choices("ACGT", k=30))
    exons, left = [], spliced
    for size in sizes:
        exons.append((len(contig) + 1, len(contig) + size))
        contig += left[:size] + "".join(chance.choices("ACGT", k=chance.randint(14, 45)))
        left = left[size:]
    places = [place for first, last in exons for place in range(first, last + 1)]
    span = places[before], places[before + len(cds) - 1]
    bases, length = contig.encode(), len(contig)
    if strand < 0:
        bases = reverse_complement(bases)
        exons = [(length + 1 - last, length + 1 - first) for first, last in reversed(exons)]
        span = length + 1 - span[1], length + 1 - span[0]
    return bases, Model(exons=exons, cds=span, strand=strand)


def change(chance: random.Random, contig: bytes) -> Change:
    """Return a random change somewhere on the contig."""
    size = chance.choice([0, 0, 1, 1, 1, 2, 3, 3, 6, 7])
    added = chance.choice([0, 0, 1, 2, 3, 6]) if size != 1 else chance.choice([0, 1, 1, 1, 1])
    position = chance.randint(5, len(contig) - 12)
    ref = contig[position - 1 : position + size]
    return position, ref, ref[:1] + bytes(chance.choices(b"ACGT", k=added))


def protein(spliced: bytes) -> str:
    """Return the amino acids up to the first stop."""
    acids = ""
    for place in range(0, len(spliced) - 2, 3):
        acids += ACIDS[spliced[place : place + 3].decode()]
        if acids.endswith("*"):
            break
    return acids


def translated(contig: bytes, model: Model, position: int, ref: bytes, alt: bytes) -> str:
    """Return the protein of a transcript within one exon of which bases are replaced."""
    return protein(from_start(contig, model, position, ref, alt))


def from_start(contig: bytes, model: Model, position: int, ref: bytes, alt: bytes) -> bytes:
    """Return the bases from the CDS on, of which some in one exon are replaced, first base by first base."""
    exons = []
    for first, last in model.exons:
        bases = contig[first - 1 : last]
        if first <= position and position + len(ref) - 1 <= last:
            at = position - first
            bases = bases[:at] + alt + bases[at + len(ref) :]
        exons.append(bases)
    spliced = b"".join(exons)
    untranslated = len(before_cds(model))
    if model.strand < 0:
        spliced = reverse_complement(spliced)
    return spliced[untranslated:]


def before_cds(model: Model) -> list[int]:
    places = [place for first, last in model.exons for place in range(first, last + 1)]
    return [p for p in places if (p < model.cds[0] if model.strand > 0 else p > model.cds[1])]


def within_cds(model: Model, position: int, ref: bytes) -> bool:
    """Whether a change and both its neighbours lie in the CDS and in one exon, behind the start codon."""
    places = [p for first, last in model.exons for p in range(first, last + 1) if model.cds[0] <= p <= model.cds[1]]
    body = places[3:] if model.strand > 0 else places[:-3]
    touched = range(position - 1, position + len(ref) + 1)
    one_exon = any(first <= touched[0] and touched[-1] <= last for first, last in model.exons)
    return one_exon and all(place in body for place in touched)


def expected(old: str, new: str, ref: bytes, alt: bytes) -> set[str]:
    """Return the terms that two whole proteins tell; the changed codons may hold stops of their own."""
    growth = len(alt) - len(ref)
    if growth % 3:
        return {"stop_retained_variant"} if old == new else {"frameshift_variant"}
    if growth:
        return {
            "protein_altering_variant" if ref and alt else "inframe_insertion" if growth > 0 else "inframe_deletion"
        }
    if old == new:
        return {"synonymous_variant"}
    return {"stop_gained"} if len(new) < len(old) else {"stop_lost"} if len(new) > len(old) else {"missense_variant"}


@pytest.mark.parametrize("strand", [1, -1])
@pytest.mark.parametrize("seed", range(12))
def test_terms_and_amino_acids_are_those_of_the_whole_edited_protein(seed: int, strand: int) -> None:
    chance = random.Random(1000 * seed + strand)
    contig, model = gene(chance, strand)
    every = [trimmed(change(chance, contig)) for _ in range(800)]
    chosen = [one for one in every if (one[1] or one[2]) and within_cds(model, one[0], one[1])]
    assert len(chosen) > 5
    found = consequence.effects(alleles(chosen), transcripts([model], contig), array(contig), 0, 100)
    unchanged = from_start(contig, model, 1, b"", b"")
    old = protein(unchanged)
    rows = zip(chosen, called(found), peptides(found), strict=True)
    for (position, ref, alt), terms, (first, before, after, shifted) in rows:
        new = translated(contig, model, position, ref, alt)
        coding = terms & CODING_TERMS
        if len(ref) == len(alt) or new == old or "*" not in after.decode() + before.decode() or shifted:
            stops_too = {"stop_gained"} if shifted or len(ref) != len(alt) else set()
            # What can be moved into the stop codon loses it.
            body = 3 * len(old) - 3
            if shifted and new != old and from_start(contig, model, position, ref, alt)[:body] == unchanged[:body]:
                assert "stop_lost" in coding
                stops_too.add("stop_lost")
            assert coding - stops_too == expected(old, new, ref, alt) or "*" in before.decode()
        else:
            assert coding & {"stop_gained", "stop_lost", "stop_retained_variant"}
        assert shifted == ((len(alt) - len(ref)) % 3 != 0)
        assert old[first - 1 : first - 1 + len(before)] == before.decode()
        rest = "" if shifted else old[first - 1 + len(before) :]
        composed = old[: first - 1] + after.decode() + rest
        assert (composed[: composed.index("*") + 1] if "*" in composed else composed) == new[: len(composed)]


def labels(model: Model, position: int) -> set[str]:
    """Return the terms of one base, from its distances to the ends of introns."""
    terms: set[str] = set()
    donors = [(last, first) for (_, last), (first, _) in zip(model.exons, model.exons[1:], strict=False)]
    for left, right in donors:
        inner = left < position < right
        from_left, from_right = position - left, right - position
        donor, acceptor = (from_left, from_right) if model.strand > 0 else (from_right, from_left)
        if inner:
            terms |= {"splice_donor_variant"} if donor <= 2 else set()
            terms |= {"splice_acceptor_variant"} if acceptor <= 2 else set()
            terms |= {"intron_variant"} if min(donor, acceptor) > 2 else set()
            terms |= {"splice_polypyrimidine_tract_variant"} if 3 <= acceptor <= 17 else set()
            terms |= {"splice_donor_5th_base_variant"} if donor == 5 else set()
            terms |= {"splice_donor_region_variant"} if donor in {3, 4, 6} else set()
        for near in (donor, acceptor):
            terms |= {"splice_region_variant"} if -2 <= near <= 0 or 3 <= near <= 8 else set()
    if any(first <= position <= last for first, last in model.exons):
        low, high = model.cds
        if high < low:
            terms.add("non_coding_transcript_exon_variant")
        elif low <= position <= high:
            terms.add("coding")
        else:
            terms.add("5_prime_UTR_variant" if (position < low) == (model.strand > 0) else "3_prime_UTR_variant")
    if terms & {"splice_donor_variant", "splice_acceptor_variant"}:
        terms.discard("splice_region_variant")
    return terms


@pytest.mark.parametrize("strand", [1, -1])
@pytest.mark.parametrize("coding", [True, False])
@pytest.mark.parametrize("size", [1, 3, 11, 60])
def test_terms_of_places_are_those_of_the_bases_one_by_one(*, strand: int, coding: bool, size: int) -> None:
    chance = random.Random(strand + 10 * size)
    contig, model = gene(chance, strand)
    model = Model(exons=model.exons, cds=model.cds if coding else (1, 0), strand=strand)
    first, last = model.exons[0][0], model.exons[-1][1]
    positions = range(first, last - size + 2)
    deleted = alleles([(p, contig[p - 1 : p - 1 + size], b"") for p in positions])
    assert deleted.start.size == len(positions)
    found = consequence.effects(deleted, transcripts([model], None), None, 0, 100)
    starts, ends = deleted.start, deleted.end
    assert len(found) == len(positions)
    for allele, names in zip(found.allele.tolist(), called(found), strict=True):
        terms = {"coding", *(names - CODING_TERMS)} if names & CODING_TERMS else set(names)
        touched = set().union(*(labels(model, p) for p in range(int(starts[allele]), int(ends[allele]) + 1)))
        essential = touched & {"splice_donor_variant", "splice_acceptor_variant"}
        if size > 1 and "splice_donor_5th_base_variant" in touched:
            touched.discard("splice_donor_region_variant")
            terms.discard("splice_donor_region_variant")
        if size > 1 and essential:
            touched.discard("splice_region_variant")
        if not coding and "non_coding_transcript_exon_variant" not in touched:
            touched.add("non_coding_transcript_variant")
        if terms == {"transcript_ablation"}:
            continue
        # An intron that a deletion takes whole is named by its sites.
        fine = {"splice_polypyrimidine_tract_variant", "splice_donor_5th_base_variant", "splice_donor_region_variant"}
        left_out = fine if size > 11 else set()
        assert terms - left_out == touched - left_out, (int(starts[allele]), model)


@pytest.mark.parametrize("strand", [1, -1])
def test_places_are_counted_base_by_base(strand: int) -> None:
    contig, model = gene(random.Random(5 + strand), strand)
    first, last = model.exons[0][0], model.exons[-1][1]
    other = {65: b"C", 67: b"A", 71: b"A", 84: b"A"}
    found = consequence.effects(
        alleles([(p, contig[p - 1 : p], other[contig[p - 1]]) for p in range(first, last + 1)]),
        transcripts([model], contig),
        array(contig),
        0,
        100,
    )
    places = [place for one, end in model.exons for place in range(one, end + 1)][:: model.strand]
    within = [place for place in places if model.cds[0] <= place <= model.cds[1]]
    exons = list(model.exons)[:: model.strand]
    for row, position in enumerate((found.allele + first).tolist()):
        exonic = position in places
        assert found.cdna[row] == (places.index(position) + 1 if exonic else 0)
        assert found.cds[row] == (within.index(position) + 1 if position in within else 0)
        assert found.protein[row] == (within.index(position) // 3 + 1 if position in within else 0)
        behind = [number for number, (one, end) in enumerate(exons, 1) if one <= position <= end]
        assert found.exon[row] == (behind[0] if behind else 0)
        passed = sum((end < position) if strand > 0 else (one > position) for one, end in exons)
        assert found.intron[row] == (0 if exonic else passed)
    assert np.array_equal(np.sort(found.allele), np.arange(len(found)))
