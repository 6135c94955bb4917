"""Forgetting and subject access as ops have them on a lead's page, and the audit log of it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from streamlit.testing.v1 import AppTest

from models.storage.database import Database
from tests.dashboard.access.login import LOGIN, claims
from tests.dashboard.deliveries import PIPELINE, payload, put, visitor
from tests.dashboard.settings import Choose
from tests.dashboard.table.contents import every, rows_of
from tests.models.test_audit import entries
from tests.processes import Running

# Forgetting itself is tested on both (`tests/models/personal_data`).
pytestmark = pytest.mark.long_on("postgres")

MAIN = Path(__file__).parents[4] / "dashboard" / "main.py"
PETER = "linkedin.com/in/ptrtht"
Run = Callable[..., Running]


@pytest.fixture
def app(database_url: str, choose: Choose) -> AppTest:
    choose(database_url=database_url)
    return AppTest.from_file(str(MAIN), default_timeout=30)


@pytest.fixture
def filled(database: Database) -> Database:
    put(database, *(payload(name) for name in PIPELINE), visitor(1, first="Bea"))
    return database


@pytest.fixture
def signed_in(app: AppTest, choose: Choose) -> Callable[[str], AppTest]:
    choose(**LOGIN | {"role_viewer": "@example.com"})

    def sign_in(email: str) -> AppTest:
        app.user = claims(email)
        return app

    return sign_in


def _lead(app: AppTest, key: str = PETER) -> AppTest:
    app.run()
    app.switch_page("screens/leads/page.py")
    app.query_params["lead"] = key
    app.run()
    assert not app.exception
    return app


def _buttons(app: AppTest) -> set[Any]:
    return {button.key for button in app.button}


def _ask(app: AppTest) -> AppTest:
    app.button(key="forget").click().run()
    assert not app.exception
    return app


def _confirm(app: AppTest, word: str) -> AppTest:
    app.text_input(key="forget_word").set_value(word)
    app.button(key="forget_now").click().run()
    assert not app.exception
    return app


@pytest.mark.usefixtures("filled")
def test_what_goes_is_shown_first(app: AppTest) -> None:
    said = [text.value for text in _ask(_lead(app)).text]
    assert "This will be erased for good: 1 lead, 1 visit, 5 deliveries." in said
    assert [code.value for code in app.code] == ["Peter Toth"]


def test_a_preview_changes_nothing(app: AppTest, filled: Database) -> None:
    _ask(_lead(app))
    assert _leads(filled) == {PETER, "01VIS0001"}
    assert entries(filled) == []


def test_without_the_word_nobody_is_forgotten(app: AppTest, filled: Database) -> None:
    _confirm(_ask(_lead(app)), "yes")
    assert PETER in _leads(filled)


def test_with_the_word_they_are_gone_and_it_says_so(app: AppTest, filled: Database) -> None:
    _confirm(_ask(_lead(app)), "Forget")
    assert app.success[0].value == "Forgotten: 1 lead, 1 visit, 5 deliveries."
    assert _leads(filled) == {"01VIS0001"}
    [(who, what, filters, rows)] = entries(filled)
    assert (who, what, filters.partition(":")[0], rows) == ("local", "forget", "linkedin=hash", 5)


def _leads(database: Database) -> set[str]:
    with database.read() as db:
        return {row[0] for row in db.exec_driver_sql("SELECT key FROM lead")}


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(("email", "may"), [("vic@example.com", False), ("ops@example.com", True)])
def test_only_ops_may_forget(signed_in: Callable[[str], AppTest], email: str, *, may: bool) -> None:
    assert ("forget" in _buttons(_lead(signed_in(email)))) is may


def test_a_role_that_was_taken_meanwhile_forgets_nobody(
    signed_in: Callable[[str], AppTest], filled: Database
) -> None:
    app = _ask(_lead(signed_in("ops@example.com")))
    app.user = claims("vic@example.com")
    app.text_input(key="forget_word").set_value("forget")
    app.button(key="forget_now").click().run()
    assert PETER in _leads(filled)
    assert entries(filled) == []


def test_a_raw_view_is_recorded_with_who_saw_which(
    signed_in: Callable[[str], AppTest], database: Database
) -> None:
    put(database, payload("resolved") | {"id": "broken", "created": "yesterday"})
    _open_quarantined(signed_in("ops@example.com"), "quarantined_raw")
    assert entries(database) == [("ops@example.com", "raw view", "webhook_id=broken", 1)]


def test_deriving_again_is_recorded_with_who_asked(
    signed_in: Callable[[str], AppTest], database: Database
) -> None:
    put(database, payload("resolved") | {"id": "broken", "created": "yesterday"})
    app = _open_quarantined(signed_in("ops@example.com"), "replay_one")
    app.button(key="replay_now").click().run()
    assert entries(database) == [("ops@example.com", "replay", "webhook_id=broken", 0)]


def _open_quarantined(app: AppTest, button: str) -> AppTest:
    app.run()
    app.switch_page("screens/operations/page.py").run()
    app.session_state["table_quarantine"] = {"opened": rows_of(app, "quarantine")[0]["webhook_id"]}
    app.run()
    app.button(key=button).click().run()
    assert not app.exception
    return app


def test_operations_show_it_newest_first_and_who_is_kept_out(
    app: AppTest, filled: Database
) -> None:
    _confirm(_ask(_lead(app)), "forget")
    put(filled, *(payload(name) for name in PIPELINE))
    app.switch_page("screens/operations/page.py").run()
    assert not app.exception
    shown = every(app)
    audit = next(table for table in shown if "asked_by" in table)
    assert (audit["asked_by"], audit["what"], audit["rows"]) == (["local"], ["forget"], [5.0])
    kept_out = next(table for table in shown if "dropped" in table)
    assert (kept_out["reason"], kept_out["erased"]) == (["forgotten"], [5.0])


def test_the_subject_access_file_has_what_was_sent(
    database_url: str, filled: Database, run: Run
) -> None:
    dashboard = run("dashboard", database_url=database_url).dashboard
    answer = httpx.get(f"{dashboard}/api/subject.json", params={"lead": PETER})
    assert 'filename="subject-access-' in answer.headers["content-disposition"]
    assert len(json.loads(answer.content)["deliveries"]) == len(PIPELINE)
    nobody = httpx.get(f"{dashboard}/api/subject.json", params={"lead": "linkedin.com/in/nobody"})
    assert (nobody.status_code, nobody.json()["detail"]) == (404, "Nothing is held on them.")
    log = [(who, what, rows) for who, what, _, rows in entries(filled)]
    assert log == [("local", "subject", 5), ("local", "subject", 0)]
