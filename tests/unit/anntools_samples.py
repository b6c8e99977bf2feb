"""Small VCFs for the engine's tests, and what comes out of them."""

import io
from pathlib import Path

from ann.anntools.driver import annotate
from ann.anntools.limits import LIMITS, Limits
from ann.anntools.report import Findings

HEADER = b"##fileformat=VCFv4.2\n##reference=GRCh37\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
MITOCHONDRIAL = HEADER.replace(b"GRCh37", b"rCRS")
# APOE, in an exon; MCM6, in an intron.
APOE = b"19\t45411941\trs429358\tT\tC\t.\tPASS\tDP=7\n"
MCM6 = b"2\t136608646\trs4988235\tG\tA\t.\tPASS\t.\n"
ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data"


def annotated(
    text: bytes,
    *,
    assembly: str | None = None,
    reference: Path | None = None,
    parquet: Path | None = None,
    limits: Limits = LIMITS,
) -> tuple[bytes, Findings]:
    """Return the annotated VCF and the findings for a VCF given as bytes."""
    sink = io.BytesIO()
    findings = annotate(
        io.BytesIO(text), sink, "x.vcf", assembly=assembly, reference=reference, parquet=parquet, limits=limits
    )
    return sink.getvalue(), findings


def records(text: bytes) -> list[bytes]:
    """Return the record lines of a VCF."""
    # Only LF ends a line, a CR elsewhere does not.
    lines = (line.removesuffix(b"\r") for line in text.split(b"\n"))
    return [line for line in lines if line and not line.startswith(b"#")]


def info(line: bytes) -> dict[str, str]:
    """Return the INFO of a record line; flags have an empty value."""
    pairs = (pair.partition("=") for pair in line.decode(errors="replace").split("\t")[7].split(";"))
    return {key: value for key, _, value in pairs}
