"""The settings of the web tier, and Flask's configuration made from them.

The capstone chooses a configuration class by the variable GAS_SETTINGS. It is accepted and changes nothing: there is
one configuration, and what differs between machines is a key of an ini file or an environment variable.
"""

import dataclasses
import datetime
import functools
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import URL

from util import settings as shared
from util.database import CONNECTION
from util.errors import SettingsError
from util.settings import mail_address, text, whole

WEB_INI = Path(__file__).with_name("web_config.ini")
# What the capstone's .env calls two of our settings.
CAPSTONE_VARIABLES = {"ACCOUNTS_DATABASE_TABLE": "GAS_ACCOUNTS_TABLE", "GUNICORN_WORKERS": "GAS_APP_WORKERS"}
MIGRATIONS = Path(__file__).with_name("migrations")
DATABASE_POOL_SECONDS = 5


@dataclasses.dataclass(frozen=True, kw_only=True)
class Host:
    """Where the server is found, and its TLS certificate."""

    ip: str = text("[A-Za-z0-9.:-]+", "is a host name or an IP address")
    port: int = whole(1, 65535)
    certificate: Path
    private_key: Path


@dataclasses.dataclass(frozen=True, kw_only=True)
class App:
    """What is listened on, and how many processes and threads serve it."""

    host: str = text(r"[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]", "is an address of this machine, such as 0.0.0.0 or [::]")
    workers: int = whole(1, 64)
    threads: int = whole(1, 64)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Log:
    """Where the log goes."""

    file_name: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Web:
    """How the pages behave. Sizes in bytes."""

    page_size: int = whole(1, 100)
    upload_seconds: int = whole(60, 7 * 86400)
    download_seconds: int = whole(10, 7 * 86400)
    session_hours: int = whole(1, 24 * 31)
    reminder_seconds: int = whole(1, 86400)
    log_view_limit: int = whole(1024, 64 * 2**20)
    support_email: str = mail_address()
    proxies: int = whole(0, 5)


@dataclasses.dataclass(frozen=True, kw_only=True)
class WebSettings(shared.Settings):
    """What the service shares, and the sections of the web tier."""

    host: Host
    app: App
    log: Log
    web: Web

    @property
    def site_origin(self) -> str:
        """Scheme and host of the site, without a path."""
        return origin(self.gas.site_url)

    @property
    def upload_origins(self) -> tuple[str, ...]:
        """Return where browsers may send an input file to."""
        if self.aws.endpoint_url:
            return (origin(self.aws.endpoint_url),)
        bucket = self.s3.inputs_bucket
        return f"https://{bucket}.s3.amazonaws.com", f"https://{bucket}.s3.{self.aws.region}.amazonaws.com"


@functools.cache
def web_settings() -> WebSettings:
    """Return the settings of this process. Raises SettingsError."""
    given = {ours: os.environ[theirs] for theirs, ours in CAPSTONE_VARIABLES.items() if theirs in os.environ}
    return shared.load(WebSettings, WEB_INI, environ=given | os.environ)


def origin(url: str) -> str:
    """Return scheme, host and port of a URL, as a browser's origin."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def flask_config(settings: WebSettings, flask: Mapping[str, str], database: Mapping[str, str]) -> dict[str, Any]:
    """Return Flask's configuration, under the capstone's names; the two mappings are secrets."""
    return {
        "SECRET_KEY": flask["secret_key"],
        "SQLALCHEMY_DATABASE_URI": _database_url(database),
        "SQLALCHEMY_ENGINE_OPTIONS": {
            "pool_pre_ping": True,
            "pool_timeout": DATABASE_POOL_SECONDS,
            "connect_args": CONNECTION,
        },
        "ACCOUNTS_DATABASE_TABLE": settings.accounts.table,
        "AWS_REGION_NAME": settings.aws.region,
        "AWS_S3_INPUTS_BUCKET": settings.s3.inputs_bucket,
        "AWS_S3_RESULTS_BUCKET": settings.s3.results_bucket,
        "AWS_S3_KEY_PREFIX": settings.s3.key_prefix,
        "AWS_DYNAMODB_ANNOTATIONS_TABLE": settings.dynamodb.annotations_table,
        "AWS_SNS_JOB_REQUEST_TOPIC": settings.sns.job_requests_topic,
        "FREE_USER_DATA_RETENTION": settings.gas.free_user_data_retention,
        # The prefix __Host- makes browsers refuse the cookie from anyone but this very host over HTTPS.
        "SESSION_COOKIE_NAME": "__Host-gas",
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": datetime.timedelta(hours=settings.web.session_hours),
        # A log-in ends so long after it began, not after the last page that was opened.
        "SESSION_REFRESH_EACH_REQUEST": False,
        # No form carries a file: uploads go to S3.
        "MAX_CONTENT_LENGTH": 64 * 1024,
        # A form is good for as long as the session that it belongs to.
        "WTF_CSRF_TIME_LIMIT": None,
        "BOOTSTRAP_SERVE_LOCAL": True,
    }


def _database_url(secret: Mapping[str, str]) -> URL:
    if not secret["port"].isdecimal():
        raise SettingsError("the secret of the accounts database has a port that is no number")
    return URL.create(
        "postgresql+psycopg2",
        username=secret["username"],
        password=secret["password"],
        host=secret["host"],
        port=int(secret["port"]),
        database=secret["dbname"],
    )
