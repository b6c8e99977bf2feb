"""The processes of one embedded cloud: started with a mark in their environment, found by it, ended in order.

The mark is inherited, so it also finds what a process has started itself, and it survives the death of the
supervisor: whoever comes next can end what is left without trusting a file of process IDs.
"""

import contextlib
import dataclasses
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from pathlib import Path
from typing import Self

import psutil

from aws.local.state import LocalError

MARK = "EMBEDDED_CLOUD"
POLL_SECONDS = 0.1


class Stage(IntEnum):
    """When a process ends, lowest first: what uses the cloud goes before the cloud itself."""

    SERVICE = 0
    CLOUD = 1


@dataclasses.dataclass(frozen=True, kw_only=True)
class Mark:
    """What the environment of a process says about it."""

    stage: Stage
    stop_signal: signal.Signals
    state: Path

    def encode(self) -> str:
        """Return the value of the environment variable."""
        return f"{int(self.stage)} {int(self.stop_signal)} {self.state}"

    @classmethod
    def decode(cls, value: str) -> Self:
        """Return the mark that `encode` wrote. Raises ValueError."""
        stage, number, state = value.split(" ", 2)
        return cls(stage=Stage(int(stage)), stop_signal=signal.Signals(int(number)), state=Path(state))


@dataclasses.dataclass(frozen=True)
class Owner:
    """The operating system's user that a process runs as, where it is not our own."""

    name: str
    uid: int
    gid: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Program:
    """A process to start: what it is called, how it starts, when it is ready and how it stops."""

    name: str
    command: Sequence[str | Path]
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    folder: Path
    stage: Stage = Stage.SERVICE
    stop_signal: signal.Signals = signal.SIGTERM
    owner: Owner | None = None
    # Without one it counts as ready once it has started.
    is_ready: Callable[[], bool] | None = None
    # Called each time that it has become ready. Raises LocalError.
    when_ready: Callable[[], None] | None = None


def start(program: Program, state: Path, environment: Mapping[str, str], log: Path) -> "subprocess.Popen[bytes]":
    """Start the program in a session of its own, its output going to the log. Raises LocalError."""
    mark = Mark(stage=program.stage, stop_signal=program.stop_signal, state=state)
    owner = program.owner
    try:
        with log.open("ab") as output:
            return subprocess.Popen(
                program.command,
                cwd=program.folder,
                env={**environment, **program.environment, MARK: mark.encode()},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=owner.uid if owner else None,
                group=owner.gid if owner else None,
                extra_groups=[] if owner else None,
            )
    except OSError as error:
        raise LocalError(f"{program.name} cannot be started: {error.strerror}: {error.filename}") from error


def family(state: Path) -> dict[psutil.Process, Mark]:
    """Return every living process of the embedded cloud whose state folder this is."""
    found = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError, ValueError):
            mark = Mark.decode(process.environ().get(MARK, ""))
            if mark.state == state and process.pid != os.getpid():
                found[process] = mark
    return found


def end_family(
    state: Path,
    grace_seconds: float,
    *,
    stages: Sequence[Stage] = tuple(Stage),
    reap: Callable[[], None] = lambda: None,
    in_a_hurry: Callable[[], bool] = lambda: False,
) -> int:
    """End the processes stage by stage and return how many there were.

    Each is asked by its own signal; what is still there after the grace, or as soon as somebody is in a hurry, is
    killed. `reap` is called while waiting, for whoever has children among them.
    """
    seen: set[psutil.Process] = set()
    for stage in stages:
        asked: set[psutil.Process] = set()
        deadline = time.monotonic() + grace_seconds
        while members := {process: mark for process, mark in family(state).items() if mark.stage == stage}:
            seen |= set(members)
            for process, mark in members.items():
                # A leader ends what it has started in the way that suits it, so only leaders are asked.
                if process not in asked and _leads(process):
                    asked.add(process)
                    _send(process, mark.stop_signal)
            # A worker whose leader is gone has nobody left to end it.
            if time.monotonic() > deadline or in_a_hurry() or not any(map(_leads, members)):
                for process in members:
                    _kill(process)
            reap()
            time.sleep(POLL_SECONDS)
    return len(seen)


def _leads(process: psutil.Process) -> bool:
    with contextlib.suppress(ProcessLookupError):
        return os.getsid(process.pid) == process.pid
    return False


def _send(process: psutil.Process, number: signal.Signals) -> None:
    with contextlib.suppress(psutil.Error):
        process.send_signal(number)


def _kill(process: psutil.Process) -> None:
    """Kill the process, and where it leads a group all of that: PostgreSQL's workers hide their environment."""
    if _leads(process) and process.is_running():
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    _send(process, signal.SIGKILL)


def next_delay(previous_seconds: float | None, ran_seconds: float) -> float:
    """Return how long to wait before a process that ended is started again: 1, 2, 4 … 30 s, anew after a good run."""
    if previous_seconds is None or ran_seconds >= 60:  # noqa: PLR2004 - a minute is what counts as a good run
        return 1.0
    return min(previous_seconds * 2, 30.0)


def ending(returncode: int) -> str:
    """Say how a process ended, given its return code as subprocess has it."""
    if returncode >= 0:
        return f"ended with exit code {returncode}"
    try:
        return f"was ended by {signal.Signals(-returncode).name}"
    except ValueError:
        return f"was ended by signal {-returncode}"


def last_line(log: Path) -> str:
    """Return the last line of a log that is not blank, or nothing; at most 300 characters."""
    with contextlib.suppress(OSError), log.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 8192))
        lines = file.read().decode(errors="replace").split("\n")
        return next((line.strip()[:300] for line in reversed(lines) if line.strip()), "")
    return ""
