"""The Makefile and the CI script, run in a folder with spaces in its name, with stand-ins for what they call."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from aws.local.config import PROJECT

TOOLS = ("bash", "env", "dirname", "awk", "touch", "sh")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "a project"
    folder.mkdir()
    for name in ("Makefile", "requirements.txt", "requirements-dev.txt", "pyproject.toml"):
        shutil.copy(PROJECT / name, folder)
    return folder


def make(project: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    # A make that runs these tests must not hand its own flags down.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    return subprocess.run(
        ["make", *arguments], cwd=project, env=environment, capture_output=True, text=True, check=False
    )


def executable(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(script)
    path.chmod(0o755)
    return path


def python_where(project: Path, preparation: str) -> Path:
    """Make an interpreter for `-c` that runs the preparation first."""
    return executable(
        project / "odd python",
        f"#!{shutil.which('sh')}\nexec '{sys.executable}' -c 'import sys; {preparation}; exec(sys.argv[1])' \"$2\"\n",
    )


def with_environment(project: Path) -> None:
    """Put a virtual environment there whose Python only says how it was called."""
    executable(project / ".venv" / "bin" / "python", f'#!{shutil.which("sh")}\necho "python $*"\n')


@pytest.mark.parametrize("arguments", [(), ("help",)])
def test_help_is_the_default_and_lists_every_target(project: Path, arguments: tuple[str, ...]) -> None:
    phony = re.search(r"^\.PHONY: (.*)$", (project / "Makefile").read_text(), re.MULTILINE)
    assert phony
    listed = re.findall(r"^  make ([\w-]+)", make(project, *arguments).stdout, re.MULTILINE)
    assert sorted(listed) == sorted(phony[1].split())


def test_an_older_python_is_refused_by_its_version(project: Path) -> None:
    old = python_where(project, "sys.version_info = (3, 10, 4)")
    done = make(project, "run", f"PYTHON={old}")
    assert done.returncode != 0
    assert f"{old} is Python 3.10.4: Python 3.11 or newer is needed" in done.stderr
    assert not (project / ".venv").exists()


def test_a_python_that_is_not_there_is_named(project: Path) -> None:
    done = make(project, "run", "PYTHON=python9")
    assert done.returncode != 0
    assert "python9 is not installed" in done.stdout


def test_a_python_without_ensurepip_gets_a_sentence(project: Path) -> None:
    lacking = python_where(project, "sys.modules.update(ensurepip=None)")
    done = make(project, "run", f"PYTHON={lacking}")
    assert done.returncode != 0
    assert "install Debian's python3-venv" in done.stdout
    assert not (project / ".venv").exists()


def test_dependencies_are_installed_once_and_again_when_they_change(project: Path) -> None:
    with_environment(project)
    install, run = "python -m pip install", "python -m aws.local run"
    first = make(project, "run").stdout
    assert install in first
    assert run in first
    second = make(project, "run").stdout
    assert install not in second
    assert run in second
    newer = (project / ".venv" / ".installed").stat().st_mtime + 10
    os.utime(project / "requirements.txt", (newer, newer))
    assert install in make(project, "run").stdout


@pytest.mark.parametrize(
    ("target", "call"),
    [
        ("stop", "python -m aws.local stop"),
        ("reset", "python -m aws.local reset"),
        ("status", "python -m aws.local status"),
        ("test", "python -m pytest -q"),
        ("bench", "python -m tests.bench.jobs"),
    ],
)
def test_targets_call_what_they_promise(project: Path, target: str, call: str) -> None:
    with_environment(project)
    assert call in make(project, target).stdout


def test_check_changes_nothing(project: Path) -> None:
    with_environment(project)
    (project / ".ci").mkdir()
    calls = [line for line in make(project, "check").stdout.splitlines() if line.startswith("python ")]
    assert "python -m ruff format --check ." in calls
    assert not any("fix" in call for call in calls)


PEERS = ("bcftools", "tabix", "vcfanno", "snpEff", "snpSift")


def run_ci(project: Path, *, installed: tuple[str, ...]) -> "subprocess.CompletedProcess[str]":
    """Run .ci/run where only the given programs are installed, and make fails with 7."""
    shutil.copytree(PROJECT / ".ci", project / ".ci", dirs_exist_ok=True)
    tools = project / "tools"
    tools.mkdir()
    for name in TOOLS:
        (tools / name).symlink_to(shutil.which(name) or name)
    for name in ("apt-get", "python3", *installed):
        executable(tools / name, f'#!{shutil.which("sh")}\necho "{name} $*"\n')
    executable(tools / "make", f'#!{shutil.which("sh")}\necho "make $* CI=$CI"\nexit 7\n')
    return subprocess.run(
        [project / ".ci" / "run"], env={"PATH": str(tools)}, capture_output=True, text=True, check=False
    )


def test_ci_installs_a_browser_and_ends_as_the_tests_do(project: Path) -> None:
    done = run_ci(project, installed=("shellcheck", *PEERS))
    assert done.returncode == 7, done.stderr
    assert "apt-get install --quiet --yes --no-install-recommends chromium\n" in done.stdout
    assert done.stdout.endswith("make test CI=true\n")


def test_ci_installs_what_the_engine_is_compared_with(project: Path) -> None:
    done = run_ci(project, installed=("chromium", "shellcheck"))
    assert done.stdout.count("bcftools tabix vcfanno snpeff snpsift\n") == 2


def test_ci_installs_nothing_that_is_there(project: Path) -> None:
    done = run_ci(project, installed=("chromium", "shellcheck", *PEERS))
    assert done.returncode == 7, done.stderr
    assert "apt-get" not in done.stdout
