"""A sign-out holds on every dashboard of a database, and outlasts one that is away."""

import time

import pytest

from dashboard.access import sign_outs as remembered
from dashboard.access.sign_outs import SignOuts
from models import sign_outs
from models.storage.database import Database
from tests.desk import eventually

SOON = int(time.time() * 1000) + 86_400_000


@pytest.fixture(autouse=True)
def _desk(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "primary", lambda: database)


def test_it_holds_here_at_once_and_on_another_dashboard_within_a_moment() -> None:
    here, there = SignOuts(late_s=0.1), SignOuts(late_s=0.1)
    assert not there.has("ann")
    here.add("ann", SOON)
    assert here.has("ann")
    eventually(lambda: there.has("ann"), within_s=5)
    assert not there.has("bob")
    assert SignOuts(late_s=0.1).has("ann")  # after a restart


def test_signing_out_twice_is_no_fault() -> None:
    for dashboard in (SignOuts(late_s=0.1), SignOuts(late_s=0.1)):
        dashboard.add("ann", SOON)
        assert dashboard.has("ann")


def test_while_the_database_is_away_it_holds_here_and_is_written_down_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here, there = SignOuts(late_s=0.1), SignOuts(late_s=0.1)
    with monkeypatch.context() as away:
        away.setattr(
            remembered, "primary", lambda: Database("postgresql://nobody@127.0.0.1:1/none")
        )
        here.add("ann", SOON)
        assert here.has("ann")
    assert not there.has("ann")
    time.sleep(0.2)
    assert here.has("ann")
    eventually(lambda: there.has("ann"), within_s=5)


def test_what_is_over_by_itself_is_kept_no_longer(database: Database) -> None:
    with database.write() as db:
        sign_outs.note(db, "old", 1_000, 500)
        sign_outs.note(db, "new", 9_000, 2_000)
    with database.read() as db:
        assert sign_outs.ended(db, 0) == {"new"}
        assert sign_outs.ended(db, 9_001) == set()
