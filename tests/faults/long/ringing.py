"""`kill -9` of two senders, the receiver with its projector, and Postgres at random, while rules
ring at a webhook.

`python -m tests.faults.long.ringing --help` tells how to run it for longer.
At the end the books of outbox and webhook must balance: every visit that was answered 200 has made
one message, each was taken at least once under its one `webhook-id`, and nothing else arrived.
"""

import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
from sqlalchemy import select

from models import migrations
from models.rules import destinations, rules
from models.segments import segments
from models.storage.database import Database
from models.tables.rules import OUTBOX, SENT
from tests.conftest import SECRET
from tests.desk import eventually
from tests.faults.long.havoc import SETTLE_S, begin_postgres, run, tormentor
from tests.models.rules.desk import visit
from tests.postgres import stoppable_postgres
from tests.processes import free_port, start
from tests.receiver.midbound import Posting, post
from tests.sender.stand_in import SECRET as WEBHOOK_SECRET
from tests.sender.stand_in import StandIn, standing_in

RATE = 10
PAGE = "/rings"
SENDERS = 2


@dataclass(slots=True)
class Books:
    """What was answered 200, what the outbox has, and what arrived."""

    kills: Counter[str]
    visits: set[str]
    """Visits that were acknowledged."""

    messages: dict[str, str]
    """Each message's `webhook-id`, with the visit that it is about."""

    unsent: int
    arrived: Counter[str]
    """How often each `webhook-id` was taken."""

    told: dict[str, str]
    """The visit that each message that arrived told of, by its `webhook-id`."""

    @property
    def are_right(self) -> bool:
        """Whether each visit made one message, each arrived, and nothing else did."""
        each = Counter(self.messages.values())
        return (
            bool(self.visits)
            and each.keys() >= self.visits
            and set(each.values()) == {1}
            and not self.unsent
            and self.arrived.keys() == self.messages.keys()
            and self.told == self.messages
        )

    def table(self) -> str:
        """The books for a reader."""
        killed = ", ".join(f"{name} {times}" for name, times in sorted(self.kills.items()))
        again = sum(times - 1 for times in self.arrived.values())
        return "\n".join(
            (
                f"killed                 {killed}",
                f"visits acknowledged    {len(self.visits):,}",
                f"messages made          {len(self.messages):,}",
                f"of them not sent       {self.unsent:,}",
                f"arrived                {len(self.arrived):,}",
                f"some of them again     {again:,} times",
                f"books balance          {'yes' if self.are_right else 'NO'}",
            )
        )


def ringing(folder: Path, seconds: float, seed: int = 1) -> Books:
    """Kill at random for so many seconds, let all of it come up again, and do the books."""
    with stoppable_postgres() as server, standing_in() as webhook, ExitStack() as stack:
        url = server.get_uri()
        database = Database(url)
        migrations.upgrade(database)
        stack.callback(database.close)
        ring_at(webhook, database, folder / "keys")
        values = {
            "DATABASE_URL": url,
            "MIDBOUND_CLOUD_WEBHOOK_SECRET": SECRET,
            "RECEIVER_PORT": str(free_port()),
            "DASHBOARD_PORT": str(free_port()),
            "SPOOL_DIR": str(folder / "spool"),
            "KEY_FILE": str(folder / "keys"),
            "SENDER_ALLOW_PRIVATE": "1",
        }
        receiver = f"http://127.0.0.1:{values['RECEIVER_PORT']}"

        def process(command: str) -> Callable[[], Callable[[], None]]:
            return lambda: stack.enter_context(start([command], folder, values, fresh=True)).kill

        victims = {
            "Postgres": lambda: begin_postgres(server, url),
            "receiver": process("receiver"),
            **{f"sender {number}": process("sender") for number in range(1, SENDERS + 1)},
        }
        kills, over = Counter[str](), threading.Event()

        torment = tormentor(victims, kills, over, seed)
        first = {name: begin() for name, begin in victims.items()}
        visits = set[str]()
        with ThreadPoolExecutor(len(victims) + 1) as pool:
            torments = [pool.submit(torment, name, kill) for name, kill in first.items()]
            visiting = pool.submit(visit_until, over, receiver, visits, RATE)
            time.sleep(seconds)
            over.set()
            for each in torments:
                each.result()
            visiting.result()
        return balance(database, kills, visits, webhook)


def ring_at(webhook: StandIn, database: Database, key_file: Path) -> None:
    """A rule that tells a webhook of every visit to a page that nobody else sees."""
    with database.write() as db:
        destinations.add(
            db, key_file, name="crm", kind="webhook",
            secrets=[webhook.url, WEBHOOK_SECRET], owner="test", allow_private=True,
        )  # fmt: skip
        segments.save(db, "all", f"page={PAGE}", who="test", is_shared=True)
        rules.add(db, rules.read("all", "all", "visit", ["crm"], cap_per_hour=10_000), "test")


def visit_until(over: threading.Event, receiver: str, visits: set[str], rate: float) -> None:
    """Somebody new, `rate` a second, sees the page that rings; noted once it was answered 200."""
    for number in itertools.count():
        if over.wait(1 / rate) and visits:
            return
        delivery = visit(f"p{number}", page=PAGE)
        posting = Posting(delivery.webhook_id, delivery.body)
        with suppress(httpx.TransportError):
            if post(receiver, posting).status_code == httpx.codes.OK:
                visits.add(f"s-p{number}-1")


def balance(database: Database, kills: Counter[str], visits: set[str], webhook: StandIn) -> Books:
    """Wait until all is told, or time is up, and compare."""

    def messages() -> dict[str, tuple[str, str]]:
        columns = OUTBOX.c["webhook_id", "sid", "state"]
        with database.read() as db:
            return {row[0]: (row[1], row[2]) for row in db.execute(select(*columns))}

    def is_told() -> bool:
        found = messages()
        told = {sid for sid, state in found.values() if state == SENT}
        return told >= visits and all(state == SENT for _, state in found.values())

    with suppress(AssertionError):
        eventually(is_told, SETTLE_S * 2)
    found = messages()
    arrived = webhook.taken()
    return Books(
        kills,
        visits,
        {webhook_id: sid for webhook_id, (sid, _) in found.items()},
        sum(state != SENT for _, state in found.values()),
        Counter(one.id for one in arrived),
        {one.id: json.loads(one.body)["data"]["visit"]["sid"] for one in arrived},
    )


if __name__ == "__main__":
    run(__doc__, ringing)
