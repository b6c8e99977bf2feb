"""Response headers that keep a page to what it needs."""

from flask import Flask, Response, request
from flask_talisman import Talisman

from web.auth import globus_url
from web.config import WebSettings, origin

HSTS_SECONDS = 365 * 86400
NOT_FOUND = 404
STATIC_ENDPOINTS = frozenset({"static", "bootstrap.static"})


def protect(app: Flask, settings: WebSettings) -> None:
    """Set the headers on every response of the application."""
    Talisman(
        app,
        # Gunicorn speaks nothing but TLS, and a health check is not to be redirected.
        force_https=False,
        frame_options="DENY",
        strict_transport_security_max_age=HSTS_SECONDS,
        # The domain's other hosts are not ours to decide for.
        strict_transport_security_include_subdomains=False,
        content_security_policy=content_policy(settings),
        referrer_policy="strict-origin-when-cross-origin",
    )
    app.after_request(_keep_private)


def content_policy(settings: WebSettings) -> dict[str, str]:
    """Return the content security policy: our own files, and forms that may lead to S3 and Globus."""
    s3 = " ".join(settings.upload_origins)
    return {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        # Bootstrap's style sheet has its icons as data URLs.
        "img-src": "'self' data:",
        "connect-src": f"'self' {s3}",
        # Browsers apply this to redirects after a form too: an upload ends here, a log-out at Globus.
        "form-action": f"'self' {settings.site_origin} {s3} {origin(globus_url())}",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }


def _keep_private(response: Response) -> Response:
    """Keep pages out of caches: they are one user's, and may change with the next request."""
    # A static file that is not there now may be there after an upgrade.
    if request.endpoint not in STATIC_ENDPOINTS or response.status_code == NOT_FOUND:
        response.headers["Cache-Control"] = "no-store"
    return response
