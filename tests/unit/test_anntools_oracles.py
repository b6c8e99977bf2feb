"""The engine agrees with tools and with slow code that it shares nothing with."""

import random
from pathlib import Path

import numpy as np
import pytest
from pysam import bcftools

from ann.anntools import driver
from ann.anntools.consequence import REGIONS, regions
from ann.anntools.intervals import Intervals
from ann.anntools.refdata import load
from ann.anntools.transcripts import Transcripts
from tests.unit.anntools_samples import SHARED, info, records

SAMPLES = {
    "test.vcf": (350, "rCRS"),
    "free_1.vcf": (1141, "rCRS"),
    "free_2.vcf": (2788, "hg18"),
    "premium_1.vcf": (3000, "hg18"),
    "premium_2.vcf.gz": (976, "GRCh37"),
    "premium_3.vcf": (3431, "hg18"),
}
KEYS = ("GENE", "TRANSCRIPT", "REGION", "CYTOBAND")


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"the shared samples are not at {SHARED.parent.name}/{SHARED.name}")
@pytest.mark.parametrize("name", SAMPLES)
def test_the_services_six_samples_annotate_and_bcftools_reads_the_results(
    name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / name
    source.write_bytes((SHARED / "vcf" / name).read_bytes())
    report = driver.run(source)
    assert (report.variant_count, report.assembly) == SAMPLES[name]
    read = bcftools.query("-f", "%CHROM\\t%POS\\t%INFO/REGION\\n", str(report.output))
    assert len(read.splitlines()) == report.variant_count
    assert read.count("\t.\n") == 0
    assert not any(f"'{key}'" in capfd.readouterr().err for key in KEYS)


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"the shared samples are not at {SHARED.parent.name}/{SHARED.name}")
@pytest.mark.parametrize("name", [name for name in SAMPLES if name.endswith(".vcf")])
def test_every_byte_that_the_engine_did_not_add_is_the_inputs(name: str, tmp_path: Path) -> None:
    source = tmp_path / name
    source.write_bytes((SHARED / "vcf" / name).read_bytes())
    output = driver.run(source).output.read_bytes().splitlines(keepends=True)
    kept = [line for line in output if not line.startswith(tuple(b"##INFO=<ID=%s," % key.encode() for key in KEYS))]
    given = source.read_bytes().splitlines(keepends=True)
    assert len(kept) == len(given)
    for line, original in zip(kept, given, strict=True):
        before, added, after = line.partition(b";GENE=" if b";GENE=" in line else b";REGION=")
        assert before + b"".join(added and after.partition(b"\t" if b"\t" in after else b"\n")[1:]) == original


def test_cytobands_equal_those_of_bcftools_annotate(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    reference = load("GRCh38")
    rng = random.Random(7)
    bands = tmp_path / "bands.tsv"
    lines = []
    for contig in reference.lengths:
        found = reference.bands(contig)
        assert found is not None
        spans = zip(found.intervals.starts.tolist(), found.intervals.ends.tolist(), strict=True)
        lines += [f"{contig}\t{start}\t{end}\t{found.names[row].decode()}" for row, (start, end) in enumerate(spans)]
    bands.write_text("\n".join(lines) + "\n")
    source = tmp_path / "x.vcf"
    contigs = "".join(f"##contig=<ID={name},length={size}>\n" for name, size in reference.lengths.items())
    variants = []
    for contig, length in reference.lengths.items():
        places = sorted(rng.randrange(1, length - 3_000_000) for _ in range(40))
        variants += [
            f"{contig}\t{place}\t.\tA\t<DEL>\t.\t.\tEND={place + rng.randrange(1, 3_000_000)}" for place in places
        ]
    end = '##INFO=<ID=END,Number=1,Type=Integer,Description="Last base">\n'
    names = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    source.write_text("##fileformat=VCFv4.2\n##reference=GRCh38\n" + contigs + end + names + "\n".join(variants) + "\n")
    ours = [info(line)["CYTOBAND"] for line in records(driver.run(source).output.read_bytes())]
    (tmp_path / "h").write_text('##INFO=<ID=BAND,Number=.,Type=String,Description="Band">\n')
    columns = ("-c", "CHROM,FROM,TO,BAND", "-h", str(tmp_path / "h"), "--merge-logic", "BAND:unique")
    theirs = bcftools.annotate("-a", str(bands), *columns, str(source))
    assert ours == [info(line)["BAND"] for line in records(theirs.encode())]
    assert len(set(ours)) > 500
    capfd.readouterr()


def slow_region(models: Transcripts, row: int, first: int, last: int) -> str:
    """Return the most severe region of a span in a transcript, base by base."""
    begin, end = models.exon_offsets[row], models.exon_offsets[row + 1]
    exons = list(zip(models.exon_starts[begin:end].tolist(), models.exon_ends[begin:end].tolist(), strict=True))
    coding, forward = bool(models.coding[row]), models.strand[row] > 0
    found = set()
    for base in range(max(first, int(models.starts[row])), min(last, int(models.ends[row])) + 1):
        exonic = any(start <= base <= stop for start, stop in exons)
        if exonic and not coding:
            found.add("non_coding_exon")
        elif exonic and models.cds_start[row] <= base <= models.cds_end[row]:
            found.add("CDS")
        elif exonic:
            found.add("utr5" if (base < models.cds_start[row]) == forward else "utr3")
        else:
            after = any(0 < base - stop <= 2 for _, stop in exons)
            before = any(0 < start - base <= 2 for start, _ in exons)
            found |= {"splice_donor" if forward else "splice_acceptor"} if after else set()
            found |= {"splice_acceptor" if forward else "splice_donor"} if before else set()
            found.add("intron" if coding else "non_coding_intron")
    return min(found, key=REGIONS.index)


@pytest.mark.parametrize(("assembly", "contig"), [("hg18", "Y"), ("GRCh37", "21"), ("GRCh38", "22"), ("rCRS", "MT")])
def test_regions_equal_those_found_base_by_base(assembly: str, contig: str) -> None:
    rng = random.Random(11)
    models = load(assembly).transcripts(contig)
    rows, firsts, lasts = [], [], []
    for _ in range(1500):
        row = rng.randrange(models.starts.size)
        exon = rng.randrange(int(models.exon_offsets[row]), int(models.exon_offsets[row + 1]))
        edge = int(rng.choice([models.exon_starts, models.exon_ends, models.cds_start[[row]].repeat(exon + 1)])[exon])
        first = min(max(edge + rng.randint(-5, 5), int(models.starts[row])), int(models.ends[row]))
        rows.append(row)
        firsts.append(first)
        lasts.append(first + rng.choice([0, 0, 1, 2, 5, 40]))
    codes = regions(models, np.array(rows), np.array(firsts), np.array(lasts))
    named = [REGIONS[code] for code in codes.tolist()]
    assert named == [slow_region(models, *span) for span in zip(rows, firsts, lasts, strict=True)]
    assert len(set(named)) >= (2 if assembly == "rCRS" else 7)


def test_overlaps_equal_those_of_comparing_all_with_all() -> None:
    rng = np.random.default_rng(3)
    for _ in range(200):
        starts = np.sort(rng.integers(1, 60, rng.integers(0, 12)))
        intervals = Intervals(starts, starts + rng.integers(0, 25, starts.size))
        first = rng.integers(-3, 90, 20)
        last = first + rng.integers(0, 20, 20)
        touching = (first[:, None] <= intervals.ends) & (last[:, None] >= intervals.starts)
        span, interval = intervals.overlaps(first, last)
        assert np.array_equal(np.stack((span, interval)), np.stack(np.nonzero(touching)))
        assert np.array_equal(intervals.count(first, last), touching.sum(axis=1))
