"""The state folder: everything that outlives a stop, and the lock that keeps two supervisors out of it."""

import contextlib
import fcntl
import os
import shutil
import time
from pathlib import Path

import psutil

from util.errors import GasError

LOCK = "supervisor.lock"
MINIMUM_FREE = 300 * 2**20  # bytes: databases and snapshots of an empty service, with room for some uploads
LOG_LIMIT = 20 * 2**20  # bytes after which a log file is set aside at the next start


class LocalError(GasError):
    """The embedded cloud cannot do what was asked; the sentence says why and what helps."""


class StateFolder:
    """A folder that belongs to one supervisor at a time. The path is absolute."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.log = path / "log"

    def prepare(self) -> None:
        """Make the folder, or check that it is usable. Raises LocalError."""
        try:
            self._refuse_foreign()
            self.path.mkdir(parents=True, exist_ok=True)
            # Others may pass through, since PostgreSQL may have to run as another user, but see nothing.
            self.path.chmod(0o711)
            self.log.mkdir(exist_ok=True, mode=0o700)
            (self.path / LOCK).touch()
        except OSError as error:
            raise LocalError(f"the state folder {self.path} cannot be written: {error.strerror}") from error
        free = shutil.disk_usage(self.path).free
        if free < MINIMUM_FREE:
            raise LocalError(
                f"the disk of the state folder {self.path} has {free >> 20} MB free; "
                f"at least {MINIMUM_FREE >> 20} MB are needed"
            )

    def _refuse_foreign(self) -> None:
        """Leave a folder alone that has content which is not ours."""
        if self.path.is_dir() and not self.is_ours() and any(self.path.iterdir()):
            raise LocalError(
                f"the folder {self.path} has other things in it; "
                "[local] state (GAS_LOCAL_STATE) needs an empty folder or one that does not exist"
            )

    def lock(self, wait_seconds: float) -> int:
        """Take the folder and return the lock's file descriptor, which holds it until it is closed.

        Waits for what a killed supervisor left to end. Raises LocalError where a supervisor is at work.
        """
        descriptor = os.open(self.path / LOCK, os.O_RDWR)
        deadline = time.monotonic() + wait_seconds
        while not _try_lock(descriptor):
            holder = self.supervisor()
            if holder is not None:
                os.close(descriptor)
                raise LocalError(
                    f"the service already runs from the state folder {self.path} as process {holder.pid}; "
                    "stop it with `make stop`, or set GAS_LOCAL_STATE to another folder"
                )
            if time.monotonic() > deadline:
                os.close(descriptor)
                raise LocalError(f"the processes of an earlier run in {self.path} do not end")
            time.sleep(0.1)
        me = psutil.Process()
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{me.pid} {me.create_time()}".encode(), 0)
        return descriptor

    def supervisor(self) -> psutil.Process | None:
        """Return the supervisor that runs from this folder, if one does."""
        with contextlib.suppress(OSError, ValueError, psutil.Error):
            pid, created = (self.path / LOCK).read_text(encoding="ascii").split()
            process = psutil.Process(int(pid))
            # A process ID alone may have gone to somebody else since.
            if process.create_time() == float(created) and process.status() != psutil.STATUS_ZOMBIE:
                return process
        return None

    def is_ours(self) -> bool:
        """Return whether a supervisor has ever used the folder."""
        return (self.path / LOCK).is_file()

    def is_busy(self) -> bool:
        """Return whether a supervisor, or the reaper of a killed one, holds the folder."""
        if not self.is_ours():
            return False
        descriptor = os.open(self.path / LOCK, os.O_RDWR)
        try:
            return not _try_lock(descriptor)
        finally:
            os.close(descriptor)

    def log_file(self, name: str) -> Path:
        """Return where a program's output goes, with an overgrown file set aside first."""
        path = self.log / f"{name}.log"
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_size > LOG_LIMIT:
                path.replace(path.with_suffix(".log.1"))
        return path

    def empty(self) -> None:
        """Remove everything but the lock, which the caller holds."""
        for entry in self.path.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            elif entry.name != LOCK:
                entry.unlink()


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def write_private(path: Path, content: str | bytes) -> None:
    """Write a file that only its owner can read; it is there whole or not at all."""
    data = content.encode() if isinstance(content, str) else content
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
