"""Which AWS call an HTTP request is."""

import dataclasses
import urllib.parse
from typing import Any

# Actions that begin so change nothing, in every service that the GAS uses.
READING = ("Get", "List", "Describe", "Query", "Scan", "BatchGet", "Head", "Preflight", "Validate", "Estimate")
S3_ACTIONS = {
    "GET": "GetObject",
    "HEAD": "HeadObject",
    "PUT": "PutObject",
    "POST": "PostObject",
    "DELETE": "DeleteObject",
    "OPTIONS": "PreflightObject",
}


@dataclasses.dataclass(frozen=True)
class Call:
    """A service, as credentials are scoped to it (`sqs`), and an action of it (`SendMessage`).

    S3 names no action in its requests: the HTTP method tells, and those on buckets bear the names of those on objects.
    """

    service: str
    action: str

    @property
    def reads_only(self) -> bool:
        """Whether the call can change nothing."""
        return self.action.startswith(READING)


def call_of(environ: dict[str, Any], form: bytes) -> Call:
    """Return the call of a WSGI request whose body is `form` where it is a form, and empty where not."""
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    query = urllib.parse.parse_qs(environ.get("QUERY_STRING", ""))
    scope = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")[2].partition(",")[0]
    scope = scope or query.get("X-Amz-Credential", [""])[0]
    parts = scope.split("/")
    service = parts[3] if len(parts) == 5 else "s3"  # noqa: PLR2004  # key, date, region, service, aws4_request
    if service == "s3":
        return Call("s3", S3_ACTIONS.get(environ["REQUEST_METHOD"], "Unknown"))
    if target:
        return Call(service, target.rpartition(".")[2])
    # Services with REST paths, such as Glacier, put no action anywhere: method and path are the nearest thing to it.
    path_action = f"{environ['REQUEST_METHOD'].capitalize()} {environ.get('PATH_INFO', '')}"
    return Call(service, urllib.parse.parse_qs(form.decode("latin-1")).get("Action", [path_action])[0])
