"""The application factory: settings and secrets in, a Flask application out."""

import logging
from collections.abc import Iterable

from flask import Flask
from flask_bootstrap import Bootstrap5
from flask_migrate import Migrate
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from util.cloud import Cloud
from util.database import bound_waits
from util.errors import SettingsError
from util.store import Store
from web import errorpages, headers, rendering
from web.auth import auth
from web.config import MIGRATIONS, WebSettings, flask_config, web_settings
from web.models import db
from web.services import EXTENSION, Services
from web.views import views


def create_app(settings: WebSettings | None = None) -> Flask:
    """Return the web application; without settings, of this process's own. Raises SettingsError."""
    settings = settings or web_settings()
    cloud = Cloud(settings)
    app = Flask(__name__)
    app.config.from_mapping(
        flask_config(
            settings,
            _secret(cloud, settings.secrets.flask, ["secret_key"]),
            _secret(cloud, settings.secrets.accounts_database, ["host", "port", "dbname", "username", "password"]),
        )
    )
    app.extensions[EXTENSION] = Services(
        settings=settings,
        cloud=cloud,
        store=Store(cloud.annotations_table, settings.dynamodb.user_id_index),
        globus=_secret(cloud, settings.secrets.globus, ["client_id", "client_secret"]),
    )
    app.logger.setLevel(logging.INFO)
    if settings.web.proxies:
        proxies = settings.web.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies)  # type: ignore[method-assign]  # Flask's way
    bound_waits()
    db.init_app(app)
    Migrate(app, db, directory=str(MIGRATIONS))
    CSRFProtect(app)
    Bootstrap5(app)
    headers.protect(app, settings)
    rendering.register(app, settings)
    errorpages.register(app)
    app.register_blueprint(views)
    app.register_blueprint(auth)
    return app


def _secret(cloud: Cloud, name: str, keys: Iterable[str]) -> dict[str, str]:
    """Return a secret that has the keys. Raises SettingsError, which never quotes what the secret holds."""
    try:
        values = cloud.secret(name)
    except (ValueError, AttributeError):
        raise SettingsError(f"the secret {name!r} is no JSON object of texts") from None
    missing = [key for key in keys if not values.get(key)]
    if missing:
        raise SettingsError(f"the secret {name!r} lacks {', '.join(missing)}")
    return values
