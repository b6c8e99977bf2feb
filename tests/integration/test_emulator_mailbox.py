"""The mailbox shows what was sent, faults strike as ordered, and nothing is asserted on time."""

from collections.abc import Iterator
from email.message import EmailMessage

import pytest
import requests
from botocore.exceptions import ClientError

from tests.integration.emulated import Emulator, running_emulator

SUBJECT = "Job <script>alert(1)</script> & Söhne"


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with running_emulator(tmp_path_factory.mktemp("emulator")) as running:
        yield running


def _send(emulator: Emulator, subject: str = SUBJECT) -> None:
    emulator.cloud.ses.send_email(
        Source=emulator.settings.ses.sender,
        Destination={"ToAddresses": ["a@example.org"]},
        Message={
            "Subject": {"Data": subject},
            "Body": {"Text": {"Data": "1 < 2 ü"}, "Html": {"Data": "<p>1 &lt; 2</p>"}},
        },
    )


def _newest(emulator: Emulator) -> dict[str, str]:
    mails: list[dict[str, str]] = requests.get(f"{emulator.url}/mailbox.json", timeout=10).json()
    return mails[0]


def test_a_mail_is_listed_with_both_its_bodies(emulator: Emulator) -> None:
    _send(emulator)
    mail = _newest(emulator)
    assert isinstance(mail.pop("sent"), float)
    assert mail.pop("id")
    assert mail == {
        "from": emulator.settings.ses.sender,
        "to": ["a@example.org"],
        "subject": SUBJECT,
        "text": "1 < 2 ü",
        "html": "<p>1 &lt; 2</p>",
        "raw": None,
    }


def test_a_raw_mail_is_listed_like_any_other(emulator: Emulator) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = emulator.settings.ses.sender, "b@example.org", SUBJECT
    message.set_content("plain ü\n")
    message.add_alternative("<p>ü</p>\n", subtype="html")
    emulator.cloud.ses.send_raw_email(RawMessage={"Data": message.as_bytes()})
    mail = _newest(emulator)
    assert (mail["subject"], mail["to"]) == (SUBJECT, ["b@example.org"])
    assert (mail["text"], mail["html"]) == ("plain ü\n", "<p>ü</p>\n")


def test_the_newest_mail_comes_first(emulator: Emulator) -> None:
    _send(emulator, "older")
    _send(emulator, "newer")
    subjects = [mail["subject"] for mail in requests.get(f"{emulator.url}/mailbox.json", timeout=10).json()]
    assert subjects[:2] == ["newer", "older"]
    page = requests.get(f"{emulator.url}/mailbox", timeout=10).text
    assert page.index("newer") < page.index("older")


def test_no_page_runs_what_a_mail_says(emulator: Emulator) -> None:
    _send(emulator)
    address = f"{emulator.url}/mailbox/{_newest(emulator)['id']}"
    for page in (requests.get(f"{emulator.url}/mailbox", timeout=10), requests.get(address, timeout=10)):
        assert "<script" not in page.text
        assert "&lt;script&gt;" in page.text
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "1 &lt; 2 ü" in requests.get(address, timeout=10).text
    frame = requests.get(f"{address}/html", timeout=10)
    assert frame.text.endswith("<p>1 &lt; 2</p>")
    assert frame.headers["Content-Security-Policy"].startswith("sandbox ")
    assert "allow-scripts" not in frame.headers["Content-Security-Policy"]


def test_a_mail_that_does_not_exist_is_not_found(emulator: Emulator) -> None:
    assert requests.get(f"{emulator.url}/mailbox/nothing", timeout=10).status_code == 404


def test_a_sender_that_was_not_verified_is_refused(emulator: Emulator) -> None:
    with pytest.raises(ClientError, match="not verified"):
        emulator.cloud.ses.send_email(
            Source="stranger@example.org",
            Destination={"ToAddresses": ["a@example.org"]},
            Message={"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}},
        )


def test_an_ordered_error_strikes_as_often_as_ordered(emulator: Emulator) -> None:
    emulator.order_fault(service="ses", action="SendEmail", times=1, error="MessageRejected")
    assert emulator.cloud.ses.get_send_quota()
    with pytest.raises(ClientError) as refusal:
        _send(emulator)
    assert refusal.value.response["Error"]["Code"] == "MessageRejected"
    _send(emulator)


@pytest.mark.parametrize(
    ("service", "error"), [("sqs", "OverLimit"), ("sns", "AuthorizationError"), ("dynamodb", "ValidationException")]
)
def test_every_service_fails_in_its_own_spelling(emulator: Emulator, service: str, error: str) -> None:
    calls = {
        "sqs": emulator.cloud.sqs.list_queues,
        "sns": emulator.cloud.sns.list_topics,
        "dynamodb": lambda: emulator.cloud.annotations_table.get_item(Key={"job_id": "1"}),
    }
    emulator.order_fault(service=service, times=1, error=error)
    with pytest.raises(ClientError) as refusal:
        calls[service]()
    assert refusal.value.response["Error"]["Code"] == error
    calls[service]()


def test_a_service_can_be_away_until_it_is_taken_back(emulator: Emulator) -> None:
    emulator.order_fault(service="s3")
    with pytest.raises(ClientError) as refusal:
        emulator.cloud.s3.put_object(Bucket="gas-inputs", Key="k", Body=b"")
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    assert requests.get(f"{emulator.url}/_gas/faults", timeout=10).json()[0]["service"] == "s3"
    assert requests.delete(f"{emulator.url}/_gas/faults", timeout=10).json() == []
    emulator.cloud.s3.put_object(Bucket="gas-inputs", Key="k", Body=b"")


@pytest.mark.parametrize("order", [{}, {"service": 1}, {"service": "s3", "times": "two"}, {"service": "s3", "x": 1}])
def test_an_order_that_makes_no_sense_is_refused_with_a_sentence(emulator: Emulator, order: dict[str, object]) -> None:
    answer = requests.post(f"{emulator.url}/_gas/faults", json=order, timeout=10)
    assert answer.status_code == 400
    assert "a fault" in answer.text
