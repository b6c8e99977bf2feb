"""Who may see what: rules for every route that the application has, so that a new one is covered by itself."""

import uuid

import pytest
from flask import Flask

from tests.integration.web_browser import Browser
from util.cloud import Cloud

pytest_plugins = ["tests.integration.web_fixtures"]

OPEN = {"/", "/login", "/authcallback", "/logout", "/healthz"}


def paths(app: Flask, job_id: str = "") -> list[str]:
    """Return the path of every page: of one job's pages with a job ID, of the others without."""
    rules = [rule for rule in app.url_map.iter_rules() if not rule.endpoint.endswith("static")]
    chosen = [rule.rule for rule in rules if ("<job_id>" in rule.rule) == bool(job_id)]
    assert chosen
    return [path.replace("<job_id>", job_id) for path in chosen]


def test_without_a_log_in_only_the_open_pages_answer(visitor: Browser, web_app: Flask) -> None:
    closed = [path for path in paths(web_app) if path not in OPEN] + paths(web_app, str(uuid.uuid4()))
    for path in closed:
        answer = visitor.get(path)
        assert answer.status_code == 303, path
        assert answer.headers["Location"] == f"/login?next={path}", path


def test_a_visitor_who_sends_a_form_has_to_log_in_first(visitor: Browser) -> None:
    answer = visitor.client.post("/profile", base_url=visitor.site)
    assert answer.status_code == 400  # there is no session that a token could belong to


def test_another_users_job_is_a_403_on_every_page_of_it(ada: Browser, gregor: Browser, web_app: Flask) -> None:
    job = ada.finished_job()
    for path in paths(web_app, job.job_id):
        answer = gregor.get(path)
        assert answer.status_code == 403, path
        assert "Not authorized to view this job" in answer.text
        assert "test.vcf" not in answer.text
        assert ada.get(path).status_code in {200, 302}, path


@pytest.mark.parametrize(
    "job_id", [str(uuid.uuid4()), "nonsense", "1", "%00", "..%5c", "A" * 500, str(uuid.uuid4()).upper()]
)
def test_a_job_id_that_is_nobodys_is_a_404_on_every_page(ada: Browser, web_app: Flask, job_id: str) -> None:
    for path in paths(web_app, job_id):
        assert ada.get(path).status_code == 404, path


def test_every_page_is_kept_out_of_caches_and_frames(ada: Browser, web_app: Flask) -> None:
    for path in [*paths(web_app), *paths(web_app, ada.finished_job().job_id)]:
        headers = ada.get(path).headers
        assert headers["Cache-Control"] == "no-store", path
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"], path
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert headers["Strict-Transport-Security"], path


def test_no_page_carries_a_secret(ada: Browser, web_app: Flask) -> None:
    services = ada.services
    cloud: Cloud = services.cloud
    secrets = [
        cloud.secret(services.settings.secrets.accounts_database)["password"],
        cloud.secret(services.settings.secrets.flask)["secret_key"],
        cloud.secret(services.settings.secrets.globus)["client_secret"],
    ]
    for path in [*paths(web_app), *paths(web_app, ada.finished_job().job_id), "/nowhere"]:
        page = ada.get(path).text
        assert not [secret for secret in secrets if secret in page], path
