"""Downloads files over HTTP: goes on where it was cut off, and takes nothing whose size or checksum is wrong."""

import hashlib
import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ann.anntools.errors import ReferenceDataError
from ann.anntools.recipe import Location
from ann.anntools.source_files import opened

CHUNK = 1 << 20
TIMEOUT = 60.0  # seconds without a byte
PAUSES = (1.0, 5.0, 15.0, 30.0)  # seconds between attempts that bring nothing new
PARTIAL, RANGE_NOT_SATISFIABLE = 206, 416
FINAL = range(400, 500)  # asking again does not help, but for these:
PASSING = {408, 429}
PACKED = {".gz", ".bgz"}

Progress = Callable[[int, int | None], None]


class _CutOff(Exception):
    """The connection ended before the file did."""


@dataclass
class Download:
    """One file on its way from ``url`` to ``path``.

    What has come so far is kept beside it as ``.part``, with what the server said of the version in ``.part.json``.
    ``progress`` is called with the bytes that are there and their total, None where the server does not tell.
    """

    url: str
    path: Path
    progress: Progress = lambda _done, _total: None
    sleep: Callable[[float], None] = time.sleep
    measured: bool = field(init=False, default=False)  # the server told how long the file is
    part: Path = field(init=False)
    about: Path = field(init=False)

    def __post_init__(self) -> None:
        self.part = self.path.with_name(self.path.name + ".part")
        self.about = self.path.with_name(self.path.name + ".part.json")

    def run(self) -> None:
        """Bring the whole file. Raises ReferenceDataError where the server refuses or keeps failing."""
        failures = 0
        while True:
            before = self._size()
            try:
                self._attempt()
                break
            except urllib.error.HTTPError as error:
                error.close()
                if error.code in FINAL and error.code not in PASSING:
                    raise ReferenceDataError(f"{self.url} cannot be had: {error.code} {error.reason}.") from error
                why: object = f"{error.code} {error.reason}"
            except (ValueError, http.client.InvalidURL) as error:
                raise ReferenceDataError(f"{self.url} is no address: {error}.") from error
            except (OSError, http.client.HTTPException, _CutOff) as error:
                why = error
            failures = 0 if self._size() > before else failures + 1
            if failures > len(PAUSES):
                raise ReferenceDataError(f"{self.url} cannot be had after {failures} attempts: {why}.")
            self.sleep(PAUSES[max(failures - 1, 0)])
        if not self.measured and self.path.suffix in PACKED:
            self._read_through()
        self.part.replace(self.path)
        self.about.unlink(missing_ok=True)

    def _size(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def _attempt(self) -> None:
        """Ask once, for the rest where there is a beginning of the same version. Raises what goes wrong."""
        done, version = self._size(), self._version()
        if not version:
            done = 0
        request = urllib.request.Request(self.url, headers={"Accept-Encoding": "identity"})  # noqa: S310  recipes take http only
        if done:
            request.add_header("Range", f"bytes={done}-")
            request.add_header("If-Range", version)
        try:
            answer = urllib.request.urlopen(request, timeout=TIMEOUT)  # noqa: S310  as above
        except urllib.error.HTTPError as error:
            if error.code != RANGE_NOT_SATISFIABLE:
                raise
            error.close()
            self.part.unlink()
            raise _CutOff("the file at the server is shorter than what has come of it") from error
        with answer:
            self._take(answer, done)

    def _take(self, answer: Any, done: int) -> None:
        """Write the body of ``answer`` after the ``done`` bytes that are there, or anew where it is the whole file."""
        resumed = answer.status == PARTIAL and answer.headers.get("Content-Range", "").startswith(f"bytes {done}-")
        if answer.status == PARTIAL and not resumed:
            self.part.unlink()
            raise _CutOff("the server sent another part than was asked for")
        done = done if resumed else 0
        length = answer.headers.get("Content-Length")
        total = done + int(length) if length else None
        self.measured = total is not None
        self._keep_version(answer.headers)
        with self.part.open("ab" if resumed else "wb") as sink:
            self.progress(done, total)
            while piece := answer.read(CHUNK):
                sink.write(piece)
                done += len(piece)
                self.progress(done, total)
        if total is not None and done != total:
            raise _CutOff(f"{done:,} of {total:,} bytes came")

    def _read_through(self) -> None:
        """Raise ReferenceDataError where the gzip that came is not whole, which nothing else tells."""
        try:
            with opened(self.part) as stream:
                while stream.read(CHUNK):
                    pass
        except ReferenceDataError:
            self.part.unlink()
            raise

    def _version(self) -> str:
        """Return what the server called the version that the part is of, empty where it said nothing."""
        try:
            return str(json.loads(self.about.read_text())["version"])
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    def _keep_version(self, headers: Any) -> None:
        etag = headers.get("ETag", "")
        # Only a strong ETag promises the same bytes (RFC 9110, section 13.1.5).
        version = etag if etag and not etag.startswith("W/") else headers.get("Last-Modified", "")
        self.about.write_text(json.dumps({"version": version}))


def fetch(location: Location, folder: Path, progress: Progress, sleep: Callable[[float], None] = time.sleep) -> Path:
    """Return the file of ``location``: its own, or the one in ``folder`` that is downloaded unless it is there.

    Raises ReferenceDataError where it cannot be had or its checksum is not the recipe's.
    """
    if location.url is None:
        if location.file is None:
            raise ReferenceDataError("The recipe names neither a file nor an address.")
        check(location.file, location)
        return location.file
    folder.mkdir(parents=True, exist_ok=True)
    mark = hashlib.sha256(location.url.encode()).hexdigest()[:8]
    path = folder / f"{mark}-{location.url.rstrip('/').rsplit('/', 1)[-1]}"
    if path.exists():
        try:
            check(path, location)
        except ReferenceDataError:
            path.unlink()
    if not path.exists():
        Download(location.url, path, progress, sleep).run()
        try:
            check(path, location)
        except ReferenceDataError:
            path.unlink()
            raise
    return path


def check(path: Path, location: Location) -> None:
    """Raise ReferenceDataError where a checksum that the recipe gives is not that of the file ``path``."""
    for kind, expected in (("sha256", location.sha256), ("md5", location.md5)):
        if expected is None:
            continue
        try:
            with path.open("rb") as stream:
                found = hashlib.file_digest(stream, kind).hexdigest()
        except OSError as error:
            raise ReferenceDataError(f"The file {path} cannot be read: {error.strerror}.") from error
        if found != expected:
            name = location.url or path
            raise ReferenceDataError(f"{name} has the {kind} checksum {found}, the recipe says {expected}.")
