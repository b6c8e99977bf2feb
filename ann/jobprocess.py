"""The process of one job. It is forked from a server that has made the imports already, so it starts at once.

The server (Python's forkserver, which imports `warm`) has a single thread, so forking it is safe, which forking the
annotator is not.
"""

import multiprocessing
import os
import signal
import threading
import time
from pathlib import Path

from util.jobs import Job

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["ann.warm"])


class JobProcess:
    """A running job; leaving the context kills what still runs."""

    def __init__(self, job: Job, folder: Path) -> None:
        self._process = _context.Process(target=_main, args=(job, folder, time.time()), name=job.job_id)
        self._process.start()

    def __enter__(self) -> "JobProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.join()
        self._process.close()

    def wait(self, seconds: float) -> int | None:
        """Return the exit status, negative for a signal; None: it runs on after so many seconds."""
        self._process.join(seconds)
        return self._process.exitcode


def _main(job: Job, folder: Path, started: float) -> None:
    # Who stops the annotator may signal its whole group; whether a job may finish is the annotator's to decide.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_annotator, daemon=True).start()
    os.chdir(folder)
    from ann import run  # noqa: PLC0415  # the annotator itself stays light

    os._exit(run.main(job, started=started))


def _end_with_the_annotator() -> None:
    """End this process when the annotator's end of the pipe closes, however the annotator died."""
    annotator = multiprocessing.parent_process()
    if annotator is not None:
        annotator.join()
    os._exit(os.EX_SOFTWARE)
