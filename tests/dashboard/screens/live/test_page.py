"""The script that Streamlit runs, without a browser: no exception, whatever there is to show."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.data.source import source
from dashboard.screens.live.lead_panel import panel_data
from dashboard.screens.live.queries import lead
from models.scoring.reasons.breakdown import breakdowns
from models.storage.database import Database
from tests.dashboard.deliveries import HOUR_MS, PIPELINE, START_MS, payload, put, visitor
from tests.dashboard.pages import at
from tests.dashboard.settings import Choose

MAIN = Path(__file__).parents[4] / "dashboard" / "main.py"


@pytest.fixture
def app(database_url: str, choose: Choose) -> AppTest:
    choose(database_url=database_url)
    return AppTest.from_file(str(MAIN), default_timeout=30)


def _components(app: AppTest) -> int:
    return len(app.get("bidi_component"))


def test_live_shows_the_feed_alone_at_first(app: AppTest) -> None:
    app.run()
    assert not app.exception
    assert _components(app) == 1


def test_a_selected_lead_opens_beside_the_feed(app: AppTest, database: Database) -> None:
    put(database, *(payload(name) for name in PIPELINE))
    app.session_state["live"] = {"selected": "linkedin.com/in/ptrtht"}
    app.run()
    assert not app.exception
    assert _components(app) == 2


def test_a_lead_that_is_gone_is_said_so(app: AppTest) -> None:
    app.session_state["live"] = {"selected": "linkedin.com/in/nobody"}
    app.run()
    assert not app.exception
    assert [info.value for info in app.info] == [
        "This lead no longer exists: what was known about them belongs to another lead now."
    ]


def test_a_database_that_is_away_is_said_so(app: AppTest, choose: Choose) -> None:
    choose(database_url="postgresql://nobody@127.0.0.1:1/none")
    app.session_state["live"] = {"selected": "linkedin.com/in/ptrtht"}
    app.run()
    assert not app.exception
    assert "can't be reached" in app.warning[0].value


def test_operations_says_what_to_do_about_a_file_that_was_moved_over(
    sqlite_url: str, choose: Choose, tmp_path: Path
) -> None:
    choose(database_url=sqlite_url)
    with source().read():
        pass
    other = tmp_path / "other.db"
    other.touch()
    other.rename(sqlite_url.removeprefix("sqlite:///"))
    app = at("operations").run()
    assert "visitor-desk db restore" in app.error[0].value


def test_panel_shows_what_is_missing_as_missing(database: Database) -> None:
    put(database, visitor(1))
    with database.read() as db:
        row = lead(db, "01VIS0001")
    assert row
    contact = panel_data(row)["sections"][0]["facts"]
    assert contact[0] == {"label": "Email"}
    assert contact[1] == {"label": "Phone"}


def test_panel_says_why_to_call_on_which_lists_and_leads_to_the_company(
    database: Database,
) -> None:
    put(database, *(payload(name) for name in PIPELINE))
    with database.read() as db:
        row = lead(db, "linkedin.com/in/ptrtht")
        (why,) = breakdowns(db, ["linkedin.com/in/ptrtht"], START_MS + HOUR_MS).values()
    assert row
    shown = panel_data(row, why=why, lists=["customers", "deals"])
    assert shown["why"]["grade"] == "?2"
    assert shown["why"]["sentence"].startswith("Looked at /pricing ")
    facts = {fact["label"]: fact for fact in shown["sections"][0]["facts"]}
    assert facts["Company"]["page"] == "/companies?company=midbound.ai"
    assert facts["On lists"]["text"] == "customers, deals"


def test_panel_says_why_the_newest_check_failed(database: Database) -> None:
    event = payload("validated")
    event["data"]["validations"][0] |= {
        "validity": None,
        "error": {"code": "timeout", "message": "The mail server did not answer"},
    }
    put(database, payload("qualified"), event)
    with database.read() as db:
        row = lead(db, "linkedin.com/in/ptrtht")
    assert row
    email = panel_data(row)["sections"][0]["facts"][0]
    assert email["text"] == "peter@midbound.ai"
    assert email["validity"] == "unchecked"
    assert email["note"] == "Newest check failed: The mail server did not answer"
