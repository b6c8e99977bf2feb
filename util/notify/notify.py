"""The notify daemon: mails a user when a job of theirs is COMPLETED or FAILED."""

import dataclasses
import functools
import logging
import threading
import time
from pathlib import Path

from util.cloud import Cloud
from util.errors import Transient
from util.helpers import send_email_ses
from util.messages import JobFinished
from util.notify.mail import compose
from util.profiles import Profiles
from util.queues import Queue
from util.settings import Settings, load, whole
from util.store import Store
from util.worker import Worker, run_daemon

INI = Path(__file__).with_name("notify_config.ini")

log = logging.getLogger("notify")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Notify:
    """How mails are sent. Times in seconds."""

    send_seconds: int = whole(1, 3600)


@dataclasses.dataclass(frozen=True, kw_only=True)
class NotifySettings(Settings):
    """What notify.py reads."""

    notify: Notify


def handle(message: JobFinished, cloud: Cloud, settings: NotifySettings) -> None:
    """Mail the owner of the job, once. A mail that is refused frees the job for the next try."""
    store = Store(cloud.annotations_table, settings.dynamodb.user_id_index)
    job = store.get(message.job_id)
    if job.notified_time is not None:
        return
    # The record decides, whatever the message says: here, and below on who the owner is.
    if not job.job_status.is_final:
        raise Transient(f"job {job.job_id} is {job.job_status} and has not ended")
    profile = Profiles(lambda: cloud.secret(settings.secrets.accounts_database), settings.accounts.table).get(
        job.user_id
    )
    mail = compose(job, profile, site_url=settings.gas.site_url, zone=settings.gas.time_zone)
    seconds = settings.notify.send_seconds
    if not store.claim_mail(job.job_id, now=int(time.time()), seconds=seconds):
        raise Transient(f"the mail of job {job.job_id} is being sent by another", seconds=seconds)
    try:
        send_email_ses(
            cloud.ses,
            sender=settings.ses.sender,
            recipients=[profile.email],
            subject=mail.subject,
            text=mail.text,
            html=mail.html,
        )
    except Exception:
        store.free_mail(job.job_id)
        raise
    store.record_mail(job.job_id, now=int(time.time()))
    log.info("job %s: %s, mail sent", job.job_id, job.job_status)


def build(stop: threading.Event) -> list[Worker[JobFinished]]:
    """Return the daemon's worker."""
    settings = load(NotifySettings, INI)
    cloud = Cloud(settings)
    return [
        Worker(
            queue=Queue(cloud, settings.sqs.job_results_queue, settings.sqs),
            contract=JobFinished,
            handle=functools.partial(handle, cloud=cloud, settings=settings),
            stop=stop,
            max_receives=settings.sqs.max_receives,
        )
    ]


if __name__ == "__main__":
    run_daemon(build)
