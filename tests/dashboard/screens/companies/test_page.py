"""Companies, the script: what it says of none, one and many, of hostile text and bad addresses."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.screens.companies.card import card, revenue, sections
from dashboard.screens.companies.queries import company
from dashboard.widgets.numbers import short, signed, whole
from dashboard.widgets.words import initials
from models.storage.database import Database
from tests.dashboard.deliveries import PIPELINE, payload, put, worker
from tests.dashboard.pages import at
from tests.dashboard.settings import Choose
from tests.dashboard.table.contents import rows_of


@pytest.fixture
def app(sqlite_url: str, choose: Choose) -> AppTest:
    choose(database_url=sqlite_url)
    return at("companies")


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    opened = Database(sqlite_url)
    yield opened
    opened.close()


def _shown(app: AppTest) -> list[dict[str, Any]]:
    """The cards of the page."""
    told = [json.loads(mounted.proto.json) for mounted in app.get("bidi_component")]
    (cards,) = (data["cards"] for data in told if "cards" in data)
    shown: list[dict[str, Any]] = cards
    return shown


def test_without_companies_the_page_says_how_they_come(app: AppTest) -> None:
    app.run()
    assert not app.exception
    assert "identity.enriched" in app.info[0].value


def test_companies_are_cards_at_first(app: AppTest, database: Database) -> None:
    put(database, worker(1), worker(2, hour=2))
    app.run()
    assert not app.exception
    assert [card["name"] for card in _shown(app)] == ["Firm 2", "Firm 1"]


def test_the_table_is_one_switch_away(app: AppTest, database: Database) -> None:
    put(database, worker(1), worker(2, hour=2))
    app.query_params["view"] = "table"
    app.run()
    assert not app.exception
    assert [row["name"] for row in rows_of(app, "companies")] == ["Firm 2", "Firm 1"]


def test_past_employers_alone_are_offered(app: AppTest, database: Database) -> None:
    put(database, *(payload(name) for name in PIPELINE))
    app.query_params["max_employees"] = "1000000"
    app.query_params["min_employees"] = "9"
    app.run()
    assert "Past employers" in app.info[0].value


def test_many_companies_are_paged(app: AppTest, database: Database) -> None:
    put(database, *(worker(number) for number in range(60)))
    app.run()
    first = len(_shown(app))
    app.button(key="pager_next").click().run()
    assert (first, len(_shown(app))) == (48, 12)


def test_a_bad_filter_is_left_out_with_a_word(app: AppTest, database: Database) -> None:
    put(database, worker(1))
    app.query_params["min_employees"] = "many"
    app.run()
    assert not app.exception
    assert any("min_employees must be a whole number" in said.value for said in app.caption)
    assert len(_shown(app)) == 1


def test_one_company_has_its_visitors_and_where_it_comes_from(
    app: AppTest, database: Database
) -> None:
    put(database, *(payload(name) for name in PIPELINE))
    app.query_params["company"] = "midbound.ai"
    app.run()
    assert not app.exception
    assert _shown(app)[0]["name"] == "Midbound"
    assert [person["who"] for person in rows_of(app, "company_people")] == ["Peter Toth"]
    assert len(rows_of(app, "company_pages")) == 3
    said = "\n".join(text.value for text in app.text)
    assert "Delivery evt_" in said
    assert "2025-02-14 22:05:10.000 UTC" in said


def test_an_unknown_company_is_said_so_with_a_way_back(app: AppTest, database: Database) -> None:
    put(database, worker(1))
    app.query_params["company"] = "nobody.example"
    app.run()
    assert app.title[0].value == "No such company"
    app.button[0].click().run()
    assert len(_shown(app)) == 1


def test_hostile_text_is_never_ours_to_format(app: AppTest, database: Database) -> None:
    bad = "**x** <img src=//127.0.0.1:9/> $y$ :material/home:"
    put(database, worker(1, name=bad, industry=bad, description=bad, specialties=[bad]))
    app.query_params["company"] = "firm1.example"
    app.run()
    assert not app.exception
    said = [*app.markdown, *app.caption, *app.info, *app.title, *app.subheader]
    assert not [element for element in said if "127.0.0.1:9" in element.value]
    assert _shown(app)[0]["name"] == bad


def _card_of(database: Database, **fields: Any) -> dict[str, Any]:
    put(database, worker(1, **fields))
    with database.read() as db:
        row = company(db, "firm1.example")
    assert row
    return card(row) | {"sections": sections(row)}


NOTHING = dict.fromkeys(
    (
        "industry", "employeeCount", "estimatedRevenue", "headcount", "funding", "webTraffic",
        "seo", "linkedinFollowers", "foundedYear", "specialties", "website", "linkedinUrl",
        "address", "description",
    )
)  # fmt: skip


def test_what_is_missing_has_no_text_at_all(database: Database) -> None:
    shown = _card_of(database, **NOTHING)
    assert [tile.get("text") for tile in shown["tiles"]] == [None] * 4
    assert shown["sources"] is None
    facts = [fact for section in shown["sections"] for fact in section["facts"]]
    assert [fact for fact in facts if "text" in fact or "link" in fact] == []


def test_a_zero_is_shown_as_zero(database: Database) -> None:
    fields = {"funding": {"totalRaisedUsd": 0}, "employeeCount": 0, "headcount": None}
    employees, _, funding, _ = _card_of(database, **fields)["tiles"]
    assert (employees["text"], funding["text"]) == ("0", "0 USD")


def test_a_card_tells_size_money_and_traffic(database: Database) -> None:
    shown = _card_of(database)
    assert [tile["text"] for tile in shown["tiles"]] == ["8", "1–5 M USD", "2 M USD", "42 k"]
    assert [delta["text"] for delta in shown["tiles"][0]["deltas"]] == ["+12.5%", "+33.3%", "+300%"]
    assert shown["tiles"][2]["note"] == "Pre-Seed, Jul 2024"
    assert shown["line"] == "Software Development · Wilmington, US"


@pytest.mark.parametrize(
    ("least", "most", "text"),
    [
        (1_000_000, 5_000_000, "1–5 M USD"),
        (500_000, 1_000_000, "500 k–1 M USD"),
        (1_000_000, None, "from 1 M USD"),
        (None, 5_000_000, "up to 5 M USD"),
        (2_000_000, 2_000_000, "2 M USD"),
        (0, 900, "0–900 USD"),
        (None, None, None),
    ],
)
def test_revenue_reads_as_a_range(least: float, most: float, text: str | None) -> None:
    row = {"revenue_min": least, "revenue_max": most, "revenue_currency": "USD"}
    assert revenue(row) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (999, "999"), (999_960, "1 M"), (1_850, "1.9 k"), (1e300, "1.0e+300"), (None, None)],
)
def test_large_numbers_are_short(value: float | None, text: str | None) -> None:
    assert short(value) == text


def test_counts_have_thousands_marks() -> None:
    assert whole(1_234_567) == "1,234,567"


@pytest.mark.parametrize(("value", "text"), [(-4.0, "−4%"), (0.0, "0%"), (12.5, "+12.5%")])  # noqa: RUF001 - a true minus
def test_growth_has_its_sign(value: float, text: str) -> None:
    assert signed(value) == text


@pytest.mark.parametrize(
    ("name", "letters"), [("Acme Inc", "AI"), ("acme", "A"), ("<b> !", "?"), ("شركة النور", "شا")]
)
def test_initials_stand_for_the_logo(name: str, letters: str) -> None:
    assert initials(name) == letters
