"""What every template can use: filters for times and sizes, the plans' limits, the address of the support."""

from typing import Any

from flask import Flask

from util.jobs import Status
from web.config import WebSettings
from web.decorators import logged_in_user
from web.times import in_zone, shown, zone_names
from web.uploads import human_size

STATUS_CLASSES = {
    Status.PENDING: "text-bg-secondary",
    Status.RUNNING: "text-bg-primary",
    Status.COMPLETED: "text-bg-success",
    Status.FAILED: "text-bg-danger",
}


def register(app: Flask, settings: WebSettings) -> None:
    """Give the templates of the application their filters and names."""
    zone = settings.gas.time_zone

    def local_time(epoch: int) -> str:
        return shown(epoch, zone)

    def iso_time(epoch: int) -> str:
        return in_zone(epoch, zone).isoformat()

    def zone_of(epochs: list[int]) -> str:
        return zone_names(epochs, zone)

    app.jinja_env.filters.update(
        local_time=local_time,
        iso_time=iso_time,
        zone_of=zone_of,
        human_size=human_size,
        status_class=STATUS_CLASSES.__getitem__,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    def names() -> dict[str, Any]:
        return {
            "is_logged_in": logged_in_user() is not None,
            "free_limit": settings.gas.free_input_limit,
            "premium_limit": settings.gas.input_limit,
            "support_email": settings.web.support_email,
        }

    app.context_processor(names)
