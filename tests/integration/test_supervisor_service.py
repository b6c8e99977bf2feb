"""The whole service as `make run` starts it, on ports and in a state folder of its own."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest
import requests

from aws.local.processes import family
from aws.local.state import StateFolder
from tests.waiting import wait_for


class Service:
    """`python -m aws.local`, with its output in a file."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "state"
        self.output = folder / "output"
        keys = ("SITE_PORT", "CLOUD_PORT", "GLOBUS_PORT")
        sockets = [socket.create_server(("127.0.0.1", 0)) for _ in keys]
        ports = {f"GAS_LOCAL_{key}": str(made.getsockname()[1]) for key, made in zip(keys, sockets, strict=True)}
        for made in sockets:
            made.close()
        self.environment = os.environ | ports | {"GAS_LOCAL_STATE": str(self.state)}
        self.site = f"https://localhost:{ports['GAS_LOCAL_SITE_PORT']}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "aws.local"], env=self.environment, stdout=output, stderr=output
            )
        self.says("started in ")

    def says(self, text: str) -> None:
        wait_for(
            f"the supervisor saying {text!r}",
            lambda: text in self.output.read_text() or (self.process and self.process.poll() is not None),
        )
        assert text in self.output.read_text(), self.output.read_text()

    def command(self, name: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "aws.local", name], env=self.environment, capture_output=True, text=True, check=False
        )

    def health(self) -> int:
        """Ask the site, trusting nobody but the state folder's own authority."""
        return requests.get(
            f"{self.site}/healthz", verify=str(self.state / "tls" / "authority.pem"), timeout=30
        ).status_code

    def pid_of(self, module: str) -> int:
        return next(process.pid for process in family(self.state) if module in process.cmdline())

    def end(self) -> None:
        self.command("reset")
        if self.process:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = Service(tmp_path)
    yield made
    made.end()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Return a service that runs, for the tests that leave it as it was."""
    made = Service(tmp_path_factory.mktemp("running"))
    made.start()
    yield made
    made.end()


def test_the_service_runs_stops_runs_again_and_is_reset(service: Service) -> None:
    assert service.command("status").returncode == 3
    service.start()
    output = service.output.read_text()
    assert re.search(rf"^  Site +{service.site}$", output, re.MULTILINE)
    assert re.search(r"^  Log in as +Ada Lovelace", output, re.MULTILINE)
    assert service.health() == 200
    assert service.command("status").returncode == 0
    client = json.loads((service.state / "globus" / "client.json").read_text())

    again = service.command("run")
    assert again.returncode == 1
    assert re.fullmatch(r".* already runs from the state folder .* as process \d+; .*\n", again.stdout)
    assert service.health() == 200

    assert service.command("stop").returncode == 0
    assert service.process
    assert service.process.wait() == 0
    assert not family(service.state)

    service.start()
    assert json.loads((service.state / "globus" / "client.json").read_text()) == client
    reset = service.command("reset")
    assert reset.returncode == 0
    assert f"removed everything in {service.state}" in reset.stdout
    assert [entry.name for entry in service.state.iterdir()] == ["supervisor.lock"]
    assert not family(service.state)


def test_the_site_comes_back_after_its_cloud_was_killed(running: Service) -> None:
    for name, module in (("emulator", "aws.local.emulator"), ("globus", "aws.local.globus")):
        os.kill(running.pid_of(module), signal.SIGKILL)
        running.says(f"{name} was ended by SIGKILL")
    postgres = next(process for process in family(running.state) if process.name() == "postgres")
    postgres.kill()
    for name in ("emulator", "globus", "postgres"):
        running.says(f"starting {name} again")
        wait_for(f"{name} being ready again", partial(_is_ready_again, running, name))
    assert running.health() == 200


def test_a_busy_port_is_a_sentence(service: Service) -> None:
    port = int(service.environment["GAS_LOCAL_CLOUD_PORT"])
    with socket.create_server(("127.0.0.1", port)):
        done = service.command("run")
    assert done.returncode == 1
    assert f"port {port} is not available" in done.stdout
    assert "GAS_LOCAL_CLOUD_PORT" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert not family(service.state)


@pytest.mark.parametrize("place", ["/proc/gas", "/dev/null"])
def test_a_state_folder_that_cannot_be_written_is_a_sentence(service: Service, place: str) -> None:
    service.environment["GAS_LOCAL_STATE"] = place
    done = service.command("run")
    assert done.returncode == 1
    assert re.fullmatch(rf".*the state folder {place} cannot be written: .*\n", done.stdout)
    assert not done.stderr


def test_a_folder_that_is_not_ours_is_not_reset(service: Service, tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter").touch()
    service.environment["GAS_LOCAL_STATE"] = str(tmp_path / "thesis")
    assert "nothing to remove" in service.command("reset").stdout
    assert (tmp_path / "thesis" / "chapter").exists()


def test_no_process_of_the_service_listens_beyond_what_it_says(running: Service) -> None:
    site = int(running.environment["GAS_LOCAL_SITE_PORT"])
    listening = {
        connection.laddr.ip
        for process in family(running.state)
        for connection in psutil.Process(process.pid).net_connections("inet")
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port != site
    }
    assert listening == {"127.0.0.1"}


def test_the_state_folder_keeps_its_secrets_from_others(running: Service) -> None:
    readable = [path for path in running.state.rglob("*") if path.is_file() and path.stat().st_mode & 0o077]
    open_folders = {path for path in running.state.iterdir() if path.is_dir() and path.stat().st_mode & 0o077}
    assert not readable
    assert not open_folders
    assert StateFolder(running.state).supervisor() is not None


def _is_ready_again(service: Service, name: str) -> bool:
    return service.output.read_text().count(f"{name} is ready after") == 2
