"""How a job ends: its files in S3, then its record, then the message that says so. In this order, always."""

import dataclasses
import time
from pathlib import Path

from util import jobs
from util.cloud import Cloud
from util.jobs import Job
from util.messages import JobFinished
from util.settings import Settings
from util.store import Store

TEXT = "text/plain; charset=utf-8"


@dataclasses.dataclass(frozen=True)
class Results:
    """The results bucket, the table and the topic, as a job that ends needs them."""

    cloud: Cloud
    store: Store
    settings: Settings

    @classmethod
    def of(cls, cloud: Cloud, settings: Settings) -> "Results":
        """Return the results of the service that the settings describe."""
        return cls(cloud, Store(cloud.annotations_table, settings.dynamodb.user_id_index), settings)

    def upload(self, job: Job, path: Path, file_name: str, content_type: str) -> str:
        """Put a file of the job into the results bucket under that name; return its key."""
        s3 = self.settings.s3
        key = jobs.output_key(job, s3.key_prefix, file_name)
        self.cloud.s3.upload_file(str(path), s3.results_bucket, key, ExtraArgs={"ContentType": content_type})
        return key

    def fail(self, job: Job, reason: str) -> Job | None:
        """Record the job as FAILED, with a log that says why, and announce it; None: it was moved on by another."""
        s3 = self.settings.s3
        key = jobs.output_key(job, s3.key_prefix, jobs.log_file_name(job.input_file_name))
        text = f"The annotation of {job.input_file_name} failed.\n{reason}\n"
        self.cloud.s3.put_object(Bucket=s3.results_bucket, Key=key, Body=text.encode(), ContentType=TEXT)
        outputs = {"s3_results_bucket": s3.results_bucket, "s3_key_log_file": key}
        failed = self.store.fail(job, now=int(time.time()), reason=reason, outputs=outputs)
        if failed is not None:
            self.announce(failed)
        return failed

    def announce(self, job: Job) -> None:
        """Publish that the job has ended. Consumers take a repetition for what it is."""
        message = JobFinished(job_id=job.job_id, user_id=job.user_id, job_status=job.job_status)
        self.cloud.publish(self.settings.sns.job_results_topic, message)
