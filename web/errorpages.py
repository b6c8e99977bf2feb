"""What a user sees when something is wrong: a sentence, and what to do next; never a traceback."""

from typing import Any

import globus_sdk
from flask import Flask, current_app, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from util.cloud import BotoCoreError, ClientError, is_away
from util.errors import JobNotFound, NotTheOwner, Transient
from web.uploads import Refused

RETRY_SECONDS = 30
TOO_LARGE = 413
SERVER_ERROR = 500
TITLES = {
    400: "That did not work",
    403: "Not authorized",
    404: "Not found",
    405: "That did not work",
    409: "Used already",
    413: "Too large",
    429: "Too many requests",
    500: "Something went wrong",
    503: "Not available right now",
}
SENTENCES = {
    400: "The request is not one that this page understands. Go back, reload the page and try again.",
    403: "You are not authorized to see this.",
    404: "There is no such page.",
    405: "This page cannot be called that way.",
    413: "What was sent is too large.",
    429: "Wait a minute, then try again.",
    500: "The error is ours and has been recorded. Try again; if it stays, write to us.",
    503: "A part of the service does not answer. Nothing is lost; try again in a minute.",
}


def register(app: Flask) -> None:
    """Answer every error of the application with its page."""
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(JobNotFound, lambda _error: page(404, "There is no job with this ID."))
    app.register_error_handler(NotTheOwner, lambda _error: page(403, "Not authorized to view this job."))
    app.register_error_handler(Transient, _away)
    app.register_error_handler(ClientError, _aws_error)
    app.register_error_handler(BotoCoreError, _aws_error)
    app.register_error_handler(DBAPIError, _database_error)
    app.register_error_handler(PoolTimeout, _away)
    app.register_error_handler(globus_sdk.NetworkError, _away)
    app.register_error_handler(globus_sdk.GlobusAPIError, _away)
    app.register_error_handler(Exception, _unexpected)


def page(status: int, sentence: str | None = None, *, may_upgrade: bool = False) -> tuple[Any, int, dict[str, str]]:
    """Return the page of a status, as JSON to a program that asks for it."""
    text = sentence or SENTENCES.get(status, SENTENCES[SERVER_ERROR if status >= SERVER_ERROR else 400])
    headers = {"Retry-After": str(RETRY_SECONDS)} if status in {429, 503} else {}
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    if best == "application/json":
        return jsonify(error=text, status=status), status, headers
    title = TITLES.get(status, TITLES[SERVER_ERROR if status >= SERVER_ERROR else 400])
    shown = render_template("error.html", status=status, title=title, sentence=text, may_upgrade=may_upgrade)
    return shown, status, headers


def _refused(error: Refused) -> ResponseReturnValue:
    current_app.logger.info("upload refused status=%s user_id=%s", error.status, g.profile.id)
    return page(error.status, str(error), may_upgrade=error.status == TOO_LARGE and not g.profile.is_premium)


def _csrf_error(_error: CSRFError) -> ResponseReturnValue:
    return page(400, "This form is from another session, or yours has ended. Reload the page and send it again.")


def _http_error(error: HTTPException) -> ResponseReturnValue:
    status = error.code or SERVER_ERROR
    # Werkzeug has a sentence for each status; ours says what to do, unless the code that refused has its own.
    is_our_own = error.description != type(error).description
    shown, _, headers = page(status, error.description if is_our_own else None)
    # Such as Allow, which says how else the page can be called.
    kept = {name: value for name, value in error.get_headers() if name != "Content-Type"}
    return shown, status, {**kept, **headers}


def _aws_error(error: Exception) -> ResponseReturnValue:
    return _away(error) if is_away(error) else _unexpected(error)


def _database_error(error: DBAPIError) -> ResponseReturnValue:
    # psycopg2 calls it operational when the server is away, or ends while it answers.
    is_operational = type(error.orig).__name__ in {"OperationalError", "InterfaceError"}
    return _away(error) if is_operational else _unexpected(error)


def _away(error: Exception) -> ResponseReturnValue:
    current_app.logger.warning("%s %r: %s is away", request.method, request.path, type(error).__name__)
    return page(503)


def _unexpected(error: Exception) -> ResponseReturnValue:
    current_app.logger.error("%s %r failed", request.method, request.path, exc_info=error)
    return page(500)
