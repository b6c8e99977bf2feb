"""How a job process ends when its job does not."""

import errno
import os

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from ann import run
from util.jobs import Job

JOB = Job(
    job_id="5766a440-6f5d-4f4f-9bf1-07346f6e1c8f",
    user_id="user",
    input_file_name="calls.vcf",
    s3_inputs_bucket="inputs",
    s3_key_input_file="key",
    submit_time=1,
)


def refusal(code: str, status: int) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "PutObject")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (EndpointConnectionError(endpoint_url="x"), os.EX_TEMPFAIL),
        (refusal("SlowDown", 503), os.EX_TEMPFAIL),
        (OSError(errno.ENOSPC, "No space left on device"), os.EX_TEMPFAIL),
        (OSError(errno.EACCES, "Permission denied"), os.EX_SOFTWARE),
        (refusal("AccessDenied", 403), os.EX_SOFTWARE),
        (ZeroDivisionError(), os.EX_SOFTWARE),
    ],
)
def test_the_exit_status_says_whether_another_try_may_help(
    monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(run, "results", lambda: None)
    monkeypatch.setattr(run.Run, "__call__", fail)
    assert run.main(JOB, started=0.0) == status
