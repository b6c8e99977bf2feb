"""The inputs and the table of `make bench-engine`."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pysam
import pytest

from ann.anntools.transcripts import Transcripts
from tests.bench import engine_genome, engine_sources
from tests.bench.engine_cases import compared, marginal_rows, row
from tests.bench.engine_measure import Command, Result, measure, summary
from tests.bench.engine_table import Bar, Section, render
from tests.bench.inputs import Genome, disjoint, write_vcf

LENGTHS = {"1": 60_007, "2": 30_000}
CODONS = {"ATG": "M", "TAA": "*", "TAG": "*", "TGA": "*"}
COMPLEMENT = str.maketrans("ACGT", "TGCA")


def transcripts(*names: bytes) -> Transcripts:
    """Return two transcripts that share exons on the forward strand, and one on the reverse strand."""
    return Transcripts(
        starts=np.array([1001, 1001, 5001]),
        ends=np.array([3000, 2400, 7000]),
        strand=np.array([1, 1, -1], np.int8),
        gene=np.array([0, 0, 1]),
        genes=pa.array([b"ONE", b"TWO"]),
        gene_ids=pa.array([b"", b""]),
        names=pa.array(names),
        biotypes=pa.array([b"protein_coding"] * 3),
        cds_start=np.array([1101, 1, 5102]),
        cds_end=np.array([2902, 0, 6901]),
        phase=np.array([0, 0, 2], np.int8),
        start_known=np.array([True, True, False]),
        stop_known=np.array([True, True, True]),
        exon_offsets=np.array([0, 2, 4, 6]),
        # 900 and 402 translated bases, and 403 and 799, of which the first two end a codon that begins elsewhere.
        exon_starts=np.array([1001, 2501, 1001, 2301, 5001, 6499]),
        exon_ends=np.array([2000, 3000, 1500, 2400, 5900, 7000]),
    )


def models() -> Mapping[str, Transcripts]:
    return {"1": transcripts(b"ENST1", b"", b"ENST3"), "2": transcripts(b"ENST4", b"", b"")}


@pytest.fixture(scope="module")
def genome(tmp_path_factory: pytest.TempPathFactory) -> Genome:
    fasta = tmp_path_factory.mktemp("genome") / "genome.fa"
    engine_genome.write_fasta(fasta, LENGTHS, models(), seed=1)
    engine_genome.write_gff3(fasta.with_name("genes.gff3"), models())
    exons = {name: disjoint(model.exon_starts, model.exon_ends) for name, model in models().items()}
    return Genome(fasta=fasta, lengths=LENGTHS, exons=exons)


def records(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in path.read_text().splitlines() if not line.startswith("#")]


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(genome: Genome, tmp_path: Path) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        write_vcf(tmp_path / name, genome, 300, samples=2, seed=seed)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() != (tmp_path / "c").read_bytes()


@pytest.mark.parametrize("samples", [0, 3])
def test_records_are_sorted_distinct_and_carry_the_reference_base(genome: Genome, tmp_path: Path, samples: int) -> None:
    path = tmp_path / "made.vcf"
    write_vcf(path, genome, 2000, samples=samples, seed=3)
    made = records(path)
    places = [(contig, int(position)) for contig, position, *_ in made]
    assert len(made) == 2000
    assert places == sorted(set(places))
    with pysam.FastaFile(str(genome.fasta)) as fasta:
        for contig, position, _, ref, alt, *rest in made:
            assert fasta.fetch(contig, int(position) - 1, int(position) - 1 + len(ref)) == ref
            assert all(allele != ref and re.fullmatch("[ACGT]+", allele) for allele in alt.split(","))
            assert len(rest) == (3 + 1 + samples if samples else 3)


def test_half_of_the_records_lie_in_exons_and_a_tenth_are_indels(genome: Genome, tmp_path: Path) -> None:
    path = tmp_path / "made.vcf"
    write_vcf(path, genome, 1000, seed=4)
    made = records(path)
    inside = sum(
        any(a <= int(fields[1]) <= b for a, b in zip(*genome.exons[fields[0]], strict=True)) for fields in made
    )
    indels = sum(len(fields[3]) != len(fields[4].split(",")[0]) for fields in made)
    # Of the half that is drawn from everywhere, a few fall into exons by chance.
    assert 0.5 <= inside / len(made) < 0.6
    assert 0.07 < indels / len(made) < 0.13


@pytest.mark.parametrize("samples", [0, 3])
def test_bcftools_reads_what_is_made_without_a_warning(genome: Genome, tmp_path: Path, samples: int) -> None:
    if shutil.which("bcftools") is None:
        pytest.skip("Debian's bcftools is not installed")
    path = tmp_path / "made.vcf"
    write_vcf(path, genome, 500, samples=samples, seed=3)
    command = ["bcftools", "norm", "--check-ref", "e", "--fasta-ref", str(genome.fasta), "--output", "/dev/null"]
    run = subprocess.run([*command, str(path)], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"Lines\s+total/split/\S+:\s+500/0/.*\n", run.stderr)


def test_reading_frames_begin_with_a_start_end_with_a_stop_and_have_none_between(genome: Genome) -> None:
    parts = engine_genome.coding(models()["1"])
    with pysam.FastaFile(str(genome.fasta)) as fasta:
        for owner, phase, start_known in ((0, 0, True), (2, 2, False)):
            text = ""
            for row_number in np.flatnonzero(parts.owner == owner):
                exon = fasta.fetch("1", int(parts.starts[row_number]) - 1, int(parts.ends[row_number]))
                text += exon if parts.strand[row_number] > 0 else exon.translate(COMPLEMENT)[::-1]
            codons = re.findall("...", text[phase:])
            read = "".join(CODONS.get(codon, ".") for codon in codons)
            assert len(read) > 300
            assert read.endswith("*")
            assert "*" not in read[:-1]
            assert read.startswith("M") or not start_known


def test_bcftools_finds_consequences_with_the_gene_models_that_are_made(genome: Genome, tmp_path: Path) -> None:
    if shutil.which("bcftools") is None:
        pytest.skip("Debian's bcftools is not installed")
    path = tmp_path / "made.vcf"
    write_vcf(path, genome, 500, seed=3)
    command = ["bcftools", "csq", "-l", "-f", str(genome.fasta), "-g", str(genome.fasta.with_name("genes.gff3"))]
    run = subprocess.run([*command, str(path)], capture_output=True, text=True, check=True)
    for term in (
        "missense|ONE|ENST1|protein_coding|+|",
        "synonymous|TWO|ENST3|protein_coding|-|",
        "non_coding|ONE||processed_transcript",
    ):
        assert term in run.stdout


def test_every_source_is_sorted_within_its_contigs_and_can_be_looked_up(tmp_path: Path) -> None:
    source = engine_sources.Source("DENSE", 20_000_000, 30, 1.0, 7)
    path = tmp_path / "DENSE.bed"
    engine_sources.write_bed(path, source, LENGTHS, seed=2)
    rows = [line.split("\t") for line in path.read_text().splitlines()]
    spans = [(contig, int(start), int(end)) for contig, start, end, _ in rows]
    assert spans == sorted(spans)
    assert all(0 <= start < end <= LENGTHS[contig] for contig, start, end in spans)
    with pysam.TabixFile(f"{path}.gz") as table:
        found = [line.split("\t") for line in table.fetch("2", 99, 200)]
    assert found == [fields for fields in rows if fields[0] == "2" and int(fields[1]) < 200 and int(fields[2]) > 99]


def test_commands_are_timed_alone_and_in_a_pipe_and_failures_are_told(tmp_path: Path) -> None:
    pipe = Command(tool="pipe", stages=[["printf", "a"], ["cat"]])
    failing = Command(tool="failing", stages=[["sh", "-c", f"echo no {tmp_path}/file >&2; exit 3"]])
    good, bad = measure([pipe, failing], tmp_path, 2)
    assert good.runs == 2
    assert good.seconds > 0
    assert good.peak > 0
    assert good.busy > 0
    assert bad.failure == "no file"


def test_the_table_shows_ratios_beside_their_bars() -> None:
    ours, slow, close = (
        summary(tool, [{"seconds": s, "busy": 1.5, "peak": 5e7}])
        for tool, s in (("ours", 2.0), ("slow", 13.0), ("close", 4.0))
    )
    lost = Result(tool="lost", failure="it is not\nthere")
    bar = Bar(least=6)
    rows = [row("10 records", ours, 10)]
    rows += [compared("10 records", ours, peer, 10, bar) for peer in (slow, close, lost)]
    rows += marginal_rows("more", ["ours", "slow"], [300.0, 100.0], Bar(least=2))
    page = render(["- Machine: one."], [Section(title="Speed", notes=["A note."], rows=rows)])
    lines = [line for line in page.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert ["10 records", "slow", "13.0", "1.500", "0 %", "1", "50", "6.50x", "≥ 6.0x", "pass"] in cells
    assert ["10 records", "close", "4.000", "1.500", "0 %", "2", "50", "2.00x", "≥ 6.0x", "FAIL"] in cells
    assert ["10 records", "lost", "", "", "", "", "", "", "", "not measured"] in cells
    assert ["more", "slow", "", "", "", "100", "", "3.00x", "≥ 2.0x", "pass"] in cells
    assert "- Not measured, lost: it is not there" in page
    assert page.endswith("2 bars reached, 1 missed, 1 rows not measured.\n")
