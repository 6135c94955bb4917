"""CPU and memory of the dashboard while many follow the feed with different filters, and the time
from the receiver's 200 to the row at each one's socket.
"""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import httpx
import psutil
from sqlalchemy import select

from models.segments import segments
from models.storage.database import Database
from models.tables import PENDING
from simulator.delivery import encode, sign
from tests.bench.feed.viewers import following
from tests.bench.peers.peers import cpu_s, peak_mb
from tests.bench.stream import PATH
from tests.conftest import SECRET
from tests.dashboard.screens.live.visitors import guest
from tests.processes import ROOT, Running, free_port, start

VIEWERS = 100

_COUNTRIES = ("DE", "FR", "PT", "ES", "GB", "US", "IE", "NL", "AT", "CH")
_SEGMENTS = {"everybody": "bots=show", "south": "country=PT&country=ES", "buyers": "page=/pricing"}

FILTERS = (
    *(f"country={one}" for one in _COUNTRIES),
    *(f"country.not={one}" for one in _COUNTRIES),
    *(f"min_employees={least}" for least in (10, 50, 100, 200, 300, 500, 1_000, 5_000)),
    *(f"channel={one}" for one in ("Direct", "Organic+Search", "Paid+Search", "Referral")),
    *(f"segment={name}" for name in _SEGMENTS),
    *("hot=yes", "bots=show", "validity=valid", "grade=A", "seniority=c_level", "department=sales"),
    *("owner=(none)", "page=/pricing", "device=mobile", "industry.has=soft", "job_title.has=head"),
    *("stage=resolved", "min_pages=2", "visit=new", "country=DE&min_employees=200"),
)[:50]
"""Fifty different ones, of a visit, a human, an employer, and what is kept."""

_SETTLE_S = 10.0
_APART_S = 1.0
_LAST_S = 5.0
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Filtered:
    """What the dashboard of a checkout used while so many different filters were watched: percent
    of a core, and memory in MB at the peak; times from a 200 to the row at a viewer's socket in ms,
    of all viewers that were told.
    """

    checkout: str
    filters: int
    core: float
    memory: float
    ms: list[float]


def prepare(url: str) -> None:
    """Keep the segments that the filters name."""
    database = Database(url)
    with database.write() as db:
        for name, query in _SEGMENTS.items():
            segments.save(db, name, query, who="shell:bench", is_shared=True)
    database.close()


def watched(
    url: str, folder: Path, filters: Sequence[str], *, seconds: int, checkout: Path = ROOT
) -> Filtered:
    """Let `VIEWERS` follow with these filters in turn while a new visitor arrives every second.

    The processes are those of a checkout. Raises `RuntimeError` when somebody was never told.
    """
    queries = [filters[place % len(filters)] if filters else "" for place in range(VIEWERS)]
    answered: dict[int, float] = {}
    with _desk(url, folder, checkout) as (running, process):
        port = int(running.dashboard.rpartition(":")[2])
        with following(port, queries, folder) as told:
            _settle(url, running)
            began, used = time.monotonic(), cpu_s(process)
            for place in range(seconds):
                _arrive(running, answered)
                time.sleep(max(0.0, began + (place + 1) * _APART_S - time.monotonic()))
            took = time.monotonic() - began
            core, memory = 100 * (cpu_s(process) - used) / took, peak_mb(process)
            time.sleep(_LAST_S)
    ms = [at - answered[n] for its in told.at for n, at in its.items() if n in answered]
    if not ms or not all(told.received):
        raise RuntimeError("a viewer was told of nobody")
    return Filtered(checkout.name, len(filters), core, memory, ms)


def _settle(url: str, running: Running) -> None:
    """Wait until somebody new is derived, and whoever watches has had time to hear of it."""
    _arrive(running, {})
    database = Database(url)
    while True:
        with database.read() as db:
            if not db.execute(select(PENDING.c.seq).limit(1)).first():
                break
        time.sleep(_APART_S)
    database.close()
    time.sleep(_SETTLE_S)


def _arrive(running: Running, answered: dict[int, float]) -> None:
    number = next(_numbers)
    now = int(time.time() * 1000)
    event = deepcopy(
        guest(
            2_000_000 + now % 10_000_000,
            first="Probe",
            last=f"No{number}.",
            title=("Head of Sales", "CEO", "Engineer")[number % 3],
            country=_COUNTRIES[number % len(_COUNTRIES)],
            page=f"https://www.example.com/{('', 'pricing')[number % 2]}",
            score=90,
        )
    )
    event["id"] = f"evt_feed_{now}_{number}"
    event["created"] = event["data"]["session"]["createdAt"] = now
    body = encode(event)
    answer = httpx.post(
        f"{running.receiver}{PATH}", content=body, headers=sign(SECRET, event["id"], body)
    )
    answered[number] = time.time() * 1000
    answer.raise_for_status()


@contextmanager
def _desk(url: str, folder: Path, checkout: Path) -> Iterator[tuple[Running, psutil.Process]]:
    """Receiver and dashboard of a checkout; the latter's process is what is measured."""
    environment = {
        "PYTHONPATH": os.pathsep.join([str(checkout), str(ROOT)]),
        "DATABASE_URL": url,
        "MIDBOUND_CLOUD_WEBHOOK_SECRET": SECRET,
        "RECEIVER_PORT": str(free_port()),
        "DASHBOARD_PORT": str(free_port()),
        "SPOOL_DIR": str(folder / "spool"),
        "LOG_LEVEL": "WARNING",
    }
    with (
        start(["receiver"], folder, environment, fresh=True),
        start(["dashboard"], folder, environment, fresh=True) as running,
    ):
        yield running, psutil.Process(running.process.pid)
