"""The folder that jobs work in: each annotator has its own, and what dead annotators left is removed."""

import contextlib
import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from util.errors import SettingsError

LOCK = "lock"


class WorkFolder:
    """A fresh folder below `root`, locked while this process lives."""

    def __init__(self, root: Path) -> None:
        try:
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            # One annotator at a time starts: a folder without its lock yet would look abandoned.
            with (root / LOCK).open("w") as starting:
                fcntl.flock(starting, fcntl.LOCK_EX)
                _remove_abandoned(root)
                self.path = Path(tempfile.mkdtemp(prefix="annotator-", dir=root))
                # The kernel drops the lock when the process dies, whatever kills it.
                self._lock = (self.path / LOCK).open("w")
                fcntl.flock(self._lock, fcntl.LOCK_EX)
        except OSError as error:
            raise SettingsError(f"the setting [annotator] work_folder is {root}: {error.strerror}") from error

    @contextlib.contextmanager
    def for_job(self, job_id: str) -> Iterator[Path]:
        """Make the job's folder, and remove it with all that is in it."""
        path = self.path / job_id
        path.mkdir()
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)

    def close(self) -> None:
        """Remove the folder."""
        self._lock.close()
        shutil.rmtree(self.path, ignore_errors=True)


def _remove_abandoned(root: Path) -> None:
    for path in root.glob("annotator-*"):
        with contextlib.suppress(FileNotFoundError), (path / LOCK).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            shutil.rmtree(path, ignore_errors=True)
