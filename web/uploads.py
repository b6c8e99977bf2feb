"""Uploads: the form that takes a file to S3, and the check of what came back."""

import dataclasses
import unicodedata
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from util import jobs
from util.cloud import Cloud, error_code
from util.jobs import Job
from web.config import WebSettings

MAX_NAME_BYTES = 200
MISSING_CODES = frozenset({"404", "NoSuchKey", "NotFound"})
# S3 puts the chosen file's name in its place.
FILE_NAME_VARIABLE = "${filename}"
ASSEMBLY_FIELD = "x-amz-meta-assembly"
AUTOMATIC = "auto"
ASSEMBLIES: Mapping[str, str] = {
    AUTOMATIC: "Automatic: read it from the file",
    "GRCh38": "GRCh38 (hg38)",
    "GRCh37": "GRCh37 (hg19)",
    "hg18": "NCBI36 (hg18)",
    "rCRS": "rCRS (mitochondrial genome only)",
}
UNITS = ("bytes", "KB", "MB", "GB")
UNIT_FACTOR = 1024


class Refused(Exception):
    """An upload that cannot become a job. The message is a sentence for the user; `status` is of HTTP."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


@dataclasses.dataclass(frozen=True, kw_only=True)
class Upload:
    """A file under a user's prefix of the inputs bucket, as its key tells."""

    bucket: str
    key: str
    job_id: str
    file_name: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class PostForm:
    """Where a browser posts a file to, and the hidden fields that allow it."""

    url: str
    fields: Mapping[str, str]


def size_limit(settings: WebSettings, *, is_premium: bool) -> int:
    """Return the largest input file of a plan, in bytes."""
    return settings.gas.input_limit if is_premium else settings.gas.free_input_limit


def human_size(size: int) -> str:
    """Return a size for people: 150 KB, 5 GB."""
    value, unit = float(size), 0
    while value >= UNIT_FACTOR and unit < len(UNITS) - 1:
        value, unit = value / UNIT_FACTOR, unit + 1
    return f"{round(value, 1):g} {UNITS[unit]}"


def upload_forms(cloud: Cloud, settings: WebSettings, user_id: str, limit: int) -> tuple[PostForm, PostForm]:
    """Return two forms for one new job: S3's answer to the first is a redirect to us, to the second a plain 201.

    The key holds the ID of the job to be, which nobody else can guess and which makes a second redirect harmless.
    """
    key = jobs.input_key(settings.s3.key_prefix, user_id, jobs.new_job_id(), FILE_NAME_VARIABLE)
    redirect = f"{settings.gas.site_url.rstrip('/')}/annotate/job"
    return (
        _post_form(cloud, settings, key, limit, {"success_action_redirect": redirect}),
        _post_form(cloud, settings, key, limit, {"success_action_status": "201"}),
    )


def _post_form(cloud: Cloud, settings: WebSettings, key: str, limit: int, answer: dict[str, str]) -> PostForm:
    conditions: list[Any] = [answer, ["content-length-range", 1, limit], ["starts-with", f"${ASSEMBLY_FIELD}", ""]]
    post = cloud.s3.generate_presigned_post(
        settings.s3.inputs_bucket,
        key,
        Fields=dict(answer),
        Conditions=conditions,
        ExpiresIn=settings.web.upload_seconds,
    )
    return PostForm(url=post["url"], fields=post["fields"])


def claimed_upload(settings: WebSettings, user_id: str, bucket: str, key: str) -> Upload:
    """Return the upload that a redirect names, provided that it can be the user's own. Raises Refused."""
    if not bucket or not key:
        raise Refused(400, "The address of this page names no upload. Choose a file and upload it first.")
    parsed = jobs.parse_input_key(key, settings.s3.key_prefix, user_id)
    if bucket != settings.s3.inputs_bucket or parsed is None:
        raise Refused(403, "Not authorized to annotate this file: it is not one of your uploads.")
    job_id, file_name = parsed
    return Upload(bucket=bucket, key=key, job_id=job_id, file_name=file_name)


def accept(cloud: Cloud, upload: Upload, limit: int, *, user_id: str, now: int) -> Job:
    """Return the job for an upload that S3 has and that keeps our rules; else delete the file. Raises Refused."""
    head = _head(cloud, upload)
    size = int(head["ContentLength"])
    try:
        check_name(upload.file_name)
        _check_size(upload.file_name, size, limit)
    except Refused:
        cloud.s3.delete_object(Bucket=upload.bucket, Key=upload.key)
        raise
    assembly = head["Metadata"].get(ASSEMBLY_FIELD.removeprefix("x-amz-meta-"))
    return Job(
        job_id=upload.job_id,
        user_id=user_id,
        input_file_name=upload.file_name,
        s3_inputs_bucket=upload.bucket,
        s3_key_input_file=upload.key,
        submit_time=now,
        requested_time=now,
        input_bytes=size,
        input_etag=head["ETag"],
        # The browser wrote the choice; what is not one of ours counts as none.
        requested_assembly=assembly if assembly in ASSEMBLIES and assembly != AUTOMATIC else None,
    )


def _head(cloud: Cloud, upload: Upload) -> Any:
    try:
        return cloud.s3.head_object(Bucket=upload.bucket, Key=upload.key)
    except ClientError as error:
        if error_code(error) not in MISSING_CODES:
            raise
        raise Refused(404, f"S3 has no upload named {upload.file_name}. Upload the file again.") from error


def check_name(file_name: str) -> None:
    """Refuse a file name that is no VCF's, too long, or no name at all. Raises Refused."""
    if any(character in "/\\" or unicodedata.category(character) in {"Cc", "Cs"} for character in file_name):
        raise Refused(400, f"The file name {file_name!r} contains a slash or a control character. Rename the file.")
    if len(file_name.encode()) > MAX_NAME_BYTES:
        raise Refused(400, f"The file name is too long: at most {MAX_NAME_BYTES} bytes are allowed. Rename the file.")
    if jobs.file_stem(file_name)[0] == file_name:
        endings = ", ".join(jobs.VCF_SUFFIXES)
        raise Refused(400, f"The file {file_name} is no VCF by its name; allowed endings: {endings}.")


def _check_size(file_name: str, size: int, limit: int) -> None:
    if size == 0:
        raise Refused(400, f"The file {file_name} is empty.")
    if size > limit:
        raise Refused(
            413,
            f"The file {file_name} has {size:,} bytes; "
            f"your plan allows files of up to {human_size(limit)}: {limit:,} bytes.",
        )
