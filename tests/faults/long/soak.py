"""A long, steady load with people looking on: `python -m tests.faults.long.soak --minutes 10`.

Receiver, sender and dashboard on one database, some hundred events a second, a rule that rings, and
viewers of the live feed. It fails when memory grows beyond a bound, when an event is not answered
200 and kept, or when the books of rule and webhook do not balance.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import httpx
import psutil

from models import migrations
from models.storage.database import Database
from tests.conftest import SECRET
from tests.faults.long.ringing import Books, balance, ring_at, visit_until
from tests.faults.sender import Account, missing, sending
from tests.postgres import running_postgres
from tests.processes import free_port, start
from tests.receiver.midbound import waiting_to_be_derived
from tests.sender.stand_in import standing_in

SAMPLES = 60
RINGING_RATE = 1.0
"""Visits a second that a rule tells of."""

PARTS = 10
GROWTH = 0.10
GROWTH_BYTES = 16 * 1024 * 1024
"""What a process may grow by from the third tenth of the time to the last: the larger of a part of
its memory and some bytes. Before that, caches and allocators fill."""

_WARM = 2


@dataclass(slots=True)
class Soak:
    """What was sent, and how much memory each process had, sampled evenly."""

    account: Account
    memory: Mapping[str, list[int]]
    messages: list[int]
    missing: set[str]
    waiting: int
    rung: Books
    """What a rule made of visits of its own, and what of it arrived."""

    @property
    def is_flat(self) -> bool:
        """Whether no process grew beyond the bound."""
        return all(is_flat(samples) for samples in self.memory.values())

    @property
    def is_served(self) -> bool:
        """Whether all was answered 200, kept and derived, and who is to be told of it was."""
        answered = self.account.statuses.keys() == {200}
        is_kept = not self.missing and not self.waiting
        return answered and is_kept and all(self.messages) and self.rung.are_right

    def table(self) -> str:
        """The result for a reader: memory of each tenth of the time, in MB."""
        took = sorted(self.account.took_s)
        lines = [
            f"{name:<10}" + "".join(f"{part / 1e6:>7.0f}" for part in parts(samples)) + " MB"
            for name, samples in self.memory.items()
        ]
        answers = ", ".join(f"{code} {n:,}" for code, n in sorted(self.account.statuses.items()))
        half, most = (1000 * took[int(len(took) * share)] for share in (0.5, 0.99))
        kept = f"{len(self.missing):,} of {len(self.account.acknowledged):,}"
        return "\n".join(
            (
                *lines,
                f"answers    {answers}; half within {half:.0f} ms, 99 of 100 within {most:.0f} ms",
                f"viewers    {len(self.messages)}, each told {min(self.messages):,} times at least",
                f"missing    {kept}, not derived {self.waiting:,}",
                f"rung       {len(self.rung.arrived):,} of {len(self.rung.visits):,} visits told",
                f"memory is  {'flat' if self.is_flat else 'NOT FLAT'}",
            )
        )


def parts(samples: Sequence[int]) -> list[float]:
    """The median of each tenth of the time."""
    bounds = [len(samples) * part // PARTS for part in range(PARTS + 1)]
    return [statistics.median(samples[low:high]) for low, high in pairwise(bounds)]


def is_flat(samples: Sequence[int]) -> bool:
    """Whether memory did not grow beyond the bound after it had warmed up."""
    medians = parts(samples)
    return medians[-1] - medians[_WARM] <= max(GROWTH_BYTES, GROWTH * medians[_WARM])


def soak(folder: Path, url: str, seconds: float, rate: float, viewers: int) -> Soak:
    """Keep up a load for so many seconds."""
    values = {
        "DATABASE_URL": url,
        "MIDBOUND_CLOUD_WEBHOOK_SECRET": SECRET,
        "RECEIVER_PORT": str(free_port()),
        "DASHBOARD_PORT": str(free_port()),
        "SENDER_PORT": str(free_port()),
        "SPOOL_DIR": str(folder / "spool"),
        "KEY_FILE": str(folder / "keys"),
        "SENDER_ALLOW_PRIVATE": "1",
    }
    database = Database(url)
    migrations.upgrade(database)
    visits, over = set[str](), threading.Event()
    with standing_in() as webhook, ExitStack() as stack:
        stack.callback(database.close)
        ring_at(webhook, database, folder / "keys")
        receiver = stack.enter_context(start(["receiver"], folder, values, fresh=True))
        dashboard = stack.enter_context(start(["dashboard"], folder, values, fresh=True))
        sender = stack.enter_context(start(["sender"], folder, values, fresh=True))
        (projector,) = psutil.Process(receiver.process.pid).children()
        processes = {
            "receiver": psutil.Process(receiver.process.pid),
            "projector": projector,
            "dashboard": psutil.Process(dashboard.process.pid),
            "sender": psutil.Process(sender.process.pid),
        }
        memory: dict[str, list[int]] = {name: [] for name in processes}
        with (
            ThreadPoolExecutor(1) as pool,
            looking(f"{dashboard.dashboard}/api/feed", viewers) as messages,
            sending([receiver.receiver], rate=rate) as account,
        ):
            visiting = pool.submit(visit_until, over, receiver.receiver, visits, RINGING_RATE)
            for _ in range(SAMPLES):
                time.sleep(seconds / SAMPLES)
                for name, process in processes.items():
                    memory[name].append(process.memory_info().rss)
            over.set()
            visiting.result()
        lost = missing(database, account)
        waiting = waiting_to_be_derived(database, for_s=60)
        rung = balance(database, Counter(), visits, webhook)
        return Soak(account, memory, messages, lost, waiting, rung)


@contextmanager
def looking(feed: str, viewers: int) -> Iterator[list[int]]:
    """Viewers of the live feed as long as the block lasts; how often each was told something."""
    messages = [0] * viewers
    enough = threading.Event()

    async def look(client: httpx.AsyncClient, viewer: int) -> None:
        async with client.stream("GET", feed) as answer:
            async for line in answer.aiter_lines():
                messages[viewer] += line.startswith("data: {")

    async def look_all() -> None:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(timeout=60, limits=limits, trust_env=False) as client:
            looks = [asyncio.create_task(look(client, viewer)) for viewer in range(viewers)]
            await asyncio.to_thread(enough.wait)
            for each in looks:
                each.cancel()
            await asyncio.gather(*looks, return_exceptions=True)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, look_all())
        try:
            yield messages
        finally:
            enough.set()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--rate", type=float, default=200, help="events a second")
    parser.add_argument("--viewers", type=int, default=20)
    parser.add_argument("--postgres", action="store_true", help="instead of SQLite")
    chosen = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        postgres = stack.enter_context(running_postgres()) if chosen.postgres else None
        url = postgres or f"sqlite:///{folder}/desk.db"
        found = soak(folder, url, chosen.minutes * 60, chosen.rate, chosen.viewers)
    print(found.table())
    sys.exit(not (found.is_flat and found.is_served))


if __name__ == "__main__":
    main()
