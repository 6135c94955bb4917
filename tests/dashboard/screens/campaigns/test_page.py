"""Campaigns, the script: what it says of none, one and many, of hostile text and bad addresses."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.data.activity import Range
from dashboard.screens.campaigns.report import change, range_before
from models.facts.search import fold
from models.settings import Settings
from models.storage.database import Database
from tests.dashboard.deliveries import put
from tests.dashboard.pages import at
from tests.dashboard.screens.sessions.test_page import BAD, recent
from tests.dashboard.settings import Choose
from tests.dashboard.table.contents import rows_of

DAY_MS = 86_400_000


@pytest.fixture
def app(sqlite_url: str, choose: Choose) -> AppTest:
    choose(database_url=sqlite_url)
    return at("campaigns")


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    opened = Database(sqlite_url)
    yield opened
    opened.close()


def _lines(app: AppTest, level: str = "campaign") -> list[dict[str, Any]]:
    """The rows of the table, all of them together last where there are several."""
    return rows_of(app, f"campaigns_{level}")


def _numbers(app: AppTest) -> dict[str, tuple[str, str]]:
    """The tiles of all campaigns together: value and change by label."""
    return {tile.label: (tile.value, tile.delta) for tile in app.metric[:9]}


def test_without_sessions_the_page_says_where_campaigns_come_from(app: AppTest) -> None:
    app.run()
    assert not app.exception
    assert "utm_" in app.info[0].value


def test_each_campaign_is_a_line_with_most_sessions_first(app: AppTest, database: Database) -> None:
    put(database, recent(1, "spring"), recent(2, "autumn"), recent(3, "autumn"), recent(4))
    app.run()
    assert not app.exception
    lines = _lines(app)
    assert [line["utm_campaign"] for line in lines] == ["autumn", "(no campaign)", "spring", "All"]
    assert [line["visits"] for line in lines] == [2, 1, 1, 4]
    assert [sum(line["trend"]["now"]) for line in lines[:3]] == [2, 1, 1]


def test_numbers_stand_beside_those_of_the_range_before(app: AppTest, database: Database) -> None:
    put(database, recent(1), recent(2), recent(3), recent(4, days_ago=40), recent(5, days_ago=41))
    app.run()
    assert _numbers(app)["Sessions"] == ("3", "+50%")
    assert any("The last 30 days, against" in said.value for said in app.caption)


def test_a_lead_who_came_back_is_neither_new_nor_of_the_last_campaign(
    app: AppTest, database: Database
) -> None:
    again = recent(1, "autumn")
    again["id"] = "evt_again"
    again["data"]["session"]["sid"] = again["data"]["attribution"]["sessionId"] = "01AGAIN"
    put(database, recent(1, "spring", days_ago=40), again)
    app.run()
    assert not app.exception
    by_name = {line["utm_campaign"]: line for line in _lines(app)}
    assert (by_name["autumn"]["visits"], by_name["autumn"]["known_leads"]) == (1, 0)
    assert (by_name["spring"]["visits"], by_name["spring"]["known_leads"]) == (0, 1)
    assert _numbers(app)["New leads"][0] == "0"


def test_the_last_touch_gives_the_lead_to_the_latest_campaign(
    app: AppTest, database: Database
) -> None:
    again = recent(1, "autumn")
    again["id"] = "evt_again"
    again["data"]["session"]["sid"] = again["data"]["attribution"]["sessionId"] = "01AGAIN"
    put(database, recent(1, "spring", days_ago=40), again)
    app.query_params["touch"] = "last"
    app.run()
    by_name = {line["utm_campaign"]: line for line in _lines(app)}
    assert by_name["autumn"]["known_leads"] == 1


@pytest.mark.parametrize("level", ["source", "medium", "campaign", "content"])
def test_the_level_stands_in_the_address(app: AppTest, database: Database, level: str) -> None:
    event = recent(1)
    event["data"]["session"]["utm"] = {level: "value"}
    put(database, event)
    app.query_params["by"] = level
    app.run()
    assert [line[f"utm_{level}"] for line in _lines(app, level)] == ["value"]


def test_a_level_that_is_none_falls_back_to_the_campaign(app: AppTest, database: Database) -> None:
    put(database, recent(1, "spring"))
    app.query_params["by"] = "horoscope"
    app.run()
    assert not app.exception
    assert [line["utm_campaign"] for line in _lines(app)] == ["spring"]
    assert any("by may be campaign, source" in said.value for said in app.caption)


def test_a_number_links_to_the_sessions_behind_it(app: AppTest, database: Database) -> None:
    put(database, recent(1, BAD))
    app.query_params["since"] = "2026-01-01"
    app.query_params["touch"] = "last"
    app.session_state["campaigns_campaign"] = {"opened": repr((fold(BAD),))}
    app.run()
    links = re.findall(r'href="([^"]*)" aria-label="Sessions behind New leads"', _html(app))
    given = [dict(parse_qsl(urlsplit(unescape(href)).query)) for href in links]
    of_all = {"since": "2026-01-01", "leads": "new"}
    assert given == [of_all, of_all | {"utm_campaign": BAD, "touch": "last"}]


def test_a_number_that_counts_nobody_has_no_link(app: AppTest, database: Database) -> None:
    put(database, recent(1, "spring"))
    app.run()
    assert "Sessions behind Sessions" in _html(app)
    assert "Sessions behind Companies" not in _html(app)


def _html(app: AppTest) -> str:
    return "".join(part.proto.body for part in app.get("html"))


def test_a_bad_date_is_left_out_with_a_word(app: AppTest, database: Database) -> None:
    put(database, recent(1, "spring"))
    app.query_params["since"] = "some day"
    app.run()
    assert not app.exception
    assert any("since must be an ISO date" in said.value for said in app.caption)
    assert len(_lines(app)) == 1


def test_an_empty_range_offers_all_time(app: AppTest, database: Database) -> None:
    put(database, recent(1, "spring"))
    app.query_params["until"] = "2001-01-01"
    app.run()
    (offer,) = [button for button in app.button if button.label == "Show all time"]
    offer.click().run()
    assert not app.exception
    assert len(_lines(app)) == 1


def test_filters_that_nobody_fits_are_said_to_be_the_reason(
    app: AppTest, database: Database
) -> None:
    put(database, recent(1, "spring"))
    app.query_params["utm_campaign"] = "autumn"
    app.run()
    assert "matches all of these filters" in app.info[0].value
    (offer,) = [button for button in app.button if button.label == "Show all time"]
    offer.click().run()
    # Nothing more can be shown by a longer range, so it is not offered again.
    assert "matches all of these filters" in app.info[0].value
    assert [button for button in app.button if button.label == "Show all time"] == []


def test_an_open_row_stays_open_until_it_is_closed(app: AppTest, database: Database) -> None:
    put(database, recent(1, "spring"), recent(2, "autumn"))
    app.run()
    app.session_state["campaigns_campaign"] = {"opened": repr(("spring",))}
    app.run()
    (close,) = [button for button in app.button if button.label == "Close"]
    close.click().run()
    assert not app.exception
    assert [button for button in app.button if button.label == "Close"] == []


def test_many_campaigns_are_cut_and_the_page_says_so(app: AppTest, database: Database) -> None:
    put(database, *(recent(number, f"c{number}") for number in range(210)))
    app.run()
    assert not app.exception
    assert len(_lines(app)) == 201
    assert any("The 200 largest of 210" in said.value for said in app.caption)
    assert _numbers(app)["Sessions"][0] == "210"


def test_hostile_names_stay_in_cells_and_out_of_markup(app: AppTest, database: Database) -> None:
    put(database, recent(1, BAD))
    app.run()
    assert not app.exception
    assert [line["utm_campaign"] for line in _lines(app)] == [BAD]
    ours = [*app.markdown, *app.caption, *app.info, *app.title]
    assert not any("127.0.0.1:9" in said.value for said in ours)


@pytest.mark.parametrize(
    ("span", "before"),
    [
        (Range(10, 19), Range(0, 9)),
        (Range(100, None), Range(0, 99)),
        (Range(None, 50), None),
        (Range(0, 50), None),
        (Range(50, 10), None),
    ],
)
def test_the_range_before_is_as_long_and_ends_where_this_one_begins(
    span: Range, before: Range | None
) -> None:
    assert range_before(span, 199) == before


@pytest.mark.parametrize(
    ("now", "before", "expected"), [(3, 2, 50.0), (0, 4, -100.0), (3, 0, None), (None, 2, None)]
)
def test_growth_needs_something_to_grow_from(
    now: float | None, before: float | None, expected: float | None
) -> None:
    assert change(now, before) == expected


@pytest.mark.parametrize(
    ("given", "paths"),
    [
        ("/pricing,/demo,/contact", ("/pricing", "/demo", "/contact")),
        (" pricing/ , ,/a//b/", ("/pricing", "/a/b")),
        ("", ()),
        ("/", ("/",)),
    ],
)
def test_hot_pages_are_paths_however_they_are_written(given: str, paths: tuple[str, ...]) -> None:
    assert Settings(hot_pages=given).hot_paths() == paths
