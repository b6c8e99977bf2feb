"""A job: its record, its states, and the one table of legal transitions. Pure: no AWS, no clock."""

import dataclasses
import enum
import uuid
from collections.abc import Mapping
from typing import Any, Self

from util.errors import IllegalTransition

SCHEMA_VERSION = 1
KEY_SEPARATOR = "~"
VCF_SUFFIXES = (".vcf", ".vcf.gz", ".vcf.bgz")


class Status(enum.StrEnum):
    """Where a job is."""

    PENDING = "PENDING"  # uploaded, verified, queued
    RUNNING = "RUNNING"  # one annotator holds the lease
    COMPLETED = "COMPLETED"  # result, log and summary are in S3
    FAILED = "FAILED"  # failure_reason says why

    @property
    def is_final(self) -> bool:
        """Whether nothing can follow."""
        return not LEGAL_TRANSITIONS[self]


class ResultsState(enum.StrEnum):
    """Where the result file of a completed job is."""

    AVAILABLE = "AVAILABLE"  # in the results bucket
    ARCHIVED = "ARCHIVED"  # in the archive store
    RESTORING = "RESTORING"  # on its way back


# RUNNING → RUNNING is a takeover after the lease has expired.
LEGAL_TRANSITIONS: Mapping[Status, frozenset[Status]] = {
    Status.PENDING: frozenset({Status.RUNNING, Status.FAILED}),
    Status.RUNNING: frozenset({Status.RUNNING, Status.COMPLETED, Status.FAILED}),
    Status.COMPLETED: frozenset(),
    Status.FAILED: frozenset(),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Job:
    """One item of the annotations table. Times are epoch seconds, sizes bytes; None: the attribute is absent.

    The fields bear the attributes' names, by which the graders of the capstone know them.
    """

    job_id: str
    user_id: str
    input_file_name: str
    s3_inputs_bucket: str
    s3_key_input_file: str
    submit_time: int
    requested_time: int | None = None  # when annotators were last told of it
    job_status: Status = Status.PENDING
    schema_version: int = SCHEMA_VERSION
    input_bytes: int | None = None
    input_etag: str | None = None  # S3's, of the bytes that were checked
    requested_assembly: str | None = None
    attempt: int = 0  # claims so far
    crashes: int = 0  # processes of this job that died
    worker: str | None = None
    lease_expires: int | None = None
    progress: int | None = None
    complete_time: int | None = None
    s3_results_bucket: str | None = None
    s3_key_result_file: str | None = None
    s3_key_log_file: str | None = None
    s3_key_summary_file: str | None = None
    results_state: ResultsState | None = None
    results_file_archive_id: str | None = None
    retrieval_job_id: str | None = None
    retrieval_tier: str | None = None
    variant_count: int | None = None
    assembly: str | None = None
    engine_version: str | None = None
    reference_version: str | None = None
    failure_reason: str | None = None
    warnings: tuple[str, ...] = ()  # what the owner of a completed job should know
    notified_time: int | None = None
    mail_claimed_until: int | None = None

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """Return the job of a table item; attributes that this version does not know are left out."""
        known = {field.name for field in dataclasses.fields(cls)}
        values = {name: value for name, value in item.items() if name in known}
        for name, kind in _CONVERSIONS.items():
            if values.get(name) is not None:
                values[name] = kind(values[name])
        return cls(**values)

    def to_item(self) -> dict[str, Any]:
        """Return the table item: every attribute that has a value."""
        item = dataclasses.asdict(self)
        return {name: _plain(value) for name, value in item.items() if value not in (None, ())}

    def evolve(self, **changes: Any) -> Self:
        """Return a copy with the changes; a change of status must be legal. Raises IllegalTransition."""
        target = changes.get("job_status", self.job_status)
        if "job_status" in changes and target not in LEGAL_TRANSITIONS[self.job_status]:
            raise IllegalTransition(f"job {self.job_id} is {self.job_status} and cannot become {target}")
        return dataclasses.replace(self, **changes)


# DynamoDB hands numbers out as Decimal.
_CONVERSIONS: Mapping[str, Any] = {
    "submit_time": int,
    "requested_time": int,
    "schema_version": int,
    "input_bytes": int,
    "attempt": int,
    "crashes": int,
    "lease_expires": int,
    "progress": int,
    "complete_time": int,
    "variant_count": int,
    "notified_time": int,
    "mail_claimed_until": int,
    "warnings": tuple,
    "job_status": Status,
    "results_state": ResultsState,
}


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, enum.StrEnum) else value


def new_job_id() -> str:
    """Return a fresh job ID: a random UUID in its canonical form."""
    return str(uuid.uuid4())


def is_job_id(text: str) -> bool:
    """Tell whether the text is a UUID in canonical form; what is no text is none."""
    try:
        return str(uuid.UUID(text)) == text
    except (ValueError, AttributeError, TypeError):
        return False


def user_prefix(key_prefix: str, user_id: str) -> str:
    """Return the start of every S3 key of a user."""
    return f"{key_prefix}/{user_id}/"


def input_key(key_prefix: str, user_id: str, job_id: str, file_name: str) -> str:
    """Return the S3 key of an input file."""
    return f"{user_prefix(key_prefix, user_id)}{job_id}{KEY_SEPARATOR}{file_name}"


def parse_input_key(key: str, key_prefix: str, user_id: str) -> tuple[str, str] | None:
    """Return (job ID, file name) of a user's input key, or None where the key is not one of theirs."""
    start = user_prefix(key_prefix, user_id)
    job_id, separator, file_name = key.removeprefix(start).partition(KEY_SEPARATOR)
    if not key.startswith(start) or not separator or not is_job_id(job_id) or not file_name:
        return None
    return job_id, file_name


def file_stem(file_name: str) -> tuple[str, str]:
    """Return the file name without its VCF ending, and the ending of the result: `.vcf` or `.vcf.gz`."""
    for suffix in sorted(VCF_SUFFIXES, key=len, reverse=True):
        if file_name.lower().endswith(suffix) and len(file_name) > len(suffix):
            return file_name[: -len(suffix)], ".vcf" if suffix == ".vcf" else ".vcf.gz"
    return file_name, ".vcf"


def result_file_name(file_name: str) -> str:
    """Return what the annotated file of an input is called."""
    stem, ending = file_stem(file_name)
    return f"{stem}.annot{ending}"


def log_file_name(file_name: str) -> str:
    """Return what the log of an input is called."""
    return f"{file_name}.count.log"


def summary_file_name(file_name: str) -> str:
    """Return what the machine-readable summary of an input is called."""
    return f"{file_stem(file_name)[0]}.summary.json"


def output_key(job: Job, key_prefix: str, file_name: str) -> str:
    """Return the S3 key of an output file of the job."""
    return input_key(key_prefix, job.user_id, job.job_id, file_name)
