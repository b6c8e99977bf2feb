"""How to reach PostgreSQL without waiting for ever."""

import select
import time

import psycopg2
from psycopg2 import extensions

WAIT_SECONDS = 5
# For a server whose machine is gone: the operating system gives up too, in a migration as well.
CONNECTION = {"connect_timeout": WAIT_SECONDS, "keepalives_idle": 30, "tcp_user_timeout": 10_000}


def bound_waits() -> None:
    """Let no statement and no log-in of this process wait longer than WAIT_SECONDS for the server.

    The server's own time-outs do not help where it stands still, and libpq has none for an answer.
    """
    extensions.set_wait_callback(_wait)


def unbound_waits() -> None:
    """Let statements take as long as they need again."""
    extensions.set_wait_callback(None)


def _wait(connection: extensions.connection) -> None:
    """Wait until the server has answered; psycopg2 closes the connection where this raises OperationalError."""
    deadline = time.monotonic() + WAIT_SECONDS
    while (state := connection.poll()) != extensions.POLL_OK:
        reading, writing = ([connection], []) if state == extensions.POLL_READ else ([], [connection])
        if not any(select.select(reading, writing, [], max(0, deadline - time.monotonic()))):
            # SQLAlchemy tells a lost connection by these words.
            raise psycopg2.OperationalError(f"could not receive data from server: no answer in {WAIT_SECONDS} seconds")
