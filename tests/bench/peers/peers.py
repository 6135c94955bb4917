"""What is measured: receivers as processes, each on a fresh, migrated database."""

import itertools
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from models import migrations
from models.storage.database import Database
from tests.conftest import SECRET
from tests.processes import ROOT, Running, free_port, wait_until_ready

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Peer:
    """A receiver by name and by the arguments of the interpreter that runs it."""

    name: str
    arguments: tuple[str, ...]
    about: str


OURS = Peer("ours", ("visitor_desk", "receiver"), "Visitor Desk's receiver")
PLAIN = Peer(
    "plain", ("tests.bench.peers.plain",), "as tutorials show it: one ORM session a request"
)
FLOOR = Peer(
    "floor", ("tests.bench.peers.floor",), "the same rows by the bare driver, 256 a commit"
)
BODY_ONLY = Peer("body only", ("tests.bench.peers.body_only",), "reads the body and answers")


@contextmanager
def serving(peer: Peer, database_url: str, folder: Path) -> Iterator[Running]:
    """Run a peer until the block ends."""
    environment = {
        "DATABASE_URL": database_url,
        "MIDBOUND_CLOUD_WEBHOOK_SECRET": SECRET,
        "RECEIVER_PORT": str(free_port()),
        "SPOOL_DIR": str(folder / "spool"),
        "LOG_LEVEL": "WARNING",
    }
    log = folder / f"{peer.name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *peer.arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    running = Running(process, f"http://127.0.0.1:{environment['RECEIVER_PORT']}", "", log)
    try:
        wait_until_ready(running, f"{running.receiver}/readyz")
        yield running
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def fresh_database(server: str | None, folder: Path) -> Iterator[str]:
    """URL of an empty, migrated database: on the Postgres server of that URL, else SQLite."""
    if server is None:
        for old in folder.glob("desk.db*"):
            old.unlink()
        url = f"sqlite:///{folder / 'desk.db'}"
        _migrate(url)
        yield url
        return
    name = f"bench_{next(_numbers)}"
    with psycopg.connect(server, autocommit=True) as db:
        db.execute(f"CREATE DATABASE {name}")
        head, _, query = server.partition("?")
        url = f"{head.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")
        _migrate(url)
        # What other rounds left behind is not this one's to write out.
        db.execute("CHECKPOINT")
        yield url
        db.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _migrate(url: str) -> None:
    database = Database(url)
    migrations.upgrade(database)
    database.close()


def cpu_s(process: psutil.Process) -> float:
    """CPU seconds that a process and its children, ended ones too, have used so far."""
    times = process.cpu_times()
    used = times.user + times.system + times.children_user + times.children_system
    for child in process.children():
        try:
            its = child.cpu_times()
        except psutil.NoSuchProcess:
            continue
        used += its.user + its.system
    return float(used)


def stored_bytes(url: str) -> int:
    """Bytes that a database takes, indexes and all; of SQLite's file as it will be."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file:
            pages, size = (file.execute(f"PRAGMA {of}").fetchone()[0] for of in _PAGES)
            return int(pages * size)
    with psycopg.connect(url) as db:
        row = db.execute("SELECT pg_database_size(current_database())").fetchone()
        return int(row[0]) if row else 0


_PAGES = ("page_count", "page_size")


def server_process(server: str) -> psutil.Process:
    """The Postgres server's main process."""
    with psycopg.connect(server) as db:
        parent = psutil.Process(db.info.backend_pid).parent()
    if parent is None:
        raise RuntimeError("the Postgres server's process can't be found")
    return parent


def peak_mb(process: psutil.Process) -> float:
    """Largest resident memory that a process and its children have had, in MB, added up."""
    return sum(_own_peak_mb(its) for its in (process, *process.children(recursive=True)))


def _own_peak_mb(process: psutil.Process) -> float:
    """The present memory where the largest is unknown."""
    status = Path(f"/proc/{process.pid}/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return float(process.memory_info().rss) / 1024 / 1024
