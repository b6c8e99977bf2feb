"""What the web tier's integration tests share: real PostgreSQL, moto as AWS, fauxbus as Globus Auth, a client."""

import dataclasses
import json
import re
import subprocess
import threading
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

import fauxbus.server
import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from moto.server import ThreadedMotoServer
from werkzeug.test import TestResponse

from aws.local import globus, postgres
from aws.local.state import StateFolder
from util import jobs, settings
from util.cloud import Cloud
from util.jobs import Job
from web.app import create_app
from web.config import WEB_INI, WebSettings
from web.models import create_profile, db
from web.services import Services

SITE = "https://localhost:4433"
VCF = b"##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\nMT\t73\t.\tA\tG\t.\t.\t.\n"


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Start PostgreSQL; return what the secret says about it."""
    state = StateFolder(tmp_path_factory.mktemp("accounts"))
    state.path.chmod(0o711)
    server = postgres.prepare(state, print)
    program = server.program()
    process = subprocess.Popen(
        [str(part) for part in program.command],
        cwd=program.folder,
        user=program.owner and program.owner.uid,
        group=program.owner and program.owner.gid,
        extra_groups=[] if program.owner else None,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(server.is_ready)
        server.ensure_database()
        yield server.connection()
    finally:
        process.send_signal(program.stop_signal)
        process.wait(30)


def wait_for(condition: Any) -> None:
    """Wait until the condition holds, half a minute at most."""
    pause = threading.Event()
    for _ in range(300):
        if condition():
            return
        pause.wait(0.1)
    raise TimeoutError(f"{condition} does not come true")


@pytest.fixture(scope="session")
def aws_endpoint() -> Iterator[str]:
    """Start moto as AWS."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def globus_secret(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Start fauxbus as Globus Auth, with this service registered; its address is where globus-sdk looks for Globus."""
    folder = tmp_path_factory.mktemp("globus")
    server = fauxbus.server.make_server(
        "127.0.0.1", 0, world=globus.world(folder, f"{SITE}/authcallback"), signed_token_clock="wall"
    )
    url = f"http://127.0.0.1:{server.server_address[1]}"
    server.default_issuer = url
    server.add_route("GET", globus.LOGOUT_PATH, globus._logout, auth=False)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLOBUS_SDK_SERVICE_URL_AUTH", url)
        yield globus.ensure_client(folder)
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def web_settings(aws_endpoint: str) -> WebSettings:
    """Return the settings of the tests' web server."""
    environ = {"GAS_AWS_ENDPOINT_URL": aws_endpoint, "GAS_WEB_PAGE_SIZE": "3", "GAS_AWS_MAX_ATTEMPTS": "1"}
    return settings.load(WebSettings, WEB_INI, environ=environ)


@pytest.fixture(scope="session")
def web_app(
    web_settings: WebSettings, database: dict[str, str], globus_secret: dict[str, str], aws_endpoint: str
) -> Iterator[Flask]:
    """Return the application, with its buckets, table, topic, queue, secrets and accounts table."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        make_resources(web_settings, {"accounts_database": database, "globus": globus_secret})
        app = create_app(web_settings)
        with app.app_context():
            upgrade()
        yield app
        with app.app_context():
            db.engine.dispose()


def make_resources(web_settings: WebSettings, secrets: dict[str, dict[str, str]]) -> None:
    """Make in AWS what the web tier uses."""
    cloud = Cloud(web_settings)
    for bucket in (web_settings.s3.inputs_bucket, web_settings.s3.results_bucket):
        cloud.s3.create_bucket(Bucket=bucket)
    cloud.client("dynamodb").create_table(
        TableName=web_settings.dynamodb.annotations_table,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "job_id", "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": "job_id", "AttributeType": "S"},
            {"AttributeName": "user_id", "AttributeType": "S"},
            {"AttributeName": "submit_time", "AttributeType": "N"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": web_settings.dynamodb.user_id_index,
                "KeySchema": [
                    {"AttributeName": "user_id", "KeyType": "HASH"},
                    {"AttributeName": "submit_time", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    topic = cloud.sns.create_topic(Name=web_settings.sns.job_requests_topic)["TopicArn"]
    queue = cloud.sqs.create_queue(QueueName=web_settings.sqs.job_requests_queue)["QueueUrl"]
    arn = cloud.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    cloud.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    values = {**secrets, "flask": {"secret_key": "not-so-secret"}}
    for name, value in values.items():
        cloud.client("secretsmanager").create_secret(
            Name=getattr(web_settings.secrets, name), SecretString=json.dumps(value)
        )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Browser:
    """One user at a browser: a client with a session, and short ways to do what users do."""

    client: FlaskClient
    user_id: str
    services: Services

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, base_url=SITE, **options)

    def post(self, path: str, data: dict[str, str] | None = None, *, page: str = "/profile") -> TestResponse:
        """Send a form with the token that the page has."""
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(page).text)
        assert token
        return self.client.post(
            path,
            base_url=SITE,
            headers={"Referer": f"{SITE}{page}"},
            data={"csrf_token": token.group(1), **(data or {})},
        )

    def upload(self, file_name: str = "test.vcf", content: bytes = VCF, job_id: str | None = None, **extra: Any) -> str:
        """Put a file where the upload page would, and return its key."""
        key = jobs.input_key("gas", self.user_id, job_id or jobs.new_job_id(), file_name)
        self.services.cloud.s3.put_object(
            Bucket=self.services.settings.s3.inputs_bucket, Key=key, Body=content, **extra
        )
        return key

    def finish_upload(self, key: str, bucket: str = "gas-inputs") -> TestResponse:
        """Follow the redirect that S3 sends."""
        return self.get("/annotate/job", query_string={"bucket": bucket, "key": key})

    def job(self, **attributes: Any) -> Job:
        """Record a job of this user."""
        job_id = jobs.new_job_id()
        values = {
            "job_id": job_id,
            "user_id": self.user_id,
            "input_file_name": "test.vcf",
            "s3_inputs_bucket": "gas-inputs",
            "s3_key_input_file": jobs.input_key("gas", self.user_id, job_id, "test.vcf"),
            "submit_time": 1_462_466_820,
            **attributes,
        }
        job = Job(**values)
        assert self.services.store.create(job)
        return job

    def set_role(self, role: str) -> None:
        with self.client.application.app_context():
            db.session.execute(
                db.text("UPDATE gas_accounts SET role = :role WHERE id = :id"), {"role": role, "id": self.user_id}
            )
            db.session.commit()


def make_browser(app: Flask, *, with_profile: bool = True) -> Browser:
    """Return a browser with a session of a new user."""
    user_id = str(uuid.uuid4())
    if with_profile:
        with app.app_context():
            create_profile(user_id, name="Ada Lovelace", email="ada@example.org", institution="")
    client = app.test_client()
    with client.session_transaction(base_url=SITE) as session:
        session.update(primary_identity=user_id, name="Ada Lovelace", email="ada@example.org")
    return Browser(client=client, user_id=user_id, services=app.extensions["gas"])


@pytest.fixture
def ada(web_app: Flask) -> Browser:
    """Return a Free user who is logged in."""
    return make_browser(web_app)


@pytest.fixture
def gregor(web_app: Flask) -> Browser:
    """Return another one."""
    return make_browser(web_app)


@pytest.fixture
def visitor(web_app: Flask) -> Browser:
    """Return somebody who is not logged in."""
    return Browser(client=web_app.test_client(), user_id="", services=web_app.extensions["gas"])


def globus_login(authorize_url: str, name: str = "Ada Lovelace") -> str:
    """Choose an account at the stand-in as a person does, and return where it sends the browser."""
    with requests.Session() as person:
        picker = person.get(authorize_url, timeout=10)
        form = next(part for part in picker.text.split("<form")[1:] if name in part)
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
        target = urljoin(picker.url, re.search(r'action="([^"]+)"', form).group(1))
        return person.post(target, data=fields, allow_redirects=False, timeout=10).headers["Location"]
