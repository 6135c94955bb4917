"""Midbound as the receiver meets it: requests signed by the letter of Standard Webhooks.

Signed by hand, not by the library that the receiver verifies with, so that both are held.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any, NamedTuple

import httpx
from sqlalchemy import func, select, text

from models.ledger.deliveries import Kept
from models.storage.database import Database
from models.tables import DELIVERY, PENDING
from simulator.delivery import encode
from simulator.visits import events
from tests.conftest import SECRET
from tests.processes import ROOT
from tests.reference.events import Delivery as ReferenceDelivery

Json = dict[str, Any]

PATH = "/webhooks/midbound"
START_MS = 1_760_000_000_000

CLIENT = httpx.Client(timeout=30, trust_env=False)
"""For all tests: a client of its own for each request would cost more than the request."""


class Posting(NamedTuple):
    """What Midbound wants to deliver."""

    webhook_id: str
    body: bytes


def payload(kind: str) -> Json:
    """The vendor's example of an event type, for the test to change."""
    event: Json = json.loads((ROOT / f"models/payloads/examples/{kind}.json").read_bytes())
    return event


def example(kind: str) -> Posting:
    """The vendor's example of an event type, ready to be sent."""
    event = payload(kind)
    return Posting(event["id"], encode(event))


def story(visitors: int, seed: int) -> list[Posting]:
    """Events of made-up visitors, each once."""
    story = events(visitors=visitors, seed=seed, start_ms=START_MS, speed=1)
    return [Posting(scheduled.event["id"], encode(scheduled.event)) for scheduled in story]


def signature(secret: str, webhook_id: str, timestamp: str, body: bytes) -> str:
    """One entry of the list: HMAC-SHA256 over id, timestamp and body, as midbound.md has it."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def headers(posting: Posting, secret: str = SECRET, *, age_s: float = 0) -> dict[str, str]:
    """The headers of one attempt, signed `age_s` seconds ago."""
    timestamp = str(int(time.time() - age_s))
    return {
        "content-type": "application/json",
        "webhook-id": posting.webhook_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": signature(secret, posting.webhook_id, timestamp, posting.body),
    }


def post(receiver: str, posting: Posting, secret: str = SECRET) -> httpx.Response:
    """Deliver once."""
    return CLIENT.post(receiver + PATH, content=posting.body, headers=headers(posting, secret))


@dataclass(slots=True)
class Answers:
    """What became of many postings: ids by what was answered, and those nobody answered."""

    by_status: dict[int, set[str]] = field(default_factory=dict)
    left: list[Posting] = field(default_factory=list)

    @property
    def accepted(self) -> set[str]:
        """Ids that were answered 200."""
        return self.by_status.get(200, set())


async def deliver(
    receivers: Callable[[Posting], Sequence[str]],
    postings: Iterable[Posting],
    *,
    connections: int = 32,
    on_answer: Callable[[int], None] = lambda _answered: None,
) -> Answers:
    """Post each to all of its receivers at once, many at a time; what nobody answered is left.

    `on_answer` hears how many were answered so far.
    """
    answers = Answers()
    waiting = deque(postings)
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=connections)
    async with httpx.AsyncClient(timeout=30, limits=limits, trust_env=False) as client:

        async def attempt(receiver: str, posting: Posting) -> bool:
            try:
                answer = await client.post(
                    receiver + PATH, content=posting.body, headers=headers(posting)
                )
            except httpx.TransportError:
                return False
            answers.by_status.setdefault(answer.status_code, set()).add(posting.webhook_id)
            return True

        async def one_connection() -> None:
            while waiting:
                posting = waiting.popleft()
                attempts = [attempt(receiver, posting) for receiver in receivers(posting)]
                if any(await asyncio.gather(*attempts)):
                    on_answer(sum(map(len, answers.by_status.values())))
                else:
                    answers.left.append(posting)

        await asyncio.gather(*(one_connection() for _ in range(connections)))
    return answers


def ledger(database: Database) -> dict[str, Kept]:
    """Everything in the ledger, by id."""
    with database.read() as db:
        rows = db.execute(select(DELIVERY).order_by(DELIVERY.c.seq)).all()
    return {
        row.webhook_id: Kept(
            row.webhook_id,
            row.received_at,
            row.webhook_timestamp,
            row.webhook_signature,
            row.body,
            row.seq,
        )
        for row in rows
    }


def as_reference(kept: Iterable[Kept]) -> list[ReferenceDelivery]:
    """Ledger rows as the reference reads them."""
    return [ReferenceDelivery(d.webhook_id, d.received_at, d.body) for d in kept]


def waiting_to_be_derived(database: Database, *, for_s: float) -> int:
    """How many deliveries still wait after at most so many seconds; derives none itself."""
    deadline = time.monotonic() + for_s
    while True:
        with database.read() as db:
            left = db.execute(select(func.count()).select_from(PENDING)).scalar_one()
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.02)


@contextmanager
def no_writes(database: Database) -> Iterator[None]:
    """Hold the database so that no receiver can write deliveries; what they take in has to wait."""
    with database.write() as db:
        if database.is_postgres:
            db.execute(text("LOCK TABLE delivery IN EXCLUSIVE MODE"))
        yield


_numbers = count(1)


def fresh(body: bytes = b'{"not": "an event"}') -> Posting:
    """A posting with an id that was never sent before."""
    return Posting(f"evt_{next(_numbers)}", body)


def metric(receiver: str, line: str) -> float:
    """The value of one line of `/metrics`, 0 when it is not there yet."""
    found = re.search(rf"^{re.escape(line)} (\S+)$", metrics(receiver), re.MULTILINE)
    return float(found[1]) if found else 0.0


def metrics(receiver: str) -> str:
    return CLIENT.get(f"{receiver}/metrics").raise_for_status().text
