"""Bad requests by the thousand: `python -m tests.faults.fuzz --requests 50000`.

None may be answered 5xx, and none may cost memory, disk or lines of the log for good.
"""

import argparse
import socket
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

from models.database import Database
from tests.conftest import SECRET
from tests.processes import Running, free_port, start
from tests.receiver.midbound import PATH, Posting, headers, ledger

WARM = 0.4
"""Part of all requests after which memory is looked at first: by then allocators have theirs."""

GROWTH_BYTES = 16 * 1024 * 1024
LOG_BYTES = 64 * 1024

_WORD = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=12)
_VALUE = st.one_of(
    st.binary(max_size=60),
    _WORD.map(str.encode),
    st.integers(-(10**20), 10**20).map(lambda number: str(number).encode()),
    st.from_regex(rb"v1a?,[A-Za-z0-9+/=]{0,48}( v1,[A-Za-z0-9+/=]{0,48})?", fullmatch=True),
    st.integers(1_000, 20_000).map(lambda length: b"x" * length),
).map(lambda value: value.replace(b"\r", b"").replace(b"\n", b""))
_BODY = st.one_of(
    st.binary(max_size=300),
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=10),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
        max_leaves=8,
    ).map(lambda tree: repr(tree).encode(errors="replace")),
    st.integers(1_000, 100_000).map(lambda depth: b"[" * depth),
)
_METHOD = st.sampled_from(["POST", "POST", "POST", "GET", "PUT", "PATCH", "DELETE", "OPTIONS"])
_TARGET = st.one_of(
    st.just(PATH),
    st.sampled_from(["/", "/healthz", "/metrics", "/docs", "/openapi.json", PATH + "/", "*"]),
    st.text(st.characters(codec="ascii", exclude_categories=["C", "Z"]), max_size=60).map(
        lambda text: f"/{text}"
    ),
)


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """A request in which nearly anything may be wrong; complete, so that nobody waits for more."""
    body = draw(_BODY)
    right = headers(Posting(draw(_WORD), body))
    lines = [f"{draw(_METHOD)} {draw(_TARGET)} HTTP/1.1".encode(), b"Host: 127.0.0.1"]
    for name, value in right.items():
        # Mostly once and right: else no request would get past its headers.
        one = st.just([value.encode()])
        values = one | one | st.lists(st.just(value.encode()) | _VALUE, max_size=2)
        lines += [name.encode() + b": " + given_value for given_value in draw(values)]
    others = st.dictionaries(_WORD.map(lambda word: f"X-{word}"), _VALUE, max_size=3)
    lines += [name.encode() + b": " + value for name, value in draw(others).items()]
    lines += [b"Connection: close", b"Content-Length: %d" % len(body)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


@dataclass(slots=True)
class Result:
    """How often each status was answered (0: hung up on), and what it cost."""

    statuses: Counter[int]
    growth_bytes: int
    log_bytes: int
    in_ledger: int

    @property
    def is_right(self) -> bool:
        """Whether no request made an error, and none left anything behind."""
        return (
            max(self.statuses) < 500
            and self.growth_bytes <= GROWTH_BYTES
            and self.log_bytes <= LOG_BYTES
            and self.in_ledger <= self.statuses[200]
        )

    def table(self) -> str:
        """The result for a reader."""
        answers = ", ".join(
            f"{status} {times:,}" for status, times in sorted(self.statuses.items())
        )
        return (
            f"answers            {answers}\n"
            f"growth of memory   {self.growth_bytes / 1e6:.1f} MB\n"
            f"log                {self.log_bytes:,} bytes\n"
            f"in the ledger      {self.in_ledger:,}"
        )


def fuzz(folder: Path, count: int, seed: int = 1) -> Result:
    """Send so many bad requests to a receiver on SQLite."""
    url = f"sqlite:///{folder}/desk.db"
    values = {
        "DATABASE_URL": url,
        "MIDBOUND_CLOUD_WEBHOOK_SECRET": SECRET,
        "RECEIVER_PORT": str(free_port()),
        "DASHBOARD_PORT": str(free_port()),
    }
    with start(["receiver"], folder, values) as running:
        statuses = Counter[int]()
        before: list[int] = []

        @seeded(seed)
        @settings(
            max_examples=count,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(requests())
        def ask(request: bytes) -> None:
            statuses[answered(running, request)] += 1
            if not before and statuses.total() >= WARM * count:
                before.append(resident(running))

        ask()
        growth = resident(running) - before[0]
        database = Database(url)
        kept = len(ledger(database))
        database.close()
        return Result(statuses, growth, running.log.stat().st_size, kept)


def answered(running: Running, request: bytes) -> int:
    """The status that bytes are answered with, as they are; 0 when there is none."""
    address = httpx.URL(running.receiver)
    with socket.create_connection((address.host, address.port or 80), timeout=20) as line:
        try:
            line.sendall(request)
            told = line.makefile("rb").readline()
        except ConnectionError:
            return 0
    return int(told.split()[1]) if told else 0


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
    sys.exit(not result.is_right)


if __name__ == "__main__":
    main()
