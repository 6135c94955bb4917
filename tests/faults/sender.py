"""Midbound under whatever happens: events at a rate, each sent again until somebody keeps it."""

import asyncio
import itertools
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from models.storage.database import Database
from simulator.delivery import encode
from simulator.visits import events
from tests.desk import eventually, expected, exported, without_errors
from tests.receiver.midbound import PATH, START_MS, Posting, as_reference, headers, ledger

RETRIES_S = (0.5, 5.0, 30.0)
"""After what time an event is sent again: as often as Midbound does, 60 times sooner."""

TIMEOUT_S = 15.0


@dataclass(slots=True)
class Account:
    """What became of events: how often which status was answered (0: none), and to whom 200."""

    statuses: Counter[int] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    acknowledged: set[str] = field(default_factory=set)
    given_up: set[str] = field(default_factory=set)
    took_s: list[float] = field(default_factory=list)


async def send(
    receivers: Sequence[str],
    account: Account,
    enough: threading.Event,
    *,
    rate: float,
    retries_s: Sequence[float] = RETRIES_S,
    seed: int = 41,
) -> None:
    """Send events to receivers in turn, `rate` a second, and again what was not answered 200."""
    turn = itertools.cycle(receivers)
    story = events(visitors=None, seed=seed, start_ms=START_MS, arrivals_per_minute=600)
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=32)
    async with httpx.AsyncClient(timeout=TIMEOUT_S, limits=limits, trust_env=False) as client:

        async def attempt(posting: Posting) -> bool:
            began = time.monotonic()
            try:
                answer = await client.post(
                    next(turn) + PATH, content=posting.body, headers=headers(posting)
                )
            except httpx.TransportError:
                account.statuses[0] += 1
                return False
            account.took_s.append(time.monotonic() - began)
            account.statuses[answer.status_code] += 1
            if answer.status_code != 200:
                return False
            account.outcomes[answer.json()["status"]] += 1
            account.acknowledged.add(posting.webhook_id)
            return True

        async def deliver(posting: Posting) -> None:
            for pause_s in (*retries_s, None):
                if await attempt(posting):
                    return
                if pause_s is not None:
                    await asyncio.sleep(pause_s)
            account.given_up.add(posting.webhook_id)

        began = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            for place, scheduled in enumerate(story):
                await asyncio.sleep(max(0.0, began + place / rate - time.monotonic()))
                if enough.is_set():
                    break
                event = scheduled.event
                tasks.create_task(deliver(Posting(event["id"], encode(event))))


@contextmanager
def sending(receivers: Sequence[str], **how: Any) -> Iterator[Account]:
    """Send (`send`) while the block does its worst; then wait until all is answered or given up."""
    account = Account()
    enough = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(asyncio.run, send(receivers, account, enough, **how))
        try:
            yield account
        finally:
            enough.set()
        sent.result()


def missing(database: Database, account: Account, within_s: float = 30) -> set[str]:
    """What was answered 200 and is not in the ledger once spools had time to be drained."""

    def lost() -> set[str]:
        return account.acknowledged - ledger(database).keys()

    try:
        eventually(lambda: not lost(), within_s)
    except AssertionError:
        return lost()
    return set()


def is_balanced(database: Database) -> bool:
    """Whether all exports are what the reference says of the ledger."""
    kept = as_reference(ledger(database).values())
    return without_errors(exported(database)) == expected(kept)
