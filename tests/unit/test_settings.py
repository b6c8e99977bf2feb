"""Settings: every key documented in an ini file, every bad one refused."""

import dataclasses
from pathlib import Path

import pytest

from ann.config import INI as ANNOTATOR_INI
from ann.config import AnnotatorSettings
from util.errors import SettingsError
from util.notify.notify import INI as NOTIFY_INI
from util.notify.notify import NotifySettings
from util.settings import SHARED_INI, Settings, load

PROGRAMS = [(Settings, ()), (AnnotatorSettings, (ANNOTATOR_INI,)), (NotifySettings, (NOTIFY_INI,))]


@pytest.mark.parametrize(("shape", "inis"), PROGRAMS)
def test_the_ini_files_hold_every_key_of_a_program(shape: type[Settings], inis: tuple[Path, ...]) -> None:
    settings = load(shape, *inis, environ={})
    assert {field.name for field in dataclasses.fields(settings)} >= {"gas", "aws", "sqs"}


def test_every_resource_name_follows_the_prefix() -> None:
    settings = load(Settings, environ={"GAS_GAS_PREFIX": "lab7"})
    names = [
        value
        for section in ("s3", "dynamodb", "sns", "sqs", "secrets", "accounts")
        for key, value in dataclasses.asdict(getattr(settings, section)).items()
        if isinstance(value, str) and key != "user_id_index"
    ]
    assert len(names) == 13
    assert all(name.startswith("lab7") for name in names)


def test_settings_cannot_be_changed_once_read() -> None:
    settings = load(Settings, environ={})
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.gas.prefix = "other"  # type: ignore[misc]  # the very thing that must fail


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("GAS_SQS_WAIT_SECONDS", "21", "[sqs] wait_seconds is '21'; allowed is a whole number from 0 to 20"),
        ("GAS_SQS_WAIT_SECONDS", "soon", "[sqs] wait_seconds is 'soon'"),
        ("GAS_GAS_TIME_ZONE", "Chicago", "[gas] time_zone is 'Chicago'; allowed is an IANA time zone"),
        ("GAS_GAS_PREFIX", " ", "[gas] prefix is empty"),
        ("GAS_GAS_PREFIKS", "x", "GAS_GAS_PREFIKS names no setting; section [gas] has prefix,"),
        ("GAS_GASS_PREFIX", "x", "GAS_GASS_PREFIX names no setting; the form is GAS_<SECTION>_<KEY>"),
        ("GAS_GAS_PREFIX", "Bad Prefix!", "[gas] prefix is 'Bad Prefix!'; allowed are 2 to 40 lower-case letters"),
        ("GAS_GAS_PREFIX", "7lab", "[gas] prefix is '7lab'"),
        ("GAS_GAS_PREFIX", "x" * 41, "[gas] prefix is 'xxx"),
        ("GAS_GAS_SITE_URL", "foo", "[gas] site_url is 'foo'; allowed is an https address without a path"),
        ("GAS_GAS_SITE_URL", "http://gas.example.org", "[gas] site_url is 'http://gas.example.org'"),
        ("GAS_GAS_SITE_URL", "https://gas.example.org/", "[gas] site_url is 'https://gas.example.org/'"),
        ("GAS_AWS_ENDPOINT_URL", "foo", "[aws] endpoint_url is 'foo'; allowed is nothing, or an http or https address"),
        ("GAS_AWS_ENDPOINT_URL", "http://127.0.0.1:4566/x", "[aws] endpoint_url is 'http://127.0.0.1:4566/x'"),
        ("GAS_AWS_REGION", "us east", "[aws] region is 'us east'; allowed is the name of a region"),
        ("GAS_SES_SENDER", "foo", "[ses] sender is 'foo'; allowed is one mail address"),
        ("GAS_SES_SENDER", "a@example.org\nBcc: b@example.org", "[ses] sender is 'a@example.org\\nBcc: b@example.org'"),
        ("GAS_SES_SENDER", "a@example.org, b@example.org", "[ses] sender is 'a@example.org, b@example.org'"),
        ("GAS_ACCOUNTS_TABLE", "a b;drop", "[accounts] table is 'a b;drop'; allowed are up to 63 letters, digits"),
    ],
)
def test_a_bad_variable_stops_start_up_with_a_sentence(variable: str, value: str, sentence: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(Settings, environ={variable: value})
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[gas]\ncolour = blue\n", "unknown settings key in [gas] 'colour'"),
        ("[paint]\ncolour = blue\n", "unknown settings section 'paint'"),
        ("[s3]\ninputs_bucket = ${gas:nothing}\n", "[s3] inputs_bucket refers to a key that does not exist"),
        ("no section\n", "is not a valid ini file"),
    ],
)
def test_a_bad_ini_file_stops_start_up_with_a_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    ini = tmp_path / "program.ini"
    ini.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load(Settings, ini, environ={})
    assert sentence in str(caught.value)


def test_a_missing_section_or_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"section \[annotator\] is missing"):
        load(AnnotatorSettings, environ={})
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        load(Settings, tmp_path / "absent.ini", environ={})


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    ini = tmp_path / "program.ini"
    ini.write_text("[annotator]\nwork_folder = /tmp/x\n")
    with pytest.raises(SettingsError, match=r"\[annotator\] jobs is missing"):
        load(AnnotatorSettings, ini, environ={})


def test_a_variable_of_another_program_is_left_to_it() -> None:
    assert load(Settings, environ={"GAS_ANNOTATOR_JOBS": "x"}) == load(Settings, environ={})


def test_a_dollar_sign_in_the_environment_is_taken_as_it_is() -> None:
    settings = load(Settings, environ={"GAS_SES_SENDER": "a${b}$c@example.org"})
    assert settings.ses.sender == "a${b}$c@example.org"


def test_every_key_is_explained_or_speaks_for_itself() -> None:
    """Each ini file opens with what it is for."""
    for ini in (SHARED_INI, ANNOTATOR_INI, NOTIFY_INI):
        assert ini.read_text().startswith("# What")
