"""Ends every process of the embedded cloud when its supervisor is gone without having done so.

    python -m aws.local.reaper STATE_FOLDER GRACE_SECONDS

The supervisor holds the other end of our standard input and never writes: end of file means that it is dead, by
kill -9 even. We inherit its lock on the state folder, so that the next supervisor waits until we are done.
"""

import signal
import sys
from pathlib import Path

from aws.local.processes import end_family


def main() -> None:
    """Wait for the supervisor's end, then end what it left."""
    state, grace_seconds = Path(sys.argv[1]), float(sys.argv[2])
    # A terminal's Ctrl-C is for the supervisor, which ends everything itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.stdin.read()
    end_family(state, grace_seconds)


if __name__ == "__main__":
    main()
