"""The load generator, in a process of its own: `python -m tests.bench.load`.

It knows just enough HTTP/1.1 to cost little: whole requests prepared as bytes, one at a time on
each kept-alive connection, answers told apart by their Content-Length.
"""

import argparse
import asyncio
import json
import pickle
import re
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import uvloop

from tests.processes import ROOT

CONNECTIONS = 64

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_HEAD_END = b"\r\n\r\n"
_STALLED_S = 120


@dataclass(slots=True)
class Answers:
    """What came back: moments by `time.monotonic`, the time of each answer in ms."""

    began: float
    ended: float
    statuses: dict[str, int]
    took_ms: list[float] = field(default_factory=list)

    @property
    def all_stored(self) -> bool:
        """Whether every request was answered 200."""
        return set(self.statuses) == {"200"}


def send(
    requests: Sequence[bytes],
    ports: Sequence[int],
    folder: Path,
    *,
    rate: float | None = None,
    connections: int = CONNECTIONS,
) -> Answers:
    """Send requests to 127.0.0.1 from another process and give its account.

    With several ports the connections are shared out among them. Without a rate each sends as soon
    as it is answered; with one (requests a second) each request has its moment, and its time counts
    from that moment, sent late or not.
    """
    file = folder / "requests.pickle"
    file.write_bytes(pickle.dumps(list(requests)))
    command = [sys.executable, "-m", "tests.bench.load", str(file), *map(str, ports)]
    command += ["--connections", str(connections)]
    if rate:
        command += ["--rate", str(rate)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
    file.unlink()
    if not line:
        raise RuntimeError("the load generator failed; see above")
    return Answers(**json.loads(line))


class _Run:
    def __init__(self, requests: Sequence[bytes]) -> None:
        self.requests = requests
        self.statuses: Counter[str] = Counter()
        self.took_ms: list[float] = []
        self.waiting: deque[tuple[int, float]] = deque()
        # In turn, so that the server closes none for having been idle.
        self.idle: deque[_Connection] = deque()
        self.done = asyncio.Event()

    def next_for(self, connection: "_Connection") -> None:
        if self.waiting:
            connection.send(*self.waiting.popleft())
        else:
            self.idle.append(connection)

    def offer(self, place: int, due: float) -> None:
        if self.idle:
            self.idle.popleft().send(place, due)
        else:
            self.waiting.append((place, due))

    def answered(self, status: str, due: float) -> None:
        self.statuses[status] += 1
        self.took_ms.append((time.monotonic() - due) * 1000)
        if len(self.took_ms) == len(self.requests):
            self.done.set()


class _Connection(asyncio.Protocol):
    def __init__(self, run: _Run) -> None:
        self._run = run
        self._buffer = b""
        self._due: float | None = None
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def send(self, place: int, due: float) -> None:
        self._due = due or time.monotonic()
        self._transport.write(self._run.requests[place])

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(_HEAD_END)
        if end < 0:
            return
        length = _LENGTH.search(self._buffer, 0, end + 2)
        if length is None:
            self._transport.abort()
            return
        if len(self._buffer) < end + len(_HEAD_END) + int(length[1]) or self._due is None:
            return
        status, due = self._buffer[9:12].decode(), self._due
        self._buffer, self._due = b"", None
        self._run.answered(status, due)
        self._run.next_for(self)

    def connection_lost(self, _error: Exception | None) -> None:
        if self in self._run.idle:
            self._run.idle.remove(self)
        if self._due is not None:
            self._run.answered("lost", self._due)
            self._due = None


async def _play(
    requests: Sequence[bytes], ports: Sequence[int], connections: int, rate: float | None
) -> dict[str, Any]:
    run = _Run(requests)
    loop = asyncio.get_running_loop()
    for port in islice(cycle(ports), connections):
        _, connection = await loop.create_connection(lambda: _Connection(run), "127.0.0.1", port)
        run.idle.append(connection)
    began = time.monotonic()
    async with asyncio.timeout(_STALLED_S):
        if rate is None:
            run.waiting.extend((place, 0.0) for place in range(len(requests)))
            for connection in [run.idle.popleft() for _ in range(connections)]:
                run.next_for(connection)
        else:
            for place in range(len(requests)):
                due = began + place / rate
                wait_s = due - time.monotonic()
                if wait_s > 0:
                    await asyncio.sleep(wait_s)
                run.offer(place, due)
        await run.done.wait()
    return {
        "began": began,
        "ended": time.monotonic(),
        "statuses": run.statuses,
        "took_ms": [round(ms, 3) for ms in run.took_ms],
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("requests", type=Path)
    parser.add_argument("ports", type=int, nargs="+")
    parser.add_argument("--connections", type=int, required=True)
    parser.add_argument("--rate", type=float)
    chosen = parser.parse_args()
    requests = pickle.loads(chosen.requests.read_bytes())
    played = _play(requests, chosen.ports, chosen.connections, chosen.rate)
    print(json.dumps(uvloop.run(played)), flush=True)


if __name__ == "__main__":
    main()
