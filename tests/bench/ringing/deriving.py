"""What rules cost deriving: the same events on databases with more and more rules, by turns."""

import random
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from models.storage.database import Database
from simulator.delivery import encode
from simulator.visits import events
from tests.bench.peers.peers import cpu_s, fresh_database, server_process
from tests.bench.ringing.many_rules import add_rules
from tests.desk import catch_up, take_in
from tests.reference.events import Delivery

RULES = (0, 100, 1_000)
_BATCH = 128
_WARM_UP = 4
"""Batches before the clock starts: rules are read with the first."""


@dataclass(frozen=True, slots=True)
class Derived:
    """CPU of deriving, in ms an event, of each batch, by the number of rules; on Postgres with the
    server's.
    """

    database: str
    ms: dict[int, list[float]]

    def ratios(self, rules: int) -> list[float]:
        """How many times as much as without rules, a third of the batches at a time."""
        return [
            sum(some) / sum(none)
            for some, none in zip(_parts(self.ms[rules]), _parts(self.ms[0]), strict=True)
        ]

    def mean(self, rules: int) -> float:
        """Mean ms an event."""
        return statistics.mean(self.ms[rules])


def _parts(batches: Sequence[float], number: int = 3) -> list[Sequence[float]]:
    size = max(len(batches) // number, 1)
    return [batches[at : at + size] for at in range(0, size * min(number, len(batches)), size)]


def measure(server: str | None, folder: Path, visitors: int) -> Derived:
    """Derive the simulator's events of so many visitors, made just now: what is old rings nothing.

    Each batch is derived on each database before the next one is, in an order of chance.
    """
    now = int(time.time() * 1000)
    story = events(visitors=visitors, seed=3, start_ms=now - 60_000, arrivals_per_minute=600)
    sent = [Delivery(one.event["id"], now, encode(one.event)) for one in story]
    dice = random.Random(1)
    spent: dict[int, list[float]] = {rules: [] for rules in RULES}
    with ExitStack() as stack:
        postgres = server_process(server) if server else None
        desks = {rules: stack.enter_context(_desk(server, folder, rules)) for rules in RULES}
        for place, at in enumerate(range(0, len(sent), _BATCH)):
            some = sent[at : at + _BATCH]
            for rules in dice.sample(RULES, len(RULES)):
                take_in(desks[rules], some)
                before = _cpu(postgres)
                catch_up(desks[rules])
                if place >= _WARM_UP:
                    spent[rules].append((_cpu(postgres) - before) * 1000 / len(some))
    return Derived("Postgres" if server else "SQLite", spent)


def _cpu(postgres: psutil.Process | None) -> float:
    return time.process_time() + (cpu_s(postgres) if postgres else 0.0)


@contextmanager
def _desk(server: str | None, folder: Path, rules: int) -> Iterator[Database]:
    own = folder / f"rules-{rules}"
    own.mkdir(exist_ok=True)
    with fresh_database(server, own) as url:
        database = Database(url)
        add_rules(database, rules, folder / "keys", "http://127.0.0.1:9/services/none")
        yield database
        database.close()
