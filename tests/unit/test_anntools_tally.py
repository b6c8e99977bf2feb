"""Counts of a run against a slow count of the same records, one at a time."""

from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest

from ann.anntools.annotated import TYPES, Annotated
from ann.anntools.effects import TERMS
from ann.anntools.regions import REGIONS, of_terms
from ann.anntools.tally import LONGEST_INDEL, Tally
from tests.unit.report_samples import CONTIGS, Pair, annotated, block, most_severe, random_lines, term_names

LINES = random_lines(800, 11)
PARTS = [part for start in range(0, 800, 200) for part in annotated(LINES[start : start + 200], start)]


def tally(parts: list[Annotated]) -> Tally:
    total = Tally()
    for part in parts:
        total.add(part)
    return total


def records(part: Annotated) -> Iterator[tuple[int, list[int], list[list[Pair]]]]:
    """Yield each record's number, its alleles, and the pairs of each."""
    pairs: list[list[Pair]] = [[] for _ in range(len(part.alleles))]
    for allele, transcript, terms in zip(
        part.effects.allele.tolist(), part.effects.transcript.tolist(), part.effects.terms.tolist(), strict=True
    ):
        pairs[allele].append(Pair(allele, transcript, terms))
    for record in range(part.rows.size):
        alleles = [allele for allele in range(len(part.alleles)) if part.alleles.record[allele] == record]
        yield record, alleles, [pairs[allele] for allele in alleles]


def region(part: Annotated, pair: Pair) -> int:
    coding = bool(part.transcripts.coding[pair.transcript]) if part.transcripts else False
    return int(of_terms(np.array([pair.terms]), np.array([coding]))[0])


def changes(part: Annotated, allele: int) -> bool:
    return part.alleles.written[allele] not in {b"*", b"."} and (
        part.alleles.written[allele].upper() != part.block.column(3).take(part.rows)[part.alleles.record[allele]]
    )


def named(counts: np.ndarray, names: tuple[str, ...]) -> dict[str, int]:
    return {name: count for name, count in zip(names, counts.tolist(), strict=True) if count}


def test_records_are_in_their_most_severe_region_and_pairs_in_theirs() -> None:
    regions: Counter[str] = Counter()
    isoforms: Counter[str] = Counter()
    unaltered = 0
    for part in PARTS:
        for _, alleles, pairs in records(part):
            found = [region(part, pair) for some in pairs for pair in some]
            isoforms.update(REGIONS[one] for one in found)
            if found:
                regions[REGIONS[min(found)]] += 1
            elif any(changes(part, allele) for allele in alleles):
                regions["interGenic"] += 1
            else:
                unaltered += 1
    found_all = tally(PARTS)
    assert (named(found_all.regions, REGIONS), found_all.unaltered) == (regions, unaltered)
    assert named(found_all.isoforms, REGIONS) == isoforms
    assert unaltered > 0


def test_terms_are_counted_for_alleles_and_for_pairs() -> None:
    names = tuple(term.name for term in TERMS)
    severe: Counter[str] = Counter()
    severest: Counter[str] = Counter()
    every: Counter[str] = Counter()
    for part in PARTS:
        for _, alleles, pairs in records(part):
            for allele, some in zip(alleles, pairs, strict=True):
                for pair in some:
                    severest[names[most_severe(pair.terms)]] += 1
                    every.update(term_names(pair.terms))
                if some:
                    severe[names[min(most_severe(pair.terms) for pair in some)]] += 1
                elif changes(part, allele):
                    for counts in (severe, severest, every):
                        counts["intergenic_variant"] += 1
    total = tally(PARTS)
    assert named(total.most_severe, names) == severe
    assert named(total.severest, names) == severest
    assert named(total.terms, names) == every


def test_records_are_counted_in_the_gene_of_their_most_severe_effect() -> None:
    genes: Counter[str] = Counter()
    for part in PARTS:
        ranked = zip(
            part.alleles.record[part.effects.allele].tolist(),
            map(most_severe, part.effects.terms.tolist()),
            range(len(part.effects)),
            strict=True,
        )
        best = {record: pair for record, _, pair in sorted(ranked, reverse=True)}
        for pair in best.values():
            if part.effects.distance[pair] == 0 and part.transcripts is not None:
                genes[
                    part.transcripts.genes[int(part.transcripts.gene[part.effects.transcript[pair]])].as_py().decode()
                ] += 1
    del genes[""]
    expected = sorted(genes.items(), key=lambda item: (-item[1], item[0]))
    assert tally(PARTS).top_genes(1000) == expected
    assert tally(PARTS).top_genes(3) == expected[:3]


@pytest.mark.parametrize(
    ("ref", "alt", "kind", "added"),
    [
        (b"A", b"G", "SNV", None),
        (b"a", b"g", "SNV", None),
        (b"AC", b"GT", "MNV", None),
        (b"AC", b"AT", "SNV", None),
        (b"A", b"AT", "insertion", 1),
        (b"A", b"A" * 52, "insertion", 51),
        (b"A", b"A" * 900, "insertion", 51),
        (b"A" * 51, b"A", "deletion", -50),
        (b"A" * 300, b"A", "deletion", -51),
        (b"AC", b"TGG", "delins", 1),
        (b"A", b"<DEL>", "SV", None),
        (b"A", b"N]2:5]", "SV", None),
        (b"A", b"*", "spanning", None),
        (b"A", b".", "none", None),
        (b"A", b"<X>", "other", None),
    ],
)
def test_alleles_have_a_type_and_indels_a_length(ref: bytes, alt: bytes, kind: str, added: int | None) -> None:
    total = tally(annotated([b"1\t5\t.\t" + ref + b"\t" + alt + b"\t.\t.\t."]))
    assert named(total.types, TYPES) == {kind: 1}
    lengths = (np.flatnonzero(total.indels) - LONGEST_INDEL - 1).tolist()
    assert lengths == ([] if added is None else [added])


def test_transitions_and_transversions_need_two_known_bases() -> None:
    pairs = [b"A\tG", b"T\tC", b"g\ta", b"A\tC", b"G\tT", b"C\tG", b"A\tT", b"N\tA", b"A\tR"]
    total = tally(annotated([b"1\t5\t.\t" + pair + b"\t.\t.\t." for pair in pairs]))
    assert total.substitutions.tolist() == [3, 4]


def test_density_is_by_contig_and_window() -> None:
    places = [(b"1", 1), (b"1", 999_999), (b"1", 1_000_000), (b"X", 5_500_000)]
    total = tally(annotated([b"%s\t%d\t.\tA\tC\t.\t.\t." % place for place in places]))
    assert {contig: windows.tolist() for contig, windows in total.density.items()} == {
        "1": [2, 1],
        "X": [0, 0, 0, 0, 0, 1],
    }


def test_known_records_are_told_only_where_a_source_was_asked() -> None:
    total = tally(PARTS)
    known = sum(int(part.known.sum()) for part in PARTS if part.known is not None)
    assert (total.looked_up, total.in_dbsnp) == (total.placed, known)
    assert tally(annotated(LINES, known=False)).looked_up == 0


def test_what_blocks_tell_adds_up_and_the_earliest_line_is_kept() -> None:
    found = tally(PARTS)
    found.unplaced("no such contig", 1)
    found.unplaced("no such contig", 2)
    found.add_ref(6, np.array([9]))
    found.add_ref(4, np.array([4]))
    called = [b"1\t1\t.\tA\tC\t.\t.\t.\tGT\t0/1\t1/1"] * 3
    whole = Tally()
    whole.add_genotypes(block(called, 2), 2)
    for part in (called[:1], called[1:]):
        found.add_genotypes(block(part, 2), 2)
    assert found.records == 803
    assert (found.compared, found.mismatches, found.first_mismatch) == (10, 2, 4)
    assert found.genotypes.tolist() == whole.genotypes.tolist()
    assert found.density.keys() == set(CONTIGS)
