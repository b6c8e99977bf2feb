"""The annotator's work folder: its own, tidy, and safe from its neighbours."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ann.workfolder import WorkFolder
from util.errors import SettingsError


def test_a_job_has_a_folder_that_goes_with_all_that_is_in_it(tmp_path: Path) -> None:
    folder = WorkFolder(tmp_path / "work")
    with folder.for_job("job") as path:
        (path / "input.vcf").write_text("x")
    assert not path.exists()
    folder.close()
    assert not folder.path.exists()


def test_what_a_dead_annotator_left_is_removed_and_what_a_living_one_has_is_not(tmp_path: Path) -> None:
    living = WorkFolder(tmp_path)
    code = "import os, sys; from pathlib import Path; from ann.workfolder import WorkFolder\n"
    code += "print(WorkFolder(Path(sys.argv[1])).path, flush=True); os._exit(9)"
    done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=False)
    dead = Path(done.stdout.strip())
    assert dead.is_dir()
    newest = WorkFolder(tmp_path)
    assert not dead.exists()
    assert living.path.is_dir()
    living.close()
    newest.close()


def test_annotators_that_start_at_once_leave_each_other_alone(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        folders = list(pool.map(lambda _: WorkFolder(tmp_path), range(32)))
    assert all(folder.path.is_dir() for folder in folders)
    for folder in folders:
        folder.close()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match=r"\[annotator\] work_folder is .*file: File exists"):
        WorkFolder(tmp_path / "file")
