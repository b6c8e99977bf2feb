"""Users at browsers, for the web tier's integration tests."""

import dataclasses
import re
import time
import uuid
from typing import Any
from urllib.parse import urljoin

import requests
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from util import jobs
from util.jobs import Job
from web.models import create_profile, db
from web.services import Services

VCF = b"##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\nMT\t73\t.\tA\tG\t.\t.\t.\n"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Browser:
    """One user at a browser: a client with a session, and short ways to do what users do."""

    client: FlaskClient
    user_id: str
    services: Services

    @property
    def site(self) -> str:
        return self.services.settings.gas.site_url

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, base_url=self.site, **options)

    def post(self, path: str, data: dict[str, str] | None = None) -> TestResponse:
        """Send a form with the token that every page has."""
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get("/").text)
        assert token
        form = {"csrf_token": token.group(1), **(data or {})}
        return self.client.post(path, base_url=self.site, headers={"Referer": f"{self.site}/"}, data=form)

    def upload(self, file_name: str = "test.vcf", content: bytes = VCF, job_id: str | None = None, **extra: Any) -> str:
        """Put a file where the upload page would, and return its key."""
        key = jobs.input_key(self.services.settings.s3.key_prefix, self.user_id, job_id or jobs.new_job_id(), file_name)
        self.services.cloud.s3.put_object(Bucket=self.bucket, Key=key, Body=content, **extra)
        return key

    @property
    def bucket(self) -> str:
        return self.services.settings.s3.inputs_bucket

    def finish_upload(self, key: str) -> TestResponse:
        """Follow the redirect that S3 sends."""
        return self.get("/annotate/job", query_string={"bucket": self.bucket, "key": key})

    def has_object(self, key: str) -> bool:
        listed = self.services.cloud.s3.list_objects_v2(Bucket=self.bucket, Prefix=key)
        return [each["Key"] for each in listed.get("Contents", [])] == [key]

    def jobs(self) -> tuple[Job, ...]:
        return self.services.store.list_for_user(self.user_id, limit=100).jobs

    def job(self, **attributes: Any) -> Job:
        """Record a job of this user."""
        job_id = jobs.new_job_id()
        values = {
            "job_id": job_id,
            "user_id": self.user_id,
            "input_file_name": "test.vcf",
            "s3_inputs_bucket": self.bucket,
            "s3_key_input_file": jobs.input_key("gas", self.user_id, job_id, "test.vcf"),
            "submit_time": 1_462_466_820,
        }
        job = Job(**(values | attributes))
        assert self.services.store.create(job)
        return job

    def finished_job(self, log: bytes = b"2 variants\n", **attributes: Any) -> Job:
        """Record a completed job, with its log and its result in S3."""
        job = self.job()
        bucket = self.services.settings.s3.results_bucket
        name = attributes.get("input_file_name", job.input_file_name)
        result = jobs.output_key(job, "gas", jobs.result_file_name(name))
        log_key = jobs.output_key(job, "gas", jobs.log_file_name(name))
        for key, content in ((result, VCF), (log_key, log)):
            self.services.cloud.s3.put_object(Bucket=bucket, Key=key, Body=content)
        values = {
            "job_status": jobs.Status.COMPLETED,
            "complete_time": 1_462_466_925,
            "s3_results_bucket": bucket,
            "s3_key_result_file": result,
            "s3_key_log_file": log_key,
        }
        finished = dataclasses.replace(job, **(values | attributes))
        self.services.cloud.annotations_table.put_item(Item=finished.to_item())
        return finished

    def sql(self, statement: str) -> None:
        """Change this user's row in the accounts table."""
        with self.client.application.app_context():
            db.session.execute(text(statement), {"id": self.user_id})
            db.session.commit()


def make_browser(app: Flask) -> Browser:
    """Return a browser with a session of a new user."""
    user_id = str(uuid.uuid4())
    with app.app_context():
        create_profile(user_id, name="Ada Lovelace", email="ada@example.org", institution="")
    browser = Browser(client=app.test_client(), user_id=user_id, services=app.extensions["gas"])
    with browser.client.session_transaction(base_url=browser.site) as session:
        session.update(
            primary_identity=user_id, logged_in=int(time.time()), name="Ada Lovelace", email="ada@example.org"
        )
    return browser


def log_in_at_globus(authorize_url: str, name: str) -> str:
    """Choose an account at the stand-in as a person does, and return where it sends the browser."""
    with requests.Session() as person:
        picker = person.get(authorize_url, timeout=10)
        form = next(part for part in picker.text.split("<form")[1:] if name in part)
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
        action = re.search(r'action="([^"]+)"', form)
        assert action
        answer = person.post(urljoin(picker.url, action.group(1)), data=fields, allow_redirects=False, timeout=10)
        return answer.headers["Location"]
