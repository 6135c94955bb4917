"""The screen of rules as Streamlit runs it: made by choosing a segment, tried, paused, removed."""

import pytest
from streamlit.testing.v1 import AppTest

from models.rules import destinations, outbox, rules
from models.rules.destinations import FAILING
from models.storage.database import Database
from models.tables.rules import DESTINATION, FAILED, OUTBOX
from tests.dashboard.pages import at
from tests.dashboard.settings import Choose
from tests.models.rules.desk import destination, profile, rule, segment, told, visit
from tests.models.test_audit import entries

HOSTILE = "[x](javascript:alert(1)) **bold** <img src=x>"


@pytest.fixture
def database(sqlite_url: str, choose: Choose) -> Database:
    choose(database_url=sqlite_url)
    return Database(sqlite_url)


def opened() -> AppTest:
    app = at("rules").run()
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    parts = (app.text, app.info, app.warning, app.success, app.subheader)
    return "\n".join(str(element.value) for elements in parts for element in elements)


def kept(database: Database) -> list[str]:
    with database.read() as db:
        return [one.name for one in rules.listed(db)]


def test_an_empty_desk_says_what_is_needed(database: Database) -> None:
    app = opened()
    assert "There are no rules yet" in said(app)
    assert "It needs a shared segment" in said(app)
    assert "nothing is sent anywhere" in said(app)
    assert kept(database) == []


def test_a_rule_is_made_by_choosing_a_segment(database: Database) -> None:
    segment(database, "hot", "page=/pricing")
    destination(database)
    told(database, visit("ann"), profile("ann"))
    app = opened()
    app.text_input(key="new_rule_name").set_value("calls").run()
    app.multiselect(key="new_rule_destinations").set_value(["team"]).run()
    app.button(key="new_rule_preview").click().run()
    assert "1 time in 7 days" in said(app)
    app.button(key="new_rule_add").click().run()
    assert not app.exception
    assert kept(database) == ["calls"]
    assert entries(database)[-1][1] == "rule add"
    app.button(key="pause_calls").click().run()
    with database.read() as db:
        assert rules.named(db, "calls").paused
    app.button(key="pause_calls").click().run()
    app.button(key="rule_test_calls").click().run()
    with database.read() as db:
        (row,) = outbox.recent(db)
    assert (row["kind"], row["rule"], row["destination"]) == ("test", "calls", "team")
    assert entries(database)[-1][1] == "rule test"
    app.button(key="remove_now_calls").click().run()
    assert kept(database) == []


def test_a_destination_is_added_tried_and_removed_and_never_shown(database: Database) -> None:
    app = opened()
    app.text_input(key="new_destination_name").set_value("sales").run()
    app.text_input(key="new_destination_slack_url").set_value(
        "https://hooks.example.com/hush"
    ).run()
    app.button(key="new_destination_add").click().run()
    assert not app.exception
    assert "sales has been added" in said(app)
    assert app.text_input(key="new_destination_slack_url").value == ""
    assert "hush" not in said(app)
    app.button(key="test_sales").click().run()
    with database.read() as db:
        assert [row["kind"] for row in outbox.recent(db)] == ["test"]
    app.button(key="drop_now_sales").click().run()
    with database.read() as db:
        assert destinations.listed(db) == []


def test_what_cannot_be_is_said(database: Database) -> None:
    app = opened()
    app.text_input(key="new_destination_name").set_value("sales").run()
    app.text_input(key="new_destination_slack_url").set_value("http://10.0.0.1/").run()
    app.button(key="new_destination_add").click().run()
    assert "must begin with https://" in said(app)
    app.text_input(key="new_destination_slack_url").set_value("https://169.254.169.254/").run()
    app.button(key="new_destination_add").click().run()
    assert "Nothing is sent to an address where a cloud keeps its machines' secrets" in said(app)
    app.text_input(key="new_destination_slack_url").set_value("https://10.0.0.1/").run()
    app.button(key="new_destination_add").click().run()
    assert "SENDER_ALLOW_PRIVATE=1 allows it" in said(app)
    assert entries(database) == []


def test_a_message_is_shown_as_text_and_sent_again(database: Database) -> None:
    rule(database)
    told(database, visit("ann"))
    with database.write() as db:
        db.execute(OUTBOX.update().values(state=FAILED, attempts=1, answer=HOSTILE, status=400))
    app = opened()
    assert f"answered 400 {HOSTILE}" in said(app)
    app.button(key="again_1").click().run()
    with database.read() as db:
        (row,) = outbox.recent(db)
    assert (row["state"], row["attempts"]) == ("waiting", 0)


def test_a_lead_says_why_a_rule_rang_and_why_not(database: Database) -> None:
    rule(database)
    told(database, visit("ann"))
    app = at("leads")
    app.query_params["lead"] = "v-ann"
    app.run()
    assert not app.exception
    assert any(box.label == "Rules: why, and why not" for box in app.expander)
    shown = AppTest.from_function(_why_of_ann, default_timeout=30).run()
    assert not shown.exception
    assert "Page is /pricing: /pricing" in said(shown)
    assert "waiting to team" in said(shown)


def _why_of_ann() -> None:
    import time  # noqa: PLC0415 - a script of its own

    from dashboard.data.source import source  # noqa: PLC0415 - a script of its own
    from dashboard.screens.details.rules_of import _say  # noqa: PLC0415 - a script of its own
    from models.rules.explaining import explained  # noqa: PLC0415 - a script of its own

    with source().read() as db:
        _say(explained(db, "v-ann", "hot", time.time_ns() // 1_000_000))


def test_operations_says_which_destination_is_switched_off(database: Database) -> None:
    destination(database)
    with database.write() as db:
        db.execute(DESTINATION.update().values(off_since=1, off_reason=FAILING))
    app = at("operations").run()
    assert not app.exception
    assert any(FAILING in str(one.value) for one in app.error)
    told_of = opened()
    assert f"Switched off: {FAILING}" in said(told_of)
    told_of.button(key="on_team").click().run()
    with database.read() as db:
        (team,) = destinations.listed(db)
    assert team.off_since is None
