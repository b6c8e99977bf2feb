"""HGVS names against SnpEff's, which builds its database from a small genome of ours.

SnpEff moves only some insertions and deletions 3' and misses duplications; these are compared by what they describe.
"""

import random
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from ann.anntools.effects import BIT, PeptideChange
from ann.anntools.hgvs import coding, protein
from ann.anntools.shifting import shifted
from ann.anntools.texts import from_list
from tests.unit.hgvs_samples import (
    PAIRS,
    Gene,
    alleles_of,
    apply,
    bases_of,
    change_of,
    changed,
    numbering,
    opposite,
    spliced,
    transcripts_of,
)

SNPEFF = shutil.which("snpEff")
pytestmark = pytest.mark.skipif(SNPEFF is None, reason="SnpEff (Debian's snpeff) is not installed")
STOPS = ("TAA", "TAG", "TGA")
Change = tuple[int, str, str]


class Pair(NamedTuple):
    """An allele on a transcript, and what SnpEff says of it."""

    change: int
    gene: int
    coding: str
    protein: str
    terms: str


class Case(NamedTuple):
    """A genome with genes, changes of it, and SnpEff's names of them."""

    genome: str
    genes: list[Gene]
    changes: list[Change]
    pairs: list[Pair]


def drawn_genes(rng: random.Random) -> tuple[str, list[Gene]]:
    """Return a genome with genes on both strands, one in four not translated, the others with whole reading frames."""
    genome, genes, position = rng.choices("ACGT", k=9000), [], 300
    for number in range(12):
        exons = []
        for _ in range(rng.randint(1, 5)):
            exons.append((position, position + rng.randint(29, 99)))
            position = exons[-1][1] + rng.randint(20, 70)
        position += 200
        strand = 1 if number % 2 else -1
        order = [base for start, end in exons for base in range(start, end + 1)][::strand]
        lead = rng.randint(0, 9)
        codons = (len(order) - lead - rng.randint(0, 9)) // 3
        cds = order[lead : lead + 3 * codons]
        for codon in range(codons):
            for base, letter in zip(cds[3 * codon : 3 * codon + 3], drawn_codon(rng, codon, codons), strict=True):
                genome[base - 1] = letter if strand > 0 else PAIRS[letter]
        genes.append(Gene(tuple(exons), strand, (min(cds), max(cds)) if number % 4 else None))
    return "".join(genome[: position + 300]), genes


def drawn_codon(rng: random.Random, place: int, count: int) -> str:
    if place in {0, count - 1}:
        return "ATG" if place == 0 else rng.choice(STOPS)
    codon = "TAA"
    while codon in STOPS:
        codon = "".join(rng.choices("ACGT", weights=(3, 1, 1, 1), k=3))
    return codon


def drawn_changes(rng: random.Random, genome: str) -> list[Change]:
    """Return changes in which REF and ALT share nothing at either end."""
    changes = []
    for position in sorted(rng.choices(range(150, len(genome) - 20), k=1500)):
        ref = genome[position - 1 : position - 1 + rng.choice([0, 1, 1, 1, 2, 3])]
        alt = "".join(rng.choices("ACGT", k=1 if len(ref) == 1 else rng.choice([0, 1, 2, 3])))
        if (ref or alt) and not (ref and alt and (ref[0] == alt[0] or ref[-1] == alt[-1])):
            changes.append((position, ref, alt))
    return changes


def gff3(genes: list[Gene]) -> Iterator[str]:
    yield "##gff-version 3"
    for number, gene in enumerate(genes):
        tail = f"\t.\t{'+' if gene.strand > 0 else '-'}\t"
        body = f"{gene.exons[0][0]}\t{gene.exons[-1][1]}{tail}.\t"
        biotype = "biotype=" + ("protein_coding" if gene.cds else "lncRNA")
        yield f"1\t.\tgene\t{body}ID=g{number};{biotype}"
        yield f"1\t.\t{'mRNA' if gene.cds else 'transcript'}\t{body}ID=t{number};Parent=g{number};{biotype}"
        for start, end in gene.exons:
            yield f"1\t.\texon\t{start}\t{end}{tail}.\tParent=t{number}"
        done = 0
        for start, end in gene.exons[:: gene.strand] if gene.cds else ():
            first, last = max(start, gene.cds[0]), min(end, gene.cds[1])
            if first <= last:
                yield f"1\t.\tCDS\t{first}\t{last}{tail}{-done % 3}\tParent=t{number}"
                done += last - first + 1


def snpeff(folder: Path, *arguments: str) -> str:
    command = [SNPEFF, arguments[0], "-c", str(folder / "snpEff.config"), "-noLog", "-nodownload", *arguments[1:]]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=200).stdout


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    rng = random.Random(20)
    genome, genes = drawn_genes(rng)
    changes = drawn_changes(rng, genome)
    folder = tmp_path_factory.mktemp("snpeff")
    data = folder / "data" / "small"
    data.mkdir(parents=True)
    (folder / "snpEff.config").write_text(f"data.dir = {folder}/data\nsmall.genome : small\n")
    (data / "sequences.fa").write_text(f">1\n{genome}\n")
    (data / "genes.gff").write_text("\n".join(gff3(genes)) + "\n")
    snpeff(folder, "build", "-gff3", "-noCheckCds", "-noCheckProtein", "small")
    lines = ["##fileformat=VCFv4.2", "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"]
    for number, (position, ref, alt) in enumerate(changes):
        before = genome[position - 2] if not ref or not alt else ""
        lines.append(f"1\t{position - len(before)}\t{number}\t{before + ref}\t{before + alt}\t.\t.\t.")
    (folder / "in.vcf").write_text("\n".join(lines) + "\n")
    out = snpeff(folder, "ann", "-noStats", "-ud", "100", "small", str(folder / "in.vcf"))
    return Case(genome, genes, changes, list(pairs(out)))


def pairs(vcf: str) -> Iterator[Pair]:
    for line in vcf.splitlines():
        fields = line.split("\t")
        for entry in fields[7].partition("ANN=")[2].partition(";")[0].split(",") if len(fields) > 7 else ():
            values = entry.split("|")
            if values[0] != "" and values[5] == "transcript":
                # Deleted and doubled bases may follow; the nomenclature leaves them out.
                name = re.sub(r"(del|dup)[ACGT]+(?=$|ins)", r"\1", values[9])
                yield Pair(int(fields[2]), int(values[6][1:]), name, values[10], values[1])


def our_names(case: Case, pairs: list[Pair]) -> list[str]:
    allele, transcript = np.array([pair[:2] for pair in pairs]).T
    models = transcripts_of(case.genes, case.genome)
    names = coding(alleles_of(case.changes), allele, models, transcript, bases_of(case.genome))
    return [name.decode() for name in names.to_pylist()]


def test_substitutions_have_the_names_that_snpeff_gives_them(case: Case) -> None:
    chosen = [pair for pair in case.pairs if all(len(text) == 1 for text in case.changes[pair.change][1:])]
    assert len(chosen) > 400
    assert our_names(case, chosen) == [pair.coding for pair in chosen]


def test_alleles_that_cannot_move_have_the_names_that_snpeff_gives_them(case: Case) -> None:
    alleles, rows = alleles_of(case.changes), np.arange(len(case.changes))
    ways = [shifted(alleles, rows, np.full(rows.size, up), bases_of(case.genome)).start for up in (True, False)]
    fixed = ways[0] == ways[1]
    chosen = [pair for pair in case.pairs if fixed[pair.change]]
    compared = [(our, pair.coding) for our, pair in zip(our_names(case, chosen), chosen, strict=True) if our]
    assert len(compared) > 800
    assert [our for our, _ in compared] == [their for _, their in compared]


def test_what_snpeff_describes_and_we_describe_is_the_same_allele(case: Case) -> None:
    compared = 0
    for our, pair in zip(our_names(case, case.pairs), case.pairs, strict=True):
        gene = case.genes[pair.gene]
        if our:
            expected = changed(case.genome, case.changes[pair.change])
            assert apply(our, gene, case.genome) == apply(pair.coding, gene, case.genome) == expected
            compared += our != pair.coding
    assert compared > 30


def test_changed_amino_acids_have_the_names_that_snpeff_gives_them(case: Case) -> None:
    chosen, changes = [], []
    numbers = [numbering(gene, case.genome) for gene in case.genes]
    for pair in case.pairs:
        gene, (position, ref, alt) = case.genes[pair.gene], case.changes[pair.change]
        place = numbers[pair.gene][position]
        if gene.cds and len(ref) == len(alt) == 1 and place.isdigit():
            lead = sum(number.startswith("-") for base, number in numbers[pair.gene].items() if in_exon(gene, base))
            bases = spliced(gene, case.genome)[lead:]
            size = sum(number.isdigit() for number in numbers[pair.gene].values())
            new = alt if gene.strand > 0 else opposite(alt)
            chosen.append(pair)
            changes.append(change_of(bases[:size], bases[size:], (int(place) - 1, int(place), new)))
    assert len(chosen) > 100
    change = PeptideChange(
        pair=np.arange(len(changes)),
        ref=from_list([ref.encode() for ref, _, _, _ in changes]),
        alt=from_list([alt.encode() for _, alt, _, _ in changes]),
        first=np.array([first for _, _, first, _ in changes]),
        frameshift=np.array([shifted for _, _, _, shifted in changes]),
    )
    terms = np.array([BIT["start_lost"] if "start_lost" in pair.terms else BIT["missense_variant"] for pair in chosen])
    names = protein(change, transcripts_of(case.genes, case.genome), np.array([pair.gene for pair in chosen]), terms)
    ours = [re.sub(r"extTer(\d+|\?)", "ext*?", name.decode()) for name in names.to_pylist()]
    assert ours == [worded(pair.protein) for pair in chosen]


def in_exon(gene: Gene, base: int) -> bool:
    return any(start <= base <= end for start, end in gene.exons)


def worded(name: str) -> str:
    """Return SnpEff's name in the words of the nomenclature."""
    if "ext" in name:
        return re.sub(r"^p\.(?:Ter|\*)", "p.Ter", name)
    name = name.replace("*", "Ter")
    return re.sub(r"^p\.([A-Z][a-z]{2})(\d+)\1$", r"p.\1\2%3D", name)
