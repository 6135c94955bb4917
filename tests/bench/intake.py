"""One round of intake: requests in, answers out, everything derived."""

import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from tests.bench.load import CONNECTIONS, Answers, send
from tests.bench.peers.peers import (
    Peer,
    cpu_s,
    fresh_database,
    peak_mb,
    server_process,
    serving,
    stored_bytes,
)
from tests.bench.stream import Prepared, signed
from tests.processes import Running

WARM_UP = 200
"""Events sent before the clock starts: imports, connections, caches."""

_DERIVED_WITHIN_S = 120
_COMMITS = 100


@dataclass(frozen=True, slots=True)
class Round:
    """What one round came to. Rates are events a second, times ms, CPU ms an event, memory MB.

    CPU and memory are those of all processes of all receivers; `stored` is the bytes that the
    database grew by, an event.
    """

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
    stored: float


def play(
    peer: Peer,
    prepared: Sequence[Prepared],
    *,
    server: str | None,
    folder: Path,
    rate: float | None = None,
    connections: int = CONNECTIONS,
    receivers: int = 1,
) -> Round:
    """Measure a peer on a fresh database: Postgres at `server`, or SQLite in the folder.

    The first `WARM_UP` events are not measured. `rate`: requests a second; without, as fast as the
    connections are answered. Raises `RuntimeError` when an event is not stored or not derived.
    """
    with ExitStack() as stack:
        url = stack.enter_context(fresh_database(server, folder))
        running = [stack.enter_context(serving(peer, url, folder)) for _ in range(receivers)]
        ports = [_port(its) for its in running]
        requests = signed(prepared, f"127.0.0.1:{ports[0]}")
        pending = stack.enter_context(_pending(url))
        _checked(peer, send(requests[:WARM_UP], ports, folder))
        _wait_until(lambda: not pending())
        processes = [psutil.Process(its.process.pid) for its in running]
        postgres = server_process(server) if server else None
        cpu_before = sum(map(cpu_s, processes))
        database_before = cpu_s(postgres) if postgres else 0.0
        stored_before = stored_bytes(url)
        answers = send(requests[WARM_UP:], ports, folder, rate=rate, connections=connections)
        _checked(peer, answers)
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
            cpu=(sum(map(cpu_s, processes)) - cpu_before) * 1000 / count,
            database_cpu=(cpu_s(postgres) - database_before) * 1000 / count if postgres else None,
            memory=sum(map(peak_mb, processes)),
            stored=(stored_bytes(url) - stored_before) / count,
        )


def bare_rate(peer: Peer, prepared: Sequence[Prepared], folder: Path) -> float:
    """Requests a second of a peer without a database."""
    with serving(peer, "", folder) as running:
        ports = [_port(running)]
        requests = signed(prepared, f"127.0.0.1:{ports[0]}")
        send(requests[:WARM_UP], ports, folder)
        answers = send(requests, ports, folder)
        _checked(peer, answers)
        return len(requests) / (answers.ended - answers.began)


def _port(running: Running) -> int:
    return int(running.receiver.rpartition(":")[2])


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


def _checked(peer: Peer, answers: Answers) -> None:
    if not answers.all_stored:
        raise RuntimeError(f"{peer.name}: not every event was answered 200 {answers.statuses}")


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
