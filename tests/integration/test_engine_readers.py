"""What the engine writes is read by the tools that its users have, and is the user's own file but for what it added."""

import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import unquote

import cyvcf2
import numpy as np
import pytest
import vcfpy
from pysam import VariantFile, bcftools

from ann.anntools import driver
from ann.anntools.ann_field import ANN, FIELDS, TermTexts
from ann.anntools.effects import BIT, SNPEFF, TERMS
from tests.unit.anntools_samples import ROOT, SHARED

GOLDEN = ROOT / "tests" / "golden"
SAMPLES = {
    "test.vcf": (350, "rCRS"),
    "free_1.vcf": (1141, "rCRS"),
    "free_2.vcf": (2788, "hg18"),
    "premium_1.vcf": (3000, "hg18"),
    "premium_2.vcf.gz": (976, "GRCh37"),
    "premium_3.vcf": (3431, "hg18"),
}
OURS = re.compile(rb"(?:(?<=\t)|;)(?:ANN|GENE|REGION|CYTOBAND)=[^;\t\r\n]*")
OUR_LINES = re.compile(rb"##INFO=<ID=(?:ANN|GENE|REGION|CYTOBAND),.*\r?\n")
# The sample's own INFO key REGION means something else, so ours has a prefix there.
READABLE = ("sample_mt.vcf", "sample_hg18.vcf")


def annotated(source: Path, folder: Path) -> Path:
    copy = folder / source.name
    copy.write_bytes(source.read_bytes())
    return driver.run(copy).output


def effects(path: Path) -> list[tuple[str, int, list[str]]]:
    """Return CHROM, POS and the ANN entries of every record, by splitting text."""
    found = []
    for line in path.read_text().splitlines():
        if not line.startswith("#"):
            chrom, pos, *_, info = line.split("\t")[:8]
            entries = next((pair[4:] for pair in info.split(";") if pair.startswith("ANN=")), "")
            found.append((chrom, int(pos), entries.split(",") if entries else []))
    return found


@pytest.mark.parametrize("name", READABLE)
def test_htslib_sees_every_effect(name: str, tmp_path: Path) -> None:
    output = annotated(GOLDEN / name, tmp_path)
    with VariantFile(str(output)) as records:
        seen = [(record.chrom, record.pos, list(record.info.get("ANN", ()))) for record in records]
    assert seen == effects(output)
    assert all(entry.count("|") == len(FIELDS) - 1 for _, _, entries in seen for entry in entries)
    assert any(entries for _, _, entries in seen)


@pytest.mark.parametrize("name", READABLE)
def test_cyvcf2_sees_every_effect(name: str, tmp_path: Path) -> None:
    output = annotated(GOLDEN / name, tmp_path)
    records = cyvcf2.VCF(str(output))
    seen = [(record.CHROM, record.POS, (record.INFO.get("ANN") or "").split(",")) for record in records]
    assert seen == [(chrom, pos, entries or [""]) for chrom, pos, entries in effects(output)]


def test_vcfpy_sees_every_effect(tmp_path: Path) -> None:
    output = annotated(GOLDEN / "sample_mt.vcf", tmp_path)
    with vcfpy.Reader.from_path(str(output)) as reader:
        seen = [(record.CHROM, record.POS, record.INFO.get("ANN", [])) for record in reader]
    # It decodes what is percent-encoded, as VCF 4.3 asks.
    assert seen == [(chrom, pos, [unquote(entry) for entry in entries]) for chrom, pos, entries in effects(output)]


SNPSIFT = pytest.mark.skipif(not shutil.which("snpSift"), reason="Debian's snpsift is not installed")


def snpsift(path: Path, *fields: str) -> list[str]:
    """Return what SnpSift extracts, a line for each record."""
    command = ["snpSift", "extractFields", "-s", ",", "-e", ".", str(path), *fields]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout.splitlines()[1:]


@SNPSIFT
def test_snpsift_takes_the_effects_in_its_own_terms_apart(tmp_path: Path) -> None:
    source = tmp_path / "sample_mt.vcf"
    source.write_bytes((GOLDEN / source.name).read_bytes())
    output = driver.run(source, terms=SNPEFF).output
    fields = ["ANN[*].ALLELE", "ANN[*].EFFECT", "ANN[*].GENE", "ANN[*].FEATUREID", "ANN[*].HGVS_C", "ANN[*].HGVS_P"]
    expected = []
    for chrom, pos, entries in effects(output):
        parts = [entry.split("|") for entry in entries]
        columns = [",".join(part[column] or "." for part in parts) or "." for column in (0, 1, 3, 6, 9, 10)]
        expected.append(unquote("\t".join([chrom, str(pos), *columns])))
    assert snpsift(output, "CHROM", "POS", *fields) == expected


@SNPSIFT
def test_snpsift_knows_every_term_of_its_own_vocabulary_and_reads_on_with_all_others(tmp_path: Path) -> None:
    writer = TermTexts(SNPEFF)
    texts = writer.of(np.array([BIT[term.name] for term in TERMS])).to_pylist()
    head = f"##fileformat=VCFv4.2\n{ANN.line().decode()}\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    lines = [f"1\t5\t.\tA\tC\t.\t.\tANN=C{text.decode()}G|G|transcript|T|||c.1A>C||||||\n" for text in texts]
    path = tmp_path / "terms.vcf"
    path.write_text(head + "".join(lines))
    assert snpsift(path, "ANN[0].EFFECT") == [text.decode().split("|")[1] for text in texts]
    output = annotated(GOLDEN / "sample_mt.vcf", tmp_path)
    assert (
        snpsift(output, "POS", "GENE", "REGION")
        == bcftools.query("-f", "%POS\\t%INFO/GENE\\t%INFO/REGION\\n", str(output)).splitlines()
    )


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"the shared samples are not at {SHARED.parent.name}/{SHARED.name}")
@pytest.mark.parametrize("name", SAMPLES)
def test_the_services_six_samples_annotate_and_bcftools_reads_the_results(
    name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / name
    source.write_bytes((SHARED / "vcf" / name).read_bytes())
    report = driver.run(source, parquet=tmp_path / "variants.parquet")
    assert (report.variant_count, report.assembly) == SAMPLES[name]
    read = bcftools.query("-f", "%ALT\\t%INFO/REGION\\n", str(report.output)).splitlines()
    assert len(read) == report.variant_count
    assert {line for line in read if line.endswith("\t.")} <= {".\t."}
    assert not any(f"'{key}'" in capfd.readouterr().err for key in ("ANN", "GENE", "REGION", "CYTOBAND"))


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"the shared samples are not at {SHARED.parent.name}/{SHARED.name}")
@pytest.mark.parametrize("name", [name for name in SAMPLES if name.endswith(".vcf")])
def test_every_byte_that_the_engine_did_not_add_is_the_inputs(name: str, tmp_path: Path) -> None:
    given = (SHARED / "vcf" / name).read_bytes()
    output = annotated(SHARED / "vcf" / name, tmp_path).read_bytes()
    header, title, records = OUR_LINES.sub(b"", output).partition(b"\n#CHROM")
    assert header + title + OURS.sub(b"", records) == given
