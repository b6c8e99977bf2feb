"""AWS Signature Version 4 as S3 checks it, which moto does not: the keys, and presigned addresses."""

import dataclasses
import datetime
import hashlib
import hmac
import urllib.parse
from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.wrappers import Response

from aws.local.refusals import Refusal

App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
ALGORITHM = "AWS4-HMAC-SHA256"
LONGEST_EXPIRY = 7 * 86400
TIME_FORMAT = "%Y%m%dT%H%M%SZ"


@dataclasses.dataclass(frozen=True)
class Credentials:
    """The one pair of keys that the embedded cloud knows."""

    access_key: str
    secret_key: str

    def sign(self, credential: str, text: str) -> str:
        """Return the signature of a text under a credential: access key, date, region, service, `aws4_request`.

        Raises Refusal where the credential is malformed or not ours.
        """
        parts = credential.split("/")
        if len(parts) != 5 or parts[4] != "aws4_request":  # noqa: PLR2004  # the five parts above
            raise Refusal(400, "AuthorizationQueryParametersError", f"The credential {credential!r} is mal-formed.")
        if parts[0] != self.access_key:
            raise Refusal(
                403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."
            )
        key = f"AWS4{self.secret_key}".encode()
        for part in parts[1:]:
            key = hmac.digest(key, part.encode(), "sha256")
        return hmac.digest(key, text.encode(), "sha256").hex()

    def verify(self, credential: str, text: str, signature: str) -> None:
        """Raise Refusal unless the signature is that of the text."""
        if not hmac.compare_digest(self.sign(credential, text).encode(), signature.encode()):
            raise Refusal(
                403,
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided.",
            )


class PresignedAddresses:
    """WSGI middleware that refuses presigned addresses which S3 would refuse."""

    def __init__(self, app: App, credentials: Credentials) -> None:
        self._app = app
        self._credentials = credentials

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Pass the request on if it is not presigned, or presigned well."""
        pairs = urllib.parse.parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)
        if "X-Amz-Signature" in dict(pairs):
            try:
                self._check(environ, pairs)
            except Refusal as refusal:
                response: Response = refusal.response()
                return response(environ, start_response)
        return self._app(environ, start_response)

    def _check(self, environ: dict[str, Any], pairs: list[tuple[str, str]]) -> None:
        query = dict(pairs)
        try:
            began = datetime.datetime.strptime(query["X-Amz-Date"], TIME_FORMAT).replace(tzinfo=datetime.UTC)
            seconds = int(query["X-Amz-Expires"])
            credential, names = query["X-Amz-Credential"], query["X-Amz-SignedHeaders"].split(";")
        except (KeyError, ValueError) as error:
            raise Refusal(
                400, "AuthorizationQueryParametersError", f"A query parameter is missing or mal-formed: {error}"
            ) from error
        if not 0 < seconds <= LONGEST_EXPIRY:
            raise Refusal(
                400,
                "AuthorizationQueryParametersError",
                f"X-Amz-Expires must be between 1 and {LONGEST_EXPIRY} seconds",
            )
        now, end = datetime.datetime.now(datetime.UTC), began + datetime.timedelta(seconds=seconds)
        if now > end:
            raise Refusal(
                403, "AccessDenied", "Request has expired", Expires=end.isoformat(), ServerTime=now.isoformat()
            )
        scope = credential.partition("/")[2]
        request = hashlib.sha256(_canonical_request(environ, pairs, names).encode()).hexdigest()
        text = "\n".join([ALGORITHM, query["X-Amz-Date"], scope, request])
        self._credentials.verify(credential, text, query["X-Amz-Signature"])


def _canonical_request(environ: dict[str, Any], pairs: list[tuple[str, str]], names: list[str]) -> str:
    path = urllib.parse.unquote_to_bytes(environ.get("RAW_URI", environ["PATH_INFO"]).partition("?")[0])
    signed = [(name, value) for name, value in pairs if name != "X-Amz-Signature"]
    quoted = sorted((_quoted(name), _quoted(value)) for name, value in signed)
    headers = [f"{name}:{_header(environ, name)}\n" for name in names]
    return "\n".join(
        [
            environ["REQUEST_METHOD"],
            urllib.parse.quote(path, safe="/~"),
            "&".join(f"{name}={value}" for name, value in quoted),
            "".join(headers),
            ";".join(names),
            environ.get("HTTP_X_AMZ_CONTENT_SHA256", "UNSIGNED-PAYLOAD"),
        ]
    )


def _quoted(text: str) -> str:
    return urllib.parse.quote(text, safe="~")


def _header(environ: dict[str, Any], name: str) -> str:
    variable = name.upper().replace("-", "_")
    value = environ.get(variable if variable in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{variable}", "")
    return " ".join(str(value).split())
