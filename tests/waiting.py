"""Waiting for what other processes do, with a deadline and without asserting on time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
DEADLINE = 60.0  # seconds


def wait_for(what: str, look: Callable[[], T], *, seconds: float = DEADLINE) -> T:
    """Return the first true answer of `look`; fail with a sentence where none comes in time."""
    deadline = time.monotonic() + seconds
    while not (answer := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen within {seconds:.0f} s")
        time.sleep(0.05)
    return answer
