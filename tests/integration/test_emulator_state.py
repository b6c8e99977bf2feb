"""The emulated cloud keeps what it has answered for, over every kind of end."""

import json
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from aws.local.snapshot import HEADER
from tests.integration.emulated import Emulator, running_emulator
from tests.waiting import wait_for

BODY = b"##fileformat=VCFv4.2\n" * 5000


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    with running_emulator(tmp_path) as running:
        yield running


def _fill(emulator: Emulator) -> None:
    cloud, settings = emulator.cloud, emulator.settings
    cloud.s3.put_object(Bucket=settings.s3.inputs_bucket, Key="gas/a~ä.vcf", Body=BODY)
    cloud.annotations_table.put_item(Item={"job_id": "1", "user_id": "u", "submit_time": 5, "note": "ü"})
    cloud.sqs.send_message(QueueUrl=emulator.queue_url("job_requests"), MessageBody="hello")
    cloud.ses.send_email(
        Source=settings.ses.sender,
        Destination={"ToAddresses": ["a@example.org"]},
        Message={"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}},
    )


def _assert_filled(emulator: Emulator) -> None:
    cloud, settings = emulator.cloud, emulator.settings
    found = cloud.s3.get_object(Bucket=settings.s3.inputs_bucket, Key="gas/a~ä.vcf")
    assert found["Body"].read() == BODY
    item = cloud.annotations_table.get_item(Key={"job_id": "1"})["Item"]
    assert item == {"job_id": "1", "user_id": "u", "submit_time": 5, "note": "ü"}
    received = cloud.sqs.receive_message(QueueUrl=emulator.queue_url("job_requests"), WaitTimeSeconds=5)
    assert [message["Body"] for message in received["Messages"]] == ["hello"]
    assert cloud.ses.get_send_quota()["SentLast24Hours"] == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_all_that_was_answered_is_there_after_an_orderly_end(emulator: Emulator, number: signal.Signals) -> None:
    _fill(emulator)
    assert emulator.stop(number) == 0
    emulator.start()
    _assert_filled(emulator)


def test_a_settled_state_is_there_after_kill_9(emulator: Emulator) -> None:
    _fill(emulator)
    snapshot = emulator.state / "snapshot"
    # A snapshot that began after the last change holds it: two more files in place are enough.
    for _ in range(2):
        before = snapshot.stat().st_ino
        emulator.cloud.annotations_table.put_item(Item={"job_id": "2"})
        wait_for("another snapshot", lambda before=before: snapshot.stat().st_ino != before)
    emulator.stop(signal.SIGKILL)
    emulator.start()
    _assert_filled(emulator)


def test_queues_topics_and_stacks_work_on_after_a_restart(emulator: Emulator) -> None:
    emulator.stop()
    emulator.start()
    cloud, settings = emulator.cloud, emulator.settings
    queue = emulator.queue_url("job_requests")
    cloud.sqs.send_message(QueueUrl=queue, MessageBody="directly")
    arn = f"arn:aws:sns:us-east-1:123456789012:{settings.sns.job_requests_topic}"
    cloud.sns.publish(TopicArn=arn, Message="by topic")
    bodies = []
    while len(bodies) < 2:
        answer = cloud.sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20, MaxNumberOfMessages=10)
        for message in answer["Messages"]:
            bodies.append(message["Body"])
            cloud.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    assert sorted(json.loads(body)["Message"] if body.startswith("{") else body for body in bodies) == [
        "by topic",
        "directly",
    ]
    emulator.provision(GAS_GAS_FREE_USER_DATA_RETENTION="77")


def test_bytes_of_deleted_objects_do_not_stay_behind(emulator: Emulator) -> None:
    _fill(emulator)
    emulator.cloud.s3.delete_object(Bucket=emulator.settings.s3.inputs_bucket, Key="gas/a~ä.vcf")
    emulator.stop()
    assert list((emulator.state / "objects").iterdir()) == []


def test_the_state_is_for_its_owner_only(emulator: Emulator) -> None:
    emulator.stop()
    assert emulator.state.stat().st_mode & 0o077 == 0
    assert (emulator.state / "snapshot").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"GAS snapshot 0, moto 1.0\nwhatever", "this version reads"),
        (HEADER + b"\x80\x05half", "is damaged and cannot be read"),
        (HEADER, "is damaged and cannot be read"),
    ],
    ids=["another version", "damaged", "cut off"],
)
def test_a_state_that_cannot_be_read_is_told_and_kept(emulator: Emulator, content: bytes, sentence: str) -> None:
    emulator.stop()
    (emulator.state / "snapshot").write_bytes(content)
    process = emulator.run()
    _, said = process.communicate(timeout=60)
    assert process.returncode != 0
    assert sentence in said
    assert str(emulator.state / "snapshot") in said
    assert "Traceback" not in said
    assert (emulator.state / "snapshot").read_bytes() == content


def test_missing_bytes_of_an_object_are_told(emulator: Emulator) -> None:
    _fill(emulator)
    emulator.stop()
    (missing,) = (emulator.state / "objects").iterdir()
    missing.unlink()
    process = emulator.run()
    _, said = process.communicate(timeout=60)
    assert process.returncode != 0
    assert f"{missing} is missing" in said


def test_a_save_that_fails_is_told_and_tried_again(emulator: Emulator) -> None:
    assert emulator.process is not None
    assert emulator.process.stderr is not None
    aside = emulator.state.with_name("aside")
    emulator.state.rename(aside)
    emulator.cloud.annotations_table.put_item(Item={"job_id": "kept"})
    said = emulator.process.stderr.readline()
    assert f"the state in {emulator.state}" in said
    assert "cannot be written: No such file or directory; trying again" in said
    before = (aside / "snapshot").stat().st_ino
    aside.rename(emulator.state)
    wait_for("the save being made up for", lambda: (emulator.state / "snapshot").stat().st_ino != before)
    emulator.stop(signal.SIGKILL)
    emulator.start()
    assert emulator.cloud.annotations_table.get_item(Key={"job_id": "kept"})["Item"]


def test_no_answer_is_given_that_the_last_save_misses(emulator: Emulator) -> None:
    answered = []

    def put_until_refused() -> None:
        # Without retries: the emulator does not come back while they last.
        options = Config(retries={"total_max_attempts": 1})
        client = boto3.client("s3", endpoint_url=emulator.url, region_name="us-east-1", config=options)
        while True:
            key = f"k{len(answered)}"
            try:
                client.put_object(Bucket=emulator.settings.s3.inputs_bucket, Key=key, Body=b"b")
            except BotoCoreError:
                return
            answered.append(key)

    with ThreadPoolExecutor(1) as pool:
        putting = pool.submit(put_until_refused)
        wait_for("some answers", lambda: len(answered) > 10)
        assert emulator.stop() == 0
        putting.result()
    emulator.start()
    listed = emulator.cloud.s3.list_objects_v2(Bucket=emulator.settings.s3.inputs_bucket)["Contents"]
    assert set(answered) <= {found["Key"] for found in listed}


def test_a_state_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    emulator = Emulator(tmp_path)
    emulator.state.write_text("a file where the folder should be")
    process = emulator.run()
    _, said = process.communicate(timeout=60)
    assert process.returncode != 0
    assert said == f"emulator: the state in {emulator.state} cannot be written: Not a directory\n"
