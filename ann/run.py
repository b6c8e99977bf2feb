"""One job in one process: download, annotate, upload, record, publish.

`jobprocess` calls `main` in the job's own folder. The exit status is 0 where the job is COMPLETED or FAILED and
recorded so, 75 where a service is away and another try may succeed; with any other the process died.
"""

import errno
import functools
import json
import logging
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ann import config
from ann.anntools import driver
from ann.anntools.errors import BadInput, UnknownAssembly
from ann.anntools.report import Report
from ann.results import TEXT, Results
from util import jobs
from util.cloud import ClientError, Cloud, error_code, is_away
from util.errors import JobFailed
from util.jobs import Job

# On disk the input has this name: a user's file name never becomes a path.
INPUT_STEM = "input"
# The record, the page and the mail take the first few warnings; the log has them all.
LISTED_WARNINGS = 5
COPY_BYTES = 1 << 20
# Answers of S3 that no other try will change, and what they mean to the owner.
GONE = {
    "NoSuchKey": "The input file {} is no longer there.",
    "PreconditionFailed": "The input file {} was replaced after it had been checked. Upload it again.",
}
# A disk that is full has nothing to do with the job that met it.
NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})

log = logging.getLogger("run")


@functools.cache
def results() -> Results:
    """Return the results, their AWS clients made but no call done: making clients takes longer than a small job."""
    settings = config.load_settings()
    cloud = Cloud(settings)
    cloud.make_clients()
    return Results.of(cloud, settings)


def main(job: Job, *, started: float) -> int:
    """Run the job that was started at that time (epoch seconds); return the exit status."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    phases = Phases(started=started)
    settings = config.load_settings()
    try:
        Run(results(), settings, job, phases)()
    except Exception as error:
        is_full = isinstance(error, OSError) and error.errno in NO_SPACE
        if not is_full and not is_away(error):
            log.exception("job %s", job.job_id)
            return os.EX_SOFTWARE
        log.warning("job %s: %s; trying again", job.job_id, error)
        return os.EX_TEMPFAIL
    log.info("job %s: seconds %s", job.job_id, json.dumps(phases.seconds))
    return os.EX_OK


class Phases:
    """Wall-clock seconds of each part of a job; `start` is from the annotator's order to our first line."""

    def __init__(self, *, started: float) -> None:
        self.seconds = {"start": round(time.time() - started, 4)}

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Time a part."""
        begin = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - begin, 4)


class Run:
    """One attempt at one job."""

    def __init__(self, results: Results, settings: config.AnnotatorSettings, job: Job, phases: Phases) -> None:
        self._results = results
        self._settings = settings
        self._job = job
        self._phase = phases

    def __call__(self) -> None:
        """Bring the job to COMPLETED or FAILED. Raises what another try may cure."""
        try:
            path = self._download()
            report = self._annotate(path)
        except (BadInput, UnknownAssembly, JobFailed) as error:
            self._results.fail(self._job, str(error))
            return
        outputs = self._upload(report)
        with self._phase("record"):
            completed = self._results.store.complete(self._job, now=int(time.time()), outputs=outputs)
        if completed is None:
            log.warning("job %s: another worker has it now", self._job.job_id)
            return
        with self._phase("publish"):
            self._results.announce(completed)

    def _download(self) -> Path:
        name = self._job.input_file_name
        path = Path(INPUT_STEM + jobs.file_stem(name)[1])
        where = {"Bucket": self._job.s3_inputs_bucket, "Key": self._job.s3_key_input_file}
        # The page that uploaded the file can put other bytes in its place, and nobody has checked those.
        checked = {"IfMatch": self._job.input_etag} if self._job.input_etag else {}
        with self._phase("download"):
            try:
                with self._results.cloud.s3.get_object(**where, **checked)["Body"] as body, path.open("wb") as file:
                    shutil.copyfileobj(body, file, COPY_BYTES)
            except ClientError as error:
                reason = GONE.get(error_code(error))
                if reason is None:
                    raise
                raise JobFailed(reason.format(name)) from error
        return path

    def _annotate(self, path: Path) -> Report:
        with self._phase("annotate"):
            return driver.run(
                path,
                "vcf",
                assembly=self._job.requested_assembly,
                reference=self._settings.annotator.reference_folder or None,
                name=self._job.input_file_name,
                progress=self._progress_reporter(),
            )

    def _progress_reporter(self) -> Callable[[int, int], None]:
        next_time = time.monotonic() + self._settings.annotator.progress_seconds

        def report(records: int, _bytes: int) -> None:
            nonlocal next_time
            if time.monotonic() >= next_time:
                self._results.store.report_progress(self._job, records)
                next_time = time.monotonic() + self._settings.annotator.progress_seconds

        return report

    def _upload(self, report: Report) -> dict[str, Any]:
        name = self._job.input_file_name
        vcf_type = TEXT if jobs.file_stem(name)[1] == ".vcf" else "application/gzip"
        with self._phase("upload"):
            upload = self._results.upload
            return {
                "s3_results_bucket": self._settings.s3.results_bucket,
                "s3_key_result_file": upload(self._job, report.output, jobs.result_file_name(name), vcf_type),
                "s3_key_log_file": upload(self._job, report.log, jobs.log_file_name(name), TEXT),
                "s3_key_summary_file": upload(
                    self._job, report.summary, jobs.summary_file_name(name), "application/json"
                ),
                "variant_count": report.variant_count,
                "assembly": report.assembly,
                "engine_version": report.engine_version,
                "reference_version": report.reference_version,
                "warnings": report.warnings[:LISTED_WARNINGS],
            }
