"""What the screens ask, on both databases."""

from typing import Any

from sqlalchemy import event

from dashboard.screens.live import queries
from models.storage.database import Database
from models.storage.version import version
from tests.dashboard.deliveries import PIPELINE, payload, put, visitor
from tests.dashboard.screens.live.visitors import employee

PETER = "linkedin.com/in/ptrtht"


def test_version_is_another_after_every_commit_of_derived_rows(database: Database) -> None:
    with database.read() as db:
        before = version(db)
    put(database, payload("resolved"))
    with database.read() as db:
        assert version(db) > before


def test_feed_of_an_empty_database_is_empty(database: Database) -> None:
    with database.read() as db:
        assert queries.feed(db) == []


def test_feed_tells_who_from_where_and_how_far(database: Database) -> None:
    put(database, *(payload(name) for name in PIPELINE), received_at=1_739_572_000_000)
    with database.read() as db:
        (row,) = queries.feed(db)
    assert row == {
        "key": PETER,
        "full_name": "Peter Toth",
        "email": "peter@midbound.ai",
        "email_validity": "valid",
        "job_title": "Co-Founder & CTO",
        "city": "Lisbon",
        "country": "PT",
        "sessions": 1,
        "heard_at": 1_739_572_000_000,
        "company_key": "midbound.ai",
        "company_name": None,
        "hot": True,
        "last_sid": "01KH5FW03R8XCZQ7PCYNV4ND1H",
        "company": "Midbound",
        "stage": 5,
        "finalized": True,
        "landing_page": "https://www.example.com/pricing",
        "landing_title": "Pricing Plans | Example Inc",
        "referrer": "https://www.google.com/",
        "started_at": 1_739_571_906_432,
        "last_activity": 1_739_572_105_200,
        "pageviews": 3,
        "pid": "mdb_pxl_01KGR7E2S9JK6813H42SCG3QLP",
        "device": "desktop",
        "owner": None,
        "status": None,
        "is_bot": False,
        "employees": 8.0,
        "industry": "Software Development",
        "utm_source": "google",
        "utm_medium": "cpc",
        "utm_campaign": "q1_brand_awareness",
        "visit_city": "Lisbon",
        "visit_country": "PT",
    }


def test_feed_gives_the_newest_heard_of_first_and_no_more_than_asked_for(
    database: Database,
) -> None:
    for number in (1, 2, 3):
        put(database, visitor(number), received_at=1_000 + number)
    put(database, visitor(1) | {"id": "evt_again"}, received_at=2_000)
    with database.read() as db:
        assert [row["key"] for row in queries.feed(db, 2)] == ["01VIS0001", "01VIS0003"]


def test_whoever_comes_back_starts_over_in_the_feed(database: Database) -> None:
    put(database, *(payload(name) for name in PIPELINE), received_at=1_000)
    again = payload("qualified")
    again["id"] = "evt_second_visit"
    again["data"]["session"] |= {"sid": "01SECOND", "landingPage": "https://www.example.com/back"}
    again["data"]["attribution"]["sessionId"] = "01SECOND"
    put(database, again, received_at=2_000)
    with database.read() as db:
        (row,) = queries.feed(db)
        known = queries.lead(db, PETER)
    assert (row["stage"], row["sessions"]) == (2, 2)
    assert row["landing_page"] == "https://www.example.com/back"
    assert known
    assert known["stage"] == 5


def test_page_events_come_by_session_in_their_order_and_bounded(database: Database) -> None:
    put(database, payload("session.finalized"))
    sid = payload("session.finalized")["data"]["session"]["sid"]
    with database.read() as db:
        every = queries.page_events(db, [sid, "01NOBODY"], 10)
        some = queries.page_events(db, [sid], 2)
    assert list(every) == [sid]
    assert [(event["signal"], event["url"]) for event in every[sid]] == [
        ("pageview", "https://www.example.com/pricing"),
        ("pageview", "https://www.example.com/features"),
        ("pageview", "https://www.example.com/"),
    ]
    assert some[sid] == every[sid][:2]


def test_people_of_a_company_count_once_and_only_since_then(database: Database) -> None:
    for number, domain in ((1, "acme.com"), (2, "acme.com"), (3, "other.com")):
        put(database, employee(number, domain))
    with database.read() as db:
        (seen,) = {row["started_at"] for row in queries.feed(db)}
        assert queries.people_of(db, ["acme.com"], seen - 1) == {"acme.com": 2}
        assert queries.people_of(db, ["acme.com", "other.com"], seen + 86_400_000) == {}


def test_company_is_what_the_identity_says_until_it_is_enriched(database: Database) -> None:
    put(database, visitor(1, company="Acme Inc"))
    with database.read() as db:
        assert [row["company"] for row in queries.feed(db)] == ["Acme Inc"]


def test_lead_tells_how_to_reach_them(database: Database) -> None:
    put(database, *(payload(name) for name in PIPELINE))
    with database.read() as db:
        lead = queries.lead(db, PETER)
    assert lead
    assert lead["phone"] == "+351913168884"
    assert lead["linkedin_url"] == "https://linkedin.com/in/ptrtht"
    assert lead["company_domain"] == "midbound.ai"
    assert lead["pageviews"] == 3


def test_a_lead_that_is_not_there_is_none(database: Database) -> None:
    with database.read() as db:
        assert queries.lead(db, "linkedin.com/in/nobody") is None


def test_feed_reads_its_index_and_sorts_nothing(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    asked: list[tuple[str, Any]] = []

    def note(_db: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    with database.read() as db:
        event.listen(database.engine, "before_cursor_execute", note)
        queries.feed(db)
        event.remove(database.engine, "before_cursor_execute", note)
        statement, parameters = next(one for one in asked if "is_bot" in one[0])
        plan = db.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        steps = [row[-1] for row in plan]
    database.close()
    assert any("ix_lead_heard_at" in step for step in steps)
    assert not any("TEMP B-TREE" in step for step in steps)
