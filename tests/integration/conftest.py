"""One embedded cloud for all integration tests: the AWS emulator and a PostgreSQL, real processes on free ports."""

import contextlib
import dataclasses
import functools
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import psutil
import psycopg2
import pytest
import requests

from aws.local import config as local_config
from aws.local import globus, postgres, programs
from aws.local.processes import Program, end_family, start
from aws.local.provision import provision
from aws.local.state import StateFolder
from tests.service import free_port
from tests.waiting import wait_for
from util import jobs
from util.cloud import Cloud
from util.jobs import Job
from util.settings import Settings, load
from util.store import Store

USER_ID = "0a1b2c3d-0000-4000-8000-000000000001"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Stack:
    """An embedded cloud without the service's own programs. `environ` is what its programs run in."""

    environ: dict[str, str]
    state: StateFolder
    database: dict[str, str]
    settings: Settings
    cloud: Cloud
    processes: dict[str, "subprocess.Popen[bytes]"]
    postgres: Program

    @contextlib.contextmanager
    def without_postgres(self) -> Iterator[None]:
        """Kill PostgreSQL; start it again at the end of the block."""
        old = self.processes[self.postgres.name]
        os.killpg(old.pid, signal.SIGKILL)
        old.wait()
        try:
            yield
        finally:
            log = self.state.log_file(self.postgres.name)
            self.processes[self.postgres.name] = start(self.postgres, self.state.path, self.environ, log)
            wait_for("PostgreSQL being ready again", self.postgres.is_ready or bool)

    @contextlib.contextmanager
    def frozen_postgres(self) -> Iterator[None]:
        """Stop PostgreSQL as a machine does that hangs: it takes connections and never answers."""
        server = psutil.Process(self.processes[self.postgres.name].pid)
        server.suspend()
        family = [server]
        try:
            for child in server.children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):
                    child.suspend()
                    family.append(child)
            yield
        finally:
            for process in reversed(family):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.resume()

    @property
    def store(self) -> Store:
        return Store(self.cloud.annotations_table, self.settings.dynamodb.user_id_index)

    def submit(self, content: bytes, file_name: str = "calls.vcf", user_id: str = USER_ID, **more: Any) -> Job:
        """Upload a file and record its job, as the web tier does; the request is not published."""
        job_id = jobs.new_job_id()
        key = jobs.input_key(self.settings.s3.key_prefix, user_id, job_id, file_name)
        self.cloud.s3.put_object(Bucket=self.settings.s3.inputs_bucket, Key=key, Body=content)
        job = Job(
            job_id=job_id,
            user_id=user_id,
            input_file_name=file_name,
            s3_inputs_bucket=self.settings.s3.inputs_bucket,
            s3_key_input_file=key,
            submit_time=int(time.time()),
            input_bytes=len(content),
            **more,
        )
        assert self.store.create(job)
        return job

    def mails_about(self, job: Job) -> list[dict[str, str]]:
        mails = requests.get(f"{self.settings.aws.endpoint_url}/mailbox.json", timeout=10).json()
        return [mail for mail in mails if job.job_id in mail["text"]]

    def fault(self, service: str, times: int, error: str = "InternalError", status: int = 500) -> None:
        """Make the next calls of a service fail."""
        order = {"service": service, "times": times, "error": error, "status": status}
        requests.post(f"{self.settings.aws.endpoint_url}/_gas/faults", json=order, timeout=10).raise_for_status()

    def count_messages(self, queue: str) -> int:
        """Return how many messages a queue has, hidden and delayed ones included."""
        names = [
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ]
        url = self.cloud.queue_url(queue)
        attributes = self.cloud.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(int(attributes[name]) for name in names)

    def bodies_in(self, queue: str) -> list[str]:
        """Return the messages that a queue shows, and leave them there."""
        url = self.cloud.queue_url(queue)
        answer = self.cloud.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        return [message["Body"] for message in answer.get("Messages", [])]

    def empty_queues(self) -> None:
        """Remove what earlier tests left: all messages of the queues that have consumers, and their dead letters."""
        for queue in (self.settings.sqs.job_requests_queue, self.settings.sqs.job_results_queue):
            for name in (queue, f"{queue}_dead"):
                wait_for(f"{name} being empty", functools.partial(self._drained, name))

    def _drained(self, queue: str) -> bool:
        url = self.cloud.queue_url(queue)
        answer = self.cloud.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0)
        for message in answer.get("Messages", []):
            self.cloud.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return self.count_messages(queue) == 0


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Return the running cloud, its accounts table migrated."""
    given = {
        "GAS_LOCAL_STATE": str(tmp_path_factory.mktemp("state") / "cloud"),
        "GAS_LOCAL_CLOUD_PORT": str(free_port()),
        "GAS_LOCAL_GLOBUS_PORT": str(free_port()),
        "GAS_LOCAL_SITE_PORT": str(free_port()),
        # Short enough for tests to see messages come back.
        "GAS_SQS_WAIT_SECONDS": "1",
        "GAS_SQS_VISIBILITY_SECONDS": "6",
    }
    local = local_config.load_settings(given).local
    environ = local_config.environment(local, "us-east-1") | given
    state = StateFolder(local.folder)
    state.prepare()
    with pytest.MonkeyPatch.context() as patch:
        # Only what libraries read by themselves: later tests start services of their own from this environment.
        for name in environ:
            if name.startswith(("AWS_", "GLOBUS_", "NO_PROXY", "no_proxy")):
                patch.setenv(name, environ[name])
        processes: dict[str, subprocess.Popen[bytes]] = {}
        try:
            yield _start_stack(local, state, environ, processes)
        finally:
            end_family(state.path, 10, reap=lambda: [process.poll() for process in processes.values()] and None)
            for process in processes.values():
                process.wait()
            shutil.rmtree(postgres.elsewhere(state.path), ignore_errors=True)


def _start_stack(
    local: local_config.Local,
    state: StateFolder,
    environ: dict[str, str],
    processes: dict[str, "subprocess.Popen[bytes]"],
) -> Stack:
    settings = load(Settings, environ=environ)
    database = postgres.prepare(state, print)
    client = globus.ensure_client(state.path / "globus")

    def fill() -> None:
        provision(settings, accounts_database=database.connection(), globus=client)

    for program in [database.program(), *programs.stand_ins(local, fill)]:
        processes[program.name] = start(program, state.path, environ, state.log_file(program.name))
        wait_for(f"{program.name} being ready", program.is_ready or bool)
        if program.when_ready:
            program.when_ready()
    migration = start(programs.migration(), state.path, environ, state.log_file("migration"))
    assert migration.wait() == 0, state.log_file("migration").read_text()
    return Stack(
        environ=environ,
        state=state,
        database=database.connection(),
        settings=settings,
        cloud=Cloud(settings),
        processes=processes,
        postgres=database.program(),
    )


@pytest.fixture
def account(stack: Stack) -> str:
    """Make sure that the user has an account; return the user's ID."""
    connection = psycopg2.connect(
        host=stack.database["host"],
        port=stack.database["port"],
        dbname=stack.database["dbname"],
        user=stack.database["username"],
        password=stack.database["password"],
    )
    with connection, connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {stack.settings.accounts.table} (id, name, email, institution, role, created, updated) "
            "VALUES (%s, 'Ada <b>', 'ada@example.org', '', 'free_user', now(), now()) ON CONFLICT DO NOTHING",
            (USER_ID,),
        )
    connection.close()
    return USER_ID
