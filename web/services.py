"""What the views need beside the request: settings, AWS, jobs, and how to log in with Globus."""

import dataclasses
from collections.abc import Mapping
from typing import cast

from flask import current_app

from util.cloud import Cloud
from util.store import Store
from web.config import WebSettings

EXTENSION = "gas"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Services:
    """Made once per process; safe to share by threads."""

    settings: WebSettings
    cloud: Cloud
    store: Store
    globus: Mapping[str, str] = dataclasses.field(repr=False)


def services() -> Services:
    """Return the services of the application that handles this request."""
    return cast("Services", current_app.extensions[EXTENSION])
