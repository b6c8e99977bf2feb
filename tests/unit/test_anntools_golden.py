"""The engine's outputs on our samples are as they were when somebody last looked at them."""

import os
from pathlib import Path

import pytest

from ann.anntools import driver
from tests.unit.anntools_samples import ROOT

GOLDEN = ROOT / "tests" / "golden"
REFRESH = "GAS_REFRESH_GOLDEN"
SAMPLES = ("sample_mt.vcf", "sample_hg18.vcf", "sample_grch37.vcf")


@pytest.mark.parametrize("name", SAMPLES)
def test_result_log_and_summary_are_as_expected(name: str, tmp_path: Path) -> None:
    copy = tmp_path / name
    copy.write_bytes((GOLDEN / name).read_bytes())
    report = driver.run(copy)
    for made in (report.output, report.log, report.summary):
        expected = GOLDEN / "expected" / made.name
        if REFRESH in os.environ:
            expected.write_bytes(made.read_bytes())
        assert made.read_bytes() == expected.read_bytes(), made.name


def test_all_samples_are_compared() -> None:
    assert sorted(path.name for path in GOLDEN.glob("*.vcf")) == sorted(SAMPLES)
