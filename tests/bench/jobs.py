"""Times of the service on this machine: one job, many jobs, and the list of a busy user. `make bench` runs it.

Each figure is a median of one run on whatever else the machine is doing; ratios travel better than seconds.
"""

import concurrent.futures
import json
import os
import re
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable

from tests.service import PROJECT, Site, Visitor, running_site
from tests.waiting import wait_for
from util.cloud import Cloud
from util.jobs import Job, Status, new_job_id
from util.settings import Settings, load
from util.store import Store

SINGLE_JOBS = 15
BATCH_JOBS = 100
LISTED_JOBS = 1000
REQUESTS = 300
CLIENTS = 4
PHASES = re.compile(r"seconds (\{.*\})$", re.MULTILINE)


def main() -> None:
    """Measure, and print a table."""
    sample = PROJECT.parent / "shared" / "data" / "vcf" / "test.vcf"
    sample = sample if sample.exists() else PROJECT / "tests" / "golden" / "sample_mt.vcf"
    content = sample.read_bytes()
    with running_site(GAS_LOCAL_ANNOTATORS="2") as site, Visitor(site) as visitor:
        os.environ.update(site.environ)
        settings = load(Settings)
        store = Store(Cloud(settings).annotations_table, settings.dynamodb.user_id_index)
        visitor.log_in("Ada")
        say(f"{os.cpu_count()} cores, two annotators, {sample.name} ({len(content)} bytes)\n")
        measure_single(visitor, store, content)
        measure_batch(site, visitor, store, content)
        measure_list(visitor, store)


def say(line: str) -> None:
    """Print a line of the table."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def completed(store: Store, job_id: str) -> bool:
    """Tell whether the job has ended well; fail where it has ended otherwise."""
    job = store.get(job_id)
    assert job.job_status is not Status.FAILED, job.failure_reason
    return job.job_status is Status.COMPLETED


def measure_single(visitor: Visitor, store: Store, content: bytes) -> None:
    """Print how long one job takes from the upload to COMPLETED, with nothing else to do."""
    seconds = []
    for _ in range(SINGLE_JOBS):
        begin = time.perf_counter()
        job_id = visitor.submit(content, "test.vcf")
        wait_for("the end of the job", lambda j=job_id: completed(store, j))
        seconds.append(time.perf_counter() - begin)
    say(f"one job, upload to COMPLETED, median of {SINGLE_JOBS}: {statistics.median(seconds):.2f} s")


def measure_batch(site: Site, visitor: Visitor, store: Store, content: bytes) -> None:
    """Print jobs per minute while the annotators always have one waiting, and where the time of a job goes."""
    before = len(job_phases(site))
    begin = time.perf_counter()
    job_ids = [visitor.submit(content, "test.vcf") for _ in range(BATCH_JOBS)]
    uploaded = time.perf_counter()
    for job_id in job_ids:
        wait_for("the end of the job", lambda j=job_id: completed(store, j), seconds=300)
    end = time.perf_counter()
    say(
        f"{BATCH_JOBS} jobs: {60 * BATCH_JOBS / (end - begin):.0f} per minute",
    )
    say(f"  of {end - begin:.1f} s, one visitor's uploads took {uploaded - begin:.1f} s\n")
    say("where the time of one job goes, medians of those jobs:")
    parts = defaultdict(list)
    for phases in job_phases(site)[before:]:
        for name, value in phases.items():
            parts[name].append(value)
    for name, values in parts.items():
        say(f"  {name:<10} {1000 * statistics.median(values):7.0f} ms")


def job_phases(site: Site) -> list[dict[str, float]]:
    """Return what the job processes logged about their time."""
    logs = sorted((site.local.folder / "log").glob("annotator-*.log"))
    return [json.loads(found) for log in logs for found in PHASES.findall(log.read_text())]


def measure_list(visitor: Visitor, store: Store) -> None:
    """Print requests per second of the list of a user with many jobs, beside a page that asks nothing of AWS."""
    user_id = store.get(visitor.submit(b"##fileformat=VCFv4.2\n", "owner.vcf")).user_id
    for number in range(LISTED_JOBS):
        job_id = new_job_id()
        job = Job(
            job_id=job_id,
            user_id=user_id,
            input_file_name=f"calls-{number}.vcf",
            s3_inputs_bucket="-",
            s3_key_input_file="-",
            submit_time=int(time.time()) - number,
            job_status=Status.COMPLETED,
        )
        assert store.create(job)
    assert "calls-1.vcf" in visitor.get("/annotations").text
    trivial = rate(lambda: visitor.get("/healthz"))
    listed = rate(lambda: visitor.get("/annotations"))
    queried = rate(lambda: store.list_for_user(user_id, limit=25))
    say(f"\nrequests per second, {CLIENTS} at a time:")
    say(f"  /healthz                               {trivial:6.0f}")
    say(f"  /annotations of a user with {LISTED_JOBS} jobs  {listed:6.0f}   ({listed / trivial:.2f} of it)")
    say(f"  the query alone, as the emulated DynamoDB answers it  {queried:6.0f}")


def rate(request: Callable[[], object]) -> float:
    """Return requests per second."""
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        begin = time.perf_counter()
        list(pool.map(lambda _: request(), range(REQUESTS)))
        return REQUESTS / (time.perf_counter() - begin)


if __name__ == "__main__":
    main()
