"""What the sessions screen asks, on both databases."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event

from dashboard.screens.details.queries import whose
from dashboard.screens.sessions import queries
from models.days import DAY_MS
from models.filters.query import Question
from models.storage.database import Database
from tests.dashboard.deliveries import PIPELINE, Json, payload, put, visitor
from tests.desk import question

MIDNIGHT = int(datetime(2026, 3, 2, tzinfo=UTC).timestamp() * 1000)


def _visit(number: int, at: int, campaign: str | None = None, **facts: object) -> Json:
    """A session that began, and was last active, at a time (ms)."""
    event = visitor(number, utm={"campaign": campaign})
    event["created"] = at
    event["data"]["session"] |= {"createdAt": at, "gclid": None, **facts}
    return event


def test_pages_go_on_where_the_last_one_ended_newest_first(database: Database) -> None:
    put(database, *(_visit(n, MIDNIGHT + n) for n in range(5)))
    with database.read() as db:
        first = queries.page(db, question(), size=3)
        second = queries.page(db, question(), size=3, place=first.after)
    assert [row["sid"] for row in first.rows] == ["01SID0004", "01SID0003", "01SID0002"]
    assert [row["sid"] for row in second.rows] == ["01SID0001", "01SID0000"]


def test_a_row_says_who_it_was_and_where_from(database: Database) -> None:
    put(database, *(payload(name) for name in PIPELINE))
    with database.read() as db:
        (row,) = queries.page(db, question()).rows
    assert {name: row[name] for name in ("full_name", "company", "stage", "pageviews")} == {
        "full_name": "Peter Toth",
        "company": "Midbound",
        "stage": 5,
        "pageviews": 3,
    }
    assert (row["utm_source"], row["country"]) == ("google", "PT")


@pytest.mark.parametrize(
    ("filters", "sids"),
    [
        (question(utm_campaign="spring"), ["01SID0002", "01SID0001"]),
        (question(since=MIDNIGHT + 2), ["01SID0003", "01SID0002"]),
        (question(click_id="gclid"), ["01SID0003"]),
        (question(referrer="NEWS.example"), ["01SID0003"]),
        (question(utm_campaign="autumn"), []),
    ],
)
def test_total_and_list_follow_the_filters(
    database: Database, filters: Question, sids: list[str]
) -> None:
    put(
        database,
        _visit(1, MIDNIGHT + 1, "spring"),
        _visit(2, MIDNIGHT + 2, "spring"),
        _visit(3, MIDNIGHT + 3, gclid="abc", referrer="https://news.example/"),
    )
    with database.read() as db:
        listed = [row["sid"] for row in queries.page(db, filters).rows]
        assert (listed, queries.extent(db, filters).total) == (sids, len(sids))


def test_extent_of_nothing_has_no_ends(database: Database) -> None:
    with database.read() as db:
        assert queries.extent(db, question()) == (0, None, None)


def test_the_top_campaigns_are_those_with_most_sessions(database: Database) -> None:
    named = ["b", "a", "c", "c", None, None, None]
    put(database, *(_visit(n, MIDNIGHT, name) for n, name in enumerate(named)))
    with database.read() as db:
        assert queries.top_campaigns(queries.counted(db, question()), 2) == ["c", "a"]


def test_bars_keep_other_campaigns_and_none_apart(database: Database) -> None:
    put(
        database,
        _visit(1, MIDNIGHT, "top"),
        _visit(2, MIDNIGHT + DAY_MS - 1, "top"),
        _visit(3, MIDNIGHT + DAY_MS, "small"),
        _visit(4, MIDNIGHT + DAY_MS),
    )
    with database.read() as db:
        found = queries.bars(queries.counted(db, question()), ["top"], start=MIDNIGHT, days=1)
    assert found == {(0, "top", True): 2, (1, None, False): 1, (1, None, True): 1}


def test_bars_add_up_to_the_list(database: Database) -> None:
    put(database, *(_visit(n, MIDNIGHT + n * DAY_MS // 3, f"c{n % 4}") for n in range(40)))
    with database.read() as db:
        top = queries.top_campaigns(queries.counted(db, question()), 2)
        found = queries.bars(queries.counted(db, question()), top, start=MIDNIGHT, days=7)
        assert sum(found.values()) == queries.extent(db, question()).total == 40


def test_a_session_knows_which_visit_it_was(database: Database) -> None:
    again = payload("qualified")
    again["id"] = "evt_again"
    again["data"]["session"] |= {"sid": "01LATER", "createdAt": MIDNIGHT}
    again["data"]["attribution"]["sessionId"] = "01LATER"
    put(database, payload("qualified"), again)
    with database.read() as db:
        later = whose(db, "01LATER")
    assert later
    assert (later["visit"], later["sessions"]) == (2, 2)


def test_a_session_that_is_not_there_is_nobodys(database: Database) -> None:
    with database.read() as db:
        assert whose(db, "nobody") is None


def test_a_page_reads_its_index_and_sorts_only_what_it_shows(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    asked: list[tuple[str, Any]] = []
    with database.read() as db:
        event.listen(
            database.engine,
            "before_cursor_execute",
            lambda _db, _cursor, statement, parameters, *_: asked.append((statement, parameters)),
        )
        queries.page(db, question(since=1))
        ((statement, parameters),) = asked[:1]
        plan = [
            row[-1] for row in db.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    database.close()
    assert any("USING INDEX ix_session_last_activity" in step for step in plan), plan
    assert not any(step.startswith("SCAN session") for step in plan), plan
