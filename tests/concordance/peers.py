"""The reference tools, each run on a VCF, its models and its genome: bcftools csq and SnpEff."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.concordance.calls import Calls, merge, parse_ann, parse_bcsq
from tests.concordance.models import fasta, gff3
from tests.concordance.records import Subject, info, left_aligned, write_vcf

# csq without haplotypes; greedy, so that introns are named also where another transcript has an exon.
CSQ = "import pysam.bcftools, sys; pysam.bcftools.csq(*sys.argv[1:], catch_stdout=False)"
SNPEFF = shutil.which("snpEff")


def bcftools_csq(folder: Path, subject: Subject) -> Calls:
    """Return the consequences that ``bcftools csq --local-csq`` (the one that pysam bundles) gives each record.

    It gets insertions and deletions left-aligned: it mistranslates others, and complex ones without a shared base.
    """
    (folder / "genome.fa").write_text(fasta(subject.genome))
    (folder / "models.gff3").write_text(gff3(subject.models))
    aligned = [left_aligned(record, subject.genome[record.contig]) for record in subject.records]
    vcf = write_vcf(folder / "aligned.vcf", aligned, subject.genome)
    return run_csq(folder / "genome.fa", folder / "models.gff3", vcf, folder / "csq.vcf", subject.code)


def run_csq(sequence: Path, annotation: Path, vcf: Path, output: Path, code: int = 1) -> Calls:
    """Run ``bcftools csq`` on files and return its consequences."""
    options = ["--local-csq", "--greedy", "1", "--genetic-code", str(code), "--verbosity", "0", "--ncsq", "64"]
    files = ["-f", str(sequence), "-g", str(annotation), "-o", str(output), "-O", "v", str(vcf)]
    run([sys.executable, "-c", CSQ, *options, *files])
    return {
        number: merge(call for text in values if text != "." for call in parse_bcsq(text))
        for number, values in info(output, "BCSQ")
    }


def snpeff(folder: Path, vcf: Path, subject: Subject) -> Calls:
    """Return the consequences that SnpEff gives each record, from a database built of the same models."""
    data = folder / "snpeff" / "made"
    data.mkdir(parents=True)
    (data / "sequences.fa").write_text(fasta(subject.genome))
    # SnpEff takes the transcript_id for another transcript than the Parent of the exons.
    (data / "genes.gff").write_text(re.sub(";transcript_id=[^;\\n]*", "", gff3(subject.models)))
    tables = [f"made.{contig}.codonTable : Vertebrate_Mitochondrial" for contig in subject.genome if subject.code == 2]
    config = folder / "snpeff.config"
    config.write_text(
        "\n".join([f"data.dir = {folder}/snpeff", *_codon_tables(), "made.genome : made", *tables]) + "\n"
    )
    command = [str(SNPEFF), "-Xms256m", "-Xmx1500m"]
    common = ["-c", str(config), "-noLog"]
    run([*command, "build", *common, "-gff3", "-noCheckCds", "-noCheckProtein", "made"])
    found = run([*command, "ann", *common, "-noStats", "-nodownload", "-ud", "0", "made", str(vcf)])
    # Debian's wrapper repeats its arguments before the VCF.
    (folder / "snpeff.vcf").write_text(found[found.index("##fileformat") :])
    return {number: merge(parse_ann(text) for text in values) for number, values in info(folder / "snpeff.vcf", "ANN")}


def _codon_tables() -> list[str]:
    """Return the lines of Debian's configuration of SnpEff that define genetic codes."""
    lines = Path("/etc/snpeff/snpEff.config").read_text().splitlines()
    return [line for line in lines if line.startswith("codon.")]


def run(command: list[str]) -> str:
    """Run ``command`` and return its output. Raises AssertionError with what it said where it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(f"{command[0]} failed with {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout
