"""A supervisor with made-up programs, as a process: `python -m tests.integration.supervised STATE GRACE PLAN`.

PLAN is JSON: for each of cloud, setup and service a mapping of names to Python code that the program runs.
"""

import dataclasses
import json
import os
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from aws.local.config import PROJECT
from aws.local.processes import Program, Stage
from aws.local.state import StateFolder
from aws.local.supervisor import Plan, Supervisor
from util.errors import GasError


def say(sentence: str) -> None:
    print(sentence, flush=True)  # noqa: T201  # the test reads it


def service(codes: Mapping[str, str]) -> list[Program]:
    return [Program(name=name, command=[sys.executable, "-c", code], folder=PROJECT) for name, code in codes.items()]


def cloud(codes: Mapping[str, str], state: StateFolder) -> list[Program]:
    """Programs that are ready once they have said `up`."""

    def says_up(name: str) -> bool:
        return state.log_file(name).read_text().startswith("up\n")

    return [
        dataclasses.replace(program, stage=Stage.CLOUD, is_ready=partial(says_up, program.name))
        for program in service(codes)
    ]


def main() -> None:
    state, grace, described = StateFolder(Path(sys.argv[1])), float(sys.argv[2]), json.loads(sys.argv[3])
    plan = Plan(
        cloud=cloud(described.get("cloud", {}), state),
        setup=service(described.get("setup", {})),
        service=service(described.get("service", {})),
        announce=lambda: say("everything runs"),
    )
    try:
        state.prepare()
        Supervisor(state, os.environ, grace, say).run(lambda: plan)
    except GasError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
