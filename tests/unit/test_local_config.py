"""The embedded cloud's settings, and what its programs see of the environment."""

import os
from pathlib import Path

import pytest

from aws.local.config import PROJECT, environment, load_settings
from aws.local.programs import service
from util.errors import SettingsError

REGION = "us-east-1"


def test_the_state_folder_lies_in_the_project_unless_told_otherwise() -> None:
    assert load_settings({}).local.folder == PROJECT / ".gas"
    assert load_settings({"GAS_LOCAL_STATE": "/srv/gas"}).local.folder == Path("/srv/gas")


def test_a_bad_port_is_refused_with_a_sentence() -> None:
    with pytest.raises(
        SettingsError, match=r"\[local\] cloud_port is 'http'; allowed is a whole number from 1 to 65535"
    ):
        load_settings({"GAS_LOCAL_CLOUD_PORT": "http"})


def test_programs_see_the_embedded_cloud_and_no_real_account() -> None:
    local = load_settings({"GAS_LOCAL_SITE_PORT": "5000", "GAS_LOCAL_CLOUD_PORT": "5001"}).local
    inherited = {
        "PATH": "/bin",
        "AWS_PROFILE": "production",
        "AWS_SESSION_TOKEN": "real",
        "AWS_ENDPOINT_URL_S3": "https://example.org",
        "GLOBUS_SDK_ENVIRONMENT": "preview",
    }
    made = environment(local, REGION, inherited)
    assert not made.keys() & (inherited.keys() - {"PATH"})
    assert made["PATH"] == "/bin"
    assert made["GAS_AWS_ENDPOINT_URL"] == "http://127.0.0.1:5001"
    assert made["GAS_GAS_SITE_URL"] == "https://localhost:5000"
    assert made["GAS_HOST_PORT"] == "5000"
    assert made["AWS_SHARED_CREDENTIALS_FILE"] == "/dev/null"


def test_a_proxy_is_not_asked_for_this_machine() -> None:
    made = environment(load_settings({}).local, REGION, {"HTTP_PROXY": "http://proxy:3128", "NO_PROXY": ".example.org"})
    assert made["no_proxy"] == made["NO_PROXY"] == ".example.org,127.0.0.1,localhost,::1"


def test_programs_end_sooner_than_the_supervisor_loses_patience_unless_told_otherwise() -> None:
    local = load_settings({"GAS_LOCAL_STOP_SECONDS": "40"}).local
    assert environment(local, REGION, {})["GAS_ANNOTATOR_STOP_GRACE_SECONDS"] == "30"
    assert environment(local, REGION, {"GAS_SQS_WAIT_SECONDS": "20"})["GAS_SQS_WAIT_SECONDS"] == "20"


def test_what_children_inherit_is_accepted_as_settings() -> None:
    local = load_settings({"GAS_LOCAL_SITE_PORT": "5000"}).local
    again = load_settings(environment(local, REGION, {"GAS_LOCAL_SITE_PORT": "5000"}))
    assert again.local == local
    assert again.aws.endpoint_url == local.cloud_url


def test_as_many_programs_run_as_the_settings_say() -> None:
    local = load_settings({"GAS_LOCAL_WEB_SERVERS": "3", "GAS_LOCAL_ANNOTATORS": "1"}).local
    assert [program.name for program in service(local)] == ["web-1", "web-2", "web-3", "annotator-1", "notify-1"]


def test_every_start_script_can_be_executed() -> None:
    scripts = {Path(program.command[0]) for program in service(load_settings({}).local)}
    assert len(scripts) == 3
    assert all(script.is_file() and os.access(script, os.X_OK) for script in scripts)
