"""Who is told that a destination is switched off: who added it, on every screen, and Operations."""

from pathlib import Path

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from models.rules import destinations
from models.rules.destinations import FAILING, FAILING_MS
from models.rules.outbox import now_ms
from models.storage.database import Database
from models.tables.access import AUDIT
from models.tables.rules import DESTINATION
from tests.dashboard.access.login import LOGIN
from tests.dashboard.pages import at
from tests.dashboard.settings import Choose
from tests.desk import eventually
from tests.sender.desk import add, chosen, messages, post, sending, with_ann
from tests.sender.stand_in import Said, standing_in

OWNER, OTHER, REP = "owner@example.com", "other@example.com", "rep@example.com"


@pytest.fixture
def database(
    sqlite_url: str, tmp_path: Path, choose: Choose, monkeypatch: pytest.MonkeyPatch
) -> Database:
    monkeypatch.chdir(tmp_path)
    choose(database_url=sqlite_url)
    return Database(sqlite_url)


@pytest.fixture
def login(choose: Choose) -> None:
    """A login, with two who may save destinations and one who may not."""
    choose(**LOGIN | {"role_ops": f"{OWNER},{OTHER}", "role_viewer": REP})


def switched_off(database: Database, owner: str) -> None:
    with database.write() as db:
        destinations.add(
            db, database.forgotten_file.with_name("keys"), name="team", kind="slack",
            secrets=["https://hooks.example.com/x"], owner=owner,
        )  # fmt: skip
        db.execute(DESTINATION.update().values(off_since=now_ms(), off_reason=FAILING))


def alarmed(app: AppTest) -> list[str]:
    assert not app.exception
    return [str(one.value) for one in app.error if "switched off" in str(one.value)]


def _screen_of(address: str) -> None:
    from dashboard.access.account import Account  # noqa: PLC0415 - a script of its own
    from dashboard.access.roles import role_of  # noqa: PLC0415 - a script of its own
    from dashboard.screens.rules.destination_alarm import (  # noqa: PLC0415 - a script of its own
        destinations_alarm,
    )

    destinations_alarm(Account(role_of(address), address))


def seen_by(address: str) -> bool:
    return bool(
        alarmed(AppTest.from_function(_screen_of, args=(address,), default_timeout=30).run())
    )


@pytest.mark.usefixtures("login")
def test_who_added_it_is_told_and_nobody_else(database: Database) -> None:
    switched_off(database, OWNER)
    assert [seen_by(one) for one in (OWNER, OTHER, REP)] == [True, False, False]


@pytest.mark.usefixtures("login")
@pytest.mark.parametrize("owner", ["shell:root", "gone@example.com"])
def test_of_one_that_nobody_here_added_all_who_look_after_them_are_told(
    database: Database, owner: str
) -> None:
    switched_off(database, owner)
    assert [seen_by(one) for one in (OWNER, OTHER, REP)] == [True, True, False]


def test_it_stands_on_every_screen_and_once_on_operations(database: Database) -> None:
    switched_off(database, "shell:root")
    for screen in ("live", "leads", "rules", "operations"):
        (said,) = alarmed(at(screen).run())
        assert "team" in said
        assert FAILING in said
    with database.write() as db:
        destinations.switch_on(db, "team")
    assert alarmed(at("leads").run()) == []


def test_three_days_of_failing_are_told_and_recorded(
    database: Database, sqlite_url: str, tmp_path: Path
) -> None:
    its = chosen(sqlite_url, tmp_path)
    with_ann(database)
    with standing_in() as server:
        server.answer = lambda _: Said(500)
        add(database, its, "crm", server.url)
        with database.write() as db:
            db.execute(DESTINATION.update().values(failing_since=now_ms() - FAILING_MS))
        post(database, "crm", "one")
        with sending(its):
            eventually(lambda: messages(database)[0]["attempts"] == 1)
    (said,) = alarmed(at("leads").run())
    assert "crm" in said
    with database.read() as db:
        entries = db.execute(select(*AUDIT.c["who", "what", "filters"])).all()
    assert [tuple(one)[:2] for one in entries] == [("sender", "destination off")]
    assert "name=crm" in entries[0].filters
