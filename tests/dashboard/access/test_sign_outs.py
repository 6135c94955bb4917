"""A sign-out holds on every dashboard of a database, and outlasts one that is away."""

import time
from collections.abc import Callable

import pytest

from dashboard.access.sign_outs import SignOuts
from models import sign_outs
from models.storage.database import Database
from tests.desk import eventually

SOON = int(time.time() * 1000) + 86_400_000


Dashboard = Callable[[], SignOuts]


@pytest.fixture
def dashboard(database: Database) -> Dashboard:
    """Starts one more dashboard of the database."""
    return lambda: SignOuts(lambda: database, late_s=0.1)


def test_it_holds_here_at_once_and_on_another_dashboard_within_a_moment(
    dashboard: Dashboard,
) -> None:
    here, there = dashboard(), dashboard()
    assert not there.has("ann")
    here.add("ann", SOON)
    assert here.has("ann")
    eventually(lambda: there.has("ann"))
    assert not there.has("bob")
    assert dashboard().has("ann")  # after a restart


def test_signing_out_twice_is_no_fault(dashboard: Dashboard) -> None:
    for one in (dashboard(), dashboard()):
        one.add("ann", SOON)
        assert one.has("ann")


def test_while_the_database_is_away_it_holds_here_and_is_written_down_later(
    database: Database, dashboard: Dashboard
) -> None:
    present = Database("postgresql://nobody@127.0.0.1:1/none")
    here, there = SignOuts(lambda: present, late_s=0.1), dashboard()
    here.add("ann", SOON)
    assert here.has("ann")
    present = database
    assert not there.has("ann")
    time.sleep(0.2)
    assert here.has("ann")
    eventually(lambda: there.has("ann"))


def test_what_is_over_by_itself_is_kept_no_longer(database: Database) -> None:
    with database.write() as db:
        sign_outs.note(db, "old", 1_000, 500)
        sign_outs.note(db, "new", 9_000, 2_000)
    with database.read() as db:
        assert sign_outs.ended(db, 0) == {"new"}
        assert sign_outs.ended(db, 9_001) == set()
