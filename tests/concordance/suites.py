"""What is compared: twenty Ensembl transcripts, the mitochondrion, and a genome that was made up."""

from pathlib import Path

from tests.concordance import ensembl, mitochondrion
from tests.concordance.calls import Calls
from tests.concordance.cases import CSQ, SNPEFF, cases
from tests.concordance.comparison import Result, compare
from tests.concordance.differences import FROM_CSQ, FROM_CSQ_DATA, FROM_SNPEFF
from tests.concordance.engine import annotate, annotate_mitochondrion, annotate_models
from tests.concordance.models import fasta
from tests.concordance.nucleotides import describes
from tests.concordance.peers import bcftools_csq, run_csq, snpeff
from tests.concordance.records import INDELS, Chance, Record, Subject, borders, every_snv, write_vcf
from tests.synthetic import make

SEED = 20261125


def ensembl_transcripts(folder: Path) -> list[Result]:
    """Compare with what is expected of the twenty transcripts, and with a run of csq where nothing is stated."""
    subject, expected, annotation = ensembl.load(ensembl.FOLDER)
    sequence, genes = folder / "genome.fa", folder / "genes.gff3"
    sequence.write_text(fasta(subject.genome))
    genes.write_text(annotation)
    vcf = write_vcf(folder / "in.vcf", subject.records, subject.genome)
    ours = annotate(folder, vcf, sequence, genes)
    theirs = run_csq(sequence, genes, vcf, folder / "csq.vcf") | expected
    title = "Twenty Ensembl transcripts"
    differences = FROM_CSQ_DATA + FROM_CSQ
    return [
        compare(f"{title}: expectations of bcftools csq", cases(subject, ours, theirs, CSQ), differences),
        descriptions(title, subject, ours),
    ]


def mitochondrial(folder: Path, records: list[Record], *, with_snpeff: bool, title: str) -> list[Result]:
    """Compare on ``records`` of the rCRS with bcftools csq, and with SnpEff where that is wished for."""
    models, genome = mitochondrion.tables()
    subject = Subject(records=records, models=models, genome=genome, code=mitochondrion.CODE)
    vcf = write_vcf(folder / "in.vcf", records, genome)
    ours = annotate_mitochondrion(folder, vcf)
    peers = [("bcftools csq", CSQ, FROM_CSQ, bcftools_csq(folder, subject))]
    if with_snpeff:
        peers.append(("SnpEff", SNPEFF, FROM_SNPEFF, snpeff(folder, vcf, subject)))
    results = [
        compare(f"{title}: {name}", cases(subject, ours, theirs, peer), differences)
        for name, peer, differences, theirs in peers
    ]
    return [*results, descriptions(title, subject, ours)]


def mitochondrial_snvs(spans: list[tuple[int, int]] | None = None) -> list[Record]:
    """Return every SNV of the rCRS, or of ``spans`` of it."""
    _, genome = mitochondrion.tables()
    return every_snv(mitochondrion.CONTIG, genome[mitochondrion.CONTIG], spans)


def mitochondrial_indels(count: int) -> list[Record]:
    """Return ``count`` random insertions and deletions of the rCRS."""
    _, genome = mitochondrion.tables()
    sequence = genome[mitochondrion.CONTIG]
    return Chance(mitochondrion.CONTIG, sequence, SEED).variants(range(1, len(sequence)), count, INDELS)


def synthetic(folder: Path, *, size: int, count: int) -> list[Result]:
    """Compare with bcftools csq on a made genome of ``size`` bases: every third variant is near a border."""
    genome, models = make(SEED, size)
    ((contig, sequence),) = genome.items()
    near = [place for model in models for place in borders(model)]
    inside = [place for model in models for start, end in model.coding for place in range(start, end + 1)]
    chance = Chance(contig, sequence, SEED)
    records = sorted({*chance.variants(near, count // 3), *chance.variants(inside, count - count // 3)})
    subject = Subject(records=records, models=models, genome=genome)
    vcf = write_vcf(folder / "in.vcf", records, genome)
    ours = annotate_models(folder, vcf, models, genome)
    theirs = bcftools_csq(folder, subject)
    title = f"A made genome of {size:,} bases"
    return [
        compare(f"{title}: bcftools csq", cases(subject, ours, theirs, CSQ), FROM_CSQ),
        descriptions(title, subject, ours),
    ]


def descriptions(title: str, subject: Subject, ours: Calls) -> Result:
    """Apply each HGVS.c and HGVS.n of the engine to the genome: it must make what its record makes."""
    return compare(f"{title}: HGVS.c and HGVS.n applied to the genome", describes(subject, ours), ())
