"""Days of a time zone against a slow reading of its clock."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import BigInteger, literal, select, union_all

from models.days import begin_of, date_of, day_column, day_of, days_of, end_of, monday_of, number_of
from models.storage.database import Database

HOUR_MS = 3_600_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ZONES = (
    "UTC",
    "Pacific/Auckland",
    "America/St_Johns",  # until 2011 its clocks went back at a minute past midnight
    "Australia/Lord_Howe",  # half an hour of summer time
    "Africa/Cairo",  # puts its clocks forward at midnight
    "America/Asuncion",
    "Pacific/Apia",  # had no 30 December 2011
    "Asia/Kathmandu",
)
zones = st.sampled_from(ZONES).map(ZoneInfo)
moments = st.integers(0, 2_200_000_000_000)


@lru_cache(maxsize=100_000)
def shown(minute: int, zone: ZoneInfo) -> date:
    """The date that a zone's clock shows."""
    return (EPOCH + timedelta(minutes=minute)).astimezone(zone).date()


def slow_day(ms: int, zone: ZoneInfo) -> date:
    """The latest date that the zone's clock has shown by then: looks back minute by minute."""
    minute = ms // 60_000
    return max(shown(at, zone) for at in range(minute - 26 * 60, minute + 1, 1))


@given(ms=moments, zone=zones)
def test_a_moment_is_in_the_latest_date_that_its_zone_has_shown(ms: int, zone: ZoneInfo) -> None:
    day = day_of(ms, zone)
    assert date_of(day) == slow_day(ms, zone)
    assert begin_of(day, zone) <= ms <= end_of(day, zone)
    assert days_of(zone)(ms) == day


@given(day=st.integers(0, 25_000), zone=zones)
def test_days_follow_each_other(day: int, zone: ZoneInfo) -> None:
    begin = begin_of(day, zone)
    assert end_of(day - 1, zone) + 1 == begin
    assert day_of(begin - 1, zone) < day <= day_of(begin, zone)
    assert date_of(day).weekday() == (day - monday_of(day))
    assert number_of(date_of(day)) == day


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Pacific/Auckland", date(2026, 4, 5), 25),
        ("Pacific/Auckland", date(2026, 9, 27), 23),
        ("America/St_Johns", date(2026, 3, 8), 23),
        ("America/St_Johns", date(2026, 11, 1), 25),
        ("Africa/Cairo", date(2026, 4, 24), 23),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Pacific/Apia", date(2011, 12, 30), 0),
        ("UTC", date(9999, 12, 31), 24),
        ("Pacific/Auckland", date(9999, 12, 31), 24),
    ],
)
def test_a_day_on_which_clocks_change_is_shorter_or_longer(
    zone: str, day: date, hours: float
) -> None:
    number = number_of(day)
    length = begin_of(number + 1, ZoneInfo(zone)) - begin_of(number, ZoneInfo(zone))
    assert length / HOUR_MS == hours


@pytest.mark.parametrize("name", ZONES)
def test_a_database_tells_the_same_days(database: Database, name: str) -> None:
    zone = ZoneInfo(name)
    near = [
        begin_of(number_of(day), zone) + aside
        for day in (date(2026, 3, 9), date(2026, 4, 5), date(2026, 4, 24), date(2026, 9, 27),
                    date(2026, 11, 1), date(2026, 11, 2), date(2011, 12, 31), date(1970, 1, 3))
        for aside in (-HOUR_MS, -1, 0, 1, 23 * HOUR_MS, 24 * HOUR_MS, 25 * HOUR_MS)
    ]  # fmt: skip
    some = union_all(*(select(literal(at, BigInteger).label("at")) for at in near)).subquery()
    with database.read() as db:
        for since, until in ((None, None), (min(near), max(near))):
            day = day_column(some.c.at, zone, since, until)
            found = {row[0]: row[1] for row in db.execute(select(some.c.at, day))}
            assert found == {at: day_of(at, zone) for at in near}
