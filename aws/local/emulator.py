"""The AWS stand-in: moto behind one loopback port, its state kept in a folder.

    python -m aws.local.emulator --host 127.0.0.1 --port PORT --state FOLDER

`GET /_gas/ready` answers 200 as soon as the state of the last run is there. SIGTERM and SIGINT finish the request in
hand, save and end; between, the state is saved soon after each change.
"""

import argparse
import contextlib
import functools
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

# Bucket rules decide about cross-origin requests, as on S3, not moto's wildcard; moto reads this when it is imported.
os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.sqs.models import Queue
from werkzeug.exceptions import ClientDisconnected
from werkzeug.serving import BaseWSGIServer, make_server
from werkzeug.wrappers import Request, Response
from werkzeug.wsgi import get_input_stream

from aws.local import gaps, sentmail
from aws.local.calls import call_of
from aws.local.faults import Faults
from aws.local.gate import Gate
from aws.local.origins import Origins
from aws.local.signatures import App, Credentials, PresignedAddresses
from aws.local.snapshot import Snapshot, SnapshotError
from aws.local.uploads import Uploads

# nginx's status for a client that has hung up; nobody reads it.
CLIENT_GONE = 499
LOOPBACK = ("127.0.0.1", "::1", "localhost")
# Request bodies up to this many bytes wait in memory, larger ones in a temporary file.
BODY_IN_MEMORY = 8 * 2**20
# What a receive answers that found nothing: such a poll has changed nothing.
EMPTY_ANSWERS = frozenset({b"", b"{}"})
# A save may take this share of the time, so that a large state does not slow its users down.
SAVING_SHARE = 0.2
LEAST_PAUSE = 0.2
# Seconds between looks at whether to stop serving.
SHUTDOWN_POLL = 0.1


class Emulator:
    """The application on the port: moto behind what it lacks, and the pages of the emulator itself."""

    def __init__(self, saver: "Saver", gate: Gate, credentials: Credentials) -> None:
        self._faults = Faults()
        self._gate = gate
        self._aws = Origins(
            Uploads(PresignedAddresses(Backends(saver.changed, gate, self._faults), credentials), credentials)
        )

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        path: str = environ["PATH_INFO"]
        try:
            if path == "/_gas/ready":
                response = Response("ready\n")
            elif path == "/_gas/faults":
                response = self._faults.answer(Request(environ))
            elif path == "/mailbox.json" or f"{path}/".startswith("/mailbox/"):
                with self._gate.entered():
                    response = sentmail.answer(path)
            else:
                return self._aws(environ, start_response)
        except ClientDisconnected:
            response = Response(status=CLIENT_GONE)
        return response(environ, start_response)


class Backends:
    """moto as a WSGI application that lets requests in one by one and tells when something has changed."""

    def __init__(self, changed: threading.Event, gate: Gate, faults: Faults) -> None:
        gaps.install()
        self._moto: App = DomainDispatcherApplication(create_backend_app)
        self._changed = changed
        self._gate = gate
        self._faults = faults
        self._request = threading.local()
        _let_long_polls_out(gate, self._request)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one call of AWS's API."""
        with _buffered_body(environ) as form:
            call = call_of(environ, form)
            fault = self._faults.strike(call)
            if fault is not None:
                return fault(environ, start_response)
            self._request.socket = environ.get("werkzeug.socket")
            with self._gate.entered():
                try:
                    response = Response.from_app(self._moto, environ, buffered=True)
                except _ClientGone:
                    response = Response(status=CLIENT_GONE)
            if not call.reads_only and not (call.action == "ReceiveMessage" and response.data in EMPTY_ANSWERS):
                self._changed.set()
        return response(environ, start_response)


class _ClientGone(BaseException):
    """Who polls has hung up. Not an Exception: moto turns those into answers."""


def _let_long_polls_out(gate: Gate, request: threading.local) -> None:
    """Make a receive that finds nothing wait outside the gate, and end when its client has hung up.

    A poll that went on for a dead client would take the next message with it until the visibility timeout.
    """
    wait = Queue.wait_for_messages

    @functools.wraps(wait)
    def wait_outside(queue: Queue, timeout: int) -> None:
        with gate.left():
            wait(queue, timeout)
        if _hung_up(request.socket):
            raise _ClientGone

    Queue.wait_for_messages = wait_outside  # type: ignore[method-assign, assignment]  # moto offers no other way


def _hung_up(connection: socket.socket) -> bool:
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


@contextlib.contextmanager
def _buffered_body(environ: dict[str, Any]) -> Iterator[bytes]:
    """Read the body before the gate, where a slow client holds up nobody; yield it if it is a form of an AWS call."""
    with tempfile.SpooledTemporaryFile(BODY_IN_MEMORY) as body:
        stream = get_input_stream(environ)
        while block := stream.read(2**20):
            body.write(block)
        size = body.tell()
        body.seek(0)
        is_form = environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded")
        form = body.read(BODY_IN_MEMORY) if is_form else b""
        body.seek(0)
        environ["wsgi.input"] = body
        environ["CONTENT_LENGTH"] = str(size)
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        yield form


class Saver:
    """Saves the state soon after it has changed, from its own thread, and a last time at the end."""

    def __init__(self, snapshot: Snapshot, gate: Gate) -> None:
        self.changed = threading.Event()
        self._snapshot = snapshot
        self._gate = gate
        self._saving = threading.Lock()

    def run(self) -> None:
        """Save for ever; a save that fails is told and tried again."""
        while True:
            self.changed.wait()
            started = time.monotonic()
            try:
                self.save()
            except SnapshotError as error:
                self.changed.set()
                _say(f"{error}; trying again")
            cost = time.monotonic() - started
            time.sleep(max(LEAST_PAUSE, cost / SAVING_SHARE))

    def save(self) -> None:
        """Save the state as it is between two requests. Raises SnapshotError."""
        with self._saving:
            self.changed.clear()
            with self._gate.entered():
                dump = self._snapshot.dump()
            self._snapshot.write(dump)

    def finish(self) -> None:
        """Save a last time, and let no request be answered after that. Raises SnapshotError."""
        with self._saving:
            self._gate.close()
            self._snapshot.write(self._snapshot.dump())


class _Handler(MotoRequestHandler):
    """Handles a connection without a log line for each request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: a poll every few milliseconds would bury what matters."""


def main(arguments: list[str] | None = None) -> int:
    """Serve until a signal comes; return the exit code."""
    options = _options(arguments)
    # The state holds secrets.
    os.umask(0o077)
    snapshot, gate = Snapshot(options.state), Gate()
    saver = Saver(snapshot, gate)
    try:
        snapshot.prepare()
        snapshot.load()
        server = make_server(
            options.host, options.port, Emulator(saver, gate, _credentials()), threaded=True, request_handler=_Handler
        )
    except SnapshotError as error:
        _say(str(error))
        return 1
    threading.Thread(target=saver.run, name="saver", daemon=True).start()
    _serve_until_signal(server)
    try:
        saver.finish()
    except SnapshotError as error:
        _say(str(error))
        return 1
    return 0


def _serve_until_signal(server: BaseWSGIServer) -> None:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    threading.Thread(target=server.serve_forever, args=(SHUTDOWN_POLL,), name="server", daemon=True).start()
    stop.wait()
    server.shutdown()


def _credentials() -> Credentials:
    """Return the keys that presigned requests must be signed with: those of this process's own environment."""
    return Credentials(os.environ.get("AWS_ACCESS_KEY_ID", "test"), os.environ.get("AWS_SECRET_ACCESS_KEY", "test"))


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m aws.local.emulator", description="AWS on one loopback port.")
    parser.add_argument("--host", default="127.0.0.1", choices=LOOPBACK, help="address to listen on")
    parser.add_argument("--port", type=int, required=True, help="port to listen on")
    parser.add_argument("--state", type=Path, required=True, help="folder that the state is kept in")
    return parser.parse_args(arguments)


def _say(sentence: str) -> None:
    print(f"emulator: {sentence}", file=sys.stderr, flush=True)  # noqa: T201  # standard error is this program's log


if __name__ == "__main__":
    sys.exit(main())
