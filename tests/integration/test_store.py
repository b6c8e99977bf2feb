"""The annotations table: every write is a compare-and-set, every list a query."""

import base64
import json

import pytest

from tests.integration.conftest import Stack
from util.errors import JobNotFound, NotTheOwner
from util.jobs import Job, ResultsState, Status, new_job_id


def token_of(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode()


def claimed(stack: Stack, worker: str = "one", now: int = 1000) -> Job:
    job = stack.submit(b"##fileformat=VCFv4.2\n")
    claim = stack.store.claim(job.job_id, worker=worker, now=now, lease_seconds=60)
    assert claim is not None
    return claim


def test_a_job_is_created_once(stack: Stack) -> None:
    job = stack.submit(b"x")
    assert stack.store.get(job.job_id) == job
    assert stack.store.create(job.evolve(input_file_name="other.vcf")) is False
    assert stack.store.get(job.job_id) == job


def test_a_job_is_shown_to_its_owner_alone(stack: Stack) -> None:
    job = stack.submit(b"x")
    assert stack.store.get_for_user(job.job_id, job.user_id) == job
    with pytest.raises(NotTheOwner, match="belongs to another user"):
        stack.store.get_for_user(job.job_id, "somebody")
    for unknown in (new_job_id(), "no-uuid", "", "x" * 5000):
        with pytest.raises(JobNotFound):
            stack.store.get_for_user(unknown, job.user_id)


def test_one_worker_wins_a_job_until_its_lease_has_expired(stack: Stack) -> None:
    first = claimed(stack, "one", now=1000)
    assert (first.job_status, first.attempt, first.lease_expires) == (Status.RUNNING, 1, 1060)
    assert stack.store.claim(first.job_id, worker="two", now=1060, lease_seconds=60) is None
    assert stack.store.renew(first, now=1050, lease_seconds=60)
    assert stack.store.claim(first.job_id, worker="two", now=1110, lease_seconds=60) is None
    second = stack.store.claim(first.job_id, worker="two", now=1111, lease_seconds=60)
    assert second is not None
    assert (second.worker, second.attempt) == ("two", 2)


def test_a_worker_that_was_replaced_can_write_nothing(stack: Stack) -> None:
    first = claimed(stack, "one", now=1000)
    assert stack.store.claim(first.job_id, worker="two", now=2000, lease_seconds=60) is not None
    assert stack.store.renew(first, now=2000, lease_seconds=60) is False
    assert stack.store.report_progress(first, 5) is False
    assert stack.store.release(first, crashed=True) is None
    assert stack.store.complete(first, now=2000, outputs={}) is None
    assert stack.store.fail(first, now=2000, reason="late", outputs={}) is None
    assert stack.store.get(first.job_id).worker == "two"


def test_a_released_job_can_be_claimed_at_once_and_its_crashes_are_counted(stack: Stack) -> None:
    first = claimed(stack, "one")
    released = stack.store.release(first, crashed=True)
    assert released is not None
    assert released.crashes == 1
    second = stack.store.claim(first.job_id, worker="two", now=1001, lease_seconds=60)
    assert second is not None
    given_back = stack.store.release(second, crashed=False)
    assert given_back is not None
    assert given_back.crashes == 1


def test_a_job_ends_once(stack: Stack) -> None:
    job = claimed(stack)
    completed = stack.store.complete(job, now=1234, outputs={"variant_count": 3})
    assert completed is not None
    assert (completed.complete_time, completed.results_state) == (1234, ResultsState.AVAILABLE)
    assert stack.store.complete(job, now=1235, outputs={}) is None
    assert stack.store.fail(job, now=1235, reason="no", outputs={}) is None
    assert stack.store.claim(job.job_id, worker="one", now=9999, lease_seconds=60) is None


def test_a_pending_job_can_fail(stack: Stack) -> None:
    job = stack.submit(b"x")
    failed = stack.store.fail(job, now=5, reason="A sentence.", outputs={})
    assert failed is not None
    assert (failed.job_status, failed.failure_reason) == (Status.FAILED, "A sentence.")


def test_annotators_are_told_again_of_a_waiting_job_now_and_then(stack: Stack) -> None:
    job = stack.submit(b"x")
    assert stack.store.claim_request(job.job_id, now=1000, older_than=300)
    assert not stack.store.claim_request(job.job_id, now=1300, older_than=300)
    assert stack.store.claim_request(job.job_id, now=1301, older_than=300)
    assert stack.store.claim(job.job_id, worker="one", now=1302, lease_seconds=60)
    assert not stack.store.claim_request(job.job_id, now=9999, older_than=300)


def test_a_mail_is_sent_by_one_and_once(stack: Stack) -> None:
    job = stack.submit(b"x")
    assert stack.store.claim_mail(job.job_id, now=100, seconds=60)
    assert not stack.store.claim_mail(job.job_id, now=160, seconds=60)
    assert stack.store.claim_mail(job.job_id, now=161, seconds=60)
    stack.store.free_mail(job.job_id)
    assert stack.store.claim_mail(job.job_id, now=162, seconds=60)
    stack.store.record_mail(job.job_id, now=163)
    assert not stack.store.claim_mail(job.job_id, now=9999, seconds=60)
    assert stack.store.get(job.job_id).notified_time == 163


def test_a_write_to_a_job_that_does_not_exist_makes_no_item(stack: Stack) -> None:
    job_id = new_job_id()
    assert stack.store.claim(job_id, worker="one", now=1, lease_seconds=60) is None
    assert not stack.store.claim_mail(job_id, now=1, seconds=60)
    with pytest.raises(JobNotFound):
        stack.store.get(job_id)


def test_pages_list_all_jobs_of_one_user_newest_first(stack: Stack) -> None:
    user = new_job_id()
    wanted = []
    for number in range(7):
        job = stack.submit(b"x", user_id=user).evolve(job_id=new_job_id(), submit_time=1000 + number)
        stack.store.create(job)
        wanted.append(job.job_id)
    stack.submit(b"x", user_id=new_job_id())
    token, seen, sizes = None, [], []
    while True:
        page = stack.store.list_for_user(user, limit=4, token=token)
        seen += [job for job in page.jobs if job.submit_time < 2000]
        sizes.append(len(page.jobs))
        token = page.next_token
        if token is None:
            break
    assert [job.job_id for job in seen] == wanted[::-1]
    assert max(sizes) == 4
    assert sum(sizes) == 14


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "é",
        "W10=",
        "eyJhIjoxfQ==",
        "A" * 5000,
        *map(token_of, [["a", 10**60], ["", 1], ["a", True], ["\ud800", 1], [1, 1]]),
    ],
)
def test_a_page_token_that_is_not_ours_opens_the_first_page(stack: Stack, token: str) -> None:
    user = new_job_id()
    job = stack.submit(b"x", user_id=user)
    assert [listed.job_id for listed in stack.store.list_for_user(user, limit=4, token=token).jobs] == [job.job_id]


def test_a_page_token_opens_no_other_users_page(stack: Stack) -> None:
    owner, other = new_job_id(), new_job_id()
    for _ in range(3):
        stack.submit(b"x", user_id=owner)
    token = stack.store.list_for_user(owner, limit=1).next_token
    assert token is not None
    assert stack.store.list_for_user(other, limit=4, token=token).jobs == ()
