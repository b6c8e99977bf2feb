"""Globus Auth's stand-in: `fauxbus`, with this service registered, researchers to log in as, and a log-out page.

    python -m aws.local.globus --port N --state FOLDER --redirect-uri URI

`accounts.json` in the folder says who can log in; edit it and start again to have others.
"""

import argparse
import json
import secrets
import sys
import uuid
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import fauxbus.errors
import fauxbus.oidc_api
import fauxbus.server
import fauxbus.world

from aws.local.config import HOST
from aws.local.state import LocalError, write_private

NAMESPACE = uuid.UUID("6f0c1b52-6d0b-4f43-9a53-6d1cf2a7a9e4")
PROVIDER = str(uuid.uuid5(NAMESPACE, "identity provider"))
RESEARCHERS = (
    ("Ada Lovelace", "ada@example.org", "Analytical Engine Institute"),
    ("Gregor Mendel", "gregor@example.org", "St Thomas's Abbey, Brno"),
    ("Rosalind Franklin", "rosalind@example.org", "King's College London"),
)
MINTED = ("access_token", "authorization_code", "authorization_request", "session")
LOGOUT_PATH = "/v2/web/logout"


def ensure_client(folder: Path) -> dict[str, str]:
    """Return the service's client ID and secret, made once: the content of the secret `globus`."""
    file = folder / "client.json"
    if not file.exists():
        folder.mkdir(mode=0o700, exist_ok=True)
        client = {"client_id": str(uuid.uuid4()), "client_secret": secrets.token_urlsafe(32)}
        write_private(file, json.dumps(client, indent=2))
    loaded: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    return loaded


def ensure_accounts(folder: Path) -> list[dict[str, str]]:
    """Return who can log in (id, name, email, organization); the file is made once. Raises LocalError."""
    file = folder / "accounts.json"
    if not file.exists():
        folder.mkdir(mode=0o700, exist_ok=True)
        made = [
            {"id": str(uuid.uuid5(NAMESPACE, email)), "name": name, "email": email, "organization": organization}
            for name, email, organization in RESEARCHERS
        ]
        write_private(file, json.dumps(made, indent=2, ensure_ascii=False) + "\n")
    try:
        accounts: list[dict[str, str]] = json.loads(file.read_text(encoding="utf-8"))
        return [{key: str(account[key]) for key in ("id", "name", "email", "organization")} for account in accounts]
    except (ValueError, TypeError, KeyError) as error:
        raise LocalError(
            f"{file} is not a list of accounts, each with id (a UUID), name, email and organization: {error!r}"
        ) from error


def world(folder: Path, redirect_uri: str) -> "fauxbus.world.World":
    """Return the emulator's state: one registered client, one identity provider, the accounts. Raises LocalError."""
    client = ensure_client(folder)
    made = fauxbus.world.World()
    try:
        made.load(
            {
                "clients": {
                    client["client_id"]: {
                        "secret": client["client_secret"],
                        "name": "Genomics Annotation Service",
                        "redirect_uris": [redirect_uri],
                    }
                },
                "identity_providers": {PROVIDER: {"name": "Example identity provider"}},
                "accounts": {account["id"]: _account(account) for account in ensure_accounts(folder)},
                # Names count up from here: a cookie of an earlier run must not name somebody else's session of this.
                "counters": {kind: secrets.randbits(62) for kind in MINTED},
            }
        )
    except fauxbus.errors.ApiError as error:
        raise LocalError(f"{folder / 'accounts.json'} is refused: {error.detail}") from error
    return made


def _account(account: Mapping[str, str]) -> dict[str, Any]:
    identity = {
        "username": account["email"],
        "identity_provider": PROVIDER,
        **{key: account[key] for key in ("name", "email", "organization")},
    }
    return {"identities": {account["id"]: identity}}


def serve(port: int, folder: Path, redirect_uri: str) -> None:
    """Answer on the port until the process is ended. Raises LocalError."""
    server = fauxbus.server.make_server(
        HOST,
        port,
        world=world(folder, redirect_uri),
        control_loopback_only=True,
        issuer=f"http://{HOST}:{port}",
        # ID tokens are checked against real time by globus-sdk.
        signed_token_clock="wall",  # noqa: S106 - the name of a clock, no password
    )
    server.add_route("GET", LOGOUT_PATH, _logout, auth=False)
    server.serve_forever()


def _logout(context: "fauxbus.server.Ctx") -> tuple[int, Any, dict[str, str]]:
    """End the browser's session and offer the way back, as Globus does."""
    session = fauxbus.oidc_api.session_from(context)
    if session:
        del context.world.sessions[session.id]
    target = context.query.get("redirect_uri", "")
    name = context.query.get("redirect_name") or target
    link = ""
    # Any other scheme, javascript: above all, would run in this page.
    if urlsplit(target).scheme in {"http", "https"}:
        link = f'<p><a href="{escape(target)}">Continue to {escape(name)}</a></p>'
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        "<title>Logged out</title>"
        "<style>body { font: 100%/1.5 system-ui, sans-serif; max-width: 40rem; margin: 2rem auto }</style>"
        "</head>"
        f"<body><h1>You are logged out</h1>{link}</body></html>"
    )
    forget = f"{fauxbus.oidc_api.SESSION_COOKIE}=; Path=/; Max-Age=0"
    return 200, fauxbus.server.Raw(page.encode(), "text/html; charset=utf-8"), {"Set-Cookie": forget}


def main() -> None:
    """Run as a process."""
    parser = argparse.ArgumentParser(description="Globus Auth's stand-in.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state", type=Path, required=True, help="folder of the client and the accounts")
    parser.add_argument("--redirect-uri", required=True, help="where the service takes log-ins back")
    arguments = parser.parse_args()
    try:
        serve(arguments.port, arguments.state, arguments.redirect_uri)
    except LocalError as error:
        sys.exit(f"globus: {error}")


if __name__ == "__main__":
    main()
