"""A worker takes messages from one queue and gives each to a handler; a daemon is one or more workers.

The message is deleted when the handler returns, so its effect must be durable by then. What happens after an error
is decided by `decide`, apart from the loop.
"""

import dataclasses
import logging
import random
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from util.cloud import is_away
from util.errors import GasError, SettingsError, Transient, Unavailable
from util.messages import Message
from util.queues import Queue, Received

# Delays in seconds: the first one doubles with every further try, up to the longest.
FIRST_HOLD, LONGEST_HOLD = 1, 30
FIRST_RETURN, LONGEST_RETURN = 5, 900
BAD_SETTINGS = 2

log = logging.getLogger(__name__)
MessageT = TypeVar("MessageT", bound=Message)


@dataclasses.dataclass(frozen=True)
class Hold:
    """Keep the message hidden and try again here."""

    seconds: float


@dataclasses.dataclass(frozen=True)
class GiveBack:
    """Let the message come again, here or elsewhere."""

    seconds: int


@dataclasses.dataclass(frozen=True)
class GiveUp:
    """The message goes to the dead-letter queue."""


Decision = Hold | GiveBack | GiveUp


def decide(error: Exception, *, tries: int, receives: int, max_receives: int) -> Decision:
    """Say what follows an error: `tries` in this hand so far, `receives` of the message so far.

    While a service is away the message is held, so that a long outage makes no dead letters.
    """
    if isinstance(error, Unavailable) or is_away(error):
        return Hold(_delay(FIRST_HOLD, LONGEST_HOLD, tries))
    if isinstance(error, GasError) and error.permanent:
        return GiveUp()
    if isinstance(error, Transient) and error.seconds is not None:
        # The error knows when it may be over. That is no sign of a poisonous message, but a wait that goes on and on
        # must not use up the receives that the queue's redrive policy allows.
        return GiveBack(max(error.seconds, int(_delay(FIRST_HOLD, LONGEST_RETURN, receives))))
    if receives >= max_receives:
        return GiveUp()
    return GiveBack(int(_delay(FIRST_RETURN, LONGEST_RETURN, receives)))


def _delay(first: float, longest: float, tries: int) -> float:
    """Return a delay that doubles with each try, with jitter so that workers do not march in step."""
    whole = min(longest, first * 2.0 ** (tries - 1))
    return random.uniform(whole / 2, whole)  # noqa: S311  # jitter, no secret


class Worker(Generic[MessageT]):
    """Takes messages of one contract from one queue.

    `handle` does the work; `give_up` is told of a message that will not be tried again, before it is buried.
    """

    def __init__(
        self,
        *,
        queue: Queue,
        contract: type[MessageT],
        handle: Callable[[MessageT], None],
        stop: threading.Event,
        max_receives: int,
        give_up: Callable[[MessageT, Exception], None] = lambda message, error: None,  # noqa: ARG005  # a default
    ) -> None:
        self._queue = queue
        self._contract = contract
        self._handle = handle
        self._give_up = give_up
        self._stop = stop
        self._max_receives = max_receives

    def run(self) -> None:
        """Step until told to stop; back off while the queue itself is away."""
        failures = 0
        while not self._stop.is_set():
            try:
                self.step()
                failures = 0
            except Exception as error:  # the daemon outlives whatever one message does
                failures += 1
                log.warning("queue %s: %s; trying again", self._queue.name, error, exc_info=not is_away(error))
                self._stop.wait(_delay(FIRST_HOLD, LONGEST_HOLD, failures))

    def step(self) -> bool:
        """Receive one message and settle it; False: there was none."""
        received = self._queue.receive()
        if received is None:
            return False
        if self._stop.is_set():
            self._queue.give_back(received, 0)
            return True
        with self._queue.keep_hidden(received):
            decision = self._work(received)
        match decision:
            case None:
                self._queue.delete(received)
            case GiveBack(seconds):
                self._queue.give_back(received, seconds)
            case GiveUp():
                self._queue.bury(received)
        return True

    def _work(self, received: Received) -> GiveBack | GiveUp | None:
        """Handle the message until it is done (None) or must leave this hand."""
        decision = self._attempt(received, tries := 1)
        while isinstance(decision, Hold):
            if self._stop.wait(decision.seconds):
                return GiveBack(0)
            decision = self._attempt(received, tries := tries + 1)
        return decision

    def _attempt(self, received: Received, tries: int) -> Decision | None:
        message = None
        try:
            message = self._contract.decode(received.body)
            self._handle(message)
        except Exception as error:  # noqa: BLE001  # every error is a decision about the message
            decision = decide(error, tries=tries, receives=received.receives, max_receives=self._max_receives)
            self._report(received, error, decision)
            if isinstance(decision, GiveUp) and message is not None:
                self._give_up(message, error)
            return decision
        return None

    def _report(self, received: Received, error: Exception, decision: Decision) -> None:
        level = logging.ERROR if isinstance(decision, GiveUp) else logging.WARNING
        expected = isinstance(error, GasError) or is_away(error)
        text = "queue %s, message %s, receive %d: %s: %s; %s"
        details = (self._queue.name, received.message_id, received.receives, type(error).__name__, error, decision)
        log.log(level, text, *details, exc_info=None if expected else error)


def run_daemon(build: Callable[[threading.Event], Sequence[Worker[Any]]]) -> None:
    """Run the workers that `build` makes until SIGTERM or SIGINT, then finish the messages in hand.

    Exits with status 2 and a sentence where the settings are bad.
    """
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("botocore").setLevel(logging.WARNING)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        workers = build(stop)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(BAD_SETTINGS)
    threads = [threading.Thread(target=worker.run, name=f"worker-{i}") for i, worker in enumerate(workers)]
    for thread in threads:
        thread.start()
    log.info("ready: %d worker(s)", len(threads))
    for thread in threads:
        thread.join()
    log.info("stopped")
