"""notify: one mail for each job that ends, whatever happens on the way."""

import json
import threading

import pytest

from tests.integration.conftest import Stack
from tests.waiting import wait_for
from util.jobs import Job, new_job_id
from util.messages import JobFinished
from util.notify import notify
from util.worker import Worker


@pytest.fixture
def worker(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Worker[JobFinished]:
    stack.empty_queues()
    for name, value in stack.environ.items():
        monkeypatch.setenv(name, value)
    return notify.build(threading.Event())[0]


def ended(stack: Stack, *, reason: str | None = None, file_name: str = "calls.vcf") -> Job:
    job = stack.store.claim(stack.submit(b"x", file_name).job_id, worker="one", now=1_700_000_000, lease_seconds=60)
    assert job is not None
    if reason:
        done = stack.store.fail(job, now=1_700_000_060, reason=reason, outputs={})
    else:
        facts = {"variant_count": 1234, "assembly": "GRCh38", "warnings": ("Is it <GRCh37>?",)}
        done = stack.store.complete(job, now=1_700_000_060, outputs=facts)
    assert done is not None
    return done


def announce(stack: Stack, job: Job) -> None:
    message = JobFinished(job_id=job.job_id, user_id=job.user_id, job_status=job.job_status)
    stack.cloud.publish(stack.settings.sns.job_results_topic, message)


@pytest.mark.usefixtures("account")
def test_a_completed_job_is_mailed_with_a_link_to_its_page(stack: Stack, worker: Worker[JobFinished]) -> None:
    job = ended(stack)
    announce(stack, job)
    assert worker.step()
    [mail] = stack.mails_about(job)
    link = f"{stack.settings.gas.site_url}/annotations/{job.job_id}"
    assert mail["subject"] == "calls.vcf is annotated"
    assert f"\n{link}\n" in mail["text"]
    assert f'<a href="{link}">{job.job_id}</a>' in mail["html"]
    assert "1,234 variants, GRCh38" in mail["text"]
    assert "Please note: Is it <GRCh37>?" in mail["text"]
    assert "Is it &lt;GRCh37&gt;?" in mail["html"]
    assert "2023-11-14 16:14 CST" in mail["text"]
    assert "Ada &lt;b&gt;" in mail["html"]
    assert stack.store.get(job.job_id).notified_time is not None
    assert stack.count_messages(stack.settings.sqs.job_results_queue) == 0


@pytest.mark.usefixtures("account")
def test_a_failed_job_is_mailed_with_its_reason(stack: Stack, worker: Worker[JobFinished]) -> None:
    job = ended(stack, reason="Line 7: POS is 'x' & must be a number.", file_name="<script>~'🧬.vcf")
    announce(stack, job)
    assert worker.step()
    [mail] = stack.mails_about(job)
    assert mail["subject"] == "<script>~'🧬.vcf could not be annotated"
    assert "Line 7: POS is 'x' & must be a number." in mail["text"]
    assert "<script>" not in mail["html"]


@pytest.mark.usefixtures("account")
def test_a_message_that_comes_twice_makes_one_mail(stack: Stack, worker: Worker[JobFinished]) -> None:
    job = ended(stack)
    announce(stack, job)
    announce(stack, job)
    assert worker.step()
    assert worker.step()
    assert len(stack.mails_about(job)) == 1
    assert stack.count_messages(stack.settings.sqs.job_results_queue) == 0


@pytest.mark.usefixtures("account")
def test_a_mail_that_ses_refuses_is_tried_again(stack: Stack, worker: Worker[JobFinished]) -> None:
    job = ended(stack)
    announce(stack, job)
    stack.fault("ses", 1, "MessageRejected", 400)
    assert worker.step()
    assert stack.mails_about(job) == []
    assert stack.count_messages(stack.settings.sqs.job_results_queue) == 1
    while not stack.mails_about(job):
        worker.step()
    assert stack.count_messages(stack.settings.sqs.job_results_queue) == 0


@pytest.mark.usefixtures("account")
def test_a_message_is_held_while_dynamodb_is_away(stack: Stack, worker: Worker[JobFinished]) -> None:
    job = ended(stack)
    announce(stack, job)
    stack.fault("dynamodb", 8)
    assert worker.step()
    assert len(stack.mails_about(job)) == 1


def test_a_message_is_held_while_postgresql_is_away(
    stack: Stack, worker: Worker[JobFinished], account: str, caplog: pytest.LogCaptureFixture
) -> None:
    job = ended(stack)
    assert job.user_id == account
    announce(stack, job)
    step = threading.Thread(target=worker.step)
    with stack.without_postgres():
        step.start()
        wait_for("the message being held", lambda: caplog.text.count("the accounts database does not answer") > 1)
    step.join()
    assert len(stack.mails_about(job)) == 1
    assert stack.count_messages(stack.settings.sqs.job_results_queue) == 0


@pytest.mark.parametrize(
    "body",
    [
        "not json",
        "{}",
        json.dumps({"Message": "{}"}),
        json.dumps({"Message": json.dumps({"job_id": "7", "user_id": "u", "job_status": "COMPLETED"})}),
        json.dumps({"Message": json.dumps({"job_id": new_job_id(), "user_id": "u", "job_status": "COMPLETED"})}),
    ],
)
def test_a_message_that_makes_no_sense_is_buried_and_the_daemon_lives_on(
    stack: Stack, worker: Worker[JobFinished], body: str
) -> None:
    queue = stack.settings.sqs.job_results_queue
    stack.cloud.sqs.send_message(QueueUrl=stack.cloud.queue_url(queue), MessageBody=body)
    assert worker.step()
    assert stack.count_messages(queue) == 0
    assert stack.bodies_in(f"{queue}_dead") == [body]
    assert worker.step() is False


@pytest.mark.usefixtures("account")
def test_a_message_about_a_job_that_has_not_ended_sends_no_mail_and_costs_none(
    stack: Stack, worker: Worker[JobFinished]
) -> None:
    job = stack.submit(b"x")
    early = JobFinished(job_id=job.job_id, user_id=job.user_id, job_status="COMPLETED")
    stack.cloud.publish(stack.settings.sns.job_results_topic, early)
    assert worker.step()
    assert stack.mails_about(job) == []
    failed = stack.store.fail(job, now=1, reason="No.", outputs={})
    assert failed is not None
    announce(stack, failed)
    wait_for("the mail", lambda: worker.step() and stack.mails_about(job))
    assert len(stack.mails_about(job)) == 1


def test_a_job_whose_owner_is_gone_ends_among_the_dead_letters(stack: Stack, worker: Worker[JobFinished]) -> None:
    job = stack.submit(b"x", user_id=new_job_id())
    failed = stack.store.fail(job, now=1, reason="No.", outputs={})
    assert failed is not None
    announce(stack, failed)
    assert worker.step()
    assert stack.count_messages(f"{stack.settings.sqs.job_results_queue}_dead") == 1
