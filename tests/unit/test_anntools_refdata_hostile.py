"""Damaged or odd references and recipes: a sentence, and nothing else is touched."""

from pathlib import Path

import pytest

from ann.anntools.__main__ import main
from ann.anntools.errors import ReferenceDataError
from ann.anntools.fetch import fetch
from ann.anntools.recipe import Location
from ann.anntools.refdata import BUNDLE, DESCRIPTION, read


def test_a_link_to_a_reference_is_removed_and_the_reference_stays(tmp_path: Path) -> None:
    kept = tmp_path / "elsewhere"
    kept.mkdir()
    (kept / DESCRIPTION).write_bytes((BUNDLE / "rCRS" / DESCRIPTION).read_bytes())
    home = tmp_path / "home"
    home.mkdir()
    (home / "toy").symlink_to(kept)
    assert main(["refdata", "remove", "toy", "--home", str(home)]) == 0
    assert list(home.iterdir()) == []
    assert (kept / DESCRIPTION).is_file()


@pytest.mark.parametrize("name", ["..", "/", ".", "", "../elsewhere", ".downloads"])
def test_no_name_removes_what_is_no_reference_of_this_home(name: str, tmp_path: Path) -> None:
    for folder in ("elsewhere", "home/toy", "home/.downloads"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / DESCRIPTION).write_text("{}")
    before = sorted(tmp_path.rglob("*"))
    assert main(["refdata", "remove", name, "--home", str(tmp_path / "home")]) == 65
    assert sorted(tmp_path.rglob("*")) == before


def test_a_description_of_endless_lists_is_refused(tmp_path: Path) -> None:
    (tmp_path / DESCRIPTION).write_text("[" * 100_000)
    with pytest.raises(ReferenceDataError, match="cannot be read"):
        read(tmp_path)


@pytest.mark.parametrize("url", ["http://127.0.0.1:port/x", "http://[::1/x", "http://127.0.0.1:1/a b"])
def test_what_is_no_address_is_not_asked_for_again(url: str, tmp_path: Path) -> None:
    pauses: list[float] = []
    with pytest.raises(ReferenceDataError, match="is no address"):
        fetch(Location(file=None, url=url), tmp_path, lambda _done, _total: None, sleep=pauses.append)
    assert pauses == []
