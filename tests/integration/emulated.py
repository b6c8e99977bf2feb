"""The AWS emulator alone, as a real process on a free port with a state folder of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import requests

from aws.local.provision import provision
from tests.service import free_port
from tests.waiting import wait_for
from util.cloud import Cloud
from util.settings import Settings, load

KEYS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
DATABASE = {"host": "127.0.0.1", "port": "5432", "dbname": "gas", "username": "gas", "password": "p"}
GLOBUS = {"client_id": "c", "client_secret": "s"}


class Emulator:
    """An emulator that can be stopped, killed and started again on its state."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "cloud"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = load(Settings, environ={"GAS_AWS_ENDPOINT_URL": self.url})
        self.cloud = Cloud(self.settings)
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.process = self.run()
        wait_for("the emulator answering", self._answers)

    def run(self) -> "subprocess.Popen[str]":
        """Start it and return the process at once."""
        command = [sys.executable, "-m", "aws.local.emulator", "--port", str(self.port), "--state", str(self.state)]
        return subprocess.Popen(command, env=os.environ | KEYS, stderr=subprocess.PIPE, text=True)

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.process.communicate()[1]
        try:
            return requests.get(f"{self.url}/_gas/ready", timeout=5).ok
        except requests.ConnectionError:
            return False

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Stop it and return its exit status; every reply it has given is saved, unless it is killed."""
        assert self.process is not None
        self.process.send_signal(number)
        self.process.communicate(timeout=60)
        return self.process.returncode

    def provision(self, **settings: str) -> None:
        """Deploy as the supervisor does, with some settings changed."""
        changed = load(Settings, environ={"GAS_AWS_ENDPOINT_URL": self.url, **settings})
        provision(changed, accounts_database=DATABASE, globus=GLOBUS)

    def order_fault(self, **fault: str | int) -> requests.Response:
        """Make calls fail; see aws/local/faults.py."""
        return requests.post(f"{self.url}/_gas/faults", json=fault, timeout=10)

    def new_cloud(self) -> Cloud:
        """Return clients that share nothing with others: boto3 resources are not for several threads."""
        return Cloud(self.settings)

    def start_python(self, code: str) -> "subprocess.Popen[str]":
        """Start a process that may use the emulator."""
        return subprocess.Popen([sys.executable, "-c", code], env=os.environ | KEYS, text=True)

    def has_client(self, pid: int) -> bool:
        """Tell whether a process has a connection to the emulator."""
        connections = psutil.Process(pid).net_connections("tcp")
        return any(end.raddr and end.raddr.port == self.port and end.status == "ESTABLISHED" for end in connections)

    def queue_url(self, name: str) -> str:
        """Return the address of a queue of the settings' prefix."""
        return self.cloud.queue_url(f"{self.settings.gas.prefix}_{name}")


@contextmanager
def running_emulator(folder: Path) -> Iterator[Emulator]:
    """Run an emulator, provisioned, for the length of the block."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in KEYS.items():
            patch.setenv(name, value)
        emulator = Emulator(folder)
        emulator.start()
        try:
            emulator.provision()
            yield emulator
        finally:
            if emulator.process is not None and emulator.process.poll() is None:
                emulator.stop(signal.SIGKILL)
