"""Who can log in to the stand-in for Globus Auth."""

import json
import stat
from pathlib import Path

import pytest

from aws.local.globus import ensure_accounts, ensure_client, world
from aws.local.state import LocalError

REDIRECT = "https://localhost:4433/authcallback"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "globus"


def test_client_and_accounts_are_the_same_after_a_restart(folder: Path) -> None:
    assert ensure_client(folder) == ensure_client(folder)
    assert ensure_accounts(folder) == ensure_accounts(folder)
    assert stat.S_IMODE((folder / "client.json").stat().st_mode) == 0o600


def test_every_state_folder_has_its_own_client_but_the_same_researchers(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    assert ensure_client(folder) != ensure_client(other)
    assert ensure_accounts(folder) == ensure_accounts(other)
    assert len(ensure_accounts(folder)) >= 3


def test_an_account_that_somebody_adds_can_log_in(folder: Path) -> None:
    accounts = ensure_accounts(folder)
    barbara = {
        "id": "5d4a3b9e-8f1f-4f7e-9d3e-000000000001",
        "name": "Barbara McClintock",
        "email": "barbara@example.org",
        "organization": "Cold Spring Harbor",
    }
    (folder / "accounts.json").write_text(json.dumps([*accounts, barbara]))
    assert barbara["id"] in world(folder, REDIRECT).accounts


@pytest.mark.parametrize(
    "content",
    ["not json", "{}x", "[1]", '[{"id": "x"}]', '[{"id": "x", "name": "", "email": "a", "organization": ""}]'],
)
def test_a_bad_list_of_accounts_is_refused_with_a_sentence(folder: Path, content: str) -> None:
    folder.mkdir()
    (folder / "accounts.json").write_text(content)
    with pytest.raises(LocalError, match=r"accounts\.json"):
        world(folder, REDIRECT)


def test_sessions_of_two_runs_never_share_a_name(folder: Path) -> None:
    first, second = world(folder, REDIRECT), world(folder, REDIRECT)
    account = next(iter(first.accounts))
    assert first.open_session(account, 0).id != second.open_session(account, 0).id
