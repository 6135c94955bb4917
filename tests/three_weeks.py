"""A database with three weeks of made-up visits, some 2,500 leads: made once a test session.

Whoever needs it asks for the fixture `three_weeks` and takes a copy, which costs a moment:

    def test_something(three_weeks: ThreeWeeks, tmp_path: Path) -> None:
        database = Database(three_weeks.copy(tmp_path))

It is what `visitor-desk up --demo` begins with: it ends an hour before the test session began, so
that nothing in it rings. Why each visitor came, which nothing that was sent says, is in `purposes`;
which firms bought in the end, and when, in `deals`.
"""

import fcntl
import json
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
from sqlalchemy import event

from commands.demo import BEFORE_MS, SEED, keep_deals, keep_history, score_buyers
from models import migrations
from models.facts.ignored import Ignoring
from models.projection.summaries import sum_up
from models.projector.deriving import derive_batch
from models.projector.rescoring import rescore
from models.storage.database import Database
from simulator.history import Deal, History
from simulator.purposes import Purpose
from simulator.visits import ScheduledEvent

_BATCH = 2048


@dataclass(frozen=True)
class ThreeWeeks:
    """The file, and the truth about who is in it. `end_ms` (Unix ms) is when it ends."""

    file: Path
    end_ms: int
    purposes: dict[str, Purpose]
    """Why somebody came, by the `sid` of each of their visits."""
    deals: list[Deal]

    def copy(self, folder: Path) -> str:
        """URL of a copy in a folder, to do with as one likes."""
        shutil.copyfile(self.file, folder / "three-weeks.db")
        return f"sqlite:///{folder}/three-weeks.db"


class _Witness(History):
    """Notes why people come while it is told."""

    def __init__(self, end_ms: int) -> None:
        super().__init__(end_ms=end_ms, seed=SEED)
        self.purposes: dict[str, Purpose] = {}

    def events(self) -> Iterator[ScheduledEvent]:
        for scheduled in super().events():
            if scheduled.person:
                data = scheduled.event["data"]
                about = data.get("attribution") or {"sessionId": data["session"]["sid"]}
                self.purposes[about["sessionId"]] = scheduled.person.purpose
            yield scheduled


def three_weeks_of(factory: pytest.TempPathFactory, secret: str) -> ThreeWeeks:
    """Make it, or take what another process of this test session has made."""
    is_shared = "PYTEST_XDIST_WORKER" in os.environ
    base = factory.getbasetemp()
    folder = (base.parent if is_shared else base) / "three-weeks"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        told = folder / "truth.json"
        if not told.exists():
            told.write_text(json.dumps(_made(folder / "history.db", secret)))
    truth = json.loads(told.read_text())
    return ThreeWeeks(
        folder / "history.db",
        truth["end_ms"],
        {sid: Purpose(why) for sid, why in truth["purposes"].items()},
        [Deal(**deal) for deal in truth["deals"]],
    )


def _made(file: Path, secret: str) -> dict[str, object]:
    """Fill the file; gives the truth."""
    end_ms = int(time.time() * 1000) - BEFORE_MS
    history = _Witness(end_ms)
    database = Database(f"sqlite:///{file}")
    event.listen(database.engine, "connect", _hurry)
    migrations.upgrade(database)
    score_buyers(database)
    rescore(database)
    for _ in keep_history(database, history, secret):
        pass
    while (derived := derive_batch(database, Ignoring(), limit=_BATCH)) and derived.deliveries:
        pass
    keep_deals(database, history)
    while sum_up(database):
        pass
    database.close()
    with sqlite3.connect(file) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    deals = [asdict(deal) for deal in history.deals()]
    return {"end_ms": end_ms, "purposes": history.purposes, "deals": deals}


def _hurry(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA synchronous = OFF")  # nobody needs the file after a crash
