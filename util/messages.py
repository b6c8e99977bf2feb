"""What goes over topics and queues: frozen contracts, the SNS envelope, and one decoder for each."""

import dataclasses
import json
from typing import Any, Self

from util.errors import MessageError
from util.jobs import Status, is_job_id


@dataclasses.dataclass(frozen=True, kw_only=True)
class Message:
    """Base of the contracts: text fields, sent as one JSON object."""

    def encode(self) -> str:
        """Return the JSON text that is published."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    @classmethod
    def decode(cls, body: str) -> Self:
        """Return the message of an SQS body: an SNS envelope around our JSON. Raises MessageError."""
        fields = _object(_unwrap(body), body)
        values = {}
        for field in dataclasses.fields(cls):
            value = fields.get(field.name)
            if not isinstance(value, str) or not value:
                raise MessageError(f"the field {field.name} of {cls.__name__} must be a text, not {value!r}", body)
            values[field.name] = value
        message = cls(**values)
        message.check(body)
        return message

    def check(self, body: str) -> None:
        """Raise MessageError where a field's value is not allowed."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class JobMessage(Message):
    """A message about one job."""

    job_id: str
    user_id: str

    def check(self, body: str) -> None:
        """Refuse what is no job ID."""
        if not is_job_id(self.job_id):
            raise MessageError(f"the job ID {self.job_id!r} is not a UUID", body)


@dataclasses.dataclass(frozen=True, kw_only=True)
class JobRequested(JobMessage):
    """The web tier has verified an upload and recorded the job as PENDING."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class JobFinished(JobMessage):
    """The job is COMPLETED or FAILED, and the record says so already."""

    job_status: str

    def check(self, body: str) -> None:
        """Refuse a status that is not final."""
        super().check(body)
        if self.job_status not in {Status.COMPLETED, Status.FAILED}:
            raise MessageError(f"job_status is {self.job_status!r}; allowed: COMPLETED, FAILED", body)


def _unwrap(body: str) -> str:
    envelope = _object(body, body)
    inner = envelope.get("Message")
    if not isinstance(inner, str):
        raise MessageError("the body is no SNS envelope: it has no text named Message", body)
    return inner


def _object(text: str, body: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MessageError(f"not JSON: {error}", body) from error
    if not isinstance(value, dict):
        raise MessageError(f"the JSON is {type(value).__name__}, not an object", body)
    return value
