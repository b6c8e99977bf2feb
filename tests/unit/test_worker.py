"""The worker: what follows each outcome of a message."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from util.errors import JobFailed, JobNotFound, Transient, Unavailable
from util.messages import JobRequested
from util.queues import Received
from util.worker import GiveBack, GiveUp, Hold, Worker, decide

JOB_ID = "5766a440-6f5d-4f4f-9bf1-07346f6e1c8f"
BODY = json.dumps({"Message": json.dumps({"job_id": JOB_ID, "user_id": "user"})})


def aws_error(code: str, status: int) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Operation")


class FakeQueue:
    """A queue in memory that notes what becomes of its messages."""

    name = "fake"

    def __init__(self, *bodies: str, receives: int = 1) -> None:
        self.waiting = [Received(body=body, receipt="r", message_id="m", receives=receives) for body in bodies]
        self.fate: list[str] = []

    def receive(self) -> Received | None:
        return self.waiting.pop() if self.waiting else None

    def delete(self, received: Received) -> None:
        self.fate.append("deleted")

    def give_back(self, received: Received, seconds: int) -> None:
        self.fate.append("given back")

    def bury(self, received: Received) -> None:
        self.fate.append("buried")

    @contextlib.contextmanager
    def keep_hidden(self, received: Received) -> Iterator[None]:
        yield


def make_worker(
    queue: FakeQueue, handle: Callable[[JobRequested], None], given_up: list[JobRequested] | None = None
) -> tuple[Worker[JobRequested], threading.Event]:
    stop = threading.Event()
    worker = Worker(
        queue=queue,  # type: ignore[arg-type]  # the fake has the queue's methods
        contract=JobRequested,
        handle=handle,
        stop=stop,
        max_receives=5,
        give_up=lambda message, _error: (given_up if given_up is not None else []).append(message),
    )
    return worker, stop


def raising(error: Exception) -> Callable[[JobRequested], None]:
    def handle(_message: JobRequested) -> None:
        raise error

    return handle


@pytest.mark.parametrize(
    ("error", "receives", "decision"),
    [
        (Unavailable("away"), 99, Hold),
        (EndpointConnectionError(endpoint_url="x"), 99, Hold),
        (aws_error("InternalServerError", 500), 99, Hold),
        (aws_error("ThrottlingException", 400), 99, Hold),
        (aws_error("AccessDenied", 403), 1, GiveBack),
        (aws_error("AccessDenied", 403), 5, GiveUp),
        (JobNotFound("none"), 1, GiveUp),
        (JobFailed("bad"), 1, GiveUp),
        (Transient("busy"), 4, GiveBack),
        (Transient("busy"), 5, GiveUp),
        (Transient("busy", seconds=7), 99, GiveBack),
        (ZeroDivisionError(), 1, GiveBack),
        (ZeroDivisionError(), 5, GiveUp),
    ],
)
def test_an_error_decides_what_becomes_of_the_message(error: Exception, receives: int, decision: type) -> None:
    assert isinstance(decide(error, tries=1, receives=receives, max_receives=5), decision)


def test_a_message_comes_back_later_each_time_and_never_after_more_than_the_longest_delay() -> None:
    delays = []
    for receives in range(1, 20):
        decision = decide(Transient("busy"), tries=1, receives=receives, max_receives=99)
        assert isinstance(decision, GiveBack)
        delays.append(decision.seconds)
    assert delays[0] <= 5 < delays[3] < delays[6]
    assert 450 <= delays[-1] <= 900


def test_a_message_that_waits_for_another_worker_comes_back_less_and_less_often() -> None:
    waits = [decide(Transient("taken", seconds=7), tries=1, receives=n, max_receives=5) for n in range(1, 15)]
    assert waits[0] == GiveBack(7)
    assert sum(wait.seconds for wait in waits if isinstance(wait, GiveBack)) > 1800


def test_a_handled_message_is_deleted_after_its_handler_has_returned() -> None:
    queue = FakeQueue(BODY)
    worker, _ = make_worker(queue, lambda _message: queue.fate.append("handled"))
    assert worker.step() is True
    assert queue.fate == ["handled", "deleted"]


def test_an_empty_queue_makes_an_empty_step() -> None:
    worker, _ = make_worker(FakeQueue(), raising(ZeroDivisionError()))
    assert worker.step() is False


def test_a_message_that_nobody_can_read_is_buried_without_a_handler() -> None:
    queue, given_up = FakeQueue("no json"), list[JobRequested]()
    worker, _ = make_worker(queue, raising(ZeroDivisionError()), given_up)
    worker.step()
    assert queue.fate == ["buried"]
    assert given_up == []


def test_a_permanent_error_tells_the_daemon_before_the_message_is_buried() -> None:
    queue, given_up = FakeQueue(BODY), list[JobRequested]()
    worker, _ = make_worker(queue, raising(JobFailed("bad")), given_up)
    worker.step()
    assert queue.fate == ["buried"]
    assert [message.job_id for message in given_up] == [JOB_ID]


def test_a_message_is_held_while_a_service_is_away_and_handled_when_it_is_back() -> None:
    queue, outages = FakeQueue(BODY), [Unavailable("away")]

    def handle(_message: JobRequested) -> None:
        if outages:
            raise outages.pop()

    worker, _ = make_worker(queue, handle)
    worker.step()
    assert queue.fate == ["deleted"]


def test_a_held_message_is_given_back_when_the_daemon_stops() -> None:
    queue = FakeQueue(BODY)

    def handle(_message: JobRequested) -> None:
        stop.set()
        raise Unavailable("away")

    worker, stop = make_worker(queue, handle)
    worker.step()
    assert queue.fate == ["given back"]


def test_a_message_that_arrives_after_stop_is_given_back_unread() -> None:
    queue = FakeQueue(BODY)
    worker, stop = make_worker(queue, raising(ZeroDivisionError()))
    stop.set()
    worker.step()
    assert queue.fate == ["given back"]


def test_stop_requested_before_the_loop_starts_is_not_lost() -> None:
    queue = FakeQueue(BODY)
    worker, stop = make_worker(queue, lambda _message: None)
    stop.set()
    worker.run()
    assert queue.fate == []
