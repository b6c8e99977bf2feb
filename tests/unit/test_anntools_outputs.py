"""Where results may and may not go: pipes, devices, names that are taken, and two runs at once."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ann.anntools.__main__ import main
from ann.anntools.streams import whole_file
from tests.unit.anntools_samples import APOE, HEADER, ROOT


def closed(redirection: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["sh", "-c", f'exec "$@" {redirection}', "sh", sys.executable, "-m", "ann.anntools", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


def test_a_pipe_gets_the_bytes_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    # Held open, so that a reader waits for nobody.
    held = os.open(pipe, os.O_RDWR)
    with whole_file(pipe) as sink:
        sink.write(b"text")
    assert os.read(held, 9) == b"text"
    os.close(held)
    assert pipe.is_fifo()


def test_a_second_writer_of_a_file_is_refused_and_the_first_is_not_disturbed(tmp_path: Path) -> None:
    path = tmp_path / "x.vcf"
    with whole_file(path) as first:
        first.write(b"one")
        with pytest.raises(OSError, match="another process is writing it"), whole_file(path) as second:
            second.write(b"two")
    assert path.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_run_left_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "x.vcf"
    with whole_file(path) as sink:
        (left,) = tmp_path.iterdir()
        sink.write(b"")
    left.write_bytes(b"a longer text that was left")
    with whole_file(path) as sink:
        sink.write(b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_writers_in_a_crowd_leave_one_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "x"

    def write(number: int) -> None:
        for _ in range(50):
            try:
                with whole_file(path) as sink:
                    sink.write(bytes([65 + number]) * 5000)
            except OSError as error:
                refused.append(str(error))

    refused: list[str] = []
    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    text = path.read_bytes()
    assert (len(text), len(set(text))) == (5000, 1)
    assert all("another process is writing it" in sentence for sentence in refused)
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_in_place_of_a_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.vcf"
    path.write_bytes(HEADER + APOE)
    assert main(["annotate", str(path), "-o", str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"{tmp_path}: Is a directory\n"


def test_a_name_that_is_no_text_is_taken(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"\xff.vcf")
    path.write_bytes(HEADER + APOE)
    assert main(["annotate", str(path)]) == 0
    assert (tmp_path / os.fsdecode(b"\xff.annot.vcf")).exists()


@pytest.mark.parametrize("options", [["", "-o", "x"], ["x.vcf", "--log", ""], ["x.vcf", "-o", ""]])
def test_an_empty_name_is_refused(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["annotate", *options])
    assert "a name of a file is empty" in capsys.readouterr().err


def test_two_outputs_of_one_name_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["annotate", "x.vcf", "-o", "s", "--summary", "./s"])
    assert "two outputs have the same name" in capsys.readouterr().err


@pytest.mark.parametrize(("redirection", "which"), [("<&-", "input"), (">&-", "output")])
def test_a_closed_standard_stream_is_told(redirection: str, which: str) -> None:
    done = closed(redirection, "annotate", "-")
    assert (done.returncode, done.stderr.splitlines()[-1].endswith(f"error: standard {which} is closed")) == (2, True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_leaves_nothing_and_says_nothing(number: int, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ann.anntools", "annotate", "-", "-o", str(tmp_path / "x.vcf")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        # More than a piece, so that the output is begun when the pipe has taken all.
        process.stdin.write(HEADER + APOE * 40_000)
        process.send_signal(number)
        # The pipe stays open: only the signal ends the run.
        process.wait(60)
        assert (process.returncode, process.stderr.read()) == (128 + number, b"")
    assert list(tmp_path.iterdir()) == []
