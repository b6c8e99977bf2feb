"""Gene models of a made-up genome, as bcftools csq reads them from the same GFF3."""

import gzip
import random
from collections import defaultdict
from pathlib import Path

import numpy as np
import pysam
import pysam.bcftools
import pytest

from ann.anntools import gff3

Parts = dict[str, list[tuple[int, int]]]
CODING, CODON = 0.9, 3
VCF = (
    "##fileformat=VCFv4.2\n##contig=<ID=1,length=90000>\n"
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n1\t1\t.\tA\tC\t.\t.\t.\n"
)


def made(rng: random.Random, number: int) -> str:
    """Return the lines of a gene with one transcript as Ensembl writes them."""
    strand, start = rng.choice("+-"), 100 + number * 1000
    sizes = [rng.randint(3, 60) for _ in range(rng.randint(1, 9))]
    exons = []
    for size in sizes:
        exons.append((start, start + size - 1))
        start += size + rng.randint(20, 60)
    first, last = sorted((rng.randint(*exons[0]), rng.randint(*exons[-1])))
    parts = [(max(a, first), min(b, last)) for a, b in exons if max(a, first) <= min(b, last)]
    # csq cuts a CDS to whole codons at both ends; ours ends with one, so that only its beginning is cut.
    phase = sum(b - a + 1 for a, b in parts) % 3
    coding = rng.random() < CODING and all(b - a >= CODON for a, b in parts)
    kind = "protein_coding" if coding else "lncRNA"
    place = f"{exons[0][0]}\t{exons[-1][1]}\t.\t{strand}\t."
    lines = [f"1\tx\tgene\t{place}\tID=gene:G{number};Name=S{number};biotype={kind};gene_id=G{number};version=1"]
    lines.append(f"1\tx\tmRNA\t{place}\tID=transcript:T{number};Parent=gene:G{number};biotype={kind};version=4")
    lines += [f"1\tx\texon\t{a}\t{b}\t.\t{strand}\t.\tParent=transcript:T{number}" for a, b in exons]
    if coding:
        for a, b in parts if strand == "+" else parts[::-1]:
            lines.append(f"1\tx\tCDS\t{a}\t{b}\t.\t{strand}\t{phase}\tID=P{number};Parent=transcript:T{number}")
            phase = (phase - (b - a + 1)) % 3
    return "\n".join([*lines, "###\n"])


def dumped(folder: Path, genes: Path) -> tuple[Parts, Parts]:
    """Return (exons, parts of CDS) by transcript as bcftools csq has them after reading."""
    (folder / "genome.fa").write_text(">1\n" + "A" * 90_000 + "\n")
    pysam.faidx(str(folder / "genome.fa"))
    (folder / "one.vcf").write_text(VCF)
    options = ["-l", "--force", "-f", folder / "genome.fa", "-g", genes, "--dump-gff", folder / "dump.gz"]
    pysam.bcftools.csq(*map(str, [*options, "-o", folder / "out.vcf", folder / "one.vcf"]), catch_stdout=False)
    found: dict[str, Parts] = {"exon": defaultdict(list), "CDS": defaultdict(list)}
    for line in gzip.decompress((folder / "dump.gz").read_bytes()).decode().splitlines():
        fields = line.split("\t")
        if fields[2] in found:
            found[fields[2]][fields[8].removeprefix("Parent=")].append((int(fields[3]), int(fields[4])))
    return found["exon"], found["CDS"]


@pytest.mark.parametrize("seed", [1, 2])
def test_exons_and_the_whole_codons_of_each_cds_are_those_of_bcftools_csq(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    genes = tmp_path / "genes.gff3"
    genes.write_text("##gff-version 3\n" + "".join(made(rng, number) for number in range(80)))
    exons, coding = dumped(tmp_path, genes)
    models = gff3.read(genes).of(np.arange(80), 1)
    assert int(models.coding.sum()) == len(coding) > 40
    for row, versioned in enumerate(models.names.to_pylist()):
        name = versioned.decode().removesuffix(".4")
        own = slice(models.exon_offsets[row], models.exon_offsets[row + 1])
        places = zip(models.exon_starts[own].tolist(), models.exon_ends[own].tolist(), strict=True)
        assert list(places) == sorted(exons[name])
        if models.coding[row]:
            # csq cuts the bases off that finish a codon begun before the CDS.
            first, last, phase = int(models.cds_start[row]), int(models.cds_end[row]), int(models.phase[row])
            span = (first + phase, last) if models.strand[row] > 0 else (first, last - phase)
            assert span == (min(coding[name])[0], max(coding[name])[1])
