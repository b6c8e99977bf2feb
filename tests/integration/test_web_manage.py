"""The operator's commands, run by path as the documentation says, from any folder."""

import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from tests.integration.conftest import Stack
from tests.integration.web_browser import Browser

pytest_plugins = ["tests.integration.web_fixtures"]

MANAGE = Path(__file__).parents[2] / "web" / "manage.py"


def start(stack: Stack, *arguments: str, **environ: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, MANAGE, *arguments],
        env=stack.environ | environ,
        cwd="/",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def manage(stack: Stack, *arguments: str, **environ: str) -> tuple[int, str]:
    process = start(stack, *arguments, **environ)
    output, _ = process.communicate(timeout=60)
    return process.returncode, output


def test_an_upgrade_of_an_upgraded_database_changes_nothing(stack: Stack) -> None:
    assert manage(stack, "db", "upgrade")[0] == 0


def test_models_and_migrations_agree(stack: Stack) -> None:
    code, output = manage(stack, "db", "check")
    assert code == 0, output


def test_servers_that_start_together_may_all_upgrade(stack: Stack) -> None:
    table = f"accounts_{uuid.uuid4().hex}"
    together = [start(stack, "db", "upgrade", GAS_ACCOUNTS_TABLE=table) for _ in range(3)]
    results = [(process.communicate(timeout=60)[0], process.returncode) for process in together]
    assert [code for _, code in results] == [0, 0, 0], results
    assert manage(stack, "db", "check", GAS_ACCOUNTS_TABLE=table)[0] == 0


def test_an_operator_changes_a_plan_by_id_or_email(ada: Browser, stack: Stack) -> None:
    address = f"{uuid.uuid4().hex}@example.org"
    ada.sql(f"UPDATE gas_accounts SET email = '{address}' WHERE id = :id")
    assert manage(stack, "set-role", address.upper(), "premium_user") == (0, f"{ada.user_id} is premium_user\n")
    assert "You have the Premium plan" in ada.get("/subscribe").text
    assert manage(stack, "set-role", ada.user_id, "free_user")[0] == 0
    assert "You have the Free plan" in ada.get("/subscribe").text


def test_a_plan_is_not_changed_on_a_guess(ada: Browser, gregor: Browser, stack: Stack) -> None:
    code, output = manage(stack, "set-role", "nobody@example.org", "premium_user")
    assert (code, "it names nobody" in output) == (1, True)
    code, output = manage(stack, "set-role", "ada@example.org", "premium_user")
    assert (code, ada.user_id in output, gregor.user_id in output) == (1, True, True)


@pytest.mark.parametrize("role", ["admin", "Premium"])
def test_a_role_that_does_not_exist_is_refused(ada: Browser, stack: Stack, role: str) -> None:
    code, output = manage(stack, "set-role", ada.user_id, role)
    assert code == 2
    assert "free_user" in output


def test_a_bad_setting_is_one_sentence(stack: Stack) -> None:
    code, output = manage(stack, "db", "upgrade", GAS_WEB_PAGE_SIZE="none")
    assert code != 0
    assert "page_size" in output.splitlines()[-1]
    assert "Traceback" not in output
