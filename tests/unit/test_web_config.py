"""The settings of the web tier."""

import configparser
import dataclasses

import pytest

from util import settings
from util.errors import SettingsError
from web.config import WEB_INI, WebSettings, flask_config, web_settings

DATABASE = {"host": "db", "port": "5432", "dbname": "gas", "username": "gas", "password": "p@ss:/word"}


def load(**environ: str) -> WebSettings:
    return settings.load(WebSettings, WEB_INI, environ=environ)


def test_flasks_configuration_has_the_capstones_names() -> None:
    config = flask_config(load(GAS_GAS_PREFIX="ada"), {"secret_key": "s"}, DATABASE)
    assert config["AWS_S3_INPUTS_BUCKET"] == "ada-inputs"
    assert config["AWS_DYNAMODB_ANNOTATIONS_TABLE"] == "ada_annotations"
    assert config["AWS_SNS_JOB_REQUEST_TOPIC"] == "ada_job_requests"
    assert config["ACCOUNTS_DATABASE_TABLE"] == "ada_accounts"
    assert config["SECRET_KEY"] == "s"


def test_a_password_with_reserved_characters_stays_whole() -> None:
    url = flask_config(load(), {"secret_key": "s"}, DATABASE)["SQLALCHEMY_DATABASE_URI"]
    assert url.password == "p@ss:/word"
    assert "p@ss" not in str(url)


def test_the_capstones_variables_are_accepted() -> None:
    web = load(GAS_SETTINGS="config.ProductionConfig", GAS_HOST_IP="ada.example.org", GAS_HOST_PORT="443")
    assert (web.host.ip, web.host.port) == ("ada.example.org", 443)


def test_the_capstones_names_of_table_and_workers_are_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCOUNTS_DATABASE_TABLE", "ada_accounts")
    monkeypatch.setenv("GUNICORN_WORKERS", "5")
    monkeypatch.setenv("GAS_APP_WORKERS", "3")
    web = web_settings.__wrapped__()
    assert (web.accounts.table, web.app.workers) == ("ada_accounts", 3)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("GAS_WEB_PAGE_SIZE", "0"),
        ("GAS_HOST_PORT", "65536"),
        ("GAS_HOST_IP", "no host"),
        ("GAS_WEB_PROXIES", "many"),
        ("GAS_WEB_SUPPORT_EMAIL", "foo"),
    ],
)
def test_a_bad_setting_is_refused_by_its_name(variable: str, value: str) -> None:
    with pytest.raises(SettingsError, match=variable.rpartition("_")[2].lower()):
        load(**{variable: value})


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(SettingsError, match="GAS_WEB_COLOUR names no setting"):
        load(GAS_WEB_COLOUR="red")


def test_every_key_of_the_web_tier_is_in_its_ini_file() -> None:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(WEB_INI.read_text(encoding="utf-8"))
    web = load()
    for section in ("host", "app", "log", "web"):
        assert set(parser[section]) == {field.name for field in dataclasses.fields(getattr(web, section))}


def test_uploads_go_to_the_buckets_own_hosts_or_to_the_embedded_cloud() -> None:
    assert load().upload_origins == (
        "https://gas-inputs.s3.amazonaws.com",
        "https://gas-inputs.s3.us-east-1.amazonaws.com",
    )
    assert load(GAS_AWS_ENDPOINT_URL="http://127.0.0.1:4566").upload_origins == ("http://127.0.0.1:4566",)
