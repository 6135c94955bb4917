"""Days summed up in zones far from UTC, over changes of the clock, and a change of the zone."""

import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from dashboard.data.activity import Range, activity
from dashboard.screens.operations import queries as operations
from dashboard.screens.sessions import queries as sessions
from models.days import number_of
from models.filters.query import Filters, Question
from models.filters.times import When
from models.ledger import deliveries as ledger
from models.ledger.deliveries import Delivery
from models.projection import summaries
from models.storage.database import Database
from models.tables import EVENT, SESSION
from simulator import visits
from tests.dashboard.settings import Choose, choosing
from tests.desk import catch_up, question
from tests.effort import IS_FULL
from tests.models.projection.days import as_the_rows_say, days_kept, sum_up

AUCKLAND, ST_JOHNS = "Pacific/Auckland", "America/St_Johns"
CHANGES = {
    AUCKLAND: (datetime(2026, 4, 4, tzinfo=UTC), datetime(2026, 9, 26, tzinfo=UTC)),
    ST_JOHNS: (datetime(2026, 3, 8, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)),
}
WEEK_MS = 7 * 86_400_000
SOON_AFTER = int(datetime(2026, 12, 1, tzinfo=UTC).timestamp() * 1000)


@pytest.fixture
def choose() -> Iterator[Choose]:
    """Gives the reports settings."""
    with choosing() as choose:
        yield choose


def _story(zone: str) -> list[Delivery]:
    """Visits of the days around both changes of the zone's clock."""
    return [
        Delivery(f"{place}{one.event['id']}", one.at_ms, "1", "v1,test",
                 json.dumps(one.event).encode())
        for place, change in enumerate(CHANGES[zone])
        for one in visits.events(
            visitors=25,
            seed=place,
            start_ms=int(change.timestamp() * 1000) - WEEK_MS // 4,
            arrivals_per_minute=0.006,
        )
    ]  # fmt: skip


def _as_clocks_say(database: Database, zone: str) -> None:
    """Each session counts on the day that a clock of the zone showed, each event in its hour."""
    with database.read() as db:
        slow: dict[str, Counter[int]] = {"all": Counter(), "finalized": Counter()}
        for row in db.execute(SESSION.select()):
            day = number_of(datetime.fromtimestamp(row.last_activity / 1000, ZoneInfo(zone)).date())
            slow["all"][day] += 1
            slow["finalized"][day] += row.pageviews is not None
        hours: dict[tuple[datetime, str], int] = defaultdict(int)
        for row in db.execute(EVENT.select()):
            shown = datetime.fromtimestamp(row.received_at / 1000, ZoneInfo(zone))
            hour = shown.replace(minute=0, second=0, microsecond=0).astimezone(UTC)
            hours[hour, row.type] += 1
        assert Counter(activity(db, Range(None, None)).days.tolist()) == +slow["all"]
        told: Counter[int] = Counter()
        for (at, _), count in sessions.counted(db, question(min_pages=0)).items():
            told[at] += count
        assert told == +slow["finalized"]
        found = {
            (datetime.fromtimestamp(row["hour"] / 1000, UTC), row["type"]): row["count"]
            for row in operations.intake(db, 0)
        }
        assert found == hours


@pytest.mark.parametrize("zone", [AUCKLAND, ST_JOHNS] if IS_FULL else [ST_JOHNS])
@pytest.mark.long_on("postgres")
def test_days_are_the_zones_however_much_is_kept(
    database: Database, zone: str, choose: Choose
) -> None:
    choose(time_zone=zone)
    ledger.keep(database, _story(zone))
    catch_up(database)
    _as_clocks_say(database, zone)  # nothing is kept
    sum_up(database, now=SOON_AFTER)
    assert all(days_kept(database))
    _as_clocks_say(database, zone)
    as_the_rows_say(database, random.Random(zone))
    assert summaries.check(database) == {}


@pytest.mark.long_on("postgres")
def test_another_zone_sums_up_anew(database: Database, choose: Choose) -> None:
    choose(time_zone=AUCKLAND)
    ledger.keep(database, _story(AUCKLAND))
    catch_up(database)
    assert summaries.put_in_force(database, ZoneInfo(AUCKLAND))
    sum_up(database, now=SOON_AFTER)
    kept = days_kept(database)
    assert all(kept)
    assert summaries.put_in_force(database, ZoneInfo(AUCKLAND))
    assert days_kept(database) == kept  # nothing was another
    choose(time_zone=ST_JOHNS)
    _as_clocks_say(database, ST_JOHNS)  # kept days of another zone are not looked at
    assert summaries.put_in_force(database, ZoneInfo(ST_JOHNS))
    assert not any(days_kept(database))
    sum_up(database, now=SOON_AFTER)
    _as_clocks_say(database, ST_JOHNS)
    assert summaries.check(database) == {}


@pytest.mark.parametrize(
    ("zone", "text", "since", "until"),
    [
        (AUCKLAND, "2026-11-22", "2026-11-21T11:00:00+00:00", "2026-11-22T10:59:59.999+00:00"),
        (AUCKLAND, "2026-04-05", "2026-04-04T11:00:00+00:00", "2026-04-05T11:59:59.999+00:00"),
        (ST_JOHNS, "2026-03-08", "2026-03-08T03:30:00+00:00", "2026-03-09T02:29:59.999+00:00"),
        (AUCKLAND, "2026-11-22T10:00", "2026-11-22T10:00:00+00:00", "2026-11-22T10:00:00+00:00"),
        (AUCKLAND, "2026-11-22T10:00Z", "2026-11-22T10:00:00+00:00", "2026-11-22T10:00:00+00:00"),
        (AUCKLAND, "1970-01-01", "1970-01-01T00:00:00+00:00", "1970-01-01T11:59:59.999+00:00"),
    ],
)
def test_a_filter_means_days_of_the_zone(zone: str, text: str, since: str, until: str) -> None:
    filters = Filters.parse({"since": text, "until": text})
    found = Question(filters, When.now(ZoneInfo(zone)))
    wanted = [round(datetime.fromisoformat(one).timestamp() * 1000) for one in (since, until)]
    assert [found.since, found.until] == wanted
