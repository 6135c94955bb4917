"""What scores cost deriving: the same events with them and without, by turns."""

import random
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import psutil

from models.projector.rescoring import rescore
from models.scoring import versions
from models.storage.database import Database
from simulator.delivery import encode
from simulator.visits import events
from tests.bench.peers.peers import cpu_s, fresh_database, server_process
from tests.bench.scoring.previewing import OTHER
from tests.desk import catch_up, take_in
from tests.reference.events import Delivery

_BATCH = 128
_WARM_UP = 4
"""Batches before the clock starts."""

_PARTS = 3


@dataclass(frozen=True, slots=True)
class Derived:
    """CPU of deriving, in ms, of each batch, with scores and without; on Postgres with the
    server's.
    """

    database: str
    scored: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)

    def ratios(self) -> list[float]:
        """How many times as much with scores, a third of the batches at a time."""
        size = max(len(self.bare) // _PARTS, 1)
        starts = range(0, size * min(_PARTS, len(self.bare)), size)
        return [sum(self.scored[at : at + size]) / sum(self.bare[at : at + size]) for at in starts]


def measure(server: str | None, folder: Path, visitors: int) -> Derived:
    """Derive the simulator's events of so many visitors on two databases, in an order of chance."""
    now = int(time.time() * 1000)
    story = events(visitors=visitors, seed=3, start_ms=now - 60_000, arrivals_per_minute=600)
    sent = [Delivery(one.event["id"], now, encode(one.event)) for one in story]
    dice = random.Random(1)
    found = Derived("Postgres" if server else "SQLite")
    with ExitStack() as stack:
        postgres = server_process(server) if server else None
        desks: dict[bool, Database] = {}
        for is_scored in (True, False):
            own = folder / f"scored-{is_scored}"
            own.mkdir(exist_ok=True)
            desks[is_scored] = Database(stack.enter_context(fresh_database(server, own)))
            stack.callback(desks[is_scored].close)
            versions.save(desks[is_scored], OTHER, "bench")
            rescore(desks[is_scored])
        for place, at in enumerate(range(0, len(sent), _BATCH)):
            for is_scored in dice.sample((True, False), 2):
                take_in(desks[is_scored], sent[at : at + _BATCH])
                before = _cpu(postgres)
                _derive(desks[is_scored], is_scored=is_scored)
                if place >= _WARM_UP:
                    spent = found.scored if is_scored else found.bare
                    spent.append((_cpu(postgres) - before) * 1000)
    return found


def _derive(database: Database, *, is_scored: bool) -> None:
    if is_scored:
        catch_up(database)
        return
    with patch.object(versions, "read", lambda _db: []):
        catch_up(database)


def _cpu(postgres: psutil.Process | None) -> float:
    return time.process_time() + (cpu_s(postgres) if postgres else 0.0)
