"""The gate: moto works for one request at a time.

moto's backends hold no locks of their own: two conditional writes at once could both win, and a message sent while
another is deleted could vanish. Behind the gate each request, and each snapshot, sees the state whole.
"""

import contextlib
import threading
from collections.abc import Iterator


class Gate:
    """Lets one thread in at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """Be inside, alone."""
        with self._lock:
            yield

    def close(self) -> None:
        """Let nobody in any more, once whoever is inside has gone."""
        self._lock.acquire()

    @contextlib.contextmanager
    def left(self) -> Iterator[None]:
        """Step out for as long as a thread that is inside only waits."""
        self._lock.release()
        try:
            yield
        finally:
            self._lock.acquire()
