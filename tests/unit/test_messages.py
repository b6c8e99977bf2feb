"""Messages: what is sent comes back, and anything else is one error that carries the body."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from util.errors import MessageError
from util.messages import JobFinished, JobRequested, Message

JOB_ID = "5766a440-6f5d-4f4f-9bf1-07346f6e1c8f"
REQUESTED = JobRequested(job_id=JOB_ID, user_id="user")
FINISHED = JobFinished(job_id=JOB_ID, user_id="user", job_status="COMPLETED")


def envelope(message: object) -> str:
    return json.dumps({"Type": "Notification", "Message": json.dumps(message)})


@pytest.mark.parametrize("message", [REQUESTED, FINISHED])
def test_a_message_comes_back_from_its_envelope(message: Message) -> None:
    body = json.dumps({"Type": "Notification", "Message": message.encode()})
    assert type(message).decode(body) == message


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "the JSON is list"),
        ("{}", "no SNS envelope"),
        ('{"Message": {"job_id": 1}}', "no SNS envelope"),
        ('{"Message": "text"}', "not JSON"),
        (envelope({"job_id": JOB_ID}), "the field user_id of JobRequested must be a text, not None"),
        (envelope({"job_id": 7, "user_id": "user"}), "the field job_id of JobRequested must be a text, not 7"),
        (envelope({"job_id": "seven", "user_id": "user"}), "the job ID 'seven' is not a UUID"),
    ],
)
def test_a_body_that_is_no_message_is_one_error_that_carries_it(body: str, reason: str) -> None:
    with pytest.raises(MessageError, match=reason) as caught:
        JobRequested.decode(body)
    assert caught.value.body == body
    assert caught.value.permanent


def test_a_job_can_only_have_finished_in_a_final_status() -> None:
    body = envelope({"job_id": JOB_ID, "user_id": "user", "job_status": "RUNNING"})
    with pytest.raises(MessageError, match="allowed: COMPLETED, FAILED"):
        JobFinished.decode(body)


@given(st.text())
def test_any_text_gives_a_message_or_the_one_error(body: str) -> None:
    with pytest.raises(MessageError):
        JobRequested.decode(body)
