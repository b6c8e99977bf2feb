"""Settings: read once at start-up, frozen, complete, and refused with a sentence where they are not.

A program's settings are a frozen dataclass of sections, each a frozen dataclass of keys. `load` fills it from
`util_config.ini`, then the program's own ini file, then the environment (`GAS_<SECTION>_<KEY>`).
"""

import configparser
import dataclasses
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from util.errors import SettingsError

SHARED_INI = Path(__file__).with_name("util_config.ini")
ENVIRONMENT_PREFIX = "GAS_"
# Variables that the capstone names and the start scripts read; they are not keys of an ini file.
RESERVED_VARIABLES = frozenset({"GAS_SETTINGS"})
# The sections that only some programs have. The processes of one machine share an environment, so a variable for a
# section in this list is left to the program whose it is.
PROGRAM_SECTIONS = frozenset({"host", "app", "log", "web", "annotator", "notify", "local"})

ANYTHING = re.compile(r".+", re.DOTALL)


def whole(minimum: int, maximum: int) -> Any:
    """Return a field that takes a whole number between the two, inclusive."""
    return dataclasses.field(metadata={"minimum": minimum, "maximum": maximum})


def text(pattern: str, allowed: str) -> Any:
    """Return a text field whose whole value matches the pattern; `allowed` ends the sentence that refuses others."""
    return dataclasses.field(metadata={"pattern": re.compile(pattern), "allowed": allowed})


def mail_address() -> Any:
    """Return a text field that takes one mail address."""
    part = r"[^\s@,;:<>()\[\]\\\"]+"
    return text(f"{part}@{part}", "is one mail address, such as gas@example.org")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Gas:
    """What the whole service agrees on. Sizes in bytes, times in seconds."""

    # It begins the names of buckets, whose rules are the strictest; data.yaml has the same pattern.
    prefix: str = text(
        "[a-z][a-z0-9-]{0,38}[a-z0-9]",
        "are 2 to 40 lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen",
    )
    site_url: str = text(
        "https://[A-Za-z0-9.-]+(:[0-9]{1,5})?", "is an https address without a path, such as https://gas.example.org"
    )
    time_zone: ZoneInfo
    free_input_limit: int = whole(1, 5 * 2**30)
    input_limit: int = whole(1, 5 * 2**30)
    free_user_data_retention: int = whole(1, 366 * 86400)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Aws:
    """How to reach AWS. Time-outs in seconds."""

    region: str = text("[a-z0-9-]+", "is the name of a region, such as us-east-1")
    endpoint_url: str = text(
        r"(https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?)?",
        "is nothing, or an http or https address without a path, such as http://127.0.0.1:4566",
    )
    connect_timeout: int = whole(1, 60)
    read_timeout: int = whole(21, 300)
    max_attempts: int = whole(1, 20)


@dataclasses.dataclass(frozen=True, kw_only=True)
class S3:
    """Buckets, and the first part of every key."""

    inputs_bucket: str
    results_bucket: str
    key_prefix: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class DynamoDb:
    """The annotations table and its index."""

    annotations_table: str
    user_id_index: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sns:
    """Topic names."""

    job_requests_topic: str
    job_results_topic: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sqs:
    """Queue names, and how queues are read. Times in seconds."""

    job_requests_queue: str
    job_results_queue: str
    archive_requests_queue: str
    wait_seconds: int = whole(0, 20)
    visibility_seconds: int = whole(2, 43200)
    max_receives: int = whole(1, 1000)
    redrive_receives: int = whole(1, 1000)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ses:
    """Who the mails come from."""

    sender: str = mail_address()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Secrets:
    """Names of secrets in Secrets Manager, never their values."""

    accounts_database: str
    flask: str
    globus: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Accounts:
    """The accounts table in PostgreSQL."""

    table: str = text("[A-Za-z0-9_-]{1,63}", "are up to 63 letters, digits, underscores and hyphens")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """What every program has; a program's own settings derive from it and add sections."""

    gas: Gas
    aws: Aws
    s3: S3
    dynamodb: DynamoDb
    sns: Sns
    sqs: Sqs
    ses: Ses
    secrets: Secrets
    accounts: Accounts


SettingsT = TypeVar("SettingsT", bound=Settings)


def load(shape: type[SettingsT], *program_ini: Path, environ: Mapping[str, str] | None = None) -> SettingsT:
    """Return the settings of a program whose sections are those of `shape`.

    `environ` is the process's own environment unless given. Raises SettingsError.
    """
    parser = _read(SHARED_INI, *program_ini)
    _override(parser, shape, os.environ if environ is None else environ)
    sections = {field.name: field.type for field in dataclasses.fields(shape)}
    _refuse_unknown("section", parser.sections(), sections)
    return shape(**{name: _section(parser, name, kind) for name, kind in sections.items()})


def _read(*paths: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=configparser.ExtendedInterpolation())
    for path in paths:
        try:
            parser.read_string(path.read_text(encoding="utf-8"), source=str(path))
        except OSError as error:
            raise SettingsError(f"the settings file {path} cannot be read: {error.strerror}") from error
        except configparser.Error as error:
            raise SettingsError(f"the settings file {path} is not a valid ini file: {error}") from error
    return parser


def _override(parser: configparser.ConfigParser, shape: type[Settings], environ: Mapping[str, str]) -> None:
    """Put the environment's values over the files'."""
    kinds = {field.name: field.type for field in dataclasses.fields(shape)}
    for variable, value in environ.items():
        if not variable.startswith(ENVIRONMENT_PREFIX) or variable in RESERVED_VARIABLES:
            continue
        section, _, key = variable.removeprefix(ENVIRONMENT_PREFIX).lower().partition("_")
        if section in PROGRAM_SECTIONS - set(kinds):
            continue
        if section not in kinds:
            raise SettingsError(
                f"the environment variable {variable} names no setting; the form is GAS_<SECTION>_<KEY> and the "
                f"sections are {', '.join(sorted(PROGRAM_SECTIONS | set(kinds)))}"
            )
        allowed = [field.name for field in dataclasses.fields(_dataclass(kinds[section]))]
        if key not in allowed:
            raise SettingsError(
                f"the environment variable {variable} names no setting; section [{section}] has {', '.join(allowed)}"
            )
        if not parser.has_section(section):
            parser.add_section(section)
        # A dollar sign in the environment is a dollar sign, not a reference to another key.
        parser.set(section, key, value.replace("$", "$$"))


def _refuse_unknown(noun: str, found: list[str], allowed: Mapping[str, object]) -> None:
    for name in found:
        if name not in allowed:
            raise SettingsError(f"unknown settings {noun} {name!r}; allowed: {', '.join(allowed)}")


def _section(parser: configparser.ConfigParser, section: str, kind: object) -> Any:
    if not parser.has_section(section):
        raise SettingsError(f"the settings section [{section}] is missing")
    fields = {field.name: field for field in dataclasses.fields(_dataclass(kind))}
    _refuse_unknown(f"key in [{section}]", parser.options(section), fields)
    values = {}
    for name, field in fields.items():
        try:
            raw = parser.get(section, name).strip()
        except configparser.NoOptionError as error:
            raise SettingsError(f"the setting [{section}] {name} is missing") from error
        except configparser.InterpolationError as error:
            raise SettingsError(f"the setting [{section}] {name} refers to a key that does not exist") from error
        values[name] = _value(f"[{section}] {name}", raw, field)
    return _dataclass(kind)(**values)


def _dataclass(kind: object) -> Any:
    if not (isinstance(kind, type) and dataclasses.is_dataclass(kind)):
        raise TypeError(f"{kind!r} is no dataclass of settings")
    return kind


def _value(name: str, raw: str, field: "dataclasses.Field[Any]") -> Any:
    convert: Callable[..., Any] = _CONVERTERS[field.type]
    return convert(name, raw, **field.metadata)


def _text(name: str, raw: str, *, pattern: re.Pattern[str] = ANYTHING, allowed: str = "") -> str:
    if pattern.fullmatch(raw):
        return raw
    if not raw:
        raise SettingsError(f"the setting {name} is empty; it needs a value")
    raise SettingsError(f"the setting {name} is {raw!r}; allowed {allowed}")


def _int(name: str, raw: str, *, minimum: int, maximum: int) -> int:
    sentence = f"the setting {name} is {raw!r}; allowed is a whole number from {minimum} to {maximum}"
    try:
        number = int(raw)
    except ValueError as error:
        raise SettingsError(sentence) from error
    if not minimum <= number <= maximum:
        raise SettingsError(sentence)
    return number


def _zone(name: str, raw: str) -> ZoneInfo:
    try:
        return ZoneInfo(raw)
    except (KeyError, ValueError, OSError) as error:
        raise SettingsError(
            f"the setting {name} is {raw!r}; allowed is an IANA time zone such as America/Chicago"
        ) from error


def _path(name: str, raw: str) -> Path:
    return Path(_text(name, raw))


_CONVERTERS: Mapping[Any, Callable[..., Any]] = {str: _text, int: _int, ZoneInfo: _zone, Path: _path}
