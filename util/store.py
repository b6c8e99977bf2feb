"""The annotations table: its only reader and writer.

Every write is a compare-and-set with a name. Losing one is a normal return (False or None): another process has
moved the job on. Queries follow LastEvaluatedKey; nothing scans.
"""

import base64
import binascii
import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from boto3.dynamodb.conditions import Attr, ConditionBase, Key

from util.cloud import ClientError, error_code
from util.errors import JobNotFound, NotTheOwner
from util.jobs import Job, ResultsState, Status, is_job_id

PAGE_TOKEN_LIMIT = 1024
# Far beyond any time that a job can have; epoch seconds.
LAST_SECOND = 2**40


@dataclasses.dataclass(frozen=True, kw_only=True)
class Page:
    """Some of a user's jobs, newest first; `next_token` opens the next page, None: this was the last."""

    jobs: tuple[Job, ...]
    next_token: str | None


class Store:
    """Jobs in DynamoDB. `table` is a boto3 Table, `index` the name of its index by user and time."""

    def __init__(self, table: Any, index: str) -> None:
        self._table = table
        self._index = index

    def create(self, job: Job) -> bool:
        """Put a new job; False: a job of that ID is there already."""
        is_new = Attr("job_id").not_exists()
        return self._won(lambda: self._table.put_item(Item=job.to_item(), ConditionExpression=is_new)) is not None

    def get(self, job_id: str) -> Job:
        """Return a job as it is now. Raises JobNotFound."""
        item = self._table.get_item(Key={"job_id": job_id}, ConsistentRead=True).get("Item")
        if item is None:
            raise JobNotFound(f"there is no job {job_id}")
        return Job.from_item(item)

    def get_for_user(self, job_id: str, user_id: str) -> Job:
        """Return a job that is the user's own. Raises JobNotFound and NotTheOwner."""
        if not is_job_id(job_id):
            raise JobNotFound(f"{job_id!r} is no job ID; job IDs are UUIDs")
        job = self.get(job_id)
        if job.user_id != user_id:
            raise NotTheOwner(f"job {job_id} belongs to another user")
        return job

    def list_for_user(self, user_id: str, *, limit: int, token: str | None = None) -> Page:
        """Return up to `limit` of the user's jobs, newest first. A token that is not ours starts at the newest."""
        query: dict[str, Any] = {
            "IndexName": self._index,
            "KeyConditionExpression": Key("user_id").eq(user_id),
            "ScanIndexForward": False,
        }
        start = _decode_token(token, user_id)
        items: list[Mapping[str, Any]] = []
        while len(items) < limit:
            page = {**query, "Limit": limit - len(items), **({"ExclusiveStartKey": start} if start else {})}
            answer = self._table.query(**page)
            items += answer["Items"]
            start = answer.get("LastEvaluatedKey")
            if start is None:
                break
        return Page(jobs=tuple(Job.from_item(item) for item in items), next_token=_encode_token(start))

    def claim_request(self, job_id: str, *, now: int, older_than: int) -> bool:
        """Reserve telling the annotators of a waiting job again; False: it does not wait, or they were told lately."""
        is_due = Attr("requested_time").not_exists() | Attr("requested_time").lt(now - older_than)
        return self._update(job_id, Attr("job_status").eq(Status.PENDING) & is_due, {"requested_time": now}) is not None

    def claim(self, job_id: str, *, worker: str, now: int, lease_seconds: int) -> Job | None:
        """Make the job RUNNING under a lease of `worker`; None: it is final, or another one's lease holds."""
        is_waiting = Attr("job_status").eq(Status.PENDING)
        is_running = Attr("job_status").eq(Status.RUNNING)
        is_abandoned = is_running & Attr("lease_expires").lt(now)
        is_mine = is_running & Attr("worker").eq(worker)
        return self._update(
            job_id,
            is_waiting | is_abandoned | is_mine,
            {"job_status": Status.RUNNING, "worker": worker, "lease_expires": now + lease_seconds, "progress": 0},
            add={"attempt": 1},
        )

    def renew(self, job: Job, *, now: int, lease_seconds: int) -> bool:
        """Prolong the lease; False: it is lost."""
        return self._update(job.job_id, _holds(job), {"lease_expires": now + lease_seconds}) is not None

    def release(self, job: Job, *, crashed: bool) -> Job | None:
        """Let go of the job, so that any annotator may claim it at once; count a crash of its process."""
        return self._update(
            job.job_id, _holds(job), {"lease_expires": 0}, add={"crashes": 1} if crashed else {"crashes": 0}
        )

    def report_progress(self, job: Job, variant_count: int) -> bool:
        """Record how many variants are annotated so far; False: the lease is lost."""
        return self._update(job.job_id, _holds(job), {"progress": variant_count}) is not None

    def complete(self, job: Job, *, now: int, outputs: Mapping[str, Any]) -> Job | None:
        """Make the job COMPLETED with the attributes in `outputs`; None: the lease is lost."""
        job.evolve(job_status=Status.COMPLETED)
        changes = {"job_status": Status.COMPLETED, "complete_time": now, "results_state": ResultsState.AVAILABLE}
        return self._update(job.job_id, _holds(job), {**changes, **outputs})

    def fail(self, job: Job, *, now: int, reason: str, outputs: Mapping[str, Any]) -> Job | None:
        """Make the job FAILED for a reason that its owner reads; None: it was moved on by another."""
        job.evolve(job_status=Status.FAILED)
        is_unmoved = Attr("job_status").eq(job.job_status) & Attr("attempt").eq(job.attempt)
        changes = {"job_status": Status.FAILED, "complete_time": now, "failure_reason": reason}
        return self._update(job.job_id, is_unmoved, {**changes, **outputs})

    def claim_mail(self, job_id: str, *, now: int, seconds: int) -> bool:
        """Reserve the sending of the job's mail for some seconds; False: it is sent, or being sent."""
        is_unsent = Attr("notified_time").not_exists()
        is_free = Attr("mail_claimed_until").not_exists() | Attr("mail_claimed_until").lt(now)
        return self._update(job_id, is_unsent & is_free, {"mail_claimed_until": now + seconds}) is not None

    def free_mail(self, job_id: str) -> None:
        """Give the reservation back: the mail was not sent."""
        self._update(job_id, Attr("notified_time").not_exists(), {"mail_claimed_until": 0})

    def record_mail(self, job_id: str, *, now: int) -> None:
        """Record that the mail is sent."""
        self._update(job_id, Attr("notified_time").not_exists(), {"notified_time": now})

    def _update(
        self,
        job_id: str,
        condition: ConditionBase,
        values: Mapping[str, Any],
        add: Mapping[str, int] | None = None,
    ) -> Job | None:
        """Set attributes, add to counters, where the item exists and the condition holds; None: it does not."""
        names = {**values, **(add or {})}
        sets = ", ".join(f"#{name} = :{name}" for name in values)
        adds = ", ".join(f"#{name} :{name}" for name in add or {})
        expression = f"SET {sets}" + (f" ADD {adds}" if adds else "")
        plain = {f":{name}": str(value) if isinstance(value, Status) else value for name, value in names.items()}
        answer = self._won(
            lambda: self._table.update_item(
                Key={"job_id": job_id},
                UpdateExpression=expression,
                ConditionExpression=Attr("job_id").exists() & condition,
                ExpressionAttributeNames={f"#{name}": name for name in names},
                ExpressionAttributeValues=plain,
                ReturnValues="ALL_NEW",
            )
        )
        return None if answer is None else Job.from_item(answer["Attributes"])

    @staticmethod
    def _won(write: Any) -> Any:
        """Return the answer of a conditional write, None where its condition did not hold."""
        try:
            return write()
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            return None


def _holds(job: Job) -> ConditionBase:
    """Tell whether this very attempt still has the job: `attempt` fences off a worker that was replaced."""
    return Attr("job_status").eq(Status.RUNNING) & Attr("worker").eq(job.worker) & Attr("attempt").eq(job.attempt)


def _encode_token(key: Mapping[str, Any] | None) -> str | None:
    if key is None:
        return None
    text = json.dumps([key["job_id"], int(key["submit_time"])])
    return base64.urlsafe_b64encode(text.encode()).decode()


def _decode_token(token: str | None, user_id: str) -> dict[str, Any] | None:
    """Return the key where a page starts; the user is always the one who asks."""
    if not token or len(token) > PAGE_TOKEN_LIMIT:
        return None
    try:
        job_id, submit_time = json.loads(base64.urlsafe_b64decode(token.encode()))
    except (ValueError, TypeError, binascii.Error):
        return None
    if type(submit_time) is not int or not 0 <= submit_time < LAST_SECOND or not is_job_id(job_id):
        return None
    return {"user_id": user_id, "job_id": job_id, "submit_time": submit_time}
