"""Which silence is normal: judged by the hour of the week, on both databases."""

from collections.abc import Iterable

import pytest
from sqlalchemy import insert

from dashboard.data.silence import LEAST_MS, YOUNG_MS, normal_ms, silence, usual_ms
from models.storage.database import Database
from models.tables import EVENT

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
MONDAY = 20_000 * DAY + 4 * DAY  # 1970 began on a Thursday
"""A midnight, UTC."""
NINE, EVENING = MONDAY + 9 * HOUR, MONDAY + 20 * HOUR


def put_events(database: Database, times: Iterable[int]) -> None:
    rows = [
        {"webhook_id": f"e{at}", "event_id": "e", "type": "t", "created": at, "received_at": at}
        for at in times
    ]
    with database.write() as db:
        db.execute(insert(EVENT), rows)


def office_hours(weeks: Iterable[int], every: int = MINUTE) -> Iterable[int]:
    """An event a minute from nine to six on working days."""
    for week in weeks:
        for day in range(5):
            begin = NINE - week * 7 * DAY + day * DAY
            yield from range(begin, begin + 9 * HOUR, every)


def alarmed(database: Database, now: int) -> bool:
    with database.read() as db:
        return silence(db, now) is not None


def test_a_silence_at_a_busy_hour_is_said_within_three_times_the_usual_gap(
    database: Database,
) -> None:
    last = NINE + 2 * HOUR
    put_events(database, [*office_hours((1, 2, 3)), *range(NINE, last + 1, MINUTE)])
    assert not alarmed(database, last + 2 * MINUTE)
    assert alarmed(database, last + 3 * MINUTE + 1)


def test_nights_and_week_ends_are_silent_every_week(database: Database) -> None:
    put_events(database, office_hours((0, 1, 2, 3)))
    friday = NINE + 4 * DAY + 9 * HOUR
    for hours in (1, 12, 30, 48, 62):
        assert not alarmed(database, friday + hours * HOUR), hours
    assert alarmed(database, MONDAY + 7 * DAY + 9 * HOUR + 40 * MINUTE)


def test_a_slow_desk_is_not_warned_of_what_is_usual_there(database: Database) -> None:
    put_events(database, range(MONDAY - 28 * DAY, MONDAY, 3 * HOUR))
    assert not alarmed(database, MONDAY + 4 * HOUR)
    assert alarmed(database, MONDAY + 9 * HOUR)


def test_a_young_desk_is_judged_by_its_days_then_by_all_it_knows(database: Database) -> None:
    put_events(database, range(EVENING, EVENING + 3 * HOUR, 5 * MINUTE))
    with database.read() as db:
        assert usual_ms(db, EVENING + 3 * HOUR) == YOUNG_MS
        assert usual_ms(db, EVENING + DAY + HOUR) == 5 * MINUTE


def test_nothing_ever_is_no_silence(database: Database) -> None:
    with database.read() as db:
        assert silence(db, NINE) is None


@pytest.mark.parametrize(("usual", "normal"), [(1_000, LEAST_MS), (10 * MINUTE, 25 * MINUTE)])
def test_what_is_normal_is_a_little_more_than_usual(usual: int, normal: int) -> None:
    assert normal_ms(usual) == normal
