"""A hundred jobs while annotators, notify and a web server are killed with -9: nothing is lost, nothing is left."""

import contextlib
import os
import random
import signal
import threading
from collections import Counter
from pathlib import Path

import psutil
import pytest

from ann.workfolder import LOCK
from aws.local.processes import family
from tests.service import PROJECT, Site, Visitor, running_site
from tests.waiting import wait_for
from util.cloud import Cloud
from util.jobs import Status
from util.settings import Settings, load
from util.store import Store

JOBS = 100
SECONDS_BETWEEN_KILLS = 1.5
SAMPLE = PROJECT / "tests" / "golden" / "sample_mt.vcf"
# What is killed, by what its command line holds.
VICTIMS = ("ann/annotator.py", "util/notify/notify.py", "gunicorn")


class Killer(threading.Thread):
    """Kills a random program of the service again and again, until told to stop."""

    def __init__(self, site: Site, seed: int) -> None:
        super().__init__(name="killer")
        self._site = site
        self._random = random.Random(seed)
        self.done = threading.Event()
        self.kills: Counter[str] = Counter()

    def run(self) -> None:
        """Kill, wait, kill."""
        while not self.done.wait(SECONDS_BETWEEN_KILLS):
            kind = self._random.choice(VICTIMS)
            victims = [process for process in family(self._site.local.folder) if leads(process, kind)]
            if victims:
                self._random.choice(victims).kill()
                self.kills[kind] += 1


def leads(process: psutil.Process, kind: str) -> bool:
    """Tell whether the process is a program of that kind that the supervisor has started."""
    try:
        return os.getsid(process.pid) == process.pid and any(kind in part for part in process.cmdline())
    except (psutil.Error, ProcessLookupError):
        return False


@pytest.mark.timeout(600)
def test_a_hundred_jobs_survive_the_killing_of_every_program_of_the_service() -> None:
    settings = {
        "GAS_SQS_WAIT_SECONDS": "1",
        "GAS_SQS_VISIBILITY_SECONDS": "6",
        "GAS_NOTIFY_SEND_SECONDS": "5",
        # A kill uses up a receive, and luck may kill the same message's worker many times here.
        "GAS_SQS_MAX_RECEIVES": "12",
    }
    with running_site(**settings) as site, Visitor(site) as visitor, pytest.MonkeyPatch.context() as patch:
        for name, value in site.environ.items():
            patch.setenv(name, value)
        work = site.local.folder / "work"
        cloud, shared = Cloud(load(Settings)), load(Settings)
        store = Store(cloud.annotations_table, shared.dynamodb.user_id_index)
        visitor.log_in("Rosalind")
        killer = Killer(site, seed=20261123)
        killer.start()
        try:
            job_ids = [visitor.submit(SAMPLE.read_bytes(), f"calls-{number}.vcf") for number in range(JOBS)]
            wait_for("every job ending", lambda: all_end(store, job_ids), seconds=300)
        finally:
            killer.done.set()
            killer.join()
        print(f"kills: {dict(killer.kills)}")  # noqa: T201  # for whoever reads the run
        assert set(killer.kills) == set(VICTIMS)
        assert len(set(job_ids)) == JOBS
        statuses = Counter(store.get(job_id).job_status for job_id in job_ids)
        assert statuses == {Status.COMPLETED: JOBS}
        wait_for("every mail being sent", lambda: set(mailed(site)) >= set(job_ids), seconds=120)
        wait_for("every queue being empty", lambda: left_in_queues(cloud, shared) == {}, seconds=120)
        sent = Counter(mailed(site))
        assert set(sent) == set(job_ids)
        # A notifier that dies between sending a mail and noting it is bound to send it once more, and nobody else is.
        assert sent.total() - JOBS <= killer.kills["util/notify/notify.py"]
        # What a killed annotator left goes when the next one starts, which the supervisor may still be waiting for.
        wait_for("every annotator being back", lambda: len(annotators_of(site)) == site.local.annotators)
        # An annotator that has not made its folder yet must not be taken for one whose folder is left behind.
        wait_for("the work folder being tidy", lambda: is_tidy(site, work))
        assert jobs_in(work) == []
        assert site.stop(signal.SIGTERM) == 0
        assert folders_in(work) == []


def all_end(store: Store, job_ids: list[str]) -> bool:
    """Tell whether every job has ended; those that have are not asked for again."""
    while job_ids and store.get(job_ids[-1]).job_status.is_final:
        job_ids = job_ids[:-1]
    return not job_ids


def mailed(site: Site) -> list[str]:
    """Return the job IDs of all mails, as the links in them have them."""
    return [mail["text"].split("/annotations/")[1].split()[0] for mail in site.mails()]


def left_in_queues(cloud: Cloud, settings: Settings) -> dict[str, int]:
    """Return the number of messages, hidden ones included, of the queues that have consumers and have any left."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    queues = [settings.sqs.job_requests_queue, settings.sqs.job_results_queue]
    found = {}
    for queue in [*queues, *(f"{queue}_dead" for queue in queues)]:
        url = cloud.queue_url(queue)
        attributes = cloud.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        found[queue] = sum(int(attributes[name]) for name in names)
    return {queue: count for queue, count in found.items() if count}


def annotators_of(site: Site) -> list[psutil.Process]:
    """Return the annotators that run."""
    return [process for process in family(site.local.folder) if leads(process, "ann/annotator.py")]


def folders_in(work: Path) -> list[Path]:
    """Return the folders of annotators in the work folder."""
    return list(work.glob("annotator-*"))


def is_tidy(site: Site, work: Path) -> bool:
    """Tell whether each annotator has its folder, and there is no other."""
    folders = folders_of(annotators_of(site))
    return len(folders) == site.local.annotators and set(folders) == set(folders_in(work))


def folders_of(annotators: list[psutil.Process]) -> list[Path]:
    """Return the folders of living annotators, each of which keeps its lock open."""
    found = []
    for process in annotators:
        with contextlib.suppress(psutil.NoSuchProcess):
            found += [Path(file.path).parent for file in process.open_files() if file.path.endswith(f"/{LOCK}")]
    return found


def jobs_in(folder: Path) -> list[Path]:
    """Return the folders of jobs below a work folder."""
    return [path for path in folder.glob("annotator-*/*") if path.is_dir()]
