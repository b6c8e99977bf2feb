"""A part of the service is away: a page that says so, never a traceback, and all is well again after."""

import contextlib
import dataclasses
import subprocess
import time
from collections.abc import Iterator

import psycopg2
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.integration.conftest import Stack
from tests.integration.test_web_manage import start
from tests.integration.web_browser import Browser, make_browser
from util.cloud import Cloud
from util.database import WAIT_SECONDS
from util.errors import Unavailable
from util.profiles import Profiles
from util.store import Store
from web.app import create_app
from web.models import db

pytest_plugins = ["tests.integration.web_fixtures"]

# As web/migrations/env.py has it, which only Alembic can import.
UPGRADE_LOCK = 6_841_733
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def cut_off(web_app: Flask, monkeypatch: pytest.MonkeyPatch) -> Browser:
    """Return a user of a web server that cannot reach AWS."""
    browser = make_browser(web_app)
    services = browser.services
    aws = dataclasses.replace(services.settings.aws, endpoint_url=NOWHERE)
    cloud = Cloud(dataclasses.replace(services.settings, aws=aws))
    store = Store(cloud.annotations_table, services.settings.dynamodb.user_id_index)
    monkeypatch.setitem(web_app.extensions, "gas", dataclasses.replace(services, cloud=cloud, store=store))
    return browser


@pytest.fixture
def without_database(web_app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    """Return a user of a web server whose database does not answer."""
    browser = make_browser(web_app)
    secret = Cloud.secret

    def elsewhere(cloud: Cloud, name: str) -> dict[str, str]:
        values = secret(cloud, name)
        return values | {"port": "9"} if "dbname" in values else values

    monkeypatch.setattr(Cloud, "secret", elsewhere)
    app = create_app(browser.services.settings)
    client = app.test_client()
    with client.session_transaction(base_url=browser.site) as session:
        session.update(primary_identity=browser.user_id, logged_in=int(time.time()))
    yield dataclasses.replace(browser, client=client)
    with app.app_context():
        db.engine.dispose()


def assert_says_so(answer: TestResponse) -> None:
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "Nothing is lost; try again in a minute." in answer.text


@pytest.mark.parametrize(
    "page", ["/annotations", "/annotations/{id}", "/annotations/{id}/log", "/annotations/{id}/input"]
)
def test_dynamodb_away_is_a_503_page(cut_off: Browser, page: str) -> None:
    assert_says_so(cut_off.get(page.format(id="5766a440-6f5d-4f4f-9bf1-07346f6e1c8f")))


def test_s3_away_when_an_upload_comes_back_is_a_503_page(cut_off: Browser) -> None:
    key = f"gas/{cut_off.user_id}/5766a440-6f5d-4f4f-9bf1-07346f6e1c8f~test.vcf"
    assert_says_so(cut_off.finish_upload(key))


def test_the_upload_page_needs_no_call_to_aws(cut_off: Browser) -> None:
    assert cut_off.get("/annotate").status_code == 200


@pytest.mark.parametrize("page", ["/profile", "/annotate", "/annotations", "/subscribe"])
def test_the_database_away_is_a_503_page(without_database: Browser, page: str) -> None:
    assert_says_so(without_database.get(page))


def test_a_database_that_hangs_is_a_503_page_for_old_connections_and_new_ones(
    ada: Browser, stack: Stack, web_app: Flask
) -> None:
    assert ada.get("/profile").status_code == 200
    with stack.frozen_postgres():
        assert_says_so(ada.get("/profile"))
        with web_app.app_context():
            db.engine.dispose()
        assert_says_so(ada.get("/profile"))
    assert ada.get("/profile").status_code == 200


def test_a_database_that_hangs_is_away_for_the_daemons_too(stack: Stack, account: str) -> None:
    profiles = Profiles(lambda: stack.database, stack.settings.accounts.table)
    with stack.frozen_postgres(), pytest.raises(Unavailable):
        profiles.get(account)
    assert profiles.get(account).id == account


def test_a_migration_may_wait_longer_than_a_page(stack: Stack) -> None:
    with db_lock(stack):
        waiting = start(stack, "db", "upgrade")
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(3 * WAIT_SECONDS)
    output, _ = waiting.communicate(timeout=60)
    assert waiting.returncode == 0, output


@contextlib.contextmanager
def db_lock(stack: Stack) -> Iterator[None]:
    """Hold the lock under which migrations run."""
    access = stack.database
    connection = psycopg2.connect(
        host=access["host"],
        port=access["port"],
        dbname=access["dbname"],
        user=access["username"],
        password=access["password"],
    )
    with contextlib.closing(connection), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", (UPGRADE_LOCK,))
        yield


def test_a_program_is_told_in_json(without_database: Browser) -> None:
    answer = without_database.get("/annotations", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.mimetype) == (503, "application/json")
    assert answer.get_json()["error"].startswith("A part of the service does not answer")


def test_the_home_page_and_the_health_check_need_neither(without_database: Browser, cut_off: Browser) -> None:
    for browser in (without_database, cut_off):
        assert browser.get("/").status_code == 200
        assert browser.get("/healthz").get_json() == {"status": "ok"}


def test_a_database_that_was_away_for_a_minute_is_used_again(ada: Browser, web_app: Flask) -> None:
    assert ada.get("/profile").status_code == 200
    with web_app.app_context():
        others = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename = user"
        )
        db.session.execute(db.text(others))
    assert ada.get("/profile").status_code == 200
