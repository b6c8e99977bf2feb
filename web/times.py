"""Times for people: stored in epoch seconds, shown in the configured zone."""

import datetime
from collections.abc import Iterable
from zoneinfo import ZoneInfo

FORMAT = "%Y-%m-%d %H:%M"


def in_zone(epoch: int, zone: ZoneInfo) -> datetime.datetime:
    """Return the moment in the zone."""
    return datetime.datetime.fromtimestamp(epoch, zone)


def shown(epoch: int, zone: ZoneInfo) -> str:
    """Return date and time to the minute."""
    return in_zone(epoch, zone).strftime(FORMAT)


def zone_names(epochs: Iterable[int], zone: ZoneInfo) -> str:
    """Return the abbreviations of the zone at these moments, such as CST or CDT/CST."""
    return "/".join(sorted({in_zone(epoch, zone).tzname() or "" for epoch in epochs}))
