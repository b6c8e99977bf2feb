"""What the embedded cloud runs, as data: the stand-ins for the cloud, then the service's own programs."""

import ssl
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from aws.local.config import PROJECT, Local
from aws.local.processes import Program, Stage


def stand_ins(local: Local, provision: Callable[[], None]) -> list[Program]:
    """Return AWS's and Globus Auth's stand-ins; `provision` fills AWS's once it answers."""
    return [
        Program(
            name="emulator",
            command=[
                *(sys.executable, "-m", "aws.local.emulator"),
                *("--host", "127.0.0.1", "--port", str(local.cloud_port), "--state", local.folder / "cloud"),
            ],
            folder=PROJECT,
            stage=Stage.CLOUD,
            is_ready=lambda: answers(f"{local.cloud_url}/_gas/ready"),
            when_ready=provision,
        ),
        Program(
            name="globus",
            command=[
                *(sys.executable, "-m", "aws.local.globus"),
                *("--port", str(local.globus_port), "--state", local.folder / "globus"),
                *("--redirect-uri", f"{local.site_url}/authcallback"),
            ],
            folder=PROJECT,
            stage=Stage.CLOUD,
            is_ready=lambda: answers(f"{local.globus_url}/jwk.json"),
        ),
    ]


def migration() -> Program:
    """Return what brings the accounts database to the newest schema; it runs to its end before the service starts."""
    return Program(name="migration", command=[sys.executable, "web/manage.py", "db", "upgrade"], folder=PROJECT)


def service(local: Local) -> list[Program]:
    """Return the web servers, which share a port, the annotators and the notifier."""
    authority = local.folder / "tls" / "authority.pem"

    def site_answers() -> bool:
        return answers(f"{local.site_url}/healthz", authority)

    return [
        *(_script("web", n, "web/run_gas.sh", "console", ready=site_answers) for n in range(1, local.web_servers + 1)),
        *(_script("annotator", n, "ann/run_ann.sh") for n in range(1, local.annotators + 1)),
        _script("notify", 1, "util/notify/run_notify.sh"),
    ]


def _script(kind: str, number: int, path: str, *arguments: str, ready: Callable[[], bool] | None = None) -> Program:
    return Program(name=f"{kind}-{number}", command=[PROJECT / path, *arguments], folder=PROJECT, is_ready=ready)


def answers(url: str, authority: Path | None = None) -> bool:
    """Return whether the address answers with success; never by way of a proxy."""
    context = ssl.create_default_context(cafile=authority) if authority else None
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), *([urllib.request.HTTPSHandler(context=context)] if context else [])
    )
    try:
        with opener.open(url, timeout=2):
            return True
    except (OSError, urllib.error.HTTPError):
        return False
