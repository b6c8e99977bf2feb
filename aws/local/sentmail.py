"""The mailbox: every mail that was sent through the emulated SES, at /mailbox and, for tests, /mailbox.json."""

import datetime
import email
import email.policy
import functools
import json
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from moto.ses.models import RawMessage, ses_backends
from moto.ses.responses import EmailResponse
from werkzeug.wrappers import Response

# A mail's HTML is shown as it came, in a frame that may run nothing and reach nothing of this page.
PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'; base-uri 'none'"
BODY_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation; "
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
)
Mail = dict[str, Any]
_pages = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")), autoescape=True, undefined=StrictUndefined
)
_pages.filters["time"] = lambda seconds: (
    datetime.datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")
)


def answer(path: str) -> Response:
    """Return the page of a path below and including /mailbox."""
    mails = {mail["id"]: mail for mail in sent_mails()}
    if path == "/mailbox.json":
        return Response(json.dumps(list(mails.values())), content_type="application/json")
    if path.rstrip("/") == "/mailbox":
        return _page("mailbox.html", mails=mails.values())
    number, _, part = path.removeprefix("/mailbox/").partition("/")
    mail = mails.get(number)
    if mail is None or part not in {"", "html"}:
        return Response("There is no such mail.\n", 404)
    if part == "html":
        # Links open in a tab of their own: the frame is too small to be a browser.
        body = f'<base target="_blank">{mail["html"]}'
        return Response(body, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": BODY_POLICY})
    return _page("mail.html", mail=mail)


def sent_mails() -> Iterator[Mail]:
    """Yield the mails, newest first: id, sent (epoch seconds), from, to (a list), subject, text, html, raw."""
    messages: list[Any] = []
    for regions in ses_backends.values():
        for backend in regions.values():
            messages += backend.sent_messages
    for message in sorted(messages, key=lambda message: message.sent, reverse=True):
        head = {"id": message.id, "sent": message.sent, "from": message.source}
        if isinstance(message, RawMessage):
            yield {**head, **_parts(message)}
        else:
            to = [address for addresses in message.destinations.values() for address in addresses]
            yield {
                **head,
                "to": to,
                "subject": message.subject,
                "text": message.text,
                "html": message.html,
                "raw": None,
            }


def _parts(message: RawMessage) -> Mail:
    parsed = email.message_from_bytes(message.raw_data.encode(), _class=EmailMessage, policy=email.policy.default)
    found: Mail = {"to": message.destinations, "subject": str(parsed["Subject"] or ""), "raw": message.raw_data}
    for name, kind in (("text", "plain"), ("html", "html")):
        part = parsed.get_body((kind,))
        found[name] = part.get_content() if part is not None else None
    return found


def _page(template: str, **values: Any) -> Response:
    body = _pages.get_template(template).render(**values)
    return Response(body, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": PAGE_POLICY})


def _noting(send: Callable[[EmailResponse], Any]) -> Callable[[EmailResponse], Any]:
    """Note on a mail what moto forgets: when it was sent, and both of its bodies."""

    @functools.wraps(send)
    def send_and_note(response: EmailResponse) -> Any:
        answer_ = send(response)
        message = response.backend.sent_messages[-1]
        message.sent = time.time()
        message.text = response._get_param("Message.Body.Text.Data")  # noqa: SLF001  # moto has no public name for it
        message.html = response._get_param("Message.Body.Html.Data")  # noqa: SLF001  # moto has no public name for it
        return answer_

    return send_and_note


for _name in ("send_email", "send_raw_email"):
    setattr(EmailResponse, _name, _noting(getattr(EmailResponse, _name)))
