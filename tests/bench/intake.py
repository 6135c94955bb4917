"""One round of intake: requests in, answers out, everything derived."""

import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from tests.bench.load import send
from tests.bench.peers import Peer, cpu_s, fresh_database, peak_mb, server_process, serving
from tests.bench.stream import Prepared, signed

WARM_UP = 200
"""Events sent before the clock starts: imports, connections, caches."""

_DERIVED_WITHIN_S = 120
_COMMITS = 100


@dataclass(frozen=True, slots=True)
class Round:
    """What one round came to. Rates are events a second, times ms, CPU ms an event, memory MB."""

    peer: str
    database: str
    events: int
    answered_rate: float
    derived_rate: float
    p50: float
    p99: float
    worst: float
    cpu: float
    database_cpu: float | None
    memory: float


def play(
    peer: Peer,
    prepared: Sequence[Prepared],
    *,
    server: str | None,
    folder: Path,
    rate: float | None = None,
) -> Round:
    """Measure a peer on a fresh database: Postgres at `server`, or SQLite in the folder.

    The first `WARM_UP` events are not measured. `rate`: requests a second; without, as fast as 64
    connections are answered. Raises `RuntimeError` when an event is not stored or not derived.
    """
    with fresh_database(server, folder) as url, serving(peer, url, folder) as running:
        port = int(running.receiver.rpartition(":")[2])
        requests = signed(prepared, f"127.0.0.1:{port}")
        with _pending(url) as pending:
            _checked(peer, send(requests[:WARM_UP], port, folder).all_stored)
            _wait_until(lambda: not pending())
            receiver = psutil.Process(running.process.pid)
            postgres = server_process(server) if server else None
            cpu_before = cpu_s(receiver)
            database_before = cpu_s(postgres) if postgres else 0.0
            answers = send(requests[WARM_UP:], port, folder, rate)
            _checked(peer, answers.all_stored, str(answers.statuses))
            _wait_until(lambda: not pending())
            derived = time.monotonic()
            count = len(prepared) - WARM_UP
            times = statistics.quantiles(answers.took_ms, n=100, method="inclusive")
            return Round(
                peer=peer.name,
                database="Postgres" if server else "SQLite",
                events=count,
                answered_rate=count / (answers.ended - answers.began),
                derived_rate=count / (derived - answers.began),
                p50=times[49],
                p99=times[98],
                worst=max(answers.took_ms),
                cpu=(cpu_s(receiver) - cpu_before) * 1000 / count,
                database_cpu=(cpu_s(postgres) - database_before) * 1000 / count
                if postgres
                else None,
                memory=peak_mb(receiver),
            )


def bare_rate(peer: Peer, prepared: Sequence[Prepared], folder: Path) -> float:
    """Requests a second of a peer without a database."""
    with serving(peer, "", folder) as running:
        port = int(running.receiver.rpartition(":")[2])
        requests = signed(prepared, f"127.0.0.1:{port}")
        send(requests[:WARM_UP], port, folder)
        answers = send(requests, port, folder)
        _checked(peer, answers.all_stored, str(answers.statuses))
        return len(requests) / (answers.ended - answers.began)


def commit_ms(server: str | None, folder: Path) -> float:
    """Median ms of a bare commit of one small row, as durable as the receivers' own."""
    with fresh_database(server, folder) as url:
        db: sqlite3.Connection | psycopg.Connection
        if server:
            db = psycopg.connect(url, autocommit=True)
        else:
            db = sqlite3.connect(folder / "desk.db", isolation_level=None)
            db.execute("PRAGMA synchronous = FULL")
        took = []
        for _ in range(_COMMITS):
            began = time.perf_counter()
            db.execute("UPDATE projection SET version = version + 1")
            took.append((time.perf_counter() - began) * 1000)
        db.close()
        return statistics.median(took)


def _checked(peer: Peer, is_right: bool, statuses: str = "") -> None:  # noqa: FBT001 - the condition is the subject, as in assert
    if not is_right:
        raise RuntimeError(f"{peer.name}: not every event was answered 200 {statuses}")


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _DERIVED_WITHIN_S
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError("events are still not derived")
        time.sleep(0.005)


@contextmanager
def _pending(url: str) -> Iterator[Callable[[], bool]]:
    """A question on its own connection: is anything not derived yet?"""
    sql = "SELECT 1 FROM pending LIMIT 1"
    db: sqlite3.Connection | psycopg.Connection
    if url.startswith("sqlite"):
        db = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    else:
        db = psycopg.connect(url, autocommit=True)
    try:
        yield lambda: db.execute(sql).fetchone() is not None
    finally:
        db.close()
