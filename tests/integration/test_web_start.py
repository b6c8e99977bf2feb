"""A web server that cannot start says why in one sentence and ends."""

import json
import subprocess
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from aws.local.certificates import ensure_certificate
from tests.integration.conftest import Stack
from tests.integration.test_web_manage import manage

RUN = Path(__file__).parents[2] / "web" / "run_gas.sh"


@pytest.fixture
def start(stack: Stack, tmp_path: Path) -> Callable[..., str]:
    """Return what starts a web server that has to end by itself, and returns what it said."""
    ensure_certificate(tmp_path)
    good = {
        "GAS_HOST_CERTIFICATE": str(tmp_path / "site.pem"),
        "GAS_HOST_PRIVATE_KEY": str(tmp_path / "site.key"),
        "GAS_AWS_MAX_ATTEMPTS": "1",
    }

    def run(**environ: str) -> str:
        done = subprocess.run(
            [RUN, "console"],
            env=stack.environ | good | environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode != 0
        assert "Traceback" not in done.stdout
        [sentence] = [line for line in done.stdout.splitlines() if line.startswith("run_gas.sh: ")]
        return sentence

    return run


@pytest.fixture
def secret_without_password(stack: Stack) -> str:
    name = f"odd/{uuid.uuid4().hex}"
    incomplete = {"host": "127.0.0.1", "port": "5432", "dbname": "gas", "username": "gas"}
    stack.cloud.client("secretsmanager").create_secret(Name=name, SecretString=json.dumps(incomplete))
    return name


def test_secrets_manager_away_is_one_sentence(start: Callable[..., str]) -> None:
    assert "Could not connect to the endpoint" in start(GAS_AWS_ENDPOINT_URL="http://127.0.0.1:9")


def test_a_secret_that_does_not_exist_is_named(start: Callable[..., str]) -> None:
    assert "Secrets Manager has no secret 'nowhere'" in start(GAS_SECRETS_FLASK="nowhere")


def test_a_secret_without_a_key_is_named_with_the_key(
    start: Callable[..., str], stack: Stack, secret_without_password: str
) -> None:
    sentence = f"the secret {secret_without_password!r} lacks password"
    assert sentence in start(GAS_SECRETS_ACCOUNTS_DATABASE=secret_without_password)
    code, output = manage(stack, "db", "upgrade", GAS_SECRETS_ACCOUNTS_DATABASE=secret_without_password)
    assert (code, output.startswith(f"manage.py: {sentence}")) == (1, True), output


def test_a_secret_that_is_no_json_is_named(start: Callable[..., str], stack: Stack) -> None:
    name = f"odd/{uuid.uuid4().hex}"
    stack.cloud.client("secretsmanager").create_secret(Name=name, SecretString="hush")
    sentence = start(GAS_SECRETS_GLOBUS=name)
    assert f"the secret {name!r} is no JSON object of texts" in sentence
    assert "hush" not in sentence


@pytest.mark.parametrize("variable", ["GAS_HOST_CERTIFICATE", "GAS_HOST_PRIVATE_KEY"])
def test_a_certificate_or_key_that_is_missing_or_no_pem_is_named(
    start: Callable[..., str], tmp_path: Path, variable: str
) -> None:
    absent, garbage = tmp_path / "absent", tmp_path / "garbage"
    garbage.write_text("no PEM")
    assert f"the file {absent} cannot be read: No such file" in start(**{variable: str(absent)})
    assert str(garbage) in start(**{variable: str(garbage)})


@pytest.mark.parametrize("host", ["203.0.113.7", "no-such-host.invalid", "999.1.1.1"])
def test_an_address_that_is_not_this_machines_is_refused(start: Callable[..., str], host: str) -> None:
    assert f"the setting [app] host is {host!r}; allowed is an address of this machine" in start(GAS_APP_HOST=host)
