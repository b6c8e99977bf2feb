"""The pure parts of running processes: marks, back-off, words."""

import itertools
import signal
from pathlib import Path

import pytest

from aws.local.processes import Mark, Stage, ending, last_line, next_delay


def test_a_program_that_keeps_ending_waits_ever_longer_up_to_half_a_minute() -> None:
    delays = itertools.accumulate(
        range(6), lambda previous, _: next_delay(previous, 0.5), initial=next_delay(None, 0.5)
    )
    assert list(delays) == [1, 2, 4, 8, 16, 30, 30]


def test_a_good_run_makes_the_wait_short_again() -> None:
    assert next_delay(30, ran_seconds=60) == 1
    assert next_delay(30, ran_seconds=59) == 30


def test_a_mark_survives_the_environment() -> None:
    mark = Mark(stage=Stage.CLOUD, stop_signal=signal.SIGINT, state=Path("/home/a b/.gas"))
    assert Mark.decode(mark.encode()) == mark


@pytest.mark.parametrize("value", ["", "1", "9 15 /x", "0 999 /x", "x y z"])
def test_a_value_that_is_no_mark_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Mark.decode(value)


def test_the_cloud_ends_after_the_service() -> None:
    assert list(Stage) == [Stage.SERVICE, Stage.CLOUD]


@pytest.mark.parametrize(
    ("returncode", "sentence"),
    [(0, "ended with exit code 0"), (3, "ended with exit code 3"), (-9, "was ended by SIGKILL")],
)
def test_how_a_process_ended_is_said_in_words(returncode: int, sentence: str) -> None:
    assert ending(returncode) == sentence


@pytest.mark.parametrize(
    ("content", "line"),
    [(b"", ""), (b"one\ntwo\n\n", "two"), (b"x" * 9000, "x" * 300), (b"caf\xff\n", "caf\N{REPLACEMENT CHARACTER}")],
)
def test_the_last_line_of_a_log_is_the_last_that_says_something(tmp_path: Path, content: bytes, line: str) -> None:
    log = tmp_path / "web.log"
    log.write_bytes(content)
    assert last_line(log) == line


def test_a_log_that_is_not_there_has_no_last_line(tmp_path: Path) -> None:
    assert last_line(tmp_path / "web.log") == ""
