"""The state folder: refusals, lock, emptying."""

import os
import shutil
import stat
from pathlib import Path
from typing import NamedTuple

import pytest

from aws.local.state import LOG_LIMIT, LocalError, StateFolder, write_private


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.fixture
def state(tmp_path: Path) -> StateFolder:
    folder = StateFolder(tmp_path / "state")
    folder.prepare()
    return folder


def test_others_may_pass_through_the_folder_but_not_read_it(state: StateFolder) -> None:
    assert stat.S_IMODE(state.path.stat().st_mode) == 0o711
    assert stat.S_IMODE(state.log.stat().st_mode) == 0o700


@pytest.mark.parametrize("path", ["/proc/gas", "/dev/null"])
def test_a_place_that_cannot_be_written_is_refused_with_a_sentence(path: str) -> None:
    with pytest.raises(LocalError, match=rf"the state folder {path} cannot be written: "):
        StateFolder(Path(path)).prepare()


def test_a_full_disk_is_refused_with_a_sentence(state: StateFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(total=2**40, used=2**40, free=5 * 2**20))
    with pytest.raises(LocalError, match="has 5 MB free; at least 300 MB are needed"):
        state.prepare()


def test_a_folder_with_other_things_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(LocalError, match="has other things in it"):
        StateFolder(tmp_path).prepare()


def test_only_one_can_hold_the_folder(state: StateFolder) -> None:
    lock = state.lock(wait_seconds=0)
    assert state.is_busy()
    with pytest.raises(LocalError, match=f"already runs from the state folder .* as process {os.getpid()}"):
        state.lock(wait_seconds=0)
    os.close(lock)
    assert not state.is_busy()


def test_a_process_id_that_went_to_another_process_is_not_taken_for_the_supervisor(state: StateFolder) -> None:
    (state.path / "supervisor.lock").write_text(f"{os.getpid()} 12345.6")
    assert state.supervisor() is None


def test_emptying_leaves_nothing_but_the_lock(state: StateFolder) -> None:
    (state.path / "postgres").mkdir()
    (state.path / "postgres" / "data").touch()
    (state.path / "postgres.json").touch()
    (state.path / "link").symlink_to(state.path / "postgres")
    state.empty()
    assert [entry.name for entry in state.path.iterdir()] == ["supervisor.lock"]


def test_emptying_does_not_follow_a_link_out_of_the_folder(state: StateFolder, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").touch()
    (state.path / "link").symlink_to(kept)
    state.empty()
    assert (kept / "file").exists()


def test_an_overgrown_log_is_set_aside(state: StateFolder) -> None:
    log = state.log / "web-1.log"
    with log.open("wb") as file:
        file.truncate(LOG_LIMIT + 1)
    assert state.log_file("web-1") == log
    assert not log.exists()
    assert (state.log / "web-1.log.1").stat().st_size == LOG_LIMIT + 1


def test_a_private_file_replaces_the_old_one_and_is_only_its_owners(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("old")
    write_private(file, "new")
    assert file.read_text() == "new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["key"]
