"""What a row of Live says: pages with their dwell, hot ones, colleagues; and how short it is."""

import json
from typing import Any

from dashboard.screens.live.rows import pages_seen
from models.projection.hot_pages import put_in_force
from models.storage.database import Database
from tests.dashboard.deliveries import payload, put, visitor
from tests.dashboard.screens.live.visitors import employee, feed_of, guest, lately, left

SHOP = "https://www.example.com"


def _rows(database: Database) -> list[dict[str, Any]]:
    leads: list[dict[str, Any]] = feed_of(database)["leads"]
    return leads


def test_the_vendors_sample_session_has_three_pages_with_their_dwell(database: Database) -> None:
    put(database, payload("session.finalized"))
    (row,) = _rows(database)
    assert row["pages"] == [[f"{SHOP}/pricing", 53], [f"{SHOP}/features", 90], [f"{SHOP}/", 55]]
    assert row["pageviews"] == 3


def test_a_session_that_runs_has_its_landing_page_only(database: Database) -> None:
    put(database, visitor(1, page=f"{SHOP}/blog"))
    (row,) = _rows(database)
    assert row["page"] == f"{SHOP}/blog"
    assert "pages" not in row


def _event(ts: int, url: str, signal: str = "pageview") -> dict[str, Any]:
    return {"ts": ts, "url": url, "signal": signal}


def test_a_page_lasts_until_the_next_page_view() -> None:
    events = [_event(0, "/a"), _event(4_000, "/a", "form_submit"), _event(9_000, "/b")]
    assert pages_seen(events, 10_500) == [("/a", 9), ("/b", 1)]


def test_pages_stand_in_the_order_they_were_seen() -> None:
    assert pages_seen([_event(5_000, "/b"), _event(0, "/a")], 6_000) == [("/a", 5), ("/b", 1)]


def test_time_that_runs_backwards_is_no_dwell() -> None:
    assert pages_seen([_event(5_000, "/a")], 1_000) == [("/a", 0)]


def test_of_a_list_that_goes_on_the_last_dwell_is_unknown() -> None:
    events = [_event(number * 1000, f"/{number}") for number in range(24)]
    assert pages_seen(events, 99_000)[-2:] == [("/22", 1), ("/23", None)]


def test_no_page_events_give_no_pages() -> None:
    assert pages_seen([], 1_000) == []


def test_a_hot_page_is_told_from_the_landing_page(database: Database) -> None:
    put(
        database, visitor(1, page=f"{SHOP}/pricing/teams?x=1"), visitor(2, page=f"{SHOP}/pricingly")
    )
    assert [row.get("hot") for row in _rows(database)] == [None, "/pricing/teams"]


def test_a_hot_page_is_told_from_any_page_seen(database: Database) -> None:
    put(database, left(1, (f"{SHOP}/blog", 5), (f"{SHOP}/demo", 5)))
    assert [row["hot"] for row in _rows(database)] == ["/demo"]


def test_a_hot_page_beyond_those_that_are_read_is_told(database: Database) -> None:
    pages = [(f"{SHOP}/blog/{number}", 1) for number in range(30)]
    put(database, left(1, *pages, (f"{SHOP}/demo", 5)))
    assert [row["hot"] for row in _rows(database)] == ["a later page"]


def test_the_hot_list_is_the_one_in_force(database: Database) -> None:
    assert put_in_force(database, ["/blog"])
    put(database, visitor(1, page=f"{SHOP}/blog"), visitor(2, page=f"{SHOP}/demo"))
    assert [row.get("hot") for row in _rows(database)] == [None, "/blog"]


DAY_MIN = 24 * 60


def test_people_of_one_company_within_a_week_are_counted(database: Database) -> None:
    days_ago = {1: 0, 2: 6, 3: 8}
    visits = [lately(employee(n, "acme.com"), days * DAY_MIN + 5) for n, days in days_ago.items()]
    put(database, *visits, lately(employee(4, "other.com"), 5))
    assert sorted(row["people"] for row in _rows(database)) == [1, 2, 2, 2]


def test_people_of_a_company_that_is_known_by_name_only_are_counted(database: Database) -> None:
    names = ("Acme", "Acme", "Other", "L" * 5_000, None)
    visits = (visitor(number, company=name) for number, name in enumerate(names))
    put(database, *(lately(visit, 5) for visit in visits))
    found = {(row.get("company") or "")[:5]: row.get("people", 0) for row in _rows(database)}
    assert found == {"Acme": 2, "Other": 1, "LLLLL": 1, "": 0}


def test_what_filters_need_is_there(database: Database) -> None:
    event = guest(1, country="PT", score=40, pid="mdb_pxl_two", utm={"campaign": "spring"})
    put(database, event)
    (row,) = _rows(database)
    assert {name: row[name] for name in ("country", "pixel", "campaign", "stage")} == {
        "country": "PT",
        "pixel": "mdb_pxl_two",
        "campaign": "spring",
        "stage": 1,
    }


def test_long_text_is_cut_and_a_long_url_links_nowhere(database: Database) -> None:
    page = f"{SHOP}/" + "p" * 5_000
    put(database, visitor(1, page=page, company="C" * 5_000, utm={"campaign": "u" * 5_000}))
    (row,) = _rows(database)
    assert len(json.dumps(row)) < 2_000
    assert row["page"].startswith("www.example.com/ppp")


def test_a_hundred_rows_stay_short(database: Database) -> None:
    pages = tuple((f"{SHOP}/products/page-{number}?ref=mail", 40) for number in range(5))
    for number in range(100):
        put(database, left(number, *pages, utm={"source": "google", "campaign": "spring_launch"}))
    assert len(json.dumps(feed_of(database))) < 100_000
