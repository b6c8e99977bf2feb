"""One service for all tests, and one Chromium in which each person has a browser of their own.

Both end with this package's last test: Playwright runs once at a time, and other tests want it too.
"""

import base64
import hashlib
import json
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Browser, expect, sync_playwright

from aws.local import globus
from aws.local.state import LOCK
from tests.e2e.people import GOLDEN, PAGE_SIZE, PATIENCE, Annotators, Person, mail_about
from tests.service import Site, Visitor, running_site

# A test has somebody of its own where it counts what other tests would have done before.
PEOPLE = (
    *globus.RESEARCHERS,
    ("Barbara McClintock", "barbara@example.org", "Cold Spring Harbor"),
    ("Chien-Shiung Wu", "wu@example.org", "Columbia University"),
    ("Grace Hopper", "grace@example.org", "Vassar College"),
    ("Lynn Margulis", "lynn@example.org", "University of Massachusetts"),
    ("Nettie Stevens", "nettie@example.org", "Bryn Mawr College"),
    ("Rita Levi-Montalcini", "rita@example.org", "Washington University"),
)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

LogIn = Callable[..., Person]


@pytest.fixture(scope="package")
def chromium_path() -> str:
    """Return where the browser is; without one, skip, except in CI."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        sentence = f"no browser: none of {', '.join(BROWSERS)} is installed"
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)
    return path


@pytest.fixture(scope="package")
def site(chromium_path: str) -> Iterator[Site]:
    """Return the running service, with one annotator that has run a job already."""
    folder = Path(tempfile.mkdtemp(prefix="gas-e2e-"))
    try:
        _write_accounts(folder / "state")
        settings = {"GAS_LOCAL_ANNOTATORS": "1", "GAS_WEB_PAGE_SIZE": str(PAGE_SIZE)}
        with running_site(GAS_LOCAL_STATE=str(folder / "state"), **settings) as site:
            with Visitor(site) as visitor:
                visitor.log_in("Nettie Stevens")
                mail_about(site, visitor.submit((GOLDEN / "sample_mt.vcf").read_bytes(), "first.vcf"))
            yield site
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write_accounts(state: Path) -> None:
    """Have people to log in as, in a state folder that counts as one of the service's."""
    folder = state / "globus"
    folder.parent.parent.chmod(0o711)
    folder.mkdir(parents=True)
    (state / LOCK).touch()
    accounts = globus.ensure_accounts(folder)
    known = {account["email"] for account in accounts}
    for name, email, organization in PEOPLE:
        if email not in known:
            identity = str(uuid.uuid5(globus.NAMESPACE, email))
            accounts.append({"id": identity, "name": name, "email": email, "organization": organization})
    (folder / "accounts.json").write_text(json.dumps(accounts), encoding="utf-8")


@pytest.fixture(scope="package")
def chromium(site: Site, chromium_path: str) -> Iterator[Browser]:
    """Return the browser. It trusts the site's own certificate and refuses any other that nobody vouches for."""
    expect.set_options(timeout=PATIENCE)
    trusted = f"--ignore-certificate-errors-spki-list={_key_digest(site.local.folder / 'tls' / 'site.pem')}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=[*OPTIONS, trusted])
        yield browser
        browser.close()


def _key_digest(certificate: Path) -> str:
    key = x509.load_pem_x509_certificate(certificate.read_bytes()).public_key()
    encoded = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(encoded).digest()).decode()


@pytest.fixture(scope="package")
def sessions() -> dict[str, Any]:
    """Return the cookies of those who have logged in, by name."""
    return {}


@pytest.fixture
def visit(site: Site, chromium: Browser) -> Iterator[Callable[..., Person]]:
    """Return how somebody who is not logged in comes to the site. No browser may complain while the test runs."""
    people: list[Person] = []

    def come(**options: Any) -> Person:
        person = Person(site, chromium.new_context(timezone_id="Europe/Berlin", **options))
        people.append(person)
        return person

    yield come
    complaints = [text for person in people for text in person.complaints()]
    for person in people:
        person.context.close()
    assert complaints == []


@pytest.fixture
def log_in(visit: Callable[..., Person], sessions: dict[str, Any]) -> LogIn:
    """Return how somebody logs in, in a new browser; they pick their account only the first time."""

    def as_whom(name: str, **options: Any) -> Person:
        if name not in sessions:
            newcomer = visit()
            newcomer.log_in(name)
            sessions[name] = newcomer.context.storage_state()
        return visit(storage_state=sessions[name], **options)

    return as_whom


@pytest.fixture
def annotators(site: Site) -> Annotators:
    """Return the annotators, which can be held."""
    return Annotators(site)
