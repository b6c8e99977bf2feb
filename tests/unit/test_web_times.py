"""Times as users read them."""

from zoneinfo import ZoneInfo

from web.times import shown, zone_names

CHICAGO = ZoneInfo("America/Chicago")
SUMMER, WINTER = 1_462_466_820, 1_480_000_000


def test_a_moment_is_shown_to_the_minute_in_the_zone() -> None:
    assert shown(SUMMER, CHICAGO) == "2016-05-05 11:47"
    assert shown(WINTER, CHICAGO) == "2016-11-24 09:06"


def test_the_zone_is_named_as_it_was_at_those_moments() -> None:
    assert zone_names([SUMMER, SUMMER], CHICAGO) == "CDT"
    assert zone_names([WINTER, SUMMER], CHICAGO) == "CDT/CST"
