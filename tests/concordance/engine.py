"""The engine as its users run it: from the shell, with a reference built from GFF3 and FASTA, or the shipped one."""

import sys
from pathlib import Path

from tests.concordance.calls import Calls, merge, parse_ann
from tests.concordance.models import Model, fasta, gff3
from tests.concordance.peers import run
from tests.concordance.records import info

SOURCES = """\
[reference]
name = "{name}"
[sequence]
file = "{sequence}"
[genes]
file = "{genes}"
format = "gff3"
"""


def annotate(folder: Path, vcf: Path, sequence: Path, genes: Path) -> Calls:
    """Build a reference of ``sequence`` (FASTA) and ``genes`` (GFF3) in ``folder`` and annotate ``vcf`` with it."""
    sources = folder / "sources.toml"
    sources.write_text(SOURCES.format(name="made", sequence=sequence, genes=genes))
    reference = folder / "reference"
    _shell("refdata", "build", "--sources", str(sources), "--out", str(reference))
    return _annotate(folder, vcf, "--reference", str(reference))


def annotate_models(folder: Path, vcf: Path, models: list[Model], genome: dict[str, str]) -> Calls:
    """Annotate ``vcf`` with ``models`` on ``genome``."""
    (folder / "ours.fa").write_text(fasta(genome))
    (folder / "ours.gff3").write_text(gff3(models))
    return annotate(folder, vcf, folder / "ours.fa", folder / "ours.gff3")


def annotate_mitochondrion(folder: Path, vcf: Path) -> Calls:
    """Annotate ``vcf`` with the reference of the rCRS that the engine ships."""
    return _annotate(folder, vcf, "--assembly", "rCRS")


def _annotate(folder: Path, vcf: Path, *options: str) -> Calls:
    output = folder / "ours.vcf"
    _shell("annotate", str(vcf), "-o", str(output), *options)
    return {number: merge(parse_ann(text) for text in values) for number, values in info(output, "ANN")}


def _shell(*arguments: str) -> None:
    run([sys.executable, "-m", "ann.anntools", *arguments])
