"""The supervisor with real processes: what it starts, starts again, and leaves behind (nothing)."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from aws.local.processes import family
from aws.local.state import StateFolder
from aws.local.supervisor import stop
from tests.waiting import wait_for

DEADLINE = 60
UP = "print('up', flush=True)\n"
SLEEP = "import time; time.sleep(600)"
STORE = UP + SLEEP
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
WITH_A_CHILD = (
    "import subprocess, sys, time; "
    "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], start_new_session=True); time.sleep(600)"
)


def names_itself_when_it_ends(file: Path, name: str) -> str:
    """Code that appends its name to the file when it is asked to end."""
    return (
        "import signal, sys, time\n"
        "def end(*_):\n"
        f"    open({str(file)!r}, 'a').write({name!r})\n"
        "    sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
        f"{UP}"
        "time.sleep(600)\n"
    )


def wait_for_log(state: Path, name: str, content: str) -> None:
    log = StateFolder(state).log_file(name)
    wait_for(f"{name} writing {content!r}", lambda: log.exists() and log.read_text() == content)


class Run:
    """A supervisor in a process, and what it has said so far."""

    def __init__(self, state: Path, grace: float = 10, **plan: dict[str, str]) -> None:
        self.state = state
        self.said = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.supervised", state, str(grace), json.dumps(plan)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.said += line

    def says(self, text: str) -> None:
        wait_for(f"the supervisor saying {text!r}", lambda: text in self.said or self.process.poll() is not None)
        assert text in self.said, self.said

    def pid_of(self, name: str) -> int:
        """Return the process that writes the log of that name."""
        log = self.state / "log" / f"{name}.log"
        for process in family(self.state):
            with contextlib.suppress(OSError):
                if Path(f"/proc/{process.pid}/fd/1").samefile(log):
                    return process.pid
        raise AssertionError(f"{name} does not run")

    def ended(self) -> int:
        code = self.process.wait(DEADLINE)
        self._listener.join(DEADLINE)
        return code


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "state"
    yield folder
    for process in family(folder):
        with contextlib.suppress(psutil.Error):
            process.kill()


@pytest.fixture
def start(state: Path) -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def start_one(**arguments: Any) -> Run:
        runs.append(Run(state, **arguments))
        return runs[-1]

    yield start_one
    for run in runs:
        run.process.kill()
        run.ended()
        assert run.process.stdout
        run.process.stdout.close()


Start = Callable[..., Run]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_request_to_stop_ends_everything(start: Start, state: Path, number: signal.Signals) -> None:
    run = start(cloud={"store": STORE}, service={"web": SLEEP, "worker": WITH_A_CHILD})
    run.says("everything runs")
    run.process.send_signal(number)
    assert run.ended() == 0
    assert "stopped" in run.said
    assert not family(state)


def test_the_service_ends_before_the_cloud_that_it_uses(start: Start, state: Path, tmp_path: Path) -> None:
    order = tmp_path / "order"
    run = start(
        cloud={"store": names_itself_when_it_ends(order, "store;")},
        service={"web": names_itself_when_it_ends(order, "web;")},
    )
    wait_for_log(state, "web", "up\n")
    run.process.send_signal(signal.SIGTERM)
    run.ended()
    assert order.read_text() == "web;store;"


def test_a_program_that_ignores_the_request_is_killed_after_the_grace(start: Start, state: Path) -> None:
    run = start(grace=0.2, service={"stubborn": STUBBORN})
    run.says("everything runs")
    run.process.send_signal(signal.SIGINT)
    assert run.ended() == 0
    assert not family(state)


def test_a_second_request_does_not_wait_for_the_grace(start: Start, state: Path) -> None:
    run = start(grace=3600, service={"stubborn": UP + STUBBORN})
    wait_for_log(state, "stubborn", "up\n")
    run.process.send_signal(signal.SIGINT)
    run.says("stopping")
    run.process.send_signal(signal.SIGINT)
    assert run.ended() == 0
    assert not family(state)


def test_nothing_is_orphaned_when_the_supervisor_is_killed(start: Start, state: Path) -> None:
    run = start(cloud={"store": STORE}, service={"web": SLEEP, "worker": WITH_A_CHILD})
    run.says("everything runs")
    assert family(state)
    run.process.kill()
    wait_for("the end of all processes", lambda: not family(state))


def test_what_a_killed_supervisor_and_its_reaper_left_is_ended_by_the_next(start: Start, state: Path) -> None:
    killed = start(cloud={"store": STORE}, service={"web": SLEEP})
    killed.says("everything runs")
    left = family(state)
    (reaper,) = (child for child in psutil.Process(killed.process.pid).children() if child not in left)
    reaper.kill()
    killed.process.kill()
    killed.ended()
    assert family(state).keys() == left.keys()
    run = start(service={"web": SLEEP})
    run.says("everything runs")
    assert f"ended {len(left)} processes that an earlier run had left" in run.said
    assert not family(state).keys() & left.keys()


def test_a_start_right_after_a_kill_waits_for_the_reaper(start: Start, state: Path) -> None:
    killed = start(service={"web": SLEEP})
    killed.says("everything runs")
    killed.process.kill()
    run = start(service={"web": SLEEP})
    run.says("everything runs")
    assert len(family(state)) == 1


def test_a_second_start_names_the_first(start: Start) -> None:
    first = start(service={"web": SLEEP})
    first.says("everything runs")
    second = start(service={"web": SLEEP})
    assert second.ended() == 1
    assert f"already runs from the state folder {first.state} as process {first.process.pid}" in second.said
    assert first.process.poll() is None


def test_a_killed_program_is_started_again_and_the_supervisor_says_so(start: Start, state: Path) -> None:
    run = start(service={"web": "print('last words', flush=True)\n" + SLEEP})
    wait_for_log(state, "web", "last words\n")
    killed = run.pid_of("web")
    os.kill(killed, signal.SIGKILL)
    run.says("web was ended by SIGKILL (its last line: last words); starting it again in 1 s")
    run.says("starting web again")
    wait_for_log(state, "web", "last words\n" * 2)
    assert run.pid_of("web") != killed


def test_what_a_killed_program_had_started_does_not_go_on_without_it(start: Start, state: Path) -> None:
    code = "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
    run = start(service={"worker": code + UP + SLEEP})
    wait_for_log(state, "worker", "up\n")
    before = family(state)
    assert len(before) == 2
    (leader,) = psutil.Process(run.process.pid).children()[1:]
    leader.kill()
    run.says("worker was ended by SIGKILL")
    wait_for("the end of the worker's own process", lambda: not family(state).keys() & before.keys())


def test_a_program_that_keeps_failing_is_started_ever_later(start: Start) -> None:
    run = start(service={"broken": "raise SystemExit('no database')"})
    run.says("broken ended with exit code 1 (its last line: no database); starting it again in 1 s")
    run.says("starting it again in 2 s")


def test_a_cloud_that_does_not_come_up_stops_the_start(start: Start, state: Path) -> None:
    run = start(cloud={"other": STORE, "store": "raise SystemExit('disk is gone')"}, service={"web": SLEEP})
    assert run.ended() == 1
    assert "disk is gone" in run.said
    assert "Traceback" not in run.said
    assert not family(state)


def test_a_failed_setup_shows_its_output(start: Start, state: Path) -> None:
    code = "print('column is missing'); raise SystemExit(4)"
    run = start(cloud={"store": STORE}, setup={"migration": code}, service={"web": SLEEP})
    assert run.ended() == 1
    assert "column is missing\nmigration ended with exit code 4" in run.said
    assert not family(state)


def test_a_folder_with_other_things_in_it_is_left_alone(start: Start, state: Path) -> None:
    state.mkdir()
    (state / "thesis.txt").write_text("ten years")
    run = start(service={"web": SLEEP})
    assert run.ended() == 1
    assert f"the folder {state} has other things in it" in run.said
    assert [entry.name for entry in state.iterdir()] == ["thesis.txt"]


def test_stop_ends_a_running_supervisor(start: Start, state: Path) -> None:
    run = start(service={"web": SLEEP})
    run.says("everything runs")
    said: list[str] = []
    assert stop(StateFolder(state), 10, said.append)
    assert said == [f"stopping process {run.process.pid}"]
    assert run.ended() == 0
    assert not family(state)


def test_stop_says_when_nothing_runs(state: Path) -> None:
    assert not stop(StateFolder(state), 10, print)


def test_the_processes_of_another_state_folder_are_left_alone(start: Start, state: Path, tmp_path: Path) -> None:
    run = start(service={"web": SLEEP})
    run.says("everything runs")
    assert not stop(StateFolder(tmp_path), 10, print)
    assert len(family(state)) == 1
