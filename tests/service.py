"""The whole service on free ports with a state of its own, started as `make run` starts it, and a visitor to it."""

import html.parser
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import requests

from aws.local import config as local_config
from aws.local import postgres
from tests.waiting import wait_for

PROJECT = Path(__file__).parents[1]
RETRY_SECONDS = 0.2


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Site:
    """A running service. `environ` is what its programs run in."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.output = folder / "output.txt"
        self.given = {
            "GAS_LOCAL_STATE": str(folder / "state"),
            "GAS_LOCAL_CLOUD_PORT": str(free_port()),
            "GAS_LOCAL_GLOBUS_PORT": str(free_port()),
            "GAS_LOCAL_SITE_PORT": str(free_port()),
            **settings,
        }
        self.local = local_config.load_settings(self.given).local
        self.environ = local_config.environment(self.local, "us-east-1") | self.given
        self.url = self.local.site_url
        self.mailbox = f"{self.local.cloud_url}/mailbox"
        self.authority = self.local.folder / "tls" / "authority.pem"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it says that all is up."""
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "aws.local", "run"],
                cwd=PROJECT,
                env={**os.environ, **self.given},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        wait_for("the service being up", self._is_up, seconds=120)

    def _is_up(self) -> bool:
        text = self.output.read_text()
        assert self.process is not None
        assert self.process.poll() is None, text
        return "started in" in text

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Stop it and return the supervisor's exit status."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(120)

    def mails(self) -> list[dict[str, Any]]:
        """Return all mails sent, newest first."""
        found: list[dict[str, Any]] = requests.get(f"{self.mailbox}.json", timeout=30).json()
        return found


@contextmanager
def running_site(**settings: str) -> Iterator[Site]:
    """Run a service for the length of the block, in a folder that is then removed."""
    folder = Path(tempfile.mkdtemp(prefix="gas-site-"))
    site = Site(folder, **settings)
    try:
        site.start()
        yield site
    finally:
        if site.process and site.process.poll() is None:
            site.stop()
        shutil.rmtree(postgres.elsewhere(site.local.folder), ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


class Visitor:
    """Somebody at a browser without a screen; reloads a page whose server has just died, as people do."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = str(site.authority)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def get(self, path: str, **options: Any) -> requests.Response:
        """Open a page of the site, or any other address."""
        url = path if path.startswith("http") else self._site.url + path
        return self._patiently("GET", url, **options)

    def log_in(self, name: str) -> None:
        """Log in by the account picker."""
        picker = self.get("/login")
        forms = Forms.of(picker.text)
        [chosen] = [form for form in forms if name in form.text]
        picked = self._patiently("POST", requests.compat.urljoin(picker.url, chosen.action), data=chosen.fields)
        assert picked.url.startswith(self._site.url), picked.url

    def submit(self, content: bytes, file_name: str) -> str:
        """Upload a file by the site's own form; return the job's ID."""
        [form] = [form for form in Forms.of(self.get("/annotate").text) if "policy" in form.fields]
        parts = {"file": (file_name, content)}
        answer = self._patiently("POST", form.action, data=form.fields, files=parts, allow_redirects=False)
        assert answer.status_code == requests.codes.see_other, answer.text
        page = self.get(answer.headers["Location"])
        assert page.status_code == requests.codes.ok, page.text
        return page.url.rsplit("/", 1)[-1]

    def _patiently(self, method: str, url: str, **options: Any) -> requests.Response:
        deadline = time.monotonic() + 60
        while True:
            try:
                answer = self._session.request(method, url, timeout=30, **options)
            except requests.ConnectionError:
                if time.monotonic() > deadline:
                    raise
            else:
                if answer.status_code != requests.codes.service_unavailable or time.monotonic() > deadline:
                    return answer
            time.sleep(RETRY_SECONDS)


class Form:
    """One form of a page."""

    def __init__(self, action: str) -> None:
        self.action = action
        self.fields: dict[str, str] = {}
        self.text = ""


class Forms(html.parser.HTMLParser):
    """Reads the forms of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._inside = False
        self._select = ""

    @classmethod
    def of(cls, text: str) -> list[Form]:
        """Return the forms of a page."""
        parser = cls()
        parser.feed(text)
        return parser.found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note forms and their fields; a select counts with its first choice."""
        attributes: Mapping[str, str] = {key: value or "" for key, value in attrs}
        if tag == "form":
            self.found.append(Form(attributes.get("action", "")))
            self._inside = True
        elif self._inside and tag == "select":
            self._select = attributes["name"]
        elif self._inside and tag == "option":
            self.found[-1].fields.setdefault(self._select, attributes["value"])
        elif self._inside and tag == "input" and attributes.get("type") != "file" and "name" in attributes:
            self.found[-1].fields[attributes["name"]] = attributes.get("value", "")

    def handle_data(self, data: str) -> None:
        """Collect what a form says."""
        if self._inside:
            self.found[-1].text += data

    def handle_endtag(self, tag: str) -> None:
        """Note the end of a form."""
        if tag == "form":
            self._inside = False
