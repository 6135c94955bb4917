"""Viewers of Live, in a process of their own: `python -m tests.bench.feed.viewers PORT FILE`.

They know just enough HTTP/1.1 to cost little. FILE has each one's query as JSON. They follow until
standard input ends, and then say as JSON when each was told of each probe first.
"""

import asyncio
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop

from tests.processes import ROOT

_PROBE = re.compile(rb"Probe No(\d+)\.")
_LONGEST = 40  # bytes of a probe's name that may be cut in two
_END_S = 20


@dataclass(slots=True)
class Told:
    """What viewers were told: for each the moments (Unix ms) of probes by number, and its bytes."""

    at: list[dict[int, float]] = field(default_factory=list)
    received: list[int] = field(default_factory=list)


@contextmanager
def following(port: int, queries: Sequence[str], folder: Path) -> Iterator[Told]:
    """Let a viewer with each of these queries follow the feed; what they were told is there when
    the block has ended. Raises `RuntimeError` when a line breaks.
    """
    file = folder / "queries.json"
    file.write_text(json.dumps(list(queries)), encoding="utf-8")
    command = [sys.executable, "-m", "tests.bench.feed.viewers", str(port), str(file)]
    told = Told()
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        try:
            yield told
        finally:
            said, _ = process.communicate(timeout=_END_S)
    if process.returncode:
        raise RuntimeError("a viewer's line broke; see above")
    found = json.loads(said)
    told.at += [{int(number): at for number, at in its.items()} for its in found["at"]]
    told.received += found["received"]


async def _follow(port: int, query: str, place: int, told: Told) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
    writer.write(f"GET /api/feed?{query} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    status = await reader.readline()
    if b" 200 " not in status:
        raise RuntimeError(f"{query}: {status!r} {await reader.read(2_000)!r}")
    seen, left = told.at[place], b""
    while chunk := await reader.read(2**18):
        at = time.time() * 1000
        for number in _PROBE.findall(left + chunk):
            seen.setdefault(int(number), at)
        left = chunk[-_LONGEST:]
        told.received[place] += len(chunk)
    raise RuntimeError(f"{query}: the line ended")


async def _follow_all(port: int, queries: Sequence[str]) -> dict[str, Any]:
    told = Told([{} for _ in queries], [0] * len(queries))
    loop = asyncio.get_running_loop()
    ended = loop.run_in_executor(None, sys.stdin.read)
    tasks = [
        asyncio.create_task(_follow(port, query, place, told))
        for place, query in enumerate(queries)
    ]
    done, _ = await asyncio.wait([ended, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for one in done - {ended}:
        one.result()
    for task in tasks:
        task.cancel()
    return {"at": told.at, "received": told.received}


def main() -> None:
    port, file = sys.argv[1:]
    queries = json.loads(Path(file).read_text(encoding="utf-8"))
    print(json.dumps(uvloop.run(_follow_all(int(port), queries))))


if __name__ == "__main__":
    main()
