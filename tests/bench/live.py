"""Live under load: from the receiver's 200 to the row in a real browser, and what viewers cost."""

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import psutil
from playwright.sync_api import Page

from models.storage.database import Database
from simulator.delivery import encode, sign
from tests.bench.load import send
from tests.bench.peers.peers import cpu_s, peak_mb
from tests.bench.stream import PATH, Prepared, signed
from tests.browser import browsing, watching
from tests.conftest import SECRET
from tests.dashboard.deliveries import put, visitor
from tests.processes import Running, free_port, start

_PEOPLE = 60
"""Who the load is about: fewer than the feed shows, so that a row asked for is not pushed out."""

_APART_S = 0.4
_SETTLE_S = 3.0
_SHOWN_WITHIN_MS = 10_000
_numbers = count(1)

_WATCH = """
body => {
  window.shownAt = {}
  const look = () => {
    for (const found of body.textContent.matchAll(/Probe No(\\d+)\\./g)) {
      if (!(found[1] in window.shownAt)) window.shownAt[found[1]] = Date.now()
    }
  }
  new MutationObserver(look).observe(body, {childList: true, subtree: true, characterData: true})
}
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """Times from a 200 to the row in the browser's page, in ms, while `rate` events/s came in."""

    rate: int
    ms: list[float]


@dataclass(frozen=True, slots=True)
class Watched:
    """What the dashboard used while so many watched: percent of a core, and memory in MB."""

    viewers: int
    core: float
    memory: float


def shown(url: str, folder: Path, *, rate: int, probes: int) -> Seen:
    """Let unknown people arrive one by one, `rate` others' events a second beside them.

    Raises `RuntimeError` when one is not on the screen within ten seconds.
    """
    with desk(url, folder) as running, browsing() as browser, watching(browser) as seen:
        page = seen.page
        page.goto(running.dashboard)
        page.locator(".list:visible, .empty:visible").wait_for(timeout=30_000)
        page.locator(".rows").evaluate(_WATCH)
        time.sleep(_SETTLE_S)
        with busy(running, folder, rate, _SETTLE_S + probes * (_APART_S + 0.4)):
            return Seen(rate, [_probe(running, page) for _ in range(probes)])


def _probe(running: Running, page: Page) -> float:
    number = next(_numbers)
    event = just_now(visitor(number, first="Probe", last=f"No{number}."))
    body = encode(event)
    answer = httpx.post(
        f"{running.receiver}{PATH}", content=body, headers=sign(SECRET, event["id"], body)
    )
    answered = time.time() * 1000
    if answer.status_code != 200:
        raise RuntimeError(f"the receiver answered {answer.status_code}")
    while (at := page.evaluate(f"window.shownAt['{number}']")) is None:
        if time.time() * 1000 - answered > _SHOWN_WITHIN_MS:
            raise RuntimeError("a visitor was not on the screen within ten seconds")
        page.wait_for_timeout(20)
    time.sleep(_APART_S)
    return max(0.0, float(at) - answered)


def just_now(event: dict[str, Any]) -> dict[str, Any]:
    """An event of a visit that begins just now."""
    now = int(time.time() * 1000)
    event["id"] = f"evt_bench_{now}_{next(_numbers)}"
    event["created"] = now
    event["data"]["session"]["createdAt"] = now
    return event


@contextmanager
def busy(running: Running, folder: Path, rate: int, seconds: float) -> Iterator[None]:
    """Send so many events a second, of some people who click about, from another process."""
    if not rate:
        yield
        return
    port = int(running.receiver.rpartition(":")[2])
    requests = signed(of_some_people(int(rate * seconds)), f"127.0.0.1:{port}")
    thread = threading.Thread(
        target=send, args=(requests, [port], folder), kwargs={"rate": float(rate)}
    )
    thread.start()
    time.sleep(_SETTLE_S)
    yield
    thread.join()


def of_some_people(count: int) -> list[Prepared]:
    """So many events, just made, of a few people who click about."""
    bodies = [visitor(1_000_000 + n, first=f"Busy {n}") for n in range(_PEOPLE)]
    made = [just_now(deepcopy(bodies[number % _PEOPLE])) for number in range(count)]
    return [Prepared(event["id"], encode(event)) for event in made]


def watched(url: str, folder: Path, *, viewers: Sequence[int], seconds: int) -> list[Watched]:
    """Let so many follow the feed while a new visitor arrives every second."""
    database = Database(url)
    try:
        with desk(url, folder, "dashboard") as running:
            return [asyncio.run(_followed(running, database, many, seconds)) for many in viewers]
    finally:
        database.close()


async def _followed(running: Running, database: Database, viewers: int, seconds: int) -> Watched:
    process = psutil.Process(running.process.pid)
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(timeout=None, limits=limits, trust_env=False) as client:
        following = [asyncio.create_task(_follow(client, running)) for _ in range(viewers)]
        await asyncio.sleep(_SETTLE_S)
        began, used = time.monotonic(), cpu_s(process)
        for _ in range(seconds):
            number = next(_numbers)
            event = just_now(visitor(number, first="Viewed", last=f"No{number}"))
            await asyncio.to_thread(put, database, event)
            await asyncio.sleep(1)
        core = 100 * (cpu_s(process) - used) / (time.monotonic() - began)
        for task in following:
            task.cancel()
        done = await asyncio.gather(*following, return_exceptions=True)
        failed = [one for one in done if not isinstance(one, asyncio.CancelledError)]
        if failed:
            raise RuntimeError(f"a viewer's line broke: {failed[0]}")
    return Watched(viewers, core, peak_mb(process))


async def _follow(client: httpx.AsyncClient, running: Running) -> None:
    async with client.stream("GET", f"{running.dashboard}/api/feed") as answer:
        async for _ in answer.aiter_bytes():
            pass


@contextmanager
def desk(url: str, folder: Path, command: str = "up") -> Iterator[Running]:
    """A desk on this database, or a part of one."""
    environment = {
        "DATABASE_URL": url,
        "MIDBOUND_CLOUD_WEBHOOK_SECRET": SECRET,
        "RECEIVER_PORT": str(free_port()),
        "DASHBOARD_PORT": str(free_port()),
        "SPOOL_DIR": str(folder / "spool"),
        "LOG_LEVEL": "WARNING",
    }
    with start([command], folder, environment, fresh=True) as running:
        yield running
