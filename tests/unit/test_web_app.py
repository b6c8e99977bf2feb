"""The application with nothing behind it: no AWS, no database, no Globus."""

import time
from types import SimpleNamespace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from util import settings
from util.cloud import Cloud
from web import decorators
from web.app import create_app
from web.config import WEB_INI, WebSettings

SITE = "https://localhost:4433"
SECRETS = {
    "gas/flask": {"secret_key": "not-so-secret"},
    "gas/globus": {"client_id": "the-client", "client_secret": "hush"},
    "gas/accounts_database": {"host": "db", "port": "1", "dbname": "gas", "username": "gas", "password": "hush"},
}


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.setattr(Cloud, "secret", lambda _cloud, name: SECRETS[name])
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("GLOBUS_SDK_SERVICE_URL_AUTH", "http://globus.example:1234/")
    app = create_app(settings.load(WebSettings, WEB_INI, environ={}))
    app.add_url_rule("/fails", "fails", lambda: 1 / 0)
    app.add_url_rule("/premium", "premium", decorators.is_premium(lambda: "welcome"))
    app.add_url_rule("/sent", "sent", lambda: "", methods=["POST"])
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def log_in(client: FlaskClient, monkeypatch: pytest.MonkeyPatch, *, is_premium: bool, hours_ago: float = 0) -> None:
    monkeypatch.setattr(decorators, "get_profile", lambda user_id: SimpleNamespace(id=user_id, is_premium=is_premium))
    with client.session_transaction(base_url=SITE) as session:
        session.update(primary_identity="ada", logged_in=int(time.time() - hours_ago * 3600))


def test_the_home_page_names_both_plans_with_their_limits(client: FlaskClient) -> None:
    page = client.get("/", base_url=SITE).text
    assert "150 KB" in page
    assert "5 GB" in page
    assert "Log in to start" in page


def test_a_health_check_answers_over_plain_http_too(client: FlaskClient) -> None:
    answer = client.get("/healthz", base_url="http://10.0.0.1:4433")
    assert (answer.status_code, answer.get_json()) == (200, {"status": "ok"})


def test_the_content_policy_allows_our_files_and_forms_to_s3_and_globus(client: FlaskClient) -> None:
    policy = client.get("/", base_url=SITE).headers["Content-Security-Policy"]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == directives["style-src"] == "'self'"
    assert "https://gas-inputs.s3.amazonaws.com" in directives["form-action"]
    assert "https://gas-inputs.s3.amazonaws.com" in directives["connect-src"]
    assert "http://globus.example:1234" in directives["form-action"]


def test_pages_fetch_nothing_from_elsewhere_and_have_no_inline_script_or_style(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(client, monkeypatch, is_premium=False)
    for path in ("/", "/annotate", "/logout", "/nowhere"):
        page = client.get(path, base_url=SITE).text
        assert 'src="http' not in page
        assert "<style" not in page
        assert " style=" not in page
        assert " onclick=" not in page
        assert "<script>" not in page


def test_an_unknown_page_is_a_404_with_a_way_on(client: FlaskClient) -> None:
    answer = client.get("/nowhere", base_url=SITE)
    assert answer.status_code == 404
    assert "There is no such page." in answer.text
    assert "Log in" in answer.text


def test_a_program_gets_errors_as_json(client: FlaskClient) -> None:
    answer = client.get("/nowhere", base_url=SITE, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.get_json()) == (404, {"error": "There is no such page.", "status": 404})


def test_a_wrong_method_is_a_405_that_says_which_are_right(client: FlaskClient) -> None:
    answer = client.get("/sent", base_url=SITE)
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"OPTIONS", "POST"}


def test_an_error_of_ours_is_a_page_without_a_traceback(client: FlaskClient) -> None:
    answer = client.get("/fails", base_url=SITE)
    assert answer.status_code == 500
    assert "The error is ours" in answer.text
    assert "ZeroDivisionError" not in answer.text


def test_a_free_user_is_led_from_premium_pages_to_the_plans(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(client, monkeypatch, is_premium=False)
    answer = client.get("/premium", base_url=SITE)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/subscribe")


def test_a_premium_user_sees_premium_pages(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    log_in(client, monkeypatch, is_premium=True)
    assert client.get("/premium", base_url=SITE).text == "welcome"


def test_a_log_in_ends_after_its_hours_however_often_it_is_used(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(client, monkeypatch, is_premium=True, hours_ago=11.9)
    answer = client.get("/premium", base_url=SITE)
    assert answer.text == "welcome"
    assert "Set-Cookie" not in answer.headers
    log_in(client, monkeypatch, is_premium=True, hours_ago=12.1)
    assert "Log in" in client.get("/", base_url=SITE).text
    assert client.get("/premium", base_url=SITE).headers["Location"] == "/login?next=/premium"


def test_a_log_in_without_its_time_is_none(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    log_in(client, monkeypatch, is_premium=True)
    with client.session_transaction(base_url=SITE) as session:
        del session["logged_in"]
    assert client.get("/premium", base_url=SITE).status_code == 303


def test_only_a_form_logs_a_user_out(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    log_in(client, monkeypatch, is_premium=True)
    assert client.head("/logout", base_url=SITE).status_code == 200
    assert client.get("/premium", base_url=SITE).text == "welcome"


def test_a_missing_static_file_is_not_cached(client: FlaskClient) -> None:
    assert client.get("/static/nothing.js", base_url=SITE).headers["Cache-Control"] == "no-store"
    with client.get("/static/gas.css", base_url=SITE) as found:
        assert found.headers["Cache-Control"] != "no-store"


def test_a_visitor_of_a_premium_page_logs_in_first(client: FlaskClient) -> None:
    assert client.get("/premium?x=1", base_url=SITE).headers["Location"] == "/login?next=/premium?x%3D1"


def test_a_log_in_goes_to_globus_with_our_client_and_comes_back_to_our_site(client: FlaskClient) -> None:
    location = client.get("/login", base_url="https://evil.example").headers["Location"]
    assert location.startswith("http://globus.example:1234/v2/oauth2/authorize?client_id=the-client&")
    assert "redirect_uri=https%3A%2F%2Flocalhost%3A4433%2Fauthcallback" in location
