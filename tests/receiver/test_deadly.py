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
from tests.receiver.midbound import Posting, example, post

FAULT = """
import os, signal, sys
from pathlib import Path

if "models.projector.process" in sys.orig_argv:
    from models.projection import understanding

    def read(body, read=understanding.read):
        left = int(Path({path!r}).read_text())
        if b"https://deadly.example" in body and left:
            Path({path!r}).write_text(str(left - 1))
            os.kill(os.getpid(), signal.SIGKILL)
        return read(body)

    understanding.read = read
"""
"""Put into the projector's process from outside: it is killed as soon as it reads that address, as
often as a file says."""


@pytest.fixture
def kills(tmp_path: Path) -> Path:
    """How often it kills still."""
    path = tmp_path / "kills"
    (tmp_path / "sitecustomize.py").write_text(FAULT.format(path=str(path)))
    return path


def deadly() -> Posting:
    body = example("identity.resolved").body
    site = b"https://deadly.example"
    return Posting("msg_deadly", body.replace(b"https://www.example.com", site, 1) + b" ")


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
    kills.write_text("1000")
    receiver = started(run, database, kills)
    for posting in (example("identity.qualified"), deadly(), example("identity.enriched")):
        assert post(receiver.receiver, posting).status_code == 200
    eventually(lambda: waiting(database) == 0, within_s=120)
    assert set_aside(database) == {"msg_deadly": REASON}
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
