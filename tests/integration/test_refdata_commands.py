"""The commands of ``refdata``: what they print, what they return, and what they leave on the disk."""

import argparse
import http.server
import os
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from ann.anntools import refdata_cli
from ann.anntools.errors import ReferenceDataError
from ann.anntools.refdata import read

GENES = """chr1\tx\tgene\t3\t12\t.\t+\t.\tID=gene:G1;Name=ONE
chr1\tx\tmRNA\t3\t12\t.\t+\t.\tID=transcript:T1;Parent=gene:G1
chr1\tx\texon\t3\t12\t.\t+\t.\tParent=transcript:T1
chrX\tx\tmRNA\t3\t12\t.\t+\t.\tID=transcript:T2
chrX\tx\texon\t3\t12\t.\t+\t.\tParent=transcript:T2
"""
RECIPE = """
[reference]
name = "hg38"
release = "7"
[sequence]
url = "{url}/genome.fa"
[genes]
url = "{url}/genes.gff3"
format = "gff3"
release = "made up"
"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def recipes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a folder with GRCh38.toml, whose files a local server has in its folder ``pub`` beside it."""
    public, folder = tmp_path / "pub", tmp_path / "recipes"
    public.mkdir()
    folder.mkdir()
    (public / "genome.fa").write_text(">chr1\nACGTACGTACGTACGT\n")
    (public / "genes.gff3").write_text(GENES)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(public)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    (folder / "GRCh38.toml").write_text(RECIPE.format(url=f"http://127.0.0.1:{server.server_address[1]}"))
    monkeypatch.setattr(refdata_cli, "RECIPES", folder)
    monkeypatch.setenv(refdata_cli.HOME_VARIABLE, str(tmp_path / "home"))
    yield folder
    server.shutdown()
    server.server_close()
    thread.join()


def ran(*arguments: str | Path) -> int:
    parser = argparse.ArgumentParser()
    refdata_cli.add_commands(parser.add_subparsers())
    return refdata_cli.run(parser.parse_args(["refdata", *map(str, arguments)]))


def test_an_assembly_is_fetched_listed_verified_and_removed(
    recipes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    assert ran("fetch", "hg38") == 0
    said = capsys.readouterr()
    assert said.out == f"GRCh38 7: 1 contigs and 0 sources in {home / 'GRCh38'}.\n"
    assert "genome.fa: 0.0 of 0.0 MiB\n" in said.err
    assert "1 transcripts on 1 contigs that the sequence lacks (chrX) were left out.\n" in said.err
    assert read(home / "GRCh38").contigs == {"1": 16}
    assert ran("list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[:3] for line in lines] == [
        *([name, "shipped", "2026.11"] for name in ("GRCh37", "GRCh38", "hg18", "rCRS")),
        ["GRCh38", "fetched", "7"],
    ]
    assert "gene models: made up" in lines[-1]
    assert ran("verify", home / "GRCh38") == 0
    assert ran("remove", "GRCh38") == 0
    assert [path.name for path in home.iterdir() if not path.name.startswith(".")] == []
    with pytest.raises(ReferenceDataError, match=r"There is no reference GRCh38 in .*; there are: none\."):
        ran("remove", "GRCh38")


def test_a_file_that_cannot_be_had_leaves_the_old_reference(recipes: Path, tmp_path: Path) -> None:
    ran("fetch", "GRCh38")
    before = (tmp_path / "home" / "GRCh38" / "reference.json").read_bytes()
    recipe = (recipes / "GRCh38.toml").read_text()
    (recipes / "GRCh38.toml").write_text(recipe.replace("genes.gff3", "moved.gff3"))
    with pytest.raises(ReferenceDataError, match=r"moved\.gff3 cannot be had: 404"):
        ran("fetch", "GRCh38")
    assert (tmp_path / "home" / "GRCh38" / "reference.json").read_bytes() == before
    assert ran("verify", tmp_path / "home" / "GRCh38") == 0


def test_verify_tells_what_is_wrong_and_returns_1(
    recipes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ran("build", "--sources", recipes / "GRCh38.toml", "--out", tmp_path / "mine") == 0
    os.truncate(tmp_path / "mine" / "sequence.bin", 3)
    capsys.readouterr()
    assert ran("verify", tmp_path / "mine") == refdata_cli.DAMAGED
    assert capsys.readouterr().out == "sequence.bin has 3 bytes instead of 16.\n"


def test_an_assembly_without_a_recipe_is_refused_with_the_choices(recipes: Path) -> None:
    with pytest.raises(ReferenceDataError, match=r"There is no recipe for mm39; there are: GRCh38\."):
        ran("fetch", "mm39")
