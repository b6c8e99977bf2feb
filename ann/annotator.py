"""The annotator: takes job requests from their queue and runs each job in a process of its own."""

import contextlib
import functools
import logging
import os
import socket
import threading
import time

from ann import config
from ann.jobprocess import JobProcess
from ann.results import Results
from ann.workfolder import WorkFolder
from util.cloud import Cloud, is_away
from util.errors import JobFailed, JobNotFound, Transient, Unavailable
from util.jobs import Job
from util.messages import JobRequested
from util.queues import HEARTBEATS, Queue
from util.worker import Worker, run_daemon

# Seconds between two looks at whether to stop a running job.
LOOK = 0.5
GIVEN_UP = "The annotation could not be finished. Please submit the file again; if it fails once more, write to us."
# What the owner reads where the last of a job's processes was killed, as the kernel does when memory runs out.
KILLED = (
    "The annotation of this file broke off {} times. It may need more memory than a job has; "
    "splitting the file by chromosome may help."
)

log = logging.getLogger("annotator")


class Annotator:
    """Runs one job at a time; an annotator instance has one of these for each of its slots."""

    def __init__(
        self,
        results: Results,
        settings: config.AnnotatorSettings,
        *,
        folder: WorkFolder,
        stop: threading.Event,
        name: str,
    ) -> None:
        self._results = results
        self._store = results.store
        self._settings = settings.annotator
        self._lease_seconds = settings.sqs.visibility_seconds
        self._folder = folder
        self._stop = stop
        self._name = name

    def handle(self, message: JobRequested) -> None:
        """Run the job to its end, or raise what says when to try again."""
        now = int(time.time())
        job = self._store.claim(message.job_id, worker=self._name, now=now, lease_seconds=self._lease_seconds)
        if job is None:
            self._look_at_taken(message.job_id, now)
            return
        log.info("job %s: attempt %d", job.job_id, job.attempt)
        with self._folder.for_job(job.job_id) as folder, JobProcess(job, folder) as process:
            status = self._attend(job, process)
        self._conclude(job, status)

    def give_up(self, message: JobRequested, error: Exception) -> None:
        """Record the job of a message that goes to the dead letters as FAILED."""
        if isinstance(error, JobNotFound):
            return
        job = self._store.get(message.job_id)
        if not job.job_status.is_final:
            self._results.fail(job, str(error) if isinstance(error, JobFailed) else GIVEN_UP)

    def _look_at_taken(self, job_id: str, now: int) -> None:
        """Settle a request for a job that cannot be claimed: it has ended, or another worker has it."""
        job = self._store.get(job_id)
        if not job.job_status.is_final:
            # The message must outlive the other worker: should it die, this is what starts the job again.
            seconds = max(1, (job.lease_expires or now) - now + 1)
            raise Transient(f"job {job_id} is run by {job.worker}", seconds=seconds)
        # Whoever ended the job may have died before it could say so.
        if job.notified_time is None:
            self._results.announce(job)

    def _attend(self, job: Job, process: JobProcess) -> int:
        """Keep the lease while the process runs; return its exit status."""
        give_back_at: float | None = None
        renew_at = time.monotonic() + self._lease_seconds / HEARTBEATS
        while (status := process.wait(LOOK)) is None:
            now = time.monotonic()
            if self._stop.is_set():
                give_back_at = give_back_at or now + self._settings.stop_grace_seconds
                if now >= give_back_at:
                    self._store.release(job, crashed=False)
                    raise Transient(f"job {job.job_id} is given back: this annotator stops", seconds=0)
            if now >= renew_at:
                self._renew(job)
                renew_at = now + self._lease_seconds / HEARTBEATS
        return status

    def _renew(self, job: Job) -> None:
        try:
            holds = self._store.renew(job, now=int(time.time()), lease_seconds=self._lease_seconds)
        except Exception as error:
            if not is_away(error):
                raise
            log.warning("job %s: the lease could not be renewed: %s", job.job_id, error)
            return
        if not holds:
            raise Transient(f"job {job.job_id}: the lease is lost", seconds=self._lease_seconds)

    def _conclude(self, job: Job, status: int) -> None:
        """Return where the job has ended; else let go of it and raise what says when to try again."""
        if status == 0:
            return
        released = self._store.release(job, crashed=status != os.EX_TEMPFAIL)
        if status == os.EX_TEMPFAIL:
            raise Unavailable(f"job {job.job_id}: a service is away")
        if released is None:
            raise Transient(f"job {job.job_id}: the lease is lost", seconds=self._lease_seconds)
        if released.crashes >= self._settings.max_crashes:
            raise JobFailed(KILLED.format(released.crashes) if status < 0 else GIVEN_UP)
        raise Transient(f"job {job.job_id}: its process ended with status {status}")


def build(exits: contextlib.ExitStack, stop: threading.Event) -> list[Worker[JobRequested]]:
    """Return one worker for each job that may run at a time; `exits` cleans up after them."""
    settings = config.load_settings()
    folder = exits.enter_context(contextlib.closing(WorkFolder(settings.annotator.work_folder)))
    cloud = Cloud(settings)
    results = Results.of(cloud, settings)
    workers = []
    for slot in range(settings.annotator.slots):
        name = f"{socket.gethostname()}:{os.getpid()}:{slot}"
        annotator = Annotator(results, settings, folder=folder, stop=stop, name=name)
        worker = Worker(
            queue=Queue(cloud, settings.sqs.job_requests_queue, settings.sqs),
            contract=JobRequested,
            handle=annotator.handle,
            give_up=annotator.give_up,
            stop=stop,
            max_receives=settings.sqs.max_receives,
        )
        workers.append(worker)
    return workers


if __name__ == "__main__":
    with contextlib.ExitStack() as stack:
        run_daemon(functools.partial(build, stack))
