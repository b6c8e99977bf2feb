"""Cross-origin requests, decided by the rules of the bucket as on S3.

moto joins all rules into one answer and leaves error answers without it, so that a page could not read why an upload
was refused.
"""

import fnmatch
from collections.abc import Callable, Iterable
from typing import Any

from moto.s3.models import s3_backends
from werkzeug.wrappers import Response

from aws.local.refusals import Refusal
from aws.local.signatures import App

PREFIX = "Access-Control-"


class Origins:
    """WSGI middleware that answers preflights and marks the answers that a page may read."""

    def __init__(self, app: App) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a preflight; pass other requests on."""
        origin = environ.get("HTTP_ORIGIN")
        if not origin:
            return self._app(environ, start_response)
        if environ["REQUEST_METHOD"] == "OPTIONS":
            return _preflight(environ, origin)(environ, start_response)
        allowed = _allowances(environ, origin, environ["REQUEST_METHOD"])

        def start_marked(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            kept = [(name, value) for name, value in headers if not name.startswith(PREFIX)]
            return start_response(status, [*kept, *allowed.items()], *rest)

        return self._app(environ, start_marked)


def _preflight(environ: dict[str, Any], origin: str) -> Response:
    method = environ.get("HTTP_ACCESS_CONTROL_REQUEST_METHOD", "")
    wanted = environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", "")
    allowed = _allowances(environ, origin, method, [name.strip() for name in wanted.split(",") if name.strip()])
    if not allowed:
        sentence = "CORSResponse: This CORS request is not allowed."
        return Refusal(403, "AccessForbidden", sentence, Method=method, ResourceType="BUCKET").response()
    return Response(status=200, headers={**allowed, f"{PREFIX}Allow-Headers": wanted})


def _allowances(environ: dict[str, Any], origin: str, method: str, headers: Iterable[str] = ()) -> dict[str, str]:
    """Return the headers of the first rule that allows the request; none where no rule does."""
    bucket = environ["PATH_INFO"].strip("/").partition("/")[0]
    for rule in _rules(bucket):
        if (
            method in _list(rule.allowed_methods)
            and _matches(origin, rule.allowed_origins)
            and all(_matches(name, rule.allowed_headers) for name in headers)
        ):
            found = {
                "Allow-Origin": origin,
                "Allow-Methods": ", ".join(_list(rule.allowed_methods)),
                "Allow-Credentials": "true",
                "Expose-Headers": ", ".join(_list(rule.exposed_headers)),
                "Max-Age": str(rule.max_age_seconds or ""),
            }
            kept = {PREFIX + name: value for name, value in found.items() if value}
            return {**kept, "Vary": "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"}
    return {}


def _rules(bucket: str) -> list[Any]:
    if bucket not in s3_backends.bucket_accounts:
        return []
    partition, account = s3_backends.bucket_accounts[bucket]
    return list(s3_backends[account][partition].get_bucket(bucket).cors)


def _matches(value: str, patterns: Any) -> bool:
    return any(fnmatch.fnmatchcase(value.lower(), pattern.lower()) for pattern in _list(patterns))


def _list(value: list[str] | str | None) -> list[str]:
    return [value] if isinstance(value, str) else list(value or [])
