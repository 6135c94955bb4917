"""The disk takes no more, or another process keeps SQLite locked: kept elsewhere, or refused."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from models.storage.database import Database
from tests.desk import eventually
from tests.faults.disk.disks import SmallDesk, small_desk
from tests.faults.sender import is_balanced, missing, sending
from tests.processes import Running
from tests.receiver.midbound import Posting, ledger, post, story

pytestmark = pytest.mark.xdist_group("disk")

RATE = 40


def readiness(running: Running) -> tuple[int, str]:
    answer = httpx.get(f"{running.receiver}/readyz", timeout=30)
    return answer.status_code, answer.json()["database"]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SmallDesk]:
    """SQLite alone: Postgres has a disk of its own."""
    with small_desk(tmp_path) as desk:
        yield desk


def test_on_a_full_disk_everything_is_refused_and_taken_when_there_is_room(
    desk: SmallDesk,
) -> None:
    receiver = desk.running.receiver
    postings = story(visitors=10, seed=3)[:20]
    assert {post(receiver, posting).status_code for posting in postings[:10]} == {200}
    desk.fill("data", "spool")
    refused = [post(receiver, posting) for posting in postings[10:]]
    assert {(r.status_code, "retry-after" in r.headers) for r in refused} == {(503, True)}
    desk.free()
    eventually(lambda: readiness(desk.running) == (200, "ok"))
    assert {post(receiver, posting).status_code for posting in postings} == {200}
    database = Database(desk.backup())
    assert ledger(database).keys() == {posting.webhook_id for posting in postings}
    assert is_balanced(database)


def test_with_a_full_disk_it_is_not_ready_however_long_that_lasts(desk: SmallDesk) -> None:
    desk.fill("data", "spool")
    post(desk.running.receiver, story(visitors=1, seed=3)[0])
    seen = set()
    for _ in range(5):  # the database is tried again each second
        seen.add(readiness(desk.running))
        time.sleep(0.4)
    assert seen == {(503, "away")}


def test_what_the_database_has_no_room_for_waits_in_the_spool_until_that_is_full_too(
    desk: SmallDesk,
) -> None:
    postings = story(visitors=60, seed=4)
    taken: dict[str, set[str]] = {}

    def send(posting: Posting) -> int:
        answer = post(desk.running.receiver, posting)
        outcome = answer.json().get("status", "refused")
        taken.setdefault(outcome, set()).add(posting.webhook_id)
        return answer.status_code

    assert send(postings[0]) == 200
    desk.fill("data")
    for posting in postings[1:]:
        send(posting)
    assert taken.keys() >= {"spooled", "refused"}
    desk.free()
    eventually(lambda: not desk.spooled())
    kept = {
        webhook_id for outcome, ids in taken.items() if outcome != "refused" for webhook_id in ids
    }
    database = Database(desk.backup())
    assert kept <= ledger(database).keys()
    assert is_balanced(database)


def test_while_another_process_keeps_sqlite_locked_nothing_is_lost(
    sqlite_url: str, run: Callable[..., Running]
) -> None:
    database = Database(sqlite_url)
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
