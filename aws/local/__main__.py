"""The embedded cloud: the whole service on this machine.

python -m aws.local [run | stop | reset | status]
python -m aws.local exec PROGRAM [ARGUMENT …]     runs a program as one of the service's own
"""

import argparse
import contextlib
import os
import shutil
import sys
from collections.abc import Mapping, Sequence

from botocore.exceptions import BotoCoreError, ClientError

from aws.local import globus, postgres, programs
from aws.local.certificates import ensure_certificate
from aws.local.config import Local, LocalSettings, environment, load_settings
from aws.local.ports import require_free
from aws.local.processes import family
from aws.local.provision import provision
from aws.local.state import LocalError, StateFolder
from aws.local.supervisor import Plan, Supervisor, stop
from util.errors import GasError

NOT_RUNNING = 3  # what `status` exits with, as init scripts do


def say(sentence: str) -> None:
    """Print one line of progress at once."""
    # The terminal may be gone; that is no reason to leave processes behind.
    with contextlib.suppress(OSError):
        print(sentence, flush=True)  # noqa: T201 - a terminal is what this program talks to


def run(local: Local) -> int:
    """Start everything and stay until Ctrl-C, SIGTERM or `stop`."""
    # Nobody else on this machine is to read databases, uploads and keys.
    os.umask(0o077)
    own = environment(local, load_settings().aws.region)
    os.environ.clear()
    os.environ.update(own)
    settings = load_settings()
    state = StateFolder(local.folder)
    state.prepare()
    Supervisor(state, own, local.stop_seconds, say).run(lambda: plan(settings, state))
    return 0


def plan(settings: LocalSettings, state: StateFolder) -> Plan:
    """Check what everything needs, prepare it, and return what to run. Raises LocalError."""
    local = settings.local
    require_free({"site_port": local.site_port, "cloud_port": local.cloud_port, "globus_port": local.globus_port})
    ensure_certificate(state.path / "tls")
    database = postgres.prepare(state, say)
    client = globus.ensure_client(state.path / "globus")

    def fill() -> None:
        try:
            provision(settings, accounts_database=database.connection(), globus=client)
        except (BotoCoreError, ClientError) as error:
            raise LocalError(f"the embedded cloud cannot be set up: {error}") from error

    return Plan(
        cloud=[database.program(), *programs.stand_ins(local, fill)],
        setup=[programs.migration()],
        service=programs.service(local),
        announce=lambda: say(table(local)),
    )


def table(local: Local) -> str:
    """Return what a user needs to know once everything runs."""
    people = globus.ensure_accounts(local.folder / "globus")
    rows: Mapping[str, str] = {
        "Site": local.site_url,
        "Log in as": ", ".join(person["name"] for person in people),
        "Mailbox": f"{local.cloud_url}/mailbox",
        "Cloud endpoint": local.cloud_url,
        "State folder": str(local.folder),
        "Logs": str(local.folder / "log"),
        "Certificate": f"{local.folder / 'tls' / 'authority.pem'} (trust it, or accept the browser's warning)",
        "Stop": "Ctrl-C here, or `make stop`",
    }
    width = max(map(len, rows))
    return "\n".join(["", *(f"  {name:<{width}}  {value}" for name, value in rows.items()), ""])


def reset(local: Local) -> int:
    """Stop everything and remove all users, jobs, files, mails, keys and logs."""
    state = StateFolder(local.folder)
    if not state.is_ours():
        say(f"there is nothing to remove: {state.path} is no state folder of the service")
        return 0
    stop_all(local)
    lock = state.lock(wait_seconds=0)
    state.empty()
    shutil.rmtree(postgres.elsewhere(state.path), ignore_errors=True)
    os.close(lock)
    say(f"removed everything in {state.path}: users, jobs, files, mails, keys and logs")
    return 0


def stop_all(local: Local) -> int:
    """Stop everything that runs from the state folder."""
    stopped = stop(StateFolder(local.folder), local.stop_seconds, say)
    say("stopped" if stopped else f"nothing runs from {local.folder}")
    return 0


def status(local: Local) -> int:
    """Say what runs from the state folder."""
    supervisor = StateFolder(local.folder).supervisor()
    members = family(local.folder)
    if not supervisor and not members:
        say(f"nothing runs from {local.folder}")
        return NOT_RUNNING
    who = f"process {supervisor.pid}" if supervisor else "no supervisor"
    say(f"{who} and {len(members)} processes of the service run from {local.folder}")
    return 0


def execute(local: Local, command: Sequence[str]) -> int:
    """Become a Python program of the project, in the environment that the service's own programs have."""
    own = environment(local, load_settings().aws.region)
    os.execve(sys.executable, [sys.executable, *command], own)  # noqa: S606 - no shell is wanted


COMMANDS = {"run": run, "stop": stop_all, "reset": reset, "status": status}


def main() -> int:
    """Run one command and return the exit code: 0, 1 for a refusal, 3 where `status` finds nothing."""
    parser = argparse.ArgumentParser(prog="python -m aws.local", description="The whole service on this machine.")
    parser.add_argument("command", nargs="?", choices=[*COMMANDS, "exec"], default="run")
    parser.add_argument("program", nargs=argparse.REMAINDER, help="for exec: a Python program and its arguments")
    arguments = parser.parse_args()
    if (arguments.command == "exec") != bool(arguments.program):
        parser.error("exec takes a program, and only exec does")
    try:
        if arguments.command == "exec":
            return execute(load_settings().local, arguments.program)
        return COMMANDS[arguments.command](load_settings().local)
    except GasError as error:
        say(f"{parser.prog}: {error}")
    except OSError as error:
        # A full disk or a file that belongs to another user, wherever it was met.
        say(f"{parser.prog}: {error.strerror}: {error.filename}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
