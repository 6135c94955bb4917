"""All leads are scored anew while events come in: how long that takes, and what others notice."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import httpx
import psutil
from sqlalchemy import func, select

from models.scoring import versions
from models.storage.database import Database
from models.tables import LEAD, SESSION
from simulator.delivery import encode, sign
from tests.bench.live import desk, just_now, of_some_people
from tests.bench.load import send
from tests.bench.peers.peers import cpu_s
from tests.bench.scoring.previewing import OTHER
from tests.bench.stream import PATH, signed
from tests.conftest import SECRET
from tests.dashboard.deliveries import visitor
from tests.desk import eventually
from tests.processes import Running

RATE = 100
"""Events a second meanwhile."""

_SENT_S = 10
_WITHIN_S = 900
_SHOWN_S = 60
_APART_S = 0.3
_SETTLE_S = 3.0
_numbers = count(2_000_000)


@dataclass(slots=True)
class Noticed:
    """Times of the receiver's answers, and from a 200 to the feed that Live shows, in ms."""

    answers: list[float] = field(default_factory=list)
    shown: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Rescored:
    """Seconds until a version was in force, those of the CPU that all of the receiver's processes
    took meanwhile, and what was noticed, before and meanwhile.
    """

    leads: int
    visits: int
    seconds: float
    cpu: float
    before: Noticed
    beside: Noticed


def measure(url: str, folder: Path, *, probes: int, rate: int = RATE) -> Rescored:
    """Save a version on a desk that takes `rate` events a second and shows them, and wait until all
    is scored by it. Raises `RuntimeError` when that takes a quarter of an hour.
    """
    database = Database(url)
    with database.read() as db:
        leads, visits = (
            db.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (LEAD, SESSION)
        )
    before, beside = Noticed(), Noticed()
    with (
        desk(url, folder) as running,
        _feed(running) as probe,
        _sending(running, folder, rate, before, beside) as now,
    ):
        for _ in range(probes):
            before.shown.append(probe())
        now.set()
        number = versions.save(database, OTHER, "bench")
        process = psutil.Process(running.process.pid)
        began, used = time.monotonic(), cpu_s(process)
        while _in_force(database) != number:
            beside.shown.append(probe())
            if time.monotonic() - began > _WITHIN_S:
                raise RuntimeError("the version is still not in force")
        seconds, cpu = time.monotonic() - began, cpu_s(process) - used
    database.close()
    return Rescored(leads, visits, seconds, cpu, before, beside)


def _in_force(database: Database) -> int:
    with database.read() as db:
        return versions.in_force(db).version


@contextmanager
def _feed(running: Running) -> Iterator[Callable[[], float]]:
    """Follow the feed; gives what lets somebody unknown come and tells the ms until they show."""
    arrived: dict[str, float] = {}
    awaited: list[str] = []

    def follow() -> None:
        with suppress(httpx.TransportError), httpx.stream("GET", feed, timeout=None) as answer:
            for line in answer.iter_lines():
                for vid in awaited:
                    if vid in line:
                        arrived.setdefault(vid, time.monotonic())

    def probe() -> float:
        number = next(_numbers)
        event = just_now(visitor(number, first=f"Probe {number}"))
        vid, body = event["data"]["session"]["vid"], encode(event)
        awaited.append(vid)
        headers = sign(SECRET, event["id"], body)
        to = f"{running.receiver}{PATH}"
        httpx.post(to, content=body, headers=headers, timeout=60).raise_for_status()
        answered = time.monotonic()
        eventually(lambda: vid in arrived, _SHOWN_S)
        time.sleep(_APART_S)
        return max(0.0, (arrived[vid] - answered) * 1000)

    feed = f"{running.dashboard}/api/feed"
    threading.Thread(target=follow, daemon=True).start()
    time.sleep(_SETTLE_S)
    yield probe


@contextmanager
def _sending(
    running: Running, folder: Path, rate: int, before: Noticed, beside: Noticed
) -> Iterator[threading.Event]:
    """Send events all the time; once the flag is set their answers count as those beside."""
    port = int(running.receiver.rpartition(":")[2])
    now, over = threading.Event(), threading.Event()

    def run() -> None:
        while not over.is_set():
            noticed = beside if now.is_set() else before
            requests = signed(of_some_people(rate * _SENT_S), f"127.0.0.1:{port}")
            noticed.answers += send(requests, [port], folder, rate=float(rate)).took_ms

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield now
    finally:
        over.set()
        thread.join()
