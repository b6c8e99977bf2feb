"""What gunicorn loads: the application, or one sentence that says why there is none."""

import sys

from flask import Flask

from util.cloud import BotoCoreError, ClientError
from util.errors import SettingsError
from web.app import create_app


def application() -> Flask:
    """Return the application; end the process where it cannot be made, so that whoever started it tries again."""
    try:
        return create_app()
    except (SettingsError, BotoCoreError, ClientError) as error:
        sys.exit(f"run_gas.sh: {error}")
