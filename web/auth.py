"""Logging in and out with Globus Auth, and the user's profile."""

import hmac
import secrets
import time
from typing import Any
from urllib.parse import urlencode

import globus_sdk
import jwt
from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from globus_sdk.transport import RetryConfig

from web.config import WebSettings
from web.decorators import authenticated, current_profile
from web.forms import ProfileForm
from web.links import safe_next
from web.models import create_profile, db, get_profile
from web.services import services

auth = Blueprint("auth", __name__)

SCOPES = ("openid", "profile", "email")
CLOCK_LEEWAY = 60  # seconds that Globus's clock and ours may differ
GLOBUS_RETRIES = 1
SERVER_ERROR = 500


def callback_url(settings: WebSettings) -> str:
    """Return where Globus sends users back to; it is registered with Globus."""
    return f"{settings.gas.site_url.rstrip('/')}/authcallback"


@auth.get("/login")
def login() -> ResponseReturnValue:
    """Send the browser to Globus, with a state that the answer has to bring back."""
    session["next"] = safe_next(request.args.get("next"))
    session["state"] = secrets.token_urlsafe(32)
    client = _start_flow(session["state"])
    return redirect(client.oauth2_get_authorize_url(), 303)


@auth.get("/authcallback")
def authcallback() -> ResponseReturnValue:
    """Take the user back from Globus and open a session."""
    state, target = session.pop("state", None), session.pop("next", None)
    # The state ties the answer to the browser that asked: nobody can log another one in.
    if not state or not hmac.compare_digest(state.encode(), request.args.get("state", "").encode()):
        abort(400, description="This log-in was not started in this browser, or it was used already. Log in again.")
    if "error" in request.args:
        current_app.logger.info("Globus refused a log-in: %r", request.args["error"][:100])
        flash("Globus did not log you in. Try again, or choose another account.", "warning")
        return redirect(url_for("views.home"), 303)
    if not request.args.get("code"):
        abort(400, description="Globus sent no code with this log-in. Log in again.")
    return _open_session(_identity(request.args["code"], state), target)


def _start_flow(state: str) -> globus_sdk.ConfidentialAppAuthClient:
    """Return a client that is about to log one user in; it keeps the flow, so it serves one request."""
    globus = services().globus
    client = globus_sdk.ConfidentialAppAuthClient(
        globus["client_id"], globus["client_secret"], retry_config=RetryConfig(max_retries=GLOBUS_RETRIES)
    )
    client.oauth2_start_flow(callback_url(services().settings), SCOPES, state=state)
    return client


def _identity(code: str, state: str) -> dict[str, Any]:
    """Return the claims of Globus's ID token; every token is revoked and forgotten."""
    client = _start_flow(state)
    try:
        tokens = client.oauth2_exchange_code_for_tokens(code)
        claims: dict[str, Any] = tokens.decode_id_token(jwt_params={"leeway": CLOCK_LEEWAY})
    except (globus_sdk.GlobusAPIError, jwt.PyJWTError) as error:
        if isinstance(error, globus_sdk.GlobusAPIError) and error.http_status >= SERVER_ERROR:
            raise
        current_app.logger.warning("a log-in failed: %s", type(error).__name__)
        abort(400, description="Globus did not confirm this log-in. Log in again.")
    for token in tokens.by_resource_server.values():
        _revoke(client, token["access_token"])
    return claims


def _revoke(client: globus_sdk.ConfidentialAppAuthClient, token: str) -> None:
    try:
        client.oauth2_revoke_token(token)
    except globus_sdk.GlobusError as error:
        # The user is who they are; a token that nobody keeps ends by itself.
        current_app.logger.warning("a Globus token was not revoked: %s", type(error).__name__)


def _open_session(claims: dict[str, Any], target: str | None) -> ResponseReturnValue:
    """Begin an empty session for the user, and make the profile at the first log-in."""
    user_id = str(claims["sub"])
    name, email = str(claims.get("name") or ""), str(claims.get("email") or "")
    is_new = get_profile(user_id) is None and create_profile(
        user_id, name=name, email=email, institution=str(claims.get("organization") or "")
    )
    session.clear()
    session.permanent = True
    session.update(primary_identity=user_id, logged_in=int(time.time()), name=name, email=email)
    current_app.logger.info("log-in user_id=%s new=%s", user_id, is_new)
    if is_new:
        flash("Welcome. Please check that we may reach you at this address.", "success")
        return redirect(url_for("auth.profile", next=target), 303)
    return redirect(target or url_for("views.annotations"), 303)


@auth.route("/logout", methods=["GET", "POST"])
def logout() -> ResponseReturnValue:
    """End the session, here and at Globus. A mere link only asks, so that no other site can log a user out."""
    if request.method != "POST":
        return render_template("logout.html")
    current_app.logger.info("log-out user_id=%s", session.get("primary_identity"))
    session.clear()
    globus, settings = services().globus, services().settings
    query = {
        "client_id": globus["client_id"],
        "redirect_uri": settings.gas.site_url,
        "redirect_name": "Genomics Annotation Service",
    }
    return redirect(f"{globus_url()}/v2/web/logout?{urlencode(query)}", 303)


def globus_url() -> str:
    """Return the address of Globus Auth, or of what stands in for it."""
    return globus_sdk.AuthLoginClient().base_url.rstrip("/")


@auth.route("/profile", methods=["GET", "POST"])
@authenticated
def profile() -> ResponseReturnValue:
    """Show the user's profile, and change it."""
    user = current_profile()
    form = ProfileForm(obj=user)
    target = safe_next(request.args.get("next"))
    if not form.validate_on_submit():
        return render_template("profile.html", form=form, profile=user), 400 if form.errors else 200
    user.name, user.email, user.institution = form.name.data, form.email.data, form.institution.data
    db.session.commit()
    session.update(name=user.name, email=user.email)
    current_app.logger.info("profile changed user_id=%s", user.id)
    flash("Your profile is saved.", "success")
    return redirect(target or url_for("auth.profile"), 303)
