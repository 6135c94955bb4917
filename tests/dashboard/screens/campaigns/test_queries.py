"""What the campaigns screen asks, on both databases."""

import json
from datetime import UTC, datetime
from statistics import median
from typing import get_args

import pytest
from sqlalchemy import Connection, select, update

from dashboard.data.activity import Level, Range, activity
from dashboard.screens.campaigns import queries
from dashboard.screens.campaigns.quality import quality_of
from dashboard.screens.campaigns.queries import Key, Leads, Visits
from dashboard.screens.campaigns.report import Question, report
from dashboard.screens.sessions import queries as sessions
from models.filters.query import Filters
from models.ledger.deliveries import Delivery, keep
from models.projection.summing import digest
from models.storage.database import Database
from models.tables import COMPANY, LEAD, LEAD_SCORE
from simulator import visits
from tests.dashboard.deliveries import Json, payload, put, visitor
from tests.desk import catch_up, question

MIDNIGHT = int(datetime(2026, 3, 2, tzinfo=UTC).timestamp() * 1000)
DAY_MS = 86_400_000
LEVELS: tuple[Level, ...] = ("source", "medium", "campaign", "content")
EVER = Range(None, None)


def visit(number: int, at: int, sid: str, **utm: str) -> Json:
    """A session of visitor `number`, who is known by an address, that began at a time (ms)."""
    event = visitor(number, email=f"v{number}@acme.example", utm=utm)
    event |= {"id": f"evt_{sid}", "created": at}
    event["data"]["session"] |= {"sid": sid, "createdAt": at}
    event["data"]["attribution"]["sessionId"] = sid
    return event


def _finalized(sid: str, seconds: int, *urls: str, campaign: str | None = None) -> Json:
    event = payload("session.finalized")
    event |= {"id": f"evt_final_{sid}"}
    session = event["data"]["session"]
    start = session["createdAt"]
    session |= {
        "sid": sid,
        "vid": f"v{sid}",
        "lastActivity": start + seconds * 1000,
        "landingPage": "https://www.example.com/",
        "utm": {"campaign": campaign},
        "events": [{"signal": "pageview", "url": url, "ts": start} for url in urls],
    }
    return event


def _leads(
    db: Connection, level: Level | None, span: Range, touch: queries.Touch
) -> dict[Key, Leads]:
    known, active = queries.seen(db, span.since, touch), activity(db, span)
    of = level or "campaign"
    found = queries.people(db, known, active, span.until, level=of, touch=touch)
    return queries.leads(found, level, span)


def _hot(db: Connection, level: Level | None) -> dict[Key, int]:
    return {key: found.hot for key, found in queries.visits(activity(db, EVER), level).items()}


def play(database: Database) -> None:
    """Keep and derive some weeks of made-up visitors."""
    story = visits.events(visitors=80, seed=7, start_ms=MIDNIGHT, arrivals_per_minute=0.0014)

    deliveries = [
        Delivery(one.event["id"], one.at_ms, "1", "v1,test", json.dumps(one.event).encode())
        for one in story
    ]
    keep(database, deliveries)
    catch_up(database)


@pytest.fixture(scope="module")
def played(shared: Database) -> Database:
    """A database with some weeks of made-up visitors."""
    play(shared)
    return shared


@pytest.mark.parametrize("level", LEVELS)
def test_each_count_is_what_the_sessions_list_shows_for_the_same_filters(
    played: Database, level: Level
) -> None:
    span = Range(MIDNIGHT + 5 * DAY_MS, MIDNIGHT + 20 * DAY_MS)
    with played.read() as db:
        counted = queries.visits(activity(db, span), level)
        for (value,), found in counted.items():
            if value is not None:
                given = {f"utm_{level}": value}
                filters = question(since=span.since, until=span.until, **given)
                assert found.sessions == sessions.extent(db, filters).total
        in_all = sessions.extent(db, question(since=span.since, until=span.until)).total
        assert sum(found.sessions for found in counted.values()) == in_all > 20
        assert queries.visits(activity(db, span), None)[()].sessions == in_all
    assert len(counted) > 2


def test_median_is_the_middle_of_what_is_known_or_the_mean_of_two(played: Database) -> None:
    with played.read() as db:
        for (campaign,), found in queries.visits(activity(db, EVER), "campaign").items():
            rows = sessions.page(db, question(utm_campaign=campaign), size=10_000).rows
            lengths = [
                row["duration_seconds"]
                for row in rows
                if row["duration_seconds"] is not None and row["utm_campaign"] == campaign
            ]
            assert found.median_seconds == (median(lengths) if lengths else None)


def test_median_is_unknown_until_a_session_is_finalized(database: Database) -> None:
    put(database, visit(1, MIDNIGHT, "a", campaign="spring"))
    with database.read() as db:
        assert queries.visits(activity(db, EVER), "campaign") == {("spring",): Visits(1, None, 0)}
        assert queries.visits(activity(db, EVER), None) == {(): Visits(1, None, 0)}


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("touch", ["first", "last"])
def test_every_identified_lead_counts_under_one_value(
    played: Database, level: Level, touch: queries.Touch
) -> None:
    span = Range(MIDNIGHT + 5 * DAY_MS, MIDNIGHT + 20 * DAY_MS)
    with played.read() as db:
        by_value = _leads(db, level, span, touch).values()
        in_all = _leads(db, None, span, touch)[()]
    for name in ("leads", "new", "qualified", "sendable"):
        assert sum(getattr(found, name) for found in by_value) == getattr(in_all, name) > 0


def test_the_touch_is_the_first_or_the_last_session_with_a_campaign(database: Database) -> None:
    put(
        database,
        visit(1, MIDNIGHT, "a"),
        visit(1, MIDNIGHT + 1, "b", campaign="one"),
        visit(1, MIDNIGHT + 2, "c", campaign="two"),
        visit(1, MIDNIGHT + 3, "d"),
    )
    with database.read() as db:
        assert list(_leads(db, "campaign", EVER, "first")) == [("one",)]
        assert list(_leads(db, "campaign", EVER, "last")) == [("two",)]


def test_a_touch_after_the_range_does_not_count_in_it(database: Database) -> None:
    put(
        database,
        visit(1, MIDNIGHT, "a", campaign="one"),
        visit(1, MIDNIGHT + DAY_MS, "b", campaign="two"),
    )
    with database.read() as db:
        span = Range(MIDNIGHT, MIDNIGHT + 1)
        assert list(_leads(db, "campaign", span, "last")) == [("one",)]


def test_a_lead_is_new_in_the_range_of_its_first_session(database: Database) -> None:
    put(database, visit(1, MIDNIGHT, "a"), visit(1, MIDNIGHT + DAY_MS, "b"))
    with database.read() as db:
        first = _leads(db, None, Range(MIDNIGHT, MIDNIGHT + 1), "first")[()]
        second = _leads(db, None, Range(MIDNIGHT + 1, None), "first")[()]
    assert (first.leads, first.new, second.leads, second.new) == (1, 1, 1, 0)


def test_whoever_nothing_is_known_of_is_no_identified_lead(database: Database) -> None:
    put(database, visitor(1))
    with database.read() as db:
        assert _leads(db, None, EVER, "first")[()] == Leads(0, 0, 0, 0, 0)


def test_colleagues_are_two_leads_of_one_company(database: Database) -> None:
    put(
        database,
        visitor(1, first="Ana", company="Acme Inc"),
        visitor(2, first="Rui", company="Acme Inc"),
    )
    with database.read() as db:
        found = _leads(db, None, EVER, "first")[()]
    assert (found.leads, found.companies) == (2, 1)


def test_a_catch_all_address_that_looks_real_is_sendable(database: Database) -> None:
    event = payload("validated")
    event["data"]["validations"][0]["validity"] = "valid_catch_all"
    put(database, payload("qualified"), event)
    with database.read() as db:
        assert _leads(db, None, EVER, "first")[()].sendable == 1


def test_a_hot_visit_counts_once_however_many_hot_pages_it_saw(database: Database) -> None:
    site = "https://www.example.com"
    put(
        database,
        _finalized("a", 9, f"{site}/pricing", f"{site}/pricing/teams?x=1", campaign="spring"),
        _finalized("b", 9, f"{site}/pricing-history", f"{site}/blog/pricing", campaign="spring"),
        _finalized("c", 9, f"{site}/?next=/pricing"),
    )
    with database.read() as db:
        assert _hot(db, "campaign") == {("spring",): 1, (None,): 0}
        assert _hot(db, None) == {(): 1}


def test_landing_on_a_hot_page_counts_before_the_session_is_finalized(database: Database) -> None:
    put(database, visitor(1, page="https://www.example.com/demo/"))
    with database.read() as db:
        assert _hot(db, None) == {(): 1}


def test_trend_counts_the_chosen_values_by_step_of_time(database: Database) -> None:
    put(
        database,
        visit(1, MIDNIGHT, "a", campaign="spring"),
        visit(2, MIDNIGHT + DAY_MS, "b", campaign="spring"),
        visit(3, MIDNIGHT + DAY_MS, "c"),
        visit(4, MIDNIGHT, "d", campaign="left out"),
    )
    with database.read() as db:
        active = activity(db, EVER)
        found = queries.trend(active, "campaign", ["spring", None], start=MIDNIGHT, days=1)
    assert found == {(("spring",), 0): 1, (("spring",), 1): 1, ((None,), 1): 1}


def test_an_empty_database_has_no_values(database: Database) -> None:
    with database.read() as db:
        for level in LEVELS:
            assert queries.visits(activity(db, EVER), level) == {}


@pytest.mark.parametrize("touch", get_args(queries.Touch))
@pytest.mark.parametrize(
    "query",
    ["country=US&country=DE", "channel=Paid Search", "min_pages=2&bots=hide", "min_employees=1"],
)
@pytest.mark.parametrize("until", [None, MIDNIGHT + 20 * DAY_MS])
def test_of_few_only_their_own_facts_are_read_and_the_numbers_are_the_same(
    played: Database, touch: queries.Touch, query: str, until: int | None
) -> None:
    span = Range(MIDNIGHT + 10 * DAY_MS, until)
    asked = Question("campaign", span, touch, MIDNIGHT + 30 * DAY_MS, Filters.from_text(query))
    with played.read() as db:
        few, many = report(db, asked), report(db, asked, few_leads=0)
    assert few == many
    assert few.total.now.known_leads > 1
    assert few.before


def test_fits_and_large_companies_are_told_of_these_leads_alone(database: Database) -> None:
    play(database)
    with database.write() as db:
        db.execute(update(LEAD_SCORE).values(fit=70, letter=3))
        db.execute(update(COMPANY).values(employee_count=500))
    with database.read() as db:
        rows = db.execute(select(*LEAD.c["key", "company_key"]).order_by(LEAD.c.key)).all()
        employed = [row for row in rows if row.company_key][:2]
        every, some = quality_of(db), quality_of(db, [row.key for row in employed])
    assert set(every.leads.tolist()) == {digest(row.key) for row in rows}
    assert set(some.leads.tolist()) == {digest(row.key) for row in employed}
    assert set(some.large.tolist()) == {digest(row.company_key) for row in employed}
    assert set(some.fits.tolist()) == {70}
    assert len(every.large) > len(some.large)
