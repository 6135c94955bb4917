"""A delivery that kills the projector is set aside; others go on, and no innocent is condemned."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from models.facts.ignored import Ignoring
from models.projection.deadly import REASON
from models.projector.deriving import replay_quarantined
from models.projector.replay import is_outdated, replay
from models.storage.database import Database
from tests.desk import eventually
from tests.processes import ROOT, Running
from tests.receiver.deadly import deadly, fault
from tests.receiver.midbound import CLIENT, example, post, story


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
    assert replay_quarantined(database, Ignoring()) == (1, 0)
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


def test_an_old_one_that_kills_who_derives_anew_after_an_upgrade_is_blamed_on_nobody(
    run: Callable[..., Running], database: Database, kills: Path
) -> None:
    kills.write_text("0")
    older = started(run, database, kills)
    for posting in (deadly(), example("identity.enriched")):
        assert post(older.receiver, posting).status_code == 200
    eventually(lambda: waiting(database) == 0)
    older.stop()
    with database.write() as db:
        db.execute(text("UPDATE projection SET rules = rules - 1"))
    kills.write_text("1000")
    receiver = started(run, database, kills)
    # As long as it goes on to die, new ones come in, and are derived.
    new = iter(story(200, 7))

    def is_told() -> bool:
        assert post(receiver.receiver, next(new)).status_code == 200
        eventually(lambda: waiting(database) == 0)
        ready = CLIENT.get(f"{receiver.receiver}/readyz")
        assert ready.status_code == 200
        return "can't be derived again" in ready.json().get("reason", "")

    eventually(is_told, within_s=60)
    log = receiver.log.read_text()
    assert (log.count("deriving_again_died") >= 3, "projector_died" in log) == (True, False)
    with database.read() as db:
        suspects = db.execute(text("SELECT count(*) FROM suspect")).scalar_one()
    assert (set_aside(database), suspects, is_outdated(database)) == ({}, 0, True)
    kills.write_text("0")
    eventually(lambda: not is_outdated(database), within_s=60)
    eventually(lambda: "reason" not in CLIENT.get(f"{receiver.receiver}/readyz").json())
    assert replay(database).changed == {}
