"""The files that references are built from, plain or gzip, with what goes wrong told as a sentence."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ann.anntools.errors import ReferenceDataError

GZIP = b"\x1f\x8b"


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Give the text of ``path``, decompressed where its bytes are gzip or BGZF.

    Raises ReferenceDataError where it cannot be opened, or where a gzip is cut off or damaged.
    """
    try:
        raw = path.open("rb")
    except OSError as error:
        raise ReferenceDataError(f"The file {path} cannot be read: {error.strerror}.") from error
    try:
        with raw:
            packed = raw.read(len(GZIP)) == GZIP
            raw.seek(0)
            if not packed:
                yield raw
                return
            with gzip.GzipFile(fileobj=raw) as text:
                yield text  # type: ignore[misc]  # it is a BinaryIO in all but name
    except EOFError as error:
        raise ReferenceDataError(f"The gzip {path} is cut off before its end.") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise ReferenceDataError(f"The gzip {path} is damaged: {error}.") from error


def at_line(path: Path, line: int, sentence: str) -> ReferenceDataError:
    """Return the error that blames the 1-based ``line`` of ``path``."""
    return ReferenceDataError(f"{path.name}, line {line:,}: {sentence}")
