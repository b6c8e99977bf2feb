"""One SQS queue as its consumer sees it. Times in seconds."""

import contextlib
import dataclasses
import json
import logging
import threading
from collections.abc import Iterator

from util.cloud import BotoCoreError, ClientError, Cloud
from util.settings import Sqs

# SQS hides a message for 12 hours at most.
LONGEST_VISIBILITY = 43200
# Heartbeats in one visibility time-out: two may fail before the message is seen by others.
HEARTBEATS = 3

log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Received:
    """A message in hand. `receives` counts how often it was handed out, this time included."""

    body: str
    receipt: str
    message_id: str
    receives: int


class Queue:
    """The queue of that name, with its dead-letter queue."""

    def __init__(self, cloud: Cloud, name: str, settings: Sqs) -> None:
        self.name = name
        self._cloud = cloud
        self._settings = settings

    @property
    def _url(self) -> str:
        return self._cloud.queue_url(self.name)

    def receive(self) -> Received | None:
        """Wait for a message by long poll; None: there was none."""
        answer = self._cloud.sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=1,
            WaitTimeSeconds=self._settings.wait_seconds,
            VisibilityTimeout=self._settings.visibility_seconds,
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        )
        for message in answer.get("Messages", []):
            return Received(
                body=message["Body"],
                receipt=message["ReceiptHandle"],
                message_id=message["MessageId"],
                receives=int(message["Attributes"]["ApproximateReceiveCount"]),
            )
        return None

    def delete(self, received: Received) -> None:
        """Remove a message whose effect is durable."""
        self._cloud.sqs.delete_message(QueueUrl=self._url, ReceiptHandle=received.receipt)

    def give_back(self, received: Received, seconds: int) -> None:
        """Let the message be received again after so many seconds."""
        self._hide(received, min(seconds, LONGEST_VISIBILITY))

    def bury(self, received: Received) -> None:
        """Move the message to the dead-letter queue that the queue's redrive policy names."""
        answer = self._cloud.sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["RedrivePolicy"])
        dead_letter_name = json.loads(answer["Attributes"]["RedrivePolicy"])["deadLetterTargetArn"].split(":")[-1]
        self._cloud.sqs.send_message(QueueUrl=self._cloud.queue_url(dead_letter_name), MessageBody=received.body)
        self.delete(received)

    @contextlib.contextmanager
    def keep_hidden(self, received: Received) -> Iterator[None]:
        """Hide the message from other consumers for as long as the block runs."""
        done = threading.Event()
        beat = threading.Thread(target=self._heartbeat, args=(received, done), daemon=True, name="heartbeat")
        beat.start()
        try:
            yield
        finally:
            done.set()
            beat.join()

    def _heartbeat(self, received: Received, done: threading.Event) -> None:
        while not done.wait(self._settings.visibility_seconds / HEARTBEATS):
            try:
                self._hide(received, self._settings.visibility_seconds)
            except (BotoCoreError, ClientError) as error:
                # The next beat may get through; if none does, the message is seen again and its handler is idempotent.
                log.warning("message %s in %s could not be kept hidden: %s", received.message_id, self.name, error)

    def _hide(self, received: Received, seconds: int) -> None:
        self._cloud.sqs.change_message_visibility(
            QueueUrl=self._url, ReceiptHandle=received.receipt, VisibilityTimeout=seconds
        )
