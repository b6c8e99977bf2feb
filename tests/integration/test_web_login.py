"""Logging in and out, and the profile, with Globus's stand-in and a real PostgreSQL."""

import html
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from tests.integration.web_browser import Browser, log_in_at_globus
from web.models import Profile, db, get_profile

pytest_plugins = ["tests.integration.web_fixtures"]


def log_in(visitor: Browser, name: str, path: str = "/login") -> str:
    """Log in as the stand-in's account of that name, and return where the site leads to."""
    start = visitor.get(path)
    back = log_in_at_globus(start.headers["Location"], name)
    answer = visitor.get(f"{urlsplit(back).path}?{urlsplit(back).query}")
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def session_of(browser: Browser) -> dict[str, str]:
    with browser.client.session_transaction(base_url=browser.site) as session:
        return dict(session)


def test_the_first_log_in_makes_a_free_profile_and_shows_it(visitor: Browser, web_app: Flask) -> None:
    assert log_in(visitor, "Rosalind Franklin") == "/profile"
    page = visitor.get("/profile").text
    assert "Welcome" in page
    assert "rosalind@example.org" in page
    with web_app.app_context():
        profile = get_profile(session_of(visitor)["primary_identity"])
        assert profile
        assert profile.role == "free_user"
        assert profile.institution == "King's College London"


def test_a_later_log_in_leads_to_where_the_user_wanted_to_go(visitor: Browser) -> None:
    log_in(visitor, "Gregor Mendel")
    visitor.client.delete_cookie("__Host-gas", domain="localhost")
    assert log_in(visitor, "Gregor Mendel", "/login?next=/annotations?token=x") == "/annotations?token=x"


def test_the_session_holds_who_the_user_is_and_no_token(visitor: Browser) -> None:
    log_in(visitor, "Ada Lovelace")
    ours = {"primary_identity", "logged_in", "name", "email"}
    assert set(session_of(visitor)) <= ours | {"_permanent", "_flashes", "csrf_token"}


def test_the_cookie_is_kept_from_scripts_and_other_sites(visitor: Browser) -> None:
    cookie = visitor.get("/login").headers["Set-Cookie"]
    assert cookie.startswith("__Host-gas=")
    for flag in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert flag in cookie


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_a_log_in_never_leads_to_another_site(visitor: Browser, target: str) -> None:
    log_in(visitor, "Ada Lovelace")
    start = visitor.get("/login", query_string={"next": target})
    back = urlsplit(log_in_at_globus(start.headers["Location"], "Ada Lovelace"))
    assert visitor.get(f"{back.path}?{back.query}").headers["Location"] == "/annotations"


@pytest.mark.parametrize("query", ["", "?code=x", "?code=x&state=wrong", "?state="])
def test_an_answer_with_another_state_opens_no_session(visitor: Browser, query: str) -> None:
    visitor.get("/login")
    answer = visitor.get(f"/authcallback{query}")
    assert answer.status_code == 400
    assert "Log in again" in answer.text
    assert "primary_identity" not in session_of(visitor)


def test_a_state_works_once(visitor: Browser) -> None:
    back = urlsplit(log_in_at_globus(visitor.get("/login").headers["Location"], "Ada Lovelace"))
    assert visitor.get(f"{back.path}?{back.query}").status_code == 303
    assert visitor.get(f"{back.path}?{back.query}").status_code == 400


def state_of(visitor: Browser) -> str:
    return parse_qs(urlsplit(visitor.get("/login").headers["Location"]).query)["state"][0]


def test_a_log_in_that_globus_refuses_ends_at_the_home_page_with_a_sentence(visitor: Browser) -> None:
    answer = visitor.get("/authcallback", query_string={"state": state_of(visitor), "error": "access_denied"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert "Globus did not log you in" in visitor.get("/").text


@pytest.mark.parametrize("code", ["", "forged"])
def test_a_log_in_without_a_good_code_is_refused(visitor: Browser, code: str) -> None:
    answer = visitor.get("/authcallback", query_string={"state": state_of(visitor), "code": code})
    assert answer.status_code == 400
    assert "primary_identity" not in session_of(visitor)


def test_globus_away_is_a_503_page(visitor: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    state = state_of(visitor)
    monkeypatch.setenv("GLOBUS_SDK_SERVICE_URL_AUTH", "http://127.0.0.1:9")
    answer = visitor.get("/authcallback", query_string={"state": state, "code": "x"})
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


def test_a_link_alone_logs_nobody_out(ada: Browser) -> None:
    assert "Log out" in ada.get("/logout").text
    assert ada.get("/profile").status_code == 200


def test_logging_out_ends_the_session_here_and_leads_to_globus(ada: Browser) -> None:
    answer = ada.post("/logout")
    assert answer.status_code == 303
    assert "/v2/web/logout?" in answer.headers["Location"]
    assert "primary_identity" not in session_of(ada)


def test_a_form_without_its_token_changes_nothing(ada: Browser) -> None:
    answer = ada.client.post("/profile", base_url=ada.site, data={"name": "Eve", "email": "eve@example.org"})
    assert answer.status_code == 400
    assert "Reload the page and send it again." in answer.text
    assert "Eve" not in ada.get("/profile").text


def test_a_session_whose_profile_is_gone_ends_with_a_message(ada: Browser) -> None:
    ada.sql("DELETE FROM gas_accounts WHERE id = :id")
    answer = ada.get("/annotations")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert "Your account is not there any more" in ada.get("/").text
    assert ada.get("/annotations").headers["Location"].startswith("/login")


def test_the_profile_can_be_changed(ada: Browser, web_app: Flask) -> None:
    changes = {"name": " Ada King ", "email": "king@example.org", "institution": "Ockham"}
    assert ada.post("/profile", changes).status_code == 303
    page = ada.get("/profile").text
    assert "Your profile is saved" in page
    with web_app.app_context():
        profile = db.session.get(Profile, ada.user_id)
        assert profile
        assert (profile.name, profile.email, profile.institution) == ("Ada King", "king@example.org", "Ockham")
        assert profile.updated > profile.created


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "Enter your name."),
        ("name", "x" * 101, "up to 100 characters"),
        ("name", "a\x00b", "control characters"),
        ("email", "", "Enter your email address."),
        ("email", "nobody", "Enter one email address"),
        ("email", "a@example.org, b@example.org", "Enter one email address"),
        ("email", "a@example.org\r\nBcc: b@example.org", "Enter one email address"),
        ("email", "a" * 250 + "@example.org", "up to 254 characters"),
        ("email", "a\x7fb@example.org", "Enter one email address"),
        ("email", "a..b@example.org", "Enter one email address"),
        ("email", ".a@example.org", "Enter one email address"),
        ("email", "a.@example.org", "Enter one email address"),
        ("email", "a@example..org", "Enter one email address"),
        ("email", "a@-example.org", "Enter one email address"),
        ("email", "jürgen@example.org", "Enter one email address"),
        ("email", "a@exämple.org", "Enter one email address"),
        ("email", "a" * 65 + "@example.org", "Enter one email address"),
        ("institution", "x" * 101, "up to 100 characters"),
        ("name", "a\u2028b", "control characters"),
        ("name", "a\u2029b", "control characters"),
        ("name", "a\x85b", "control characters"),
        ("name", "a\u202eb", "control characters"),
        ("institution", "a\u2066b", "control characters"),
    ],
)
def test_a_bad_profile_is_refused_with_a_sentence_at_the_field(
    ada: Browser, field: str, value: str, sentence: str
) -> None:
    good = {"name": "Ada", "email": "ada@example.org", "institution": ""}
    answer = ada.post("/profile", good | {field: value})
    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.text
    assert sentence in answer.text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "o'neil+vcf_1.x@sub-1.example.co.uk"),
        ("email", "a@xn--exmple-cua.org"),
        ("name", "Ñandú Ó Súilleabháin 😀"),
        # A zero-width joiner belongs to Indian names.
        ("name", "क्\u200dषमा"),
    ],
)
def test_an_unusual_profile_is_taken(ada: Browser, field: str, value: str) -> None:
    good = {"name": "Ada", "email": "ada@example.org", "institution": ""}
    assert ada.post("/profile", good | {field: value}).status_code == 303
    assert html.escape(value).replace("&#x27;", "&#39;") in ada.get("/profile").text


def test_no_form_field_gives_premium(ada: Browser) -> None:
    ada.post("/profile", {"name": "Ada", "email": "ada@example.org", "role": "premium_user"})
    assert "upgrade to Premium" in ada.get("/profile").text


def test_the_role_is_the_databases_from_one_request_to_the_next(ada: Browser) -> None:
    assert "150 KB" in ada.get("/annotate").text
    ada.sql("UPDATE gas_accounts SET role = 'premium_user' WHERE id = :id")
    assert "5 GB" in ada.get("/annotate").text
    ada.sql("UPDATE gas_accounts SET role = 'free_user' WHERE id = :id")
    assert "150 KB" in ada.get("/annotate").text
