"""What the web tier's integration tests share: the application on the embedded cloud, and its users.

A test module takes it by `pytest_plugins`.
"""

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.integration.conftest import Stack
from tests.integration.web_browser import Browser, make_browser
from util import settings
from web.app import create_app
from web.config import WEB_INI, WebSettings
from web.models import db


@pytest.fixture(scope="session")
def web_app(stack: Stack) -> Iterator[Flask]:
    """Return the application."""
    given = {"GAS_WEB_PAGE_SIZE": "3", "GAS_AWS_MAX_ATTEMPTS": "1"}
    app = create_app(settings.load(WebSettings, WEB_INI, environ=stack.environ | given))
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def ada(web_app: Flask) -> Browser:
    """Return a Free user who is logged in."""
    return make_browser(web_app)


@pytest.fixture
def gregor(web_app: Flask) -> Browser:
    """Return another one."""
    return make_browser(web_app)


@pytest.fixture
def visitor(web_app: Flask) -> Browser:
    """Return somebody who is not logged in."""
    return Browser(client=web_app.test_client(), user_id="", services=web_app.extensions["gas"])
