"""Sessions, the script: what it says of none, one and many, of hostile text and bad addresses."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.data.activity import Extent
from dashboard.screens.sessions import bars
from dashboard.widgets import days
from models.days import DAY_MS
from models.storage.database import Database
from tests.dashboard.deliveries import PIPELINE, Json, payload, put, visitor
from tests.dashboard.pages import at
from tests.dashboard.settings import Choose
from tests.dashboard.table.contents import rows_of, told

EVER = "1970-01-01"
BAD = "<img src=//127.0.0.1:9/> **x** %{y} =1+1"


@pytest.fixture
def app(sqlite_url: str, choose: Choose) -> AppTest:
    choose(database_url=sqlite_url)
    return at("sessions")


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    opened = Database(sqlite_url)
    yield opened
    opened.close()


def recent(number: int, campaign: str | None = None, days_ago: float = 0, **facts: Any) -> Json:
    """A session some days ago."""
    event = visitor(number, first="Ana", utm={"campaign": campaign}, **facts)
    at = int((time.time() - days_ago * 86_400) * 1000) - number
    event["created"] = at
    event["data"]["session"]["createdAt"] = at
    return event


def _captions(app: AppTest) -> str:
    return "\n".join(said.value for said in app.caption)


def _said_by_component(app: AppTest) -> dict[str, Any]:
    (mounted,) = app.get("bidi_component")
    shown: dict[str, Any] = json.loads(mounted.proto.json)
    return shown


def test_without_sessions_the_page_says_how_they_come(app: AppTest) -> None:
    app.run()
    assert not app.exception
    assert "visitor-desk simulate" in app.info[0].value


def test_a_session_is_a_row_and_a_bar(app: AppTest, database: Database) -> None:
    put(database, recent(1, "spring", page="https://www.example.com/pricing"))
    app.run()
    assert not app.exception
    (row,) = rows_of(app, "sessions")
    assert (row["who"], row["shown_page"]) == ("Ana", "example.com/pricing")
    assert len(app.get("vega_lite_chart")) == 1


def test_the_last_thirty_days_are_shown_at_first_and_said(app: AppTest, database: Database) -> None:
    put(database, recent(1), recent(2, days_ago=40))
    app.run()
    assert "1 session in the last 30 days" in _captions(app)
    assert len(rows_of(app, "sessions")) == 1


def test_who_says_to_have_come_tomorrow_is_not_in_the_last_thirty_days(
    app: AppTest, database: Database
) -> None:
    ahead = int(time.time() * 1000) + 3 * DAY_MS
    put(database, recent(1))
    put(database, recent(2, days_ago=-2), received_at=ahead)
    app.run()
    assert "1 session in the last 30 days" in _captions(app)


def test_everything_is_offered_when_the_last_thirty_days_are_empty(
    app: AppTest, database: Database
) -> None:
    put(database, recent(1, days_ago=40))
    app.run()
    (offer,) = [button for button in app.button if button.label == "Show everything"]
    offer.click().run()
    assert not app.exception
    assert len(rows_of(app, "sessions")) == 1


def test_many_sessions_begin_with_a_hundred(app: AppTest, database: Database) -> None:
    put(database, *(recent(number) for number in range(130)))
    app.run()
    assert not app.exception
    assert (len(rows_of(app, "sessions")), told(app, "sessions")["total"]) == (100, 130)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("utm_source", "google"), ("utm_medium", "cpc"), ("utm_campaign", "q1_brand_awareness"),
        ("referrer", "google.com"), ("landing_page", "/pricing"), ("country", "PT"),
        ("click_id", "gclid"), ("device", "desktop"), ("min_bot_score", "50"),
        ("stage", "finalized"), ("visit", "new"), ("min_pages", "3"), ("min_duration", "60"),
    ],
)  # fmt: skip
def test_filters_come_from_the_address(
    app: AppTest, database: Database, name: str, value: str
) -> None:
    put(database, *(payload(part) for part in PIPELINE))
    other = visitor(7, first="Other")
    other["data"]["session"] |= {"gclid": None, "userAgent": "Mozilla/5.0 (iPhone) Mobile Safari"}
    other["data"]["session"]["network"] = {}
    put(database, other)
    app.query_params["since"] = EVER
    app.query_params[name] = value
    app.run()
    assert not app.exception
    shown = {row["who"] for row in rows_of(app, "sessions")}
    assert "Peter Toth" in shown
    assert name == "visit" or shown == {"Peter Toth"}


def test_a_bad_filter_is_left_out_with_a_word(app: AppTest, database: Database) -> None:
    put(database, recent(1))
    app.query_params["min_pages"] = "many"
    app.run()
    assert not app.exception
    assert "min_pages must be a whole number" in _captions(app)
    assert len(rows_of(app, "sessions")) == 1


def test_a_missing_campaign_is_told_from_one_called_so(app: AppTest, database: Database) -> None:
    put(database, recent(1), recent(2, "(none)"))
    app.query_params["utm_campaign"] = "(none)"
    app.run()
    assert len(rows_of(app, "sessions")) == 1
    assert rows_of(app, "sessions")[0]["utm_campaign"] is None


def test_an_open_session_stands_beside_the_list_with_its_own_facts(
    app: AppTest, database: Database
) -> None:
    put(database, recent(1, "spring"), recent(2, days_ago=1))
    app.run()
    app.session_state["table_sessions"] = {"opened": "01SID0001"}
    app.run()
    assert not app.exception
    shown = [json.loads(mounted.proto.json) for mounted in app.get("bidi_component")]
    (panel,) = (data for data in shown if "sections" in data)
    assert panel["href"] == "/sessions?sid=01SID0001"
    assert "spring" in json.dumps(panel)


def test_one_session_has_its_pages_with_dwell(app: AppTest, database: Database) -> None:
    put(database, *(payload(name) for name in PIPELINE))
    app.query_params["sid"] = payload("resolved")["data"]["session"]["sid"]
    app.run()
    assert not app.exception
    shown = _said_by_component(app)
    assert shown["who"] == "Peter Toth"
    pages = [row for row in shown["visit"]["rows"] if row["kind"] == "page"]
    assert [page["dwell"] for page in pages] == ["53 s", "90 s", "55 s"]
    assert shown["lead"] == "linkedin.com/in/ptrtht"


def test_the_way_back_leads_to_the_list_with_its_filters(app: AppTest, database: Database) -> None:
    put(database, recent(1, "spring"), recent(2, "autumn"))
    app.query_params["utm_campaign"] = "spring"
    app.run()
    app.session_state["sessions_list"] = {"utm_campaign": ["spring"]}  # as opening one keeps it
    app.query_params["sid"] = "01SID0001"
    app.run()
    app.button[0].click().run()
    assert not app.exception
    assert app.query_params["utm_campaign"] == "spring"
    assert "sid" not in app.query_params


def test_an_unknown_session_is_said_so_with_a_way_back(app: AppTest, database: Database) -> None:
    put(database, recent(1))
    app.query_params["sid"] = "nobody"
    app.run()
    assert not app.exception
    assert app.title[0].value == "No such session"
    app.button[0].click().run()
    assert len(rows_of(app, "sessions")) == 1


def test_hostile_text_stays_in_cells_and_out_of_markup(app: AppTest, database: Database) -> None:
    event = recent(1, BAD, page=f"javascript:{BAD}", referrer=BAD)
    event["data"]["identity"]["demographics"]["firstName"] = BAD
    put(database, event)
    app.run()
    assert not app.exception
    ours = [*app.markdown, *app.caption, *app.info, *app.title]
    assert not any("127.0.0.1:9" in said.value for said in ours)
    (chart,) = app.get("vega_lite_chart")
    said = json.loads(chart.proto.spec)["encoding"]["color"]["legend"]["labelExpr"]
    # One text in the expression that names the legend, whatever it is.
    assert json.loads(said.removesuffix("[datum.value]")) == [BAD]


def test_a_session_of_the_far_future_does_not_stretch_the_bars() -> None:
    end = 20_000 * DAY_MS - 1
    extent = Extent(2, end - 3 * DAY_MS, 250_000_000_000_000)
    drawn = days.drawn(None, None, extent, end, most=100)
    assert drawn == days.Days(19_996 * DAY_MS, 1, 4)


@pytest.mark.parametrize(
    ("length", "step", "steps"), [(1, 1, 1), (100, 1, 100), (101, 7, 15), (3_650, 37, 99)]
)
def test_bars_are_of_more_days_in_a_longer_range(length: int, step: int, steps: int) -> None:
    end = 20_000 * DAY_MS - 1
    extent = Extent(1, end - length * DAY_MS + 1, end)
    drawn = days.drawn(None, None, extent, end, most=100)
    assert drawn
    assert (drawn.days, drawn.steps) == (step, steps)


def test_six_campaigns_other_and_none_are_told_apart() -> None:
    where = days.Days(0, 7, 2)
    counts = {(0, "other", True): 3, (0, None, True): 4, (1, None, False): 2_000}
    rows, spec = bars.bars(counts, ["other", "unseen"], where)
    assert rows[["begin", "from", "to", "series", "day", "campaign"]].to_numpy().tolist() == [
        [0, 0, 3, 0, "1 Jan 1970", "other"],
        [7, 0, 2_000, 1, "8 Jan 1970", "other"],
        [0, 3, 7, 2, "1 Jan 1970", "no campaign"],
    ]
    colours = spec["encoding"]["color"]
    assert colours["legend"]["labelExpr"] == '["other", "other", "no campaign"][datum.value]'
    assert len(set(colours["scale"]["range"])) == 3
    assert spec["encoding"]["x"]["scale"]["domain"] == [0, 7 + 0.8 * 7]


@pytest.mark.parametrize(("length", "looks"), [(7, "%-d %b"), (30, "%b %Y")])
def test_bars_of_more_than_a_year_say_the_year(length: int, looks: str) -> None:
    counts: bars.Counts = {(0, None, True): 4}
    _, spec = bars.bars(counts, [], days.Days(0, length, 15))
    axis = spec["encoding"]["x"]["axis"]
    assert looks in axis["labelExpr"]
    assert len(axis["values"]) == 15
