"""The disk takes no more, or another process keeps SQLite locked: kept elsewhere, or refused.

`RLIMIT_FSIZE` stands for the full disk: to the receiver a write beyond it fails as one on a full
disk does, and a test needs no rights for it, nor a file system of its own.
"""

import resource
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
import pytest

from models.database import Database
from tests.desk import eventually
from tests.faults.sender import is_balanced, missing, sending
from tests.processes import Running
from tests.receiver.midbound import Posting, ledger, post, story

pytestmark = pytest.mark.xdist_group("disk")

NO_LIMIT = resource.RLIM_INFINITY
RATE = 40


def room(running: Running, most_bytes: int) -> None:
    """Let no file of the receiver and its projector grow beyond some bytes."""
    receiver = psutil.Process(running.process.pid)
    for its in (receiver, *receiver.children()):
        its.rlimit(psutil.RLIMIT_FSIZE, (most_bytes, NO_LIMIT))


def readiness(running: Running) -> tuple[int, str]:
    answer = httpx.get(f"{running.receiver}/readyz", timeout=30)
    return answer.status_code, answer.json()["database"]


@pytest.fixture
def database(sqlite_url: str) -> Database:
    """SQLite alone: Postgres has a disk of its own."""
    return Database(sqlite_url)


def test_on_a_full_disk_everything_is_refused_and_taken_when_there_is_room(
    database: Database, sqlite_url: str, run: Callable[..., Running]
) -> None:
    running = run("receiver", database_url=sqlite_url)
    postings = story(visitors=10, seed=3)[:20]
    assert {post(running.receiver, posting).status_code for posting in postings[:10]} == {200}
    room(running, 0)
    refused = [post(running.receiver, posting) for posting in postings[10:]]
    assert {(r.status_code, "retry-after" in r.headers) for r in refused} == {(503, True)}
    room(running, NO_LIMIT)
    eventually(lambda: readiness(running) == (200, "ok"))
    assert {post(running.receiver, posting).status_code for posting in postings} == {200}
    assert ledger(database).keys() == {posting.webhook_id for posting in postings}
    assert is_balanced(database)


def test_what_the_database_has_no_room_for_waits_in_the_spool_until_that_is_full_too(
    database: Database, sqlite_url: str, run: Callable[..., Running], tmp_path: Path
) -> None:
    running = run("receiver", database_url=sqlite_url)
    postings = story(visitors=60, seed=4)
    taken: dict[str, set[str]] = {}

    def send(posting: Posting) -> int:
        answer = post(running.receiver, posting)
        outcome = answer.json().get("status", "refused")
        taken.setdefault(outcome, set()).add(posting.webhook_id)
        return answer.status_code

    assert send(postings[0]) == 200
    # Less than the log of the database has already, more than some records of the spool.
    log = Path(f"{database.path}-wal")
    room(running, min(60_000, log.stat().st_size))
    for posting in postings[1:]:
        send(posting)
    assert taken.keys() >= {"spooled", "refused"}
    room(running, NO_LIMIT)
    kept = {
        webhook_id for outcome, ids in taken.items() if outcome != "refused" for webhook_id in ids
    }
    eventually(lambda: kept <= ledger(database).keys())
    eventually(lambda: not list((tmp_path / "spool").rglob("*.spool")))
    assert is_balanced(database)


def test_while_another_process_keeps_sqlite_locked_nothing_is_lost(
    database: Database, sqlite_url: str, run: Callable[..., Running]
) -> None:
    running = run("receiver", database_url=sqlite_url)
    with sending([running.receiver], rate=RATE) as account:
        time.sleep(0.5)
        with sqlite3.connect(database.path or "") as locking:
            locking.execute("BEGIN IMMEDIATE")
            eventually(lambda: account.outcomes["spooled"] > RATE)
            locking.rollback()
        locking.close()
        before = account.outcomes["stored"]
        eventually(lambda: account.outcomes["stored"] > before)
    assert account.statuses.keys() == {200}
    assert missing(database, account) == set()
    assert is_balanced(database)
