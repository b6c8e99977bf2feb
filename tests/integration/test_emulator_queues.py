"""The emulated queues behave as SQS does where the service relies on it."""

import signal
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.integration.emulated import Emulator, running_emulator
from tests.waiting import wait_for


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with running_emulator(tmp_path_factory.mktemp("emulator")) as running:
        yield running


@pytest.fixture
def queue(emulator: Emulator) -> str:
    """Return the address of a new queue."""
    return str(emulator.cloud.sqs.create_queue(QueueName=f"q-{uuid.uuid4()}")["QueueUrl"])


def _receive(emulator: Emulator, queue: str, **options: Any) -> list[dict[str, Any]]:
    options = {"WaitTimeSeconds": 0, "AttributeNames": ["All"], **options}
    messages: list[dict[str, Any]] = emulator.cloud.sqs.receive_message(QueueUrl=queue, **options).get("Messages", [])
    return messages


def test_a_message_received_too_often_goes_to_the_dead_letter_queue(emulator: Emulator) -> None:
    queue = emulator.queue_url("job_requests")
    emulator.cloud.sqs.send_message(QueueUrl=queue, MessageBody="poison")
    counts = []
    for _ in range(emulator.settings.sqs.redrive_receives):
        (message,) = _receive(emulator, queue)
        counts.append(message["Attributes"]["ApproximateReceiveCount"])
        emulator.cloud.sqs.change_message_visibility(
            QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
        )
    assert counts == [str(number) for number in range(1, 16)]
    assert _receive(emulator, queue) == []
    (dead,) = _receive(emulator, emulator.queue_url("job_requests_dead"))
    assert dead["Body"] == "poison"


def test_a_received_message_is_hidden_until_its_visibility_is_set_to_nothing(emulator: Emulator, queue: str) -> None:
    emulator.cloud.sqs.send_message(QueueUrl=queue, MessageBody="once")
    (message,) = _receive(emulator, queue)
    assert _receive(emulator, queue) == []
    emulator.cloud.sqs.change_message_visibility(
        QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
    )
    assert [again["MessageId"] for again in _receive(emulator, queue)] == [message["MessageId"]]


def test_archive_requests_are_delayed(emulator: Emulator) -> None:
    queue = emulator.queue_url("archive_requests")
    emulator.cloud.sqs.send_message(QueueUrl=queue, MessageBody="later")
    assert _receive(emulator, queue) == []
    found = emulator.cloud.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert found["ApproximateNumberOfMessagesDelayed"] == "1"


def test_a_long_poll_holds_up_nobody_and_gets_the_message_sent_meanwhile(emulator: Emulator, queue: str) -> None:
    polls = 10
    with ThreadPoolExecutor(polls) as pool:
        waiting = [pool.submit(_receive, emulator, queue, WaitTimeSeconds=20) for _ in range(polls)]
        for number in range(polls):
            emulator.cloud.annotations_table.put_item(Item={"job_id": str(number)})
            emulator.cloud.sqs.send_message(QueueUrl=queue, MessageBody=str(number))
        found = [poll.result()[0]["Body"] for poll in waiting]
    assert sorted(found) == [str(number) for number in range(polls)]


def test_a_poll_whose_client_has_gone_takes_no_message_with_it(emulator: Emulator, queue: str) -> None:
    code = (
        "import boto3; "
        f"boto3.client('sqs', endpoint_url={emulator.url!r}, region_name='us-east-1')"
        f".receive_message(QueueUrl={queue!r}, WaitTimeSeconds=20)"
    )
    gone = emulator.start_python(code)
    # The poll is under way when its connection shows among those of the emulator.
    wait_for("the poll arriving", lambda: emulator.has_client(gone.pid))
    gone.send_signal(signal.SIGKILL)
    gone.wait()
    emulator.cloud.sqs.send_message(QueueUrl=queue, MessageBody="for the living")
    assert [message["Body"] for message in _receive(emulator, queue, WaitTimeSeconds=5)] == ["for the living"]


def test_of_many_conditional_writes_at_once_exactly_one_wins(emulator: Emulator) -> None:
    start = threading.Barrier(8)

    def claim(_number: int) -> bool:
        table = emulator.new_cloud().annotations_table
        start.wait()
        try:
            table.put_item(Item={"job_id": "contested"}, ConditionExpression="attribute_not_exists(job_id)")
        except table.meta.client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(claim, range(8))) == [False] * 7 + [True]


def test_no_message_is_lost_between_many_senders_and_receivers(emulator: Emulator, queue: str) -> None:
    taken: list[str] = []

    def send(number: int) -> None:
        emulator.cloud.sqs.send_message(QueueUrl=queue, MessageBody=str(number))

    def take(_number: int) -> None:
        while messages := _receive(emulator, queue, WaitTimeSeconds=2):
            for message in messages:
                taken.append(message["Body"])
                emulator.cloud.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])

    with ThreadPoolExecutor(4) as senders, ThreadPoolExecutor(4) as receivers:
        list(zip(senders.map(send, range(100)), range(100), strict=True))
        list(receivers.map(take, range(4)))
    assert sorted(map(int, taken)) == list(range(100))
