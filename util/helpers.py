"""Small things that the capstone names."""

import datetime
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo


def send_email_ses(ses: Any, *, sender: str, recipients: Sequence[str], subject: str, text: str, html: str) -> str:
    """Send a mail by SES, as plain text and HTML; return its message ID. Raises ClientError where SES refuses."""
    answer = ses.send_email(
        Source=sender,
        Destination={"ToAddresses": list(recipients)},
        Message={
            "Subject": {"Data": subject, "Charset": "UTF-8"},
            "Body": {"Text": {"Data": text, "Charset": "UTF-8"}, "Html": {"Data": html, "Charset": "UTF-8"}},
        },
    )
    return str(answer["MessageId"])


def local_time(epoch_seconds: int, zone: ZoneInfo) -> str:
    """Return a time as users read it in that zone: 2026-11-23 14:05 CST."""
    return datetime.datetime.fromtimestamp(epoch_seconds, zone).strftime("%Y-%m-%d %H:%M %Z")
