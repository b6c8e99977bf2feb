"""Globus Auth's stand-in, spoken to by globus-sdk and by a browser (requests)."""

import os
import re
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import globus_sdk
import pytest
import requests

from aws.local.globus import LOGOUT_PATH, ensure_accounts, ensure_client
from aws.local.processes import Program, start
from aws.local.programs import answers
from tests.waiting import wait_for

REDIRECT = "https://localhost:4433/authcallback"
SCOPES = ["openid", "profile", "email"]


class Globus:
    """The stand-in as a process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.accounts = {account["name"]: account for account in ensure_accounts(folder)}
        self.start()

    def start(self) -> None:
        command = [
            *(sys.executable, "-m", "aws.local.globus"),
            *("--port", str(self.port), "--state", self.folder, "--redirect-uri", REDIRECT),
        ]
        program = Program(name="globus", command=command, folder=Path("/"))
        self.process = start(program, self.folder, os.environ, self.folder / "globus.log")
        wait_for("Globus being ready", lambda: answers(f"{self.url}/jwk.json"))

    def end(self) -> None:
        self.process.terminate()
        self.process.wait()

    def client(self, **changed: str) -> globus_sdk.ConfidentialAppAuthClient:
        registered = ensure_client(self.folder) | changed
        made = globus_sdk.ConfidentialAppAuthClient(registered["client_id"], registered["client_secret"])
        made.oauth2_start_flow(REDIRECT, SCOPES, state="a state")
        return made


@pytest.fixture
def globus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Globus]:
    made = Globus(tmp_path / "globus")
    monkeypatch.setenv("GLOBUS_SDK_SERVICE_URL_AUTH", made.url)
    yield made
    made.end()


def pick(browser: requests.Session, page: requests.Response, name: str) -> dict[str, list[str]]:
    """Choose the account on the page; return what the service's callback gets."""
    form = next(form for form in re.findall(r"<form.*?</form>", page.text) if name in form)
    action = re.search(r'action="(.*?)"', form)
    assert action
    fields = dict(re.findall(r'name="(.*?)" value="(.*?)"', form))
    answer = browser.post(f"{page.url.rsplit('/_', 1)[0]}{action[1]}", data=fields, allow_redirects=False, timeout=10)
    return callback(answer)


def callback(answer: requests.Response) -> dict[str, list[str]]:
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(REDIRECT)
    return parse_qs(urlsplit(answer.headers["Location"]).query)


def log_in(globus: Globus, name: str) -> tuple[requests.Session, str]:
    """Return the browser, and the code that the service gets."""
    browser = requests.Session()
    page = browser.get(globus.client().oauth2_get_authorize_url(), timeout=10)
    answer = pick(browser, page, name)
    assert answer["state"] == ["a state"]
    return browser, answer["code"][0]


def test_a_researcher_logs_in_and_out(globus: Globus) -> None:
    browser, code = log_in(globus, "Ada Lovelace")
    client = globus.client()
    tokens = client.oauth2_exchange_code_for_tokens(code)
    claims = tokens.decode_id_token()
    ada = globus.accounts["Ada Lovelace"]
    assert (claims["sub"], claims["name"], claims["email"], claims["organization"]) == (
        ada["id"],
        ada["name"],
        ada["email"],
        ada["organization"],
    )
    assert claims["exp"] > time.time()
    access = tokens.by_resource_server["auth.globus.org"]["access_token"]
    assert client.oauth2_token_introspect(access)["active"]
    client.oauth2_revoke_token(access)
    assert not client.oauth2_token_introspect(access)["active"]

    query = {"client_id": "any", "redirect_uri": "https://localhost:4433/", "redirect_name": "GAS & co"}
    page = browser.get(f"{globus.url}{LOGOUT_PATH}", params=query, timeout=10)
    assert '<a href="https://localhost:4433/">Continue to GAS &amp; co</a>' in page.text
    assert not browser.cookies


def test_a_browser_that_is_logged_in_is_not_asked_again_until_it_logs_out(globus: Globus) -> None:
    browser, _ = log_in(globus, "Gregor Mendel")
    authorize = globus.client().oauth2_get_authorize_url()
    assert callback(browser.get(authorize, allow_redirects=False, timeout=10))["code"]
    cookie = dict(browser.cookies)
    browser.get(f"{globus.url}{LOGOUT_PATH}", timeout=10)
    # The old cookie, brought back by whoever has kept it, opens nothing.
    answer = requests.get(authorize, cookies=cookie, allow_redirects=False, timeout=10)
    assert "/auth/login" in answer.headers["Location"]


def test_researchers_are_the_same_people_after_a_restart(globus: Globus) -> None:
    _, code = log_in(globus, "Rosalind Franklin")
    before = globus.client().oauth2_exchange_code_for_tokens(code).decode_id_token()["sub"]
    globus.end()
    globus.start()
    browser, code = log_in(globus, "Rosalind Franklin")
    assert globus.client().oauth2_exchange_code_for_tokens(code).decode_id_token()["sub"] == before
    assert browser.cookies


def test_a_cookie_of_an_earlier_run_logs_nobody_in(globus: Globus) -> None:
    browser, _ = log_in(globus, "Ada Lovelace")
    globus.end()
    globus.start()
    log_in(globus, "Gregor Mendel")
    answer = browser.get(globus.client().oauth2_get_authorize_url(), allow_redirects=False, timeout=10)
    assert "/auth/login" in answer.headers["Location"]


def test_a_wrong_client_secret_is_refused(globus: Globus) -> None:
    _, code = log_in(globus, "Ada Lovelace")
    with pytest.raises(globus_sdk.AuthAPIError) as refused:
        globus.client(client_secret="guess").oauth2_exchange_code_for_tokens(code)
    assert refused.value.http_status == 401


@pytest.mark.parametrize("made_up", [False, True])
def test_a_code_works_once(globus: Globus, made_up: bool) -> None:  # noqa: FBT001  # pytest passes it by name
    _, code = log_in(globus, "Ada Lovelace")
    client = globus.client()
    if made_up:
        code += "0"
    else:
        client.oauth2_exchange_code_for_tokens(code)
    with pytest.raises(globus_sdk.AuthAPIError, match="invalid_grant"):
        client.oauth2_exchange_code_for_tokens(code)


def test_a_callback_elsewhere_is_refused_and_not_redirected_to(globus: Globus) -> None:
    client = globus.client()
    client.oauth2_start_flow("https://example.org/authcallback", SCOPES)
    answer = requests.get(client.oauth2_get_authorize_url(), allow_redirects=False, timeout=10)
    assert answer.status_code == 400
    assert "Location" not in answer.headers


def test_an_unknown_client_is_refused(globus: Globus) -> None:
    client = globus.client(client_id="00000000-0000-4000-8000-000000000000")
    assert requests.get(client.oauth2_get_authorize_url(), timeout=10).status_code == 400


@pytest.mark.parametrize("target", ["javascript:alert(1)", "data:text/html,x", "", '"><script>'])
def test_the_way_back_from_log_out_is_a_web_address_or_none(globus: Globus, target: str) -> None:
    page = requests.get(f"{globus.url}{LOGOUT_PATH}", params={"redirect_uri": target}, timeout=10).text
    assert "You are logged out" in page
    assert "<a " not in page
    assert "<script" not in page
