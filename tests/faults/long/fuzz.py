"""Bad requests by the thousand: `python -m tests.faults.long.fuzz --requests 50000`.

None may be answered 5xx, but for a 503 that says so, and none may cost memory, disk or lines of the
log for good. The receiver is sent requests, the dashboard asked for odd keys in addresses, and by
strangers over websockets.
"""

import argparse
import socket
import sys
import tempfile
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded

from models.storage.database import Database
from tests.conftest import SECRET
from tests.faults.long import askers
from tests.faults.long.askers import Asked
from tests.faults.long.bad_requests import FAULTS, PER_DRAW, Faults
from tests.faults.long.described import Findings, ask
from tests.faults.long.odd_keys import visitors
from tests.processes import Running, free_port, start
from tests.receiver.midbound import ledger, post, waiting_to_be_derived

WARM = 0.4
"""Part of all requests after which memory is looked at first: by then allocators have theirs."""

GROWTH_BYTES = 16 * 1024 * 1024
DASHBOARD_GROWTH_BYTES = 32 * 1024 * 1024
LOG_BYTES = 64 * 1024
TURNS = 0.004
"""Turns of odd keys for each request: one is a dozen of questions, and a page that is drawn."""


@dataclass(slots=True)
class Result:
    """What schemathesis found; how often each status was answered to the rest (0: hung up on), how
    many of these are in the ledger, what all of it cost, and what the dashboard was asked.
    """

    described: Findings
    statuses: Counter[int]
    growth_bytes: int
    log_bytes: int
    in_ledger: int
    asked: Asked

    @property
    def is_right(self) -> bool:
        """Whether no request made an error, and none left anything behind."""
        return (
            not self.described.wrong
            and max(self.statuses) < 500
            and self.growth_bytes <= GROWTH_BYTES
            and self.log_bytes <= LOG_BYTES
            and self.in_ledger <= self.statuses[200]
            and not self.asked.wrong
            and self.asked.growth_bytes <= DASHBOARD_GROWTH_BYTES
            and self.asked.log_bytes <= LOG_BYTES
        )

    def table(self) -> str:
        """The result for a reader."""
        answers = ", ".join(
            f"{status} {times:,}" for status, times in sorted(self.statuses.items())
        )
        asked = ", ".join(f"{kind} {times:,}" for kind, times in sorted(self.asked.answers.items()))
        wrong = len(self.described.wrong)
        return (
            f"by description     {self.described.requests:,}, answered wrongly in {wrong} ways\n"
            f"answers            {answers}\n"
            f"growth of memory   {self.growth_bytes / 1e6:.1f} MB\n"
            f"log                {self.log_bytes:,} bytes\n"
            f"in the ledger      {self.in_ledger:,}\n"
            f"dashboard          {asked}\n"
            f"answered wrongly   {len(self.asked.wrong):,}\n"
            f"growth of memory   {self.asked.growth_bytes / 1e6:.1f} MB\n"
            f"log                {self.asked.log_bytes:,} bytes"
        )


def fuzz(
    folder: Path, count: int, seed: int = 1, *, described: float = 0.04, turns: int | None = None
) -> Result:
    """Send so many bad requests to a receiver on SQLite, and ask its dashboard in so many turns.

    A part of them, `described`, is schemathesis's: each of its takes a good many times as long.
    """
    url = f"sqlite:///{folder}/desk.db"
    values = {
        "DATABASE_URL": url,
        "MIDBOUND_CLOUD_WEBHOOK_SECRET": SECRET,
        "RECEIVER_PORT": str(free_port()),
        "DASHBOARD_PORT": str(free_port()),
    }
    with start(["receiver"], folder, values, fresh=True) as running:
        database = Database(url)
        findings = ask(running.receiver, folder, int(count * described), seed)
        kept_before = len(ledger(database))
        statuses = Counter[int]()
        raw = count - findings.requests
        before: list[int] = []

        @seeded(seed)
        @settings(
            max_examples=-(-raw // PER_DRAW),
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(FAULTS)
        def send(faults: Faults) -> None:
            for request in faults.requests():
                statuses[answered(running, request)] += 1
            for half in faults.halves():
                hang_up_after(running, half)
            if not before and statuses.total() >= WARM * raw:
                before.append(resident(running))

        send()
        growth = resident(running) - before[0]
        kept = len(ledger(database)) - kept_before
        log_bytes = running.log.stat().st_size
        for posting in visitors():
            post(running.receiver, posting).raise_for_status()
        waiting_to_be_derived(database, for_s=60)
        database.close()
        asked = askers.ask(folder, values, turns or max(1, round(count * TURNS)), seed)
        return Result(findings, statuses, growth, log_bytes, kept, asked)


def answered(running: Running, request: bytes) -> int:
    """The status that bytes are answered with, as they are; 0 when there is none."""
    address = httpx.URL(running.receiver)
    with socket.create_connection((address.host, address.port or 80), timeout=20) as line:
        try:
            line.sendall(request)
            answer = line.makefile("rb").readline()
        except ConnectionError:
            return 0
    return int(answer.split()[1]) if answer else 0


def hang_up_after(running: Running, part: bytes) -> None:
    """Send part of a request, and no more."""
    address = httpx.URL(running.receiver)
    with (
        suppress(ConnectionError),
        socket.create_connection((address.host, address.port or 80), timeout=20) as line,
    ):
        line.sendall(part)


def resident(running: Running) -> int:
    """Bytes of memory of the receiver itself."""
    return int(psutil.Process(running.process.pid).memory_info().rss)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = fuzz(Path(folder), chosen.requests, chosen.seed)
    print(result.table())
    if result.described.wrong:
        print(result.described.said)
    print("\n".join(result.asked.wrong))
    sys.exit(not result.is_right)


if __name__ == "__main__":
    main()
