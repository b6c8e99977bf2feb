"""The engine from a shell."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pyarrow import parquet

from ann.anntools.__main__ import main
from ann.anntools.refdata import BUNDLE
from tests.unit.anntools_samples import APOE, HEADER, MCM6, ROOT, annotated


def anntools(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "ann.anntools", *arguments]
    return subprocess.run(command, input=given, capture_output=True, check=False, cwd=ROOT, env=os.environ)


def test_standard_input_goes_to_standard_output() -> None:
    done = anntools("annotate", "-", given=HEADER + APOE)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == annotated(HEADER + APOE)[0]


def test_a_file_is_annotated_beside_itself_and_nothing_is_said(tmp_path: Path) -> None:
    path = tmp_path / "x.vcf"
    path.write_bytes(HEADER + APOE)
    done = anntools("annotate", str(path))
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert (tmp_path / "x.annot.vcf").read_bytes() == annotated(HEADER + APOE)[0]


def test_every_output_goes_where_it_is_asked_to(tmp_path: Path) -> None:
    options = ("-o", str(tmp_path / "o.vcf"), "--log", str(tmp_path / "l"), "--summary", str(tmp_path / "s"))
    done = anntools("annotate", "-", *options, "--assembly", "hg19", given=HEADER.replace(b"GRCh37", b"?") + APOE)
    assert (done.returncode, done.stdout) == (0, b"")
    assert b";GENE=APOE" in (tmp_path / "o.vcf").read_bytes()
    assert "it was asked for" in (tmp_path / "l").read_text()
    assert '"total": 1' in (tmp_path / "s").read_text()


def test_a_table_of_variants_is_written_where_it_is_asked_for(tmp_path: Path) -> None:
    done = anntools("annotate", "-", "--parquet", str(tmp_path / "v.parquet"), given=HEADER + APOE + MCM6)
    assert (done.returncode, done.stdout, done.stderr) == (0, annotated(HEADER + APOE + MCM6)[0], b"")
    assert parquet.read_metadata(tmp_path / "v.parquet").num_rows == 2


def test_a_reference_of_ones_own_is_taken(tmp_path: Path) -> None:
    (tmp_path / "mine").symlink_to(BUNDLE / "hg18")
    given = HEADER.replace(b"##reference=GRCh37\n", b"") + APOE
    done = anntools("annotate", "-", "--reference", str(tmp_path), "--log", str(tmp_path / "l"), given=given)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "Assembly: hg18, because the reference given holds only it\n" in (tmp_path / "l").read_text()
    without = anntools("annotate", "-", "--reference", str(tmp_path / "mine" / "none"), given=given)
    assert (without.returncode, without.stdout) == (65, b"")
    assert without.stderr.startswith(b"There is no reference in ")


def test_bad_input_is_exit_65_with_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "x.vcf"
    path.write_bytes(b"%PDF-1.7")
    done = anntools("annotate", str(path), "-o", "-")
    assert (done.returncode, done.stdout) == (65, b"")
    assert done.stderr == b"The file is not a VCF: it looks like a PDF document.\n"


@pytest.mark.parametrize("arguments", [(), ("annotate",), ("annotate", "x", "--threads", "0"), ("annotate", "absent")])
def test_wrong_usage_is_exit_2_with_a_message(arguments: tuple[str, ...]) -> None:
    done = anntools(*arguments)
    assert done.returncode == 2
    assert done.stderr
    assert b"Traceback" not in done.stderr


def test_the_engine_imports_nothing_that_makes_a_job_start_slowly() -> None:
    script = "import sys, ann.anntools.driver; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, cwd=ROOT, env=os.environ)
    loaded = {name.partition(".")[0] for name in done.stdout.decode().split()}
    assert "numpy" in loaded
    assert not loaded & {"pysam", "pandas", "boto3", "flask", "util", "web"}


def test_references_that_were_fetched_are_used_where_none_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "reference.json").write_text("{}")
    monkeypatch.setenv("ANNTOOLS_REFERENCES", str(tmp_path))
    source = tmp_path / "x.vcf"
    source.write_bytes(HEADER + APOE)
    assert main(["annotate", str(source)]) == 65
    assert str(tmp_path / "toy" / "reference.json") in capfd.readouterr().err
    monkeypatch.setenv("ANNTOOLS_REFERENCES", str(tmp_path / "nothing"))
    assert main(["annotate", str(source)]) == 0


@pytest.mark.parametrize("distance", ["-1", "1000001", "x"])
def test_a_distance_that_is_none_is_refused(distance: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["annotate", "x.vcf", "--distance", distance])
    assert f"{distance!r} is not a number of bases from 0 to 1,000,000" in capfd.readouterr().err


def test_no_gene_reaches_beyond_its_transcripts_at_distance_0(tmp_path: Path) -> None:
    source = tmp_path / "x.vcf"
    source.write_bytes(HEADER + APOE)
    assert main(["annotate", str(source), "-o", str(tmp_path / "near.vcf"), "--distance", "0"]) == 0
    assert main(["annotate", str(source), "-o", str(tmp_path / "far.vcf")]) == 0
    near, far = ((tmp_path / name).read_text() for name in ("near.vcf", "far.vcf"))
    assert "downstream_gene_variant" in far
    assert "downstream_gene_variant" not in near
