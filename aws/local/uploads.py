"""Browser uploads: the presigned POST as S3 takes it.

moto takes any form. Here the form is read as a stream, its policy is judged as S3 judges it when the file begins, and
an upload that is allowed goes on to moto as a plain PUT.
"""

import base64
import dataclasses
import re
import tempfile
import urllib.parse
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any
from xml.sax.saxutils import escape

from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData
from werkzeug.wrappers import Response
from werkzeug.wsgi import get_input_stream

from aws.local.policies import Policy, policy_of
from aws.local.refusals import Refusal
from aws.local.signatures import ALGORITHM, App, Credentials

BLOCK = 2**18
IN_MEMORY = 8 * 2**20
# S3's own limits on everything before the file, and on keys, in bytes.
LONGEST_FORM = 20_000
LONGEST_KEY = 1024
SUCCESS_STATUSES = frozenset({"200", "201", "204"})
# Form fields that become headers of the object; x-amz-* ones do too.
OBJECT_FIELDS = frozenset({"cache-control", "content-disposition", "content-encoding", "content-type", "expires"})
# A header with one could end early and begin another.
CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f]")
# Form fields that say how to judge the upload, not what to store.
JUDGING_FIELDS = frozenset(
    {"x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature", "x-amz-security-token"}
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Upload:
    """A form that was judged and allowed. `file` holds its file from the first byte."""

    bucket: str
    fields: dict[str, str]
    file: IO[bytes]
    size: int

    @property
    def key(self) -> str:
        """The key of the object."""
        return self.fields["key"]


class Uploads:
    """WSGI middleware that takes browser uploads and passes everything else on."""

    def __init__(self, app: App, credentials: Credentials) -> None:
        self._app = app
        self._credentials = credentials

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer an upload; pass other requests on."""
        kind, options = parse_options_header(environ.get("CONTENT_TYPE"))
        if environ["REQUEST_METHOD"] != "POST" or kind != "multipart/form-data":
            return self._app(environ, start_response)
        stream = get_input_stream(environ)
        with tempfile.SpooledTemporaryFile(IN_MEMORY) as file:
            try:
                upload = self._read(environ, stream, options.get("boundary", ""), file)
                response = self._store(environ, upload)
            except Refusal as refusal:
                _drain(stream)
                response = refusal.response()
            return response(environ, start_response)

    def _read(self, environ: dict[str, Any], stream: IO[bytes], boundary: str, file: IO[bytes]) -> Upload:
        """Read the form into `file` as far as its policy allows. Raises Refusal."""
        bucket = environ["PATH_INFO"].strip("/").encode("latin-1").decode("utf-8", "replace")
        events = _events(stream, boundary)
        fields = _fields_before_file(events)
        policy = self._judge(fields, bucket)
        size = 0
        for event in events:
            if isinstance(event, Data):
                size += len(event.data)
                policy.refuse_larger(size, _announced(environ))
                file.write(event.data)
                if not event.more_data:
                    break
        policy.refuse_smaller(size)
        # What follows the file is not looked at, as on S3; but a browser reads no answer while it still sends.
        _drain(stream)
        file.seek(0)
        return Upload(bucket=bucket, fields=fields, file=file, size=size)

    def _judge(self, fields: dict[str, str], bucket: str) -> Policy:
        if len(fields["key"].encode()) > LONGEST_KEY:
            raise Refusal(
                400,
                "KeyTooLongError",
                "Your key is too long",
                Size=len(fields["key"].encode()),
                MaxSizeAllowed=LONGEST_KEY,
            )
        policy = policy_of(fields, self._credentials)
        policy.judge(fields, bucket)
        for name, value in fields.items():
            if _is_of_object(name) and CONTROL_CHARACTER.search(value):
                sentence = f"The header {name} contains a control character"
                raise Refusal(400, "InvalidArgument", sentence, ArgumentName=name)
        return policy

    def _store(self, environ: dict[str, Any], upload: Upload) -> Response:
        """Put the object; return what S3 answers to the form."""
        path = f"/{upload.bucket}/{upload.key}"
        inner = {name: value for name, value in environ.items() if not name.startswith(("HTTP_", "CONTENT_"))}
        inner |= {_variable(name): _header(value) for name, value in upload.fields.items() if _is_of_object(name)}
        inner |= {
            "REQUEST_METHOD": "PUT",
            "PATH_INFO": path.encode().decode("latin-1"),
            "RAW_URI": urllib.parse.quote(path, safe="/~"),
            "REQUEST_URI": urllib.parse.quote(path, safe="/~"),
            "QUERY_STRING": "",
            "CONTENT_LENGTH": str(upload.size),
            "HTTP_HOST": environ["HTTP_HOST"],
            # moto tells service and region by this header, and whether somebody is logged in.
            "HTTP_AUTHORIZATION": f"{ALGORITHM} Credential={upload.fields['x-amz-credential']}, Signature=form",
            "wsgi.input": upload.file,
        }
        inner.pop("wsgi.input_terminated", None)
        stored = Response.from_app(self._app, inner, buffered=True)
        return stored if stored.status_code >= 300 else _success(environ, upload, stored.headers.get("ETag", ""))  # noqa: PLR2004  # where HTTP's successes end


def _success(environ: dict[str, Any], upload: Upload, etag: str) -> Response:
    redirect = urllib.parse.urlsplit(upload.fields.get("success_action_redirect", ""))
    if redirect.scheme in {"http", "https"} and redirect.netloc:
        pairs = urllib.parse.parse_qsl(redirect.query, keep_blank_values=True)
        pairs += [("bucket", upload.bucket), ("key", upload.key), ("etag", etag)]
        location = urllib.parse.urlunsplit(redirect._replace(query=urllib.parse.urlencode(pairs)))
        return Response(status=303, headers={"Location": location, "ETag": etag})
    location = f"{environ['wsgi.url_scheme']}://{environ['HTTP_HOST']}/{upload.bucket}/{urllib.parse.quote(upload.key)}"
    headers = {"Location": location, "ETag": etag}
    status = upload.fields.get("success_action_status", "")
    if status != "201":
        return Response(status=int(status) if status in SUCCESS_STATUSES else 204, headers=headers)
    values = {"Location": location, "Bucket": upload.bucket, "Key": upload.key, "ETag": etag}
    body = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in values.items())
    return Response(f"<PostResponse>{body}</PostResponse>", 201, headers, content_type="application/xml")


def _events(stream: IO[bytes], boundary: str) -> Iterator[Field | File | Data]:
    """Yield the parts of a form as they arrive. Raises Refusal where it is no form."""
    decoder = MultipartDecoder(boundary.encode(), max_form_memory_size=None)
    try:
        while True:
            event = decoder.next_event()
            if isinstance(event, NeedData):
                block = stream.read(BLOCK)
                decoder.receive_data(block or None)
            elif isinstance(event, Epilogue):
                return
            elif isinstance(event, Field | File | Data):
                yield event
    except ValueError as error:
        raise Refusal(
            400, "MalformedPOSTRequest", f"The body of your POST request is not well-formed: {error}"
        ) from error


def _fields_before_file(events: Iterator[Field | File | Data]) -> dict[str, str]:
    """Return the fields of a form up to its file, names in lower case. Raises Refusal."""
    fields: dict[str, str] = {}
    name = ""
    for event in events:
        if isinstance(event, Field):
            name = event.name.lower()
        elif isinstance(event, File):
            if event.name.lower() != "file":
                break
            _name_the_key(fields, _file_name(event))
            return fields
        else:
            fields[name] = fields.get(name, "") + event.data.decode("utf-8", "replace")
            if sum(map(len, fields.values())) > LONGEST_FORM:
                sentence = "Your POST request fields preceding the upload file were too large."
                raise Refusal(400, "MaxPostPreDataLengthExceeded", sentence)
    raise Refusal(400, "InvalidArgument", "POST requires exactly one file upload per request.")


def _file_name(event: File) -> str:
    """Return the file's name as the browser sent it; a backslash in it escapes nothing."""
    name = re.search(r'filename="([^"]*)"', event.headers.get("Content-Disposition", ""))
    return name[1] if name else event.filename or ""


def _drain(stream: IO[bytes]) -> None:
    while stream.read(BLOCK):
        pass


def _name_the_key(fields: dict[str, str], filename: str) -> None:
    """Put the browser's file name where the key asks for it. Raises Refusal where there is no key."""
    if not fields.get("key"):
        raise Refusal(400, "InvalidArgument", "Bucket POST must contain a field named 'key'.")
    # Some browsers send a path.
    fields["key"] = fields["key"].replace("${filename}", re.split(r"[/\\]", filename)[-1])


def _announced(environ: dict[str, Any]) -> int:
    """Return how long the whole form says it is, in bytes; 0 where it does not say."""
    length = environ.get("CONTENT_LENGTH") or "0"
    return int(length) if length.isdigit() else 0


def _is_of_object(field: str) -> bool:
    return field in OBJECT_FIELDS or (field.startswith("x-amz-") and field not in JUDGING_FIELDS)


def _header(value: str) -> str:
    """Return a value as S3 keeps it in a header: by RFC 2047 unless it is ASCII."""
    return value if value.isascii() else f"=?UTF-8?B?{base64.b64encode(value.encode()).decode()}?="


def _variable(field: str) -> str:
    name = field.upper().replace("-", "_")
    return name if name == "CONTENT_TYPE" else f"HTTP_{name}"
