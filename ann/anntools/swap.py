"""A folder that appears whole or not at all, in place of the one that was there."""

import ctypes
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ann.anntools.errors import ReferenceDataError
from ann.anntools.refdata import DESCRIPTION

AT_FDCWD = -100  # Linux: paths are relative to the working folder
RENAME_EXCHANGE = 2


@contextmanager
def replaced_whole(out: Path) -> Iterator[Path]:
    """Give an empty folder beside ``out`` that takes its place when the block ends without an error.

    What an interrupted build left beside ``out`` is removed. Raises ReferenceDataError where ``out`` is something else
    than a reference, or where another process is at work on it.
    """
    if out.exists() and not (out / DESCRIPTION).is_file() and not (out.is_dir() and not any(out.iterdir())):
        raise ReferenceDataError(f"{out} is there and is no reference; choose another folder.")
    out.parent.mkdir(parents=True, exist_ok=True)
    lock = out.parent / f".{out.name}.lock"
    work, aside = out.parent / f".{out.name}.building", _aside(out)
    with lock.open("wb") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ReferenceDataError(f"Another process is building {out}.") from None
        if aside.exists() and not out.exists():
            aside.rename(out)
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        try:
            yield work
            _to_disk(work)
            if out.exists():
                _exchange(work, out)
            else:
                work.rename(out)
        finally:
            shutil.rmtree(work, ignore_errors=True)


def _exchange(one: Path, other: Path) -> None:
    """Let two folders change places at one stroke, or nearly so on file systems that cannot."""
    names = [os.fsencode(path) for path in (one, other)]
    renameat2 = getattr(ctypes.CDLL(None), "renameat2", None)
    if renameat2 and renameat2(AT_FDCWD, names[0], AT_FDCWD, names[1], RENAME_EXCHANGE) == 0:
        return
    aside = _aside(other)
    other.rename(aside)
    one.rename(other)
    aside.rename(one)


def _aside(out: Path) -> Path:
    return out.with_name(f".{out.name}.old")


def _to_disk(folder: Path) -> None:
    """Let the disk have everything before the name changes."""
    for path in [*folder.rglob("*"), folder]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
