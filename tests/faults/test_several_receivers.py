"""Several receivers on one database: they race for deliveries, never over a lead."""

import asyncio
import os
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg
import pytest

from models.ledger.deliveries import Delivery, keep
from models.storage.database import PROJECTION_LOCK, Database
from tests.blank import named
from tests.desk import expected, exported, without_errors
from tests.processes import Running
from tests.receiver.midbound import (
    Posting,
    as_reference,
    deliver,
    ledger,
    post,
    story,
    waiting_to_be_derived,
)

pytestmark = pytest.mark.xdist_group("several_receivers")

RECEIVERS = 3
DERIVED_WITHIN_S = 30


@dataclass(slots=True)
class Load:
    """A story on its way to several receivers, some of which are killed meanwhile."""

    receivers: dict[str, Running]
    postings: Sequence[Posting]
    living: list[str]
    answered: int = 0
    dice: random.Random = field(default_factory=lambda: random.Random(5))

    def note(self, answered: int) -> None:
        """Hear how many postings were answered."""
        self.answered = answered

    def targets(self, _posting: Posting) -> list[str]:
        """A receiver at random for most, all at once for every fourth."""
        addresses = [self.receivers[name].receiver for name in self.living]
        return addresses if self.dice.random() < 0.25 else [self.dice.choice(addresses)]

    def kill_holder(self, url: str, *, after: int) -> None:
        """Kill the receiver that holds the projection's lock, while it holds it."""
        while self.answered < after:
            time.sleep(0.001)
        with psycopg.connect(url, autocommit=True) as db:
            while True:
                name = holder(db)
                if name not in self.living:
                    continue
                receiver = self.receivers[name]
                (projector,) = psutil.Process(receiver.process.pid).children()
                # Stopped, so that it can't let go between the look and the kill.
                projector.suspend()
                time.sleep(0.02)
                if holder(db) == name:
                    self.living.remove(name)
                    receiver.kill()
                    return
                projector.resume()


def holder(db: "psycopg.Connection[tuple[str]]") -> str:
    """The name that the holder of the projection's lock gave to Postgres, empty when there is none.

    An advisory lock's key stands in two halves.
    """
    found = db.execute(
        "SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
        " WHERE l.locktype = 'advisory' AND l.objid = %s AND l.granted"
        " AND a.datname = current_database()",
        (PROJECTION_LOCK,),
    ).fetchone()
    return found[0] if found else ""


def deadlocks(db: "psycopg.Connection[tuple[int]]") -> int:
    """How many Postgres had to break; those of closed connections are counted for sure."""
    row = db.execute(
        "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    ).fetchone()
    return row[0] if row else -1


@dataclass(slots=True)
class Aftermath:
    """What is left when the load is over."""

    database: Database
    postings: Sequence[Posting]
    statuses: set[int]
    accepted: set[str]
    killed: int
    pending: int
    deadlocks: int


@pytest.fixture(scope="module")
def aftermath(shared_url: str, start_receiver: Callable[..., Running]) -> Iterator[Aftermath]:
    """Three receivers under load, of which two are killed, each while it derived."""
    url = shared_url
    with ThreadPoolExecutor(RECEIVERS) as pool:
        names = [f"receiver-{number}" for number in range(RECEIVERS)]
        started = pool.map(lambda name: start_receiver(url, PGAPPNAME=name), names)
        receivers = dict(zip(names, started, strict=True))
    load = Load(receivers, story(visitors=250, seed=31), names)
    with ThreadPoolExecutor(1) as pool:
        delivery = pool.submit(
            lambda: asyncio.run(deliver(load.targets, load.postings, on_answer=load.note))
        )
        for kill in (1, 2):
            load.kill_holder(url, after=len(load.postings) * kill // 4)
        answers = delivery.result()
    # As Midbound does: what nobody answered comes again.
    again = asyncio.run(deliver(load.targets, answers.left))
    assert not again.left
    database = Database(url)
    pending = waiting_to_be_derived(database, for_s=DERIVED_WITHIN_S)
    for name in load.living:
        receivers[name].stop()
    with psycopg.connect(url) as db:
        found = deadlocks(db)
    yield Aftermath(
        database,
        load.postings,
        answers.by_status.keys() | again.by_status.keys(),
        answers.accepted | again.accepted,
        RECEIVERS - len(load.living),
        pending,
        found,
    )
    database.close()


def test_two_were_killed_while_they_derived(aftermath: Aftermath) -> None:
    assert aftermath.killed == 2


def test_the_living_answer_nothing_but_200(aftermath: Aftermath) -> None:
    assert aftermath.statuses == {200}


def test_each_delivery_is_in_the_ledger_once(aftermath: Aftermath) -> None:
    assert sorted(ledger(aftermath.database)) == sorted(p.webhook_id for p in aftermath.postings)


def test_everything_is_derived_soon_after_the_load(aftermath: Aftermath) -> None:
    assert aftermath.pending == 0


def test_there_was_no_deadlock(aftermath: Aftermath) -> None:
    assert aftermath.deadlocks == 0


def test_exports_are_what_the_reference_says(aftermath: Aftermath) -> None:
    kept = as_reference(ledger(aftermath.database).values())
    assert without_errors(exported(aftermath.database)) == expected(kept)


# Their ledger


def test_two_that_hold_the_same_deliveries_in_opposite_order_do_not_wait_for_each_other(
    postgres_url: str,
) -> None:
    rounds = [
        [Delivery(f"evt_{turn}_{number}", 0, "0", "v1,", b"{}") for number in range(256)]
        for turn in range(20)
    ]

    together = threading.Barrier(2)

    def keep_all(*, backwards: bool) -> None:
        database = Database(postgres_url)
        for deliveries in rounds:
            together.wait(10)
            keep(database, deliveries[::-1] if backwards else deliveries)
        database.close()

    with ThreadPoolExecutor(2) as pool:
        for order in (False, True):
            pool.submit(keep_all, backwards=order)
    with psycopg.connect(postgres_url) as db:
        assert deadlocks(db) == 0


# Their start


@pytest.fixture(params=["sqlite", "postgres"])
def blank_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of a database without a single table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/new/desk.db"
        return
    server: str = request.getfixturevalue("postgres")
    name = f"unmigrated_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as db:
        db.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        yield named(server, name)
        db.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_several_that_start_at_once_on_a_blank_database_all_take_deliveries(
    run: Callable[..., Running], blank_url: str
) -> None:
    with ThreadPoolExecutor(RECEIVERS) as pool:
        started = list(
            pool.map(lambda _: run("receiver", database_url=blank_url), range(RECEIVERS))
        )
    answers = [
        post(receiver.receiver, Posting(f"evt_{number}", b"{}"))
        for number, receiver in enumerate(started)
    ]
    assert [answer.json() for answer in answers] == [{"status": "stored"}] * RECEIVERS
