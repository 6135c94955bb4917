"""A delivery that kills the projector is set aside; others go on, and no innocent is condemned."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from models.projection.suspects import REASON
from models.projector.deriving import replay_quarantined
from models.projector.replay import replay
from models.storage.database import Database
from tests.desk import eventually
from tests.processes import ROOT, Running
from tests.receiver.deadly import deadly, fault
from tests.receiver.midbound import example, post


@pytest.fixture
def kills(tmp_path: Path) -> Path:
    """How often it kills still."""
    return fault(tmp_path, times=1000)


def set_aside(database: Database) -> dict[str, str]:
    with database.read() as db:
        return dict(map(tuple, db.execute(text("SELECT webhook_id, error FROM quarantine"))))


def waiting(database: Database) -> int:
    with database.read() as db:
        return int(db.execute(text("SELECT count(*) FROM pending")).scalar_one())


def started(run: Callable[..., Running], database: Database, kills: Path) -> Running:
    url = database.engine.url.render_as_string(hide_password=False)
    return run("receiver", database_url=url, PYTHONPATH=f"{kills.parent}:{ROOT}")


def test_one_that_kills_whenever_it_is_read_is_set_aside_alone_and_stays_so(
    run: Callable[..., Running], database: Database, kills: Path
) -> None:
    receiver = started(run, database, kills)
    for posting in (example("identity.qualified"), deadly(), example("identity.enriched")):
        assert post(receiver.receiver, posting).status_code == 200
    eventually(lambda: waiting(database) == 0, within_s=120)
    assert set_aside(database) == {deadly().webhook_id: REASON}
    assert replay(database).changed == {}
    kills.write_text("0")
    assert replay_quarantined(database) == (1, 0)
    assert set_aside(database) == {}


def test_one_that_was_at_hand_when_memory_was_short_is_derived_in_the_end(
    run: Callable[..., Running], database: Database, kills: Path
) -> None:
    kills.write_text("3")  # two of the batch, one alone
    receiver = started(run, database, kills)
    for posting in (deadly(), example("identity.enriched")):
        assert post(receiver.receiver, posting).status_code == 200
    eventually(lambda: waiting(database) == 0, within_s=120)
    assert (set_aside(database), kills.read_text()) == ({}, "0")
    with database.read() as db:
        assert db.execute(text("SELECT count(*) FROM suspect")).scalar_one() == 0
