"""`python -m aws.local exec`: a program in the service's own environment."""

import os
import subprocess
import sys

import pytest

from tests.service import PROJECT

PRINT = "import os, sys; print(os.environ['GAS_AWS_ENDPOINT_URL'], os.environ.get('AWS_PROFILE'), sys.argv[1:])"


def local(*arguments: str) -> "subprocess.CompletedProcess[str]":
    environ = {**os.environ, "GAS_LOCAL_CLOUD_PORT": "4999", "AWS_PROFILE": "of-a-real-account"}
    command = [sys.executable, "-m", "aws.local", *arguments]
    return subprocess.run(command, cwd=PROJECT, env=environ, capture_output=True, text=True, check=False)


def test_a_program_sees_the_embedded_cloud_and_no_real_account() -> None:
    done = local("exec", "-c", PRINT, "--option", "value")
    assert done.stdout == "http://127.0.0.1:4999 None ['--option', 'value']\n"
    assert done.returncode == 0


@pytest.mark.parametrize("arguments", [("exec",), ("stop", "now")])
def test_exec_alone_takes_a_program(arguments: tuple[str, ...]) -> None:
    done = local(*arguments)
    assert done.returncode == 2
    assert "exec takes a program, and only exec does" in done.stderr
