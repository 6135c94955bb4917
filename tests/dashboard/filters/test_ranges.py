"""Ranges in words: presets by the zone's calendar, and what a range of an address is called."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from dashboard.filters.ranges import EVER, day_named, label_of, presets, year_before
from models.days import begin_of, end_of, number_of
from models.filters.times import When

ZONE = ZoneInfo("Europe/Lisbon")


def at(year: int, month: int, day: int) -> When:
    """Noon of a day in Lisbon."""
    return When(int(datetime(year, month, day, 12, tzinfo=ZONE).timestamp() * 1000), ZONE)


def of(label: str, when: When, default_days: int | None = None) -> tuple[str | None, str | None]:
    """The range of a preset."""
    (found,) = [one for one in presets(when, default_days) if one.label == label]
    return found.since, found.until


@pytest.mark.parametrize(
    ("label", "range_"),
    [
        ("Today", ("today", "today")),
        ("Yesterday", ("yesterday", "yesterday")),
        ("Last 7 days", ("-7d", "today")),
        ("This week", ("2026-11-23", "2026-11-29")),
        ("Last week", ("2026-11-16", "2026-11-22")),
        ("This month", ("2026-11-01", "2026-11-30")),
        ("Last month", ("2026-10-01", "2026-10-31")),
        ("This quarter", ("2026-10-01", "2026-12-31")),
        ("Last quarter", ("2026-07-01", "2026-09-30")),
        ("All time", (None, None)),
    ],
)
def test_a_preset_is_a_range_of_whole_days(
    label: str, range_: tuple[str | None, str | None]
) -> None:
    assert of(label, at(2026, 11, 26)) == range_


def test_months_and_quarters_turn_with_the_year() -> None:
    when = at(2026, 1, 1)
    assert of("Last month", when) == ("2025-12-01", "2025-12-31")
    assert of("Last quarter", when) == ("2025-10-01", "2025-12-31")
    assert of("This week", when) == ("2025-12-29", "2026-01-04")


def test_a_screens_own_range_needs_no_words_in_the_address() -> None:
    when = at(2026, 11, 26)
    assert of("Last 30 days", when, 30) == (None, None)
    assert of("All time", when, 30) == (EVER, None)
    assert label_of(None, None, when, 30) == "Last 30 days"
    assert label_of("-30d", "today", when, 30) == "Last 30 days"


@pytest.mark.parametrize(
    ("since", "until", "label"),
    [
        (None, None, "All time"),
        ("-7d", "today", "Last 7 days"),
        ("2026-11-16", "2026-11-22", "Last week"),
        ("2026-11-16", "2026-11-21", "16 Nov 2026 – 21 Nov 2026"),
        ("2026-11-16", "2026-11-16", "16 Nov 2026"),
        ("-3d", None, "Since 23 Nov 2026"),
        (None, "yesterday", "Until 25 Nov 2026"),
        ("nonsense", None, "Range"),
    ],
)
def test_a_range_is_called_by_its_preset_or_its_dates(
    since: str | None, until: str | None, label: str
) -> None:
    assert label_of(since, until, at(2026, 11, 26)) == label


def test_a_time_of_another_zone_lies_on_a_day_of_this_one() -> None:
    when = at(2026, 7, 1)
    assert day_named("since", "2026-06-30T23:30:00Z", when) == date(2026, 7, 1)


def test_a_year_before_are_the_same_days() -> None:
    when = at(2026, 11, 26)
    first, last = number_of(date(2025, 11, 16)), number_of(date(2025, 11, 22))
    span = (
        begin_of(number_of(date(2026, 11, 16)), ZONE),
        end_of(number_of(date(2026, 11, 22)), ZONE),
    )
    assert year_before(*span, when) == (begin_of(first, ZONE), end_of(last, ZONE))


def test_the_29th_of_february_is_held_against_the_28th() -> None:
    when = When(int(datetime(2028, 2, 29, 12, tzinfo=UTC).timestamp() * 1000), ZoneInfo("UTC"))
    day = when.today()
    found = year_before(begin_of(day, when.zone), None, when)
    assert found is not None
    assert found[0] == begin_of(number_of(date(2027, 2, 28)), when.zone)


def test_a_range_without_begin_has_no_year_before() -> None:
    assert year_before(None, 5, at(2026, 1, 1)) is None
