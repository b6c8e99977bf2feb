"""Downloads from a server that drops the connection, ignores ranges, changes files or serves wrong bytes."""

import gzip
import hashlib
import http.server
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ann.anntools.errors import ReferenceDataError
from ann.anntools.fetch import CHUNK, fetch
from ann.anntools.recipe import Location

DATA = bytes(range(256)) * 12_000  # three chunks


@dataclass
class Plan:
    """How the server behaves; ``asked`` are the Range headers that came, None for none."""

    data: bytes = DATA
    etag: str = '"one"'
    drops: list[int] = field(default_factory=list)  # after so many bytes, an answer each
    statuses: list[int] = field(default_factory=list)  # errors, an answer each
    ranges: bool = True
    length: bool = True
    shift: int = 0  # begins an asked part so many bytes late
    asked: list[str | None] = field(default_factory=list)
    url: str = ""


class Handler(http.server.BaseHTTPRequestHandler):
    plan: Plan

    def do_GET(self) -> None:
        plan, asked = self.plan, self.headers.get("Range")
        plan.asked.append(asked)
        if plan.statuses:
            self.send_error(plan.statuses.pop(0))
            return
        first = 0
        if asked and plan.ranges and self.headers.get("If-Range") == plan.etag:
            first = int(asked.removeprefix("bytes=").removesuffix("-"))
            if first >= len(plan.data):
                self.send_error(416)
                return
            first += plan.shift
        body = plan.data[first:]
        self.send_response(206 if first else 200)
        if first:
            self.send_header("Content-Range", f"bytes {first}-{len(plan.data) - 1}/{len(plan.data)}")
        if plan.length:
            self.send_header("Content-Length", str(len(body)))
        if plan.etag:
            self.send_header("ETag", plan.etag)
        self.end_headers()
        self.wfile.write(body[: plan.drops.pop(0)] if plan.drops else body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def plan() -> Iterator[Plan]:
    plan = Plan()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"plan": plan}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    plan.url = f"http://127.0.0.1:{server.server_address[1]}/pub/genome.fa.gz"
    yield plan
    server.shutdown()
    server.server_close()
    thread.join()


class Watch:
    """Counts pauses instead of making them, and keeps what the progress said."""

    def __init__(self) -> None:
        self.pauses: list[float] = []
        self.told: list[tuple[int, int | None]] = []

    def progress(self, done: int, total: int | None) -> None:
        self.told.append((done, total))


def fetched(plan: Plan, folder: Path, watch: Watch | None = None, **checksums: str) -> Path:
    watch = watch or Watch()
    return fetch(Location(file=None, url=plan.url, **checksums), folder, watch.progress, watch.pauses.append)


def test_a_file_is_downloaded_once(plan: Plan, tmp_path: Path) -> None:
    watch = Watch()
    path = fetched(plan, tmp_path, watch)
    assert path.read_bytes() == DATA
    assert path.name.endswith("-genome.fa.gz")
    assert watch.told[0] == (0, len(DATA))
    assert watch.told[-1] == (len(DATA), len(DATA))
    assert fetched(plan, tmp_path) == path
    assert plan.asked == [None]
    assert list(tmp_path.iterdir()) == [path]


def test_a_dropped_connection_is_gone_on_with_where_it_ended(plan: Plan, tmp_path: Path) -> None:
    plan.drops = [CHUNK + 1000, CHUNK // 2]
    assert fetched(plan, tmp_path).read_bytes() == DATA
    assert plan.asked[0] is None
    resumed = [int(asked.removeprefix("bytes=").removesuffix("-")) for asked in plan.asked[1:] if asked]
    assert len(resumed) == 2
    assert 0 < resumed[0] < resumed[1] < len(DATA)


def test_a_process_that_was_killed_is_gone_on_with_by_the_next_one(plan: Plan, tmp_path: Path) -> None:
    plan.drops = [CHUNK] + [0] * 10
    with pytest.raises(ReferenceDataError, match=r"genome\.fa\.gz cannot be had after 5 attempts: "):
        fetched(plan, tmp_path)
    plan.drops, plan.asked = [], []
    assert fetched(plan, tmp_path).read_bytes() == DATA
    assert plan.asked == [f"bytes={CHUNK}-"]


def test_a_server_that_ignores_ranges_is_asked_for_the_whole_and_nothing_is_doubled(plan: Plan, tmp_path: Path) -> None:
    plan.ranges, plan.drops = False, [CHUNK + 1000]
    assert fetched(plan, tmp_path).read_bytes() == DATA


def test_a_file_that_changed_meanwhile_is_begun_anew(plan: Plan, tmp_path: Path) -> None:
    plan.drops = [CHUNK] + [0] * 10
    with pytest.raises(ReferenceDataError):
        fetched(plan, tmp_path)
    plan.data, plan.etag, plan.drops = DATA[::-1], '"two"', []
    assert fetched(plan, tmp_path).read_bytes() == DATA[::-1]


def test_a_part_of_an_unknown_version_is_not_trusted(plan: Plan, tmp_path: Path) -> None:
    plan.etag, plan.drops = "", [CHUNK]
    assert fetched(plan, tmp_path).read_bytes() == DATA
    assert plan.asked == [None, None]


def test_another_part_than_was_asked_for_is_not_taken(plan: Plan, tmp_path: Path) -> None:
    plan.drops, plan.shift = [CHUNK], 7
    assert fetched(plan, tmp_path).read_bytes() == DATA
    assert plan.asked[-1] is None


def test_a_file_that_became_shorter_than_what_has_come_is_begun_anew(plan: Plan, tmp_path: Path) -> None:
    plan.drops = [2 * CHUNK] + [0] * 10
    with pytest.raises(ReferenceDataError):
        fetched(plan, tmp_path)
    plan.data, plan.drops = DATA[:1000], []
    assert fetched(plan, tmp_path).read_bytes() == DATA[:1000]


def test_wrong_bytes_are_refused_with_both_checksums_and_not_kept(plan: Plan, tmp_path: Path) -> None:
    right = hashlib.sha256(DATA).hexdigest()
    plan.data = DATA[:-1] + b"x"
    wrong = hashlib.sha256(plan.data).hexdigest()
    with pytest.raises(ReferenceDataError, match=f"has the sha256 checksum {wrong}, the recipe says {right}"):
        fetched(plan, tmp_path, sha256=right)
    assert list(tmp_path.iterdir()) == []
    plan.data = DATA
    assert fetched(plan, tmp_path, sha256=right, md5=hashlib.md5(DATA).hexdigest()).read_bytes() == DATA


def test_a_kept_file_whose_checksum_is_another_is_downloaded_again(plan: Plan, tmp_path: Path) -> None:
    path = fetched(plan, tmp_path)
    path.write_bytes(b"damaged")
    assert fetched(plan, tmp_path, sha256=hashlib.sha256(DATA).hexdigest()).read_bytes() == DATA


def test_a_refusal_is_final_and_a_passing_failure_is_not(plan: Plan, tmp_path: Path) -> None:
    plan.statuses = [404]
    with pytest.raises(ReferenceDataError, match=r"genome\.fa\.gz cannot be had: 404 Not Found\."):
        fetched(plan, tmp_path)
    assert len(plan.asked) == 1
    watch = Watch()
    plan.statuses = [503, 429]
    assert fetched(plan, tmp_path, watch).read_bytes() == DATA
    assert watch.pauses == [1.0, 5.0]


def test_a_gzip_of_untold_length_is_kept_only_where_it_is_whole(plan: Plan, tmp_path: Path) -> None:
    whole = gzip.compress(DATA)
    plan.length, plan.data, plan.etag = False, whole[:-4], ""
    with pytest.raises(ReferenceDataError, match=r"genome\.fa\.gz\.part is cut off before its end\."):
        fetched(plan, tmp_path)
    plan.data = whole
    watch = Watch()
    assert fetched(plan, tmp_path, watch).read_bytes() == whole
    assert watch.told[-1] == (len(whole), None)


def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    watch = Watch()
    with pytest.raises(ReferenceDataError, match=r"http://127\.0\.0\.1:9/x cannot be had after 5 attempts: "):
        fetch(Location(file=None, url="http://127.0.0.1:9/x"), tmp_path, watch.progress, watch.pauses.append)
    assert watch.pauses == [1.0, 5.0, 15.0, 30.0]
