"""Commands run on one core: medians of seconds, CPU seconds and peak memory."""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

LAUNCHER = Path(__file__).with_name("engine_launch.py")
PROJECT = Path(__file__).parents[2]
TAIL = 300  # characters of what a failed command said


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command line, or several in a pipe, as a row of the table names it.

    Its result goes to standard output, which lands in a file, unless the arguments name the file themselves.
    ``cores``: 1, or more where threads are what is measured. ``repeats``: None for as many as the others.
    """

    tool: str
    stages: Sequence[Sequence[str]]
    cores: int = 1
    repeats: int | None = None
    first_byte: bool = False


@dataclass(frozen=True, kw_only=True)
class Result:
    """Medians of the runs: ``seconds``, ``busy`` (CPU seconds) and ``peak`` (bytes).

    ``spread`` is the slowest less the fastest run, as part of the median. ``failure`` is what a command that failed
    said, empty for one that did not.
    """

    tool: str
    seconds: float = 0.0
    busy: float = 0.0
    peak: float = 0.0
    spread: float = 0.0
    runs: int = 0
    failure: str = ""


def measure(commands: Sequence[Command], folder: Path, repeats: int) -> list[Result]:
    """Run all commands in turn, ``repeats`` times, so that what slows the machine for a while hits all of them."""
    found: list[list[dict[str, float]]] = [[] for _ in commands]
    failures = ["" for _ in commands]
    for turn in range(repeats):
        for number, command in enumerate(commands):
            if failures[number] or turn >= (command.repeats or repeats):
                continue
            say(f"  run {turn + 1}: {command.tool}")
            answer = launch(command, folder)
            if isinstance(answer, str):
                failures[number] = answer
            else:
                found[number].append(answer)
    return [
        Result(tool=command.tool, failure=failure) if failure else summary(command.tool, runs)
        for command, failure, runs in zip(commands, failures, found, strict=True)
    ]


def summary(tool: str, runs: Sequence[dict[str, float]]) -> Result:
    """Return the medians of ``runs``."""
    seconds = [run["seconds"] for run in runs]
    middle = statistics.median(seconds)
    return Result(
        tool=tool,
        seconds=middle,
        busy=statistics.median(run["busy"] for run in runs),
        peak=statistics.median(run["peak"] for run in runs),
        spread=(max(seconds) - min(seconds)) / middle,
        runs=len(runs),
    )


def launch(command: Command, folder: Path) -> dict[str, float] | str:
    """Run ``command`` once and return its figures, or the end of what it said where it failed."""
    output, errors = folder / "standard_output", folder / "standard_error"
    asked = {
        "stages": [list(stage) for stage in command.stages],
        # The last cores, since the first serves most interrupts.
        "cores": sorted(os.sched_getaffinity(0))[-command.cores :],
        "output": str(output),
        "errors": str(errors),
        "first_byte": command.first_byte,
    }
    run = subprocess.run(
        [sys.executable, "-I", "-S", str(LAUNCHER), json.dumps(asked)], capture_output=True, text=True, check=False
    )
    said = errors.read_text(errors="replace") if errors.exists() else ""
    for path in (output, errors):
        path.unlink(missing_ok=True)
    if run.returncode:
        return said_last(run.stderr)
    answer = json.loads(run.stdout)
    if any(answer["codes"]):
        return said_last(said).replace(f"{folder}/", "").replace(f"{PROJECT}/", "")
    return {name: answer[name] for name in ("seconds", "busy", "peak")}


def said_last(text: str) -> str:
    """Return the end of the last line of ``text``."""
    lines = text.strip().splitlines()
    return lines[-1][-TAIL:] if lines else "it failed and said nothing"


def say(line: str) -> None:
    """Print progress, apart from the table."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
