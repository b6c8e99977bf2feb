"""Gunicorn's configuration, read from the web settings; run_gas.sh starts it."""  # noqa: N999  # its usual name

import sys
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger

from util.errors import SettingsError
from web.config import web_settings
from web.listening import check_address, check_certificate

try:
    _settings = web_settings()
    check_address(_settings.app.host)
    check_certificate(_settings.host.certificate, _settings.host.private_key)
except SettingsError as error:
    sys.exit(f"run_gas.sh: {error}")

wsgi_app = "web.server:application()"
bind = f"{_settings.app.host}:{_settings.host.port}"
# Several servers may share a port; the kernel spreads connections over them.
reuse_port = True
certfile = str(_settings.host.certificate)
keyfile = str(_settings.host.private_key)
worker_class = "gthread"
workers = _settings.app.workers
threads = _settings.app.threads
# Workers share what the application imports, and start at once. Connections are made later, in each worker.
preload_app = True
timeout = 60
graceful_timeout = 20
# The application decides which X-Forwarded headers count, by [web] proxies.
forwarded_allow_ips = ""
# Servers of one machine would share it, and nobody controls them by it: the supervisor and systemd send signals.
control_socket_disable = True

errorlog = accesslog = str(Path(__file__).parents[1] / "log" / _settings.log.file_name)
capture_output = True
# %(U)s is the path without its query, which holds the code and the state of a log-in.
access_log_format = '%(t)s %(h)s "%(m)s %(U)s" %(s)s %(b)s bytes %(M)s ms'


class OneLineLogger(Logger):  # type: ignore[misc]  # gunicorn ships no types
    """Keeps a request from writing a second line: a path may hold an escaped line break."""

    def atoms(self, *arguments: Any) -> dict[str, Any]:
        """Return what the access log may show, the path in visible characters."""
        shown: dict[str, Any] = super().atoms(*arguments)
        return shown | {"U": shown["U"].encode("unicode_escape").decode()}


logger_class = OneLineLogger


def when_ready(server: object) -> None:
    """Say where the server is."""
    server.log.info(  # type: ignore[attr-defined]  # gunicorn ships no types
        "https://%s:%s answers; the site is %s", _settings.host.ip, _settings.host.port, _settings.gas.site_url
    )
