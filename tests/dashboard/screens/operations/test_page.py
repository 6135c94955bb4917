"""Operations as Streamlit runs it: what it says, whatever there is to say, and what it does."""

import json
import re
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.screens.operations.connect import SECRET_SETTING, WEBHOOK_PATH, WHEN
from models.ledger.deliveries import Delivery, keep
from models.payloads.events import EVENTS
from models.projection.joining import MOST
from models.settings import Settings
from models.storage.database import Database
from models.storage.version import advance
from receiver.app import create_app
from receiver.spool import Spool
from tests.conftest import SECRET
from tests.dashboard.deliveries import PIPELINE, payload, put
from tests.dashboard.settings import Choose
from tests.dashboard.table.contents import every
from tests.desk import catch_up, take_in
from tests.models.people import visit

# What is asked of the database has tests of its own on both (`test_queries`).
pytestmark = pytest.mark.long_on("postgres")

MAIN = Path(__file__).parents[4] / "dashboard" / "main.py"
HOSTILE = (
    '<script>alert(1)</script> **bold** [x](javascript:alert(1)) <img src="http://evil.example">'
)


@pytest.fixture
def app(database_url: str, choose: Choose) -> AppTest:
    choose(database_url=database_url)
    return AppTest.from_file(str(MAIN), default_timeout=30)


def _open(app: AppTest) -> AppTest:
    app.run()
    app.switch_page("screens/operations/page.py").run()
    assert not app.exception
    return app


def _said(app: AppTest) -> str:
    parts = (app.caption, app.text, app.info, app.markdown, app.warning, app.success, app.code)
    return "\n".join(str(element.value) for elements in parts for element in elements)


def _tiles(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def _tables(app: AppTest) -> list[dict[str, list[Any]]]:
    return every(app)


def _break(database: Database, webhook_id: str, **more: Any) -> None:
    event = payload("resolved") | {"id": webhook_id, "created": "yesterday"} | more
    put(database, event)


def test_an_empty_desk_says_how_to_connect(app: AppTest) -> None:
    said = _said(_open(app))
    assert "Nothing has come in yet." in said
    assert "/webhooks/midbound" in said
    assert "MIDBOUND_CLOUD_WEBHOOK_SECRET=whsec_…" in said


def test_one_visit_shows_its_numbers(app: AppTest, database: Database) -> None:
    put(database, *(payload(name) for name in PIPELINE))
    tiles = _tiles(_open(app))
    assert tiles["Deliveries"] == "5"
    assert (tiles["Duplicates"], tiles["Quarantined"], tiles["Waiting"]) == ("0", "0", "0")
    assert tiles["Wrong clocks"] == "5"


def test_the_last_event_of_each_type_has_its_age(app: AppTest, database: Database) -> None:
    put(database, payload("resolved"), received_at=int(time.time() * 1000) - 7_200_000)
    types = _tables(_open(app))[0]
    assert types["type"] == [
        "resolved", "qualified", "enriched", "validated", "session.finalized",
    ]  # fmt: skip
    assert types["age"] == ["2 h ago", "–", "–", "–", "–"]
    assert types["deliveries"][0] == 1


def test_an_unknown_type_has_its_row_among_the_types(app: AppTest, database: Database) -> None:
    event = {"id": "t", "type": "identity.guessed", "created": 1, "data": {}}
    put(database, event, received_at=int(time.time() * 1000) - 7_200_000)
    types = _tables(_open(app))[0]
    assert (types["type"][5], types["age"][5], types["deliveries"][5]) == ("guessed", "2 h ago", 1)


def test_a_period_without_events_says_when_the_last_came(app: AppTest, database: Database) -> None:
    put(database, payload("resolved"), received_at=int(time.time() * 1000) - 3 * 86_400_000)
    assert "Nothing came in during the last 24 hours. The last event came 3 d ago." in _said(
        _open(app)
    )


def test_the_period_stands_in_the_url(app: AppTest, database: Database) -> None:
    put(database, payload("resolved"), received_at=int(time.time() * 1000) - 3 * 86_400_000)
    app.query_params["range"] = "7d"
    assert _tiles(_open(app))["Deliveries"] == "1"


def test_a_bad_period_falls_back_with_a_word(app: AppTest, database: Database) -> None:
    put(database, payload("resolved"))
    app.query_params["range"] = "<b>forever"
    said = _said(_open(app))
    assert "Ignored: range may be 24h, 7d, 30d, 1y." in said
    assert "forever" not in said


def test_deliveries_that_nobody_derives_are_an_alarm(app: AppTest, database: Database) -> None:
    body = json.dumps(payload("resolved")).encode()
    ago = int(time.time() * 1000) - 600_000
    keep(database, [Delivery("waiting", ago, "1", "v1,x", body)])
    warning = _open(app).warning[0].value
    assert "Deliveries kept but not derived yet: 1, the oldest for 10 min" in warning


def test_old_deliveries_are_no_alarm_while_they_are_being_derived(
    app: AppTest, database: Database
) -> None:
    ago = int(time.time() * 1000) - 600_000
    keep(
        database, [Delivery("waiting", ago, "1", "v1,x", json.dumps(payload("resolved")).encode())]
    )
    with database.write() as db:
        advance(db)  # as a projector does with each batch
    assert "kept but not derived yet" not in _said(_open(app))


def test_quarantine_lists_what_is_set_aside_with_its_reason(
    app: AppTest, database: Database
) -> None:
    _break(database, "broken")
    table = next(t for t in _tables(_open(app)) if "error" in t)
    assert table["webhook_id"] == ["broken"]
    assert table["error"] == ["created must be a whole number of milliseconds"]


def test_hostile_text_is_only_in_cells_and_code(app: AppTest, database: Database) -> None:
    _break(database, f"id {HOSTILE}", type=f"identity.{HOSTILE}")
    put(database, {"id": "t", "type": HOSTILE, "created": 1, "data": {}})
    _open(app)
    assert any(HOSTILE in str(table) for table in _tables(app))
    for elements in (app.markdown, app.caption, app.info, app.warning, app.header, app.title):
        assert not any("alert(1)" in str(element.value) for element in elements)


def test_unknown_fields_and_types_are_listed(app: AppTest, database: Database) -> None:
    put(database, payload("resolved") | {"mood": 1})
    table = next(t for t in _tables(_open(app)) if "path" in t)
    assert (table["type"], table["path"]) == (["identity.resolved"], ["mood"])


def test_the_system_tells_version_size_and_migration(app: AppTest) -> None:
    said = _said(_open(app))
    assert version("visitor-desk") in said
    assert re.search(r"\d{4}[a-z]?, this version's", said)


def _replay(app: AppTest, button: str) -> AppTest:
    app.button(key=button).click().run()
    app.button(key="replay_now").click().run()
    assert not app.exception
    return app


def test_replay_asks_first(app: AppTest, database: Database) -> None:
    _break(database, "broken")
    _open(app).button(key="replay_all").click().run()
    assert "This delivery will be read again from the ledger" in _said(app)
    assert not app.warning


def test_replay_says_what_stays_unreadable(app: AppTest, database: Database) -> None:
    _break(database, "broken")
    _replay(_open(app), "replay_all")
    assert "0 of 1 could be derived; this version still can't read 1" in app.warning[0].value


def test_replay_after_a_fix_empties_the_quarantine(
    app: AppTest, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("models.projection.interpreting.facts", lambda *_: 1 / 0)
        put(database, payload("resolved"), payload("qualified"))
    _replay(_open(app), "replay_all")
    assert app.success[0].value.startswith("2 derived.")
    assert _tiles(app)["Quarantined"] == "0"


def test_one_chosen_delivery_is_replayed_alone(
    app: AppTest, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("models.projection.interpreting.facts", lambda *_: 1 / 0)
        put(database, payload("resolved"), payload("qualified"))
    _open(app)
    app.session_state["table_quarantine"] = {"opened": payload("qualified")["id"]}
    app.run()
    _replay(app, "replay_one")
    assert app.success[0].value.startswith("1 derived.")
    assert _tiles(app)["Quarantined"] == "1"


def test_the_raw_event_is_one_click_from_its_row(app: AppTest, database: Database) -> None:
    _break(database, "broken", note=HOSTILE)
    _open(app)
    app.session_state["table_quarantine"] = {"opened": "broken"}
    app.run()
    app.button(key="quarantined_raw").click().run()
    assert not app.exception
    assert any(json.dumps(HOSTILE) in code.value for code in app.code)


def test_a_database_that_is_away_is_said_so(app: AppTest, choose: Choose) -> None:
    choose(database_url="postgresql://nobody@127.0.0.1:1/none")
    assert "can't be reached" in _open(app).warning[0].value


def test_what_waits_on_disk_while_the_database_is_away_is_said(
    app: AppTest, choose: Choose, tmp_path: Path
) -> None:
    away = "postgresql://nobody@127.0.0.1:1/none"
    choose(database_url=away, spool_dir=str(tmp_path / "spool"))
    spool = Spool(tmp_path / "spool", away, 10_000)
    spool.open()
    spool.append([Delivery("waiting", 1, "1", "v1,x", b"{}" * 500)])
    spool.close()
    _open(app)
    assert "The receiver still accepts deliveries" in app.info[0].value
    assert "can't be reached" in app.warning[0].value


def test_the_way_to_connect_is_the_receivers_own() -> None:
    receiver = create_app(Settings(midbound_cloud_webhook_secret=SECRET))
    assert WEBHOOK_PATH in receiver.openapi()["paths"]
    assert SECRET_SETTING.lower() in Settings.model_fields
    assert list(WHEN) == list(EVENTS)


def test_visitors_that_are_too_many_to_be_one_human_are_told_of(
    app: AppTest, database_url: str
) -> None:
    database = Database(database_url)
    own = {n: [f"{n}-{number}@x.io" for number in range(MOST // 3 + 1)] for n in range(3)}
    take_in(database, [visit(n, f"v{n}", f"s{n}", "all@x.io", *own[n]) for n in own])
    catch_up(database)
    database.close()
    assert "3 visitors are linked by shared email addresses" in _said(_open(app))
