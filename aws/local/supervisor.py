"""The supervisor: starts the programs in order, starts again what dies, and ends everything in order."""

import contextlib
import dataclasses
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence

from aws.local.processes import POLL_SECONDS, Program, Stage, end_family, ending, last_line, next_delay, start
from aws.local.state import LocalError, StateFolder

READY_SECONDS = 60.0
Say = Callable[[str], None]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan:
    """What to run: the cloud, then what runs to its end, then the service; then `announce` what there is."""

    cloud: Sequence[Program]
    setup: Sequence[Program]
    service: Sequence[Program]
    announce: Callable[[], None]


class StopRequested(Exception):
    """Somebody has asked the supervisor to stop while it was starting things."""


class Child:
    """A program and its process of the moment."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.process: subprocess.Popen[bytes] | None = None
        self.started = 0.0
        self.ready = False
        self.delay: float | None = None
        self.due = 0.0


class Supervisor:
    """Runs a plan in a state folder until it is asked to stop. Times in seconds."""

    def __init__(self, state: StateFolder, environment: Mapping[str, str], grace_seconds: float, say: Say) -> None:
        self._state = state
        self._environment = environment
        self._grace = grace_seconds
        self._say = say
        self._children: list[Child] = []
        self._stop_requests = 0

    def run(self, make_plan: Callable[[], Plan]) -> None:
        """Run the plan, made once the folder is ours alone, and return when all has ended. Raises LocalError."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._request_stop)
        if self._state.is_busy() and not self._state.supervisor():
            self._say("waiting for the processes of a killed supervisor to end")
        lock = self._state.lock(wait_seconds=(len(Stage) + 1) * self._grace)
        left = end_family(self._state.path, self._grace, in_a_hurry=self._in_a_hurry)
        if left:
            self._say(f"ended {left} processes that an earlier run had left")
        reaper = self._start_reaper(lock)
        try:
            self._start_all(make_plan())
            while not self._stop_requests:
                self._step()
                time.sleep(POLL_SECONDS)
        except StopRequested:
            pass
        finally:
            if self._children:
                self._say("stopping; once more Ctrl-C kills what does not end by itself")
            end_family(self._state.path, self._grace, reap=self._reap, in_a_hurry=self._in_a_hurry)
            reaper.kill()
            reaper.wait()
            os.close(lock)
            if self._children:
                self._say("stopped")

    def _request_stop(self, _number: int, _frame: object) -> None:
        self._stop_requests += 1

    def _in_a_hurry(self) -> bool:
        return self._stop_requests > 1

    def _start_reaper(self, lock: int) -> "subprocess.Popen[bytes]":
        """Start what ends our processes if we are killed; it shares our lock until it is done."""
        return subprocess.Popen(
            [sys.executable, "-m", "aws.local.reaper", self._state.path, str(self._grace)],
            env=dict(self._environment),
            stdin=subprocess.PIPE,
            pass_fds=[lock],
            start_new_session=True,
        )

    def _start_all(self, plan: Plan) -> None:
        began = time.monotonic()
        self._start(plan.cloud)
        self._wait_until_ready(required=True)
        for program in plan.setup:
            self._run_to_end(program)
        self._start(plan.service)
        self._wait_until_ready(required=False)
        plan.announce()
        self._say(f"started in {time.monotonic() - began:.1f} s")

    def _start(self, programs: Sequence[Program]) -> None:
        for program in programs:
            self._say(f"starting {program.name}")
            child = Child(program)
            self._children.append(child)
            self._spawn(child)

    def _spawn(self, child: Child) -> None:
        log = self._state.log_file(child.program.name)
        child.started = time.monotonic()
        child.ready = False
        child.process = start(child.program, self._state.path, self._environment, log)

    def _wait_until_ready(self, *, required: bool) -> None:
        """Wait for every child; one of the cloud that ends before that is an error, one of the service starts again."""
        deadline = time.monotonic() + READY_SECONDS
        while waiting := [child for child in self._children if not child.ready]:
            if self._stop_requests:
                raise StopRequested
            for child in waiting:
                self._check_ready(child)
                if required and child.process and child.process.poll() is not None:
                    raise LocalError(self._obituary(child, child.process.returncode))
            if not required:
                self._step()
            if time.monotonic() > deadline:
                names = ", ".join(child.program.name for child in waiting)
                sentence = f"{names} did not become ready in {READY_SECONDS:.0f} s; the logs are in {self._state.log}"
                if required:
                    raise LocalError(sentence)
                self._say(sentence)
                return
            time.sleep(POLL_SECONDS)

    def _check_ready(self, child: Child) -> None:
        program = child.program
        if child.process is None or child.process.poll() is not None:
            return
        if program.is_ready is None or program.is_ready():
            if program.when_ready:
                program.when_ready()
            child.ready = True
            if program.is_ready:
                self._say(f"{program.name} is ready after {time.monotonic() - child.started:.1f} s")

    def _run_to_end(self, program: Program) -> None:
        self._say(f"running {program.name}")
        log = self._state.log_file(program.name)
        log.unlink(missing_ok=True)
        process = start(program, self._state.path, self._environment, log)
        while process.poll() is None:
            if self._stop_requests:
                raise StopRequested
            self._step()
            time.sleep(POLL_SECONDS)
        if process.returncode:
            output = log.read_text(encoding="utf-8", errors="replace").strip()
            raise LocalError(f"{output}\n{program.name} {ending(process.returncode)}; its output is above")

    def _step(self) -> None:
        """Notice who has ended, start again who has waited long enough, and see who has become ready."""
        for child in self._children:
            try:
                if child.process is None:
                    self._start_again(child)
                elif child.process.poll() is not None:
                    self._bury(child, child.process)
                elif not child.ready:
                    self._check_ready(child)
            except LocalError as error:
                self._say(str(error))
                if child.process:
                    child.process.kill()

    def _start_again(self, child: Child) -> None:
        now = time.monotonic()
        if now >= child.due:
            # In case that it cannot even be started, it waits as long again.
            child.due = now + (child.delay or 0)
            self._say(f"starting {child.program.name} again")
            self._spawn(child)

    def _bury(self, child: Child, process: "subprocess.Popen[bytes]") -> None:
        # What it has started does not go on without it: the next one starts as on a new machine.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        now = time.monotonic()
        child.process = None
        child.delay = next_delay(child.delay, now - child.started)
        child.due = now + child.delay
        self._say(f"{self._obituary(child, process.returncode)}; starting it again in {child.delay:.0f} s")

    def _obituary(self, child: Child, returncode: int) -> str:
        name = child.program.name
        line = last_line(self._state.log_file(name))
        return f"{name} {ending(returncode)}" + (f" (its last line: {line})" if line else "")

    def _reap(self) -> None:
        for child in self._children:
            if child.process:
                child.process.poll()


def stop(state: StateFolder, grace_seconds: float, say: Say) -> bool:
    """Stop the supervisor of a state folder, or what a killed one left; return whether anything ran."""
    supervisor = state.supervisor()
    if supervisor:
        say(f"stopping process {supervisor.pid}")
        supervisor.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + (len(Stage) + 1) * grace_seconds
    busy = state.is_busy()
    while state.is_busy():
        if time.monotonic() > deadline:
            raise LocalError(f"the processes that run from {state.path} do not end")
        time.sleep(POLL_SECONDS)
    return bool(end_family(state.path, grace_seconds)) or busy
