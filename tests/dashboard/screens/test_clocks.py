"""Clocks that are wrong: what they date is shown and counted, and stays first nowhere for ever."""

import time
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.screens.live import queries
from dashboard.screens.operations import queries as operations
from models.storage.database import Database
from tests.dashboard.deliveries import Json, payload, put, visitor
from tests.dashboard.pages import at
from tests.dashboard.screens.live.visitors import feed_of
from tests.dashboard.settings import Choose

LATEST_MS, EARLIEST_MS = 253_402_300_799_999, 0
"""The last millisecond of the year 9999 and the first of 1970 (docs/invariants.md, 3)."""

FUTURE, PAST, BACKWARDS, RIGHT = 1, 2, 3, 4
PAGES = ["live", "leads", "sessions", "companies", "campaigns", "emails", "operations"]


def _visit(number: int, at_ms: int, ends_ms: int | None = None) -> list[Json]:
    """A visit that begins at a time and, where `ends_ms` is given, ends at another."""
    begun = visitor(number, first="Visitor", last=str(number), email=f"v{number}@example.com")
    begun["created"] = begun["data"]["session"]["createdAt"] = at_ms
    if ends_ms is None:
        return [begun]
    ended = payload("session.finalized") | {"id": f"evt_end_{number}", "created": at_ms}
    ended["data"]["enrichment"] = None
    ended["data"]["session"] |= begun["data"]["session"] | {
        "endedAt": ends_ms,
        "lastActivity": ends_ms,
        "events": [{"signal": "pageview", "url": "https://x.example", "ts": ends_ms, "v": "1"}],
        "enrichments": None,
    }
    return [begun, ended]


@pytest.fixture
def astray(database: Database) -> int:
    """Visits by wrong clocks, then one by a right clock; gives when the last one came."""
    now = int(time.time() * 1000)
    put(database, *_visit(FUTURE, LATEST_MS, LATEST_MS), received_at=now - 4)
    put(database, *_visit(PAST, EARLIEST_MS, EARLIEST_MS), received_at=now - 3)
    put(database, *_visit(BACKWARDS, now, now - 3_600_000), received_at=now - 2)
    put(database, *_visit(RIGHT, now - 1), received_at=now - 1)
    return now


@pytest.fixture
def opened(database_url: str, astray: int, choose: Choose) -> Callable[..., AppTest]:
    """Opens a page, with what stands in its address, as somebody who has just come."""
    assert astray
    choose(database_url=database_url)

    def opened(page: str, **address: str) -> AppTest:
        app = at(page)
        for name, value in address.items():
            app.query_params[name] = value
        return app.run()

    return opened


def test_the_feed_goes_by_receipt(database: Database, astray: int) -> None:
    assert astray
    with database.read() as db:
        keys = [row["key"] for row in queries.feed(db)]
    assert keys == [f"v{number}@example.com" for number in (RIGHT, BACKWARDS, PAST, FUTURE)]


def test_the_feed_can_be_told(database: Database, astray: int) -> None:
    assert astray
    assert str(feed_of(database)).count("@example.com") >= 4


def test_sessions_that_end_before_they_start_are_counted(database: Database, astray: int) -> None:
    with database.read() as db:
        sets = operations.stage_sets(db, astray - 1_000, astray)
    assert sum(row["backwards"] for row in sets) == 1


def test_a_session_that_ends_when_it_starts_is_none_of_them(database: Database) -> None:
    put(database, *_visit(RIGHT, 1_000, 1_000))
    with database.read() as db:
        assert [row["backwards"] for row in operations.stage_sets(db, 0, 0)] == [0]


def test_operations_tells_of_all(opened: Callable[..., AppTest]) -> None:
    metrics = opened("operations").metric
    (tile,) = (metric for metric in metrics if metric.label == "Wrong clocks")
    assert (tile.value, "end before they start: 1." in tile.help) == ("5", True)


def test_every_list_shows_them(opened: Callable[..., AppTest]) -> None:
    assert [page for page in PAGES if opened(page).exception] == []


def test_the_pages_of_their_leads_show_them(opened: Callable[..., AppTest]) -> None:
    leads = [f"v{number}@example.com" for number in (FUTURE, PAST, BACKWARDS)]
    assert [lead for lead in leads if opened("leads", lead=lead).exception] == []


def test_the_pages_of_their_sessions_show_them(opened: Callable[..., AppTest]) -> None:
    sids = [f"01SID{number:04d}" for number in (FUTURE, PAST, BACKWARDS)]
    assert [sid for sid in sids if opened("sessions", sid=sid).exception] == []
