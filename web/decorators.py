"""Who may call a view."""

import functools
import time
from collections.abc import Callable
from typing import ParamSpec, cast

from flask import current_app, flash, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from web.models import Profile, get_profile

P = ParamSpec("P")


def authenticated(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Let only users with a log-in and a profile in; send everybody else to log in and back."""

    @functools.wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        user_id = logged_in_user()
        if not user_id:
            return _to_login()
        g.profile = get_profile(user_id)
        if g.profile is None:
            session.clear()
            flash("Your account is not there any more. Log in to make a new one.", "warning")
            return redirect(url_for("views.home"), 303)
        return view(*args, **kwargs)

    return guarded


def is_premium(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Let only Premium users in; show everybody else who is logged in what Premium brings."""

    @authenticated
    @functools.wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if not current_profile().is_premium:
            flash("That page is for Premium users.", "info")
            return redirect(url_for("views.subscribe"), 303)
        return view(*args, **kwargs)

    return guarded


def logged_in_user() -> str | None:
    """Return the ID of the user whose log-in this is, None where there is none or it has ended."""
    # The cookie's own age does not count: each change of a session makes a new cookie.
    age = time.time() - session.get("logged_in", 0)
    return session.get("primary_identity") if age < current_app.permanent_session_lifetime.total_seconds() else None


def current_profile() -> Profile:
    """Return the profile of the user who asks, as the database has it now. For views behind `authenticated`."""
    return cast("Profile", g.profile)


def _to_login() -> ResponseReturnValue:
    # What was sent with a POST is lost on the way: lead back to a page that can be shown.
    target = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("auth.login", next=target), 303)
