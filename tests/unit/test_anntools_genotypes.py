"""Genotypes of a block of bytes, counted per sample."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pysam import bcftools

from ann.anntools import genotypes
from ann.anntools.genotypes import CLASSES
from tests.unit.report_samples import block

CALLS = [
    b"0/0",
    b"0|1",
    b"1/0",
    b"1|1",
    b"1/2",
    b"2/2",
    b"./.",
    b".|.",
    b"./1",
    b"0",
    b"1",
    b".",
    b"10/10",
    b"0|12",
    b"11",
]


def oracle(cell: bytes) -> str:
    """Tell the kind of a genotype one allele at a time."""
    text = cell.partition(b":")[0].decode()
    if not text:
        return "missing"
    text = text[1:] if text[0] in "/|" else text
    alleles = re.split(r"[/|]", text)
    if len(cell.partition(b":")[0]) >= genotypes.LONGEST or not all(re.fullmatch(r"\.|[0-9]+", one) for one in alleles):
        return "other"
    if "." in alleles:
        return "missing"
    numbers = {int(one) for one in alleles}
    if len(alleles) == 1:
        return "haploid_alt" if numbers - {0} else "haploid_ref"
    if len(numbers) > 1:
        return "het"
    return "hom_alt" if numbers - {0} else "hom_ref"


def line(cells: list[bytes], form: bytes = b"GT:DP") -> bytes:
    return b"1\t100\t.\tA\tC,G,T\t.\t.\tAC=1\t" + form + b"\t" + b"\t".join(cells)


def counted(rows: list[list[bytes]]) -> list[dict[str, int]]:
    """Count the cells of each sample, given line by line, as the engine does."""
    found = genotypes.count(block([line(row) for row in rows], len(rows[0])), len(rows[0]))
    return [{name: count for name, count in zip(CLASSES, sample, strict=True) if count} for sample in found.tolist()]


def test_every_sample_counts_as_bcftools_does(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    samples, alts = 7, ",".join("CGT" * 5)  # bcftools tells kinds of genotypes of SNVs only
    rows = [[CALLS[pick] + b":9" * (pick % 2) for pick in rng.integers(0, len(CALLS), samples)] for _ in range(300)]
    names = "\t".join(f"s{number}" for number in range(samples))
    path = tmp_path / "x.vcf"
    path.write_text(
        "##fileformat=VCFv4.3\n##contig=<ID=1,length=1000>\n"
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
        '##FORMAT=<ID=DP,Number=1,Type=Integer,Description="Depth">\n'
        f"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{names}\n"
        + "".join(f"1\t100\t.\tA\t{alts}\t.\t.\t.\tGT:DP\t" + b"\t".join(row).decode() + "\n" for row in rows)
    )
    told = [text.split("\t") for text in bcftools.stats("-s", "-", str(path)).splitlines() if text.startswith("PSC\t")]
    titles = ("hom_ref", "hom_alt", "het", "haploid_ref", "haploid_alt", "missing")
    expected = [{name: int(row[at]) for name, at in zip(titles, (3, 4, 5, 11, 12, 13), strict=True)} for row in told]
    assert counted(rows) == expected


@example(cells=[b".0", b"0.", b"0/.1", b"1.2/3"])
@settings(max_examples=300)
@given(st.lists(st.text("0129./|:x- ", max_size=7).map(str.encode), min_size=1, max_size=30))
def test_any_text_in_a_sample_is_one_kind_of_genotype(cells: list[bytes]) -> None:
    assert counted([cells]) == [{oracle(cell): 1} for cell in cells]


@pytest.mark.parametrize(
    "cell", [b"0/0/0", b"0/1/1", b"1|1|1|1", b"/0/1", b"|1", b"0/", b"0//1", b"1" * 60, b"4294967296/0"]
)
def test_rare_genotypes_are_told_apart(cell: bytes) -> None:
    assert counted([[cell, cell + b":7"]]) == [{oracle(cell): 1}] * 2


def test_a_record_without_gt_is_missing_in_every_sample() -> None:
    lines = [line([b"7", b"8"], b"DP"), line([b"0/1", b"1/1"], b"GT"), line([b"0/1", b"1/1"], b"GTX")]
    found = genotypes.count(block(lines, 2), 2)
    assert found[:, CLASSES.index("missing")].tolist() == [2, 2]
    assert found.sum(axis=1).tolist() == [3, 3]


def test_lines_from_windows_end_their_last_genotype() -> None:
    windows = block([line([b"0/0", b"1/1"], b"GT") + b"\r", line([b"0/0", b"1"], b"GT") + b"\r"], 2)
    found = genotypes.count(windows, 2)
    assert found[1, [CLASSES.index("hom_alt"), CLASSES.index("haploid_alt")]].tolist() == [1, 1]


def test_pieces_of_lines_and_samples_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(6)
    rows = [[CALLS[pick] for pick in rng.integers(0, len(CALLS), 11)] for _ in range(40)]
    whole = counted(rows)
    monkeypatch.setattr(genotypes, "CELLS", 4)
    assert counted(rows) == whole
    monkeypatch.setattr(genotypes, "CELLS", 50)
    assert counted(rows) == whole


def test_of_too_many_samples_the_first_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(genotypes, "MOST_SAMPLES", 2)
    assert counted([[b"0/0", b"0/1", b"1/1"]]) == [{"hom_ref": 1}, {"het": 1}]


def test_a_vcf_without_samples_has_no_genotypes() -> None:
    assert genotypes.count(block([b"1\t1\t.\tA\tC\t.\t.\t."]), 0).shape == (0, len(CLASSES))
