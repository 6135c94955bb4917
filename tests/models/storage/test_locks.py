"""The projection's lock: one holder a database, and nobody waits for a dead one."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy.exc import OperationalError

from models.storage.database import Database
from tests.processes import ROOT

HOLDER = """
import sys, time
from models.storage.database import Database
with Database(sys.argv[1]).lease() as lease:
    print("holds it" if lease else "does not", flush=True)
    time.sleep(60)
"""


@contextmanager
def holder(database_url: str) -> Iterator["subprocess.Popen[str]"]:
    """A process that holds the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, database_url],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "holds it\n"
            yield process
        finally:
            process.kill()


def test_a_second_process_is_refused_while_the_first_holds_the_lock(database_url: str) -> None:
    database = Database(database_url)
    with holder(database_url), database.lease() as lease:
        assert lease is None
    database.close()


def test_a_second_holder_in_the_same_process_is_refused(database: Database) -> None:
    with database.lease() as first, database.lease() as second:
        assert (first is None, second is None) == (False, True)


def test_the_lock_is_free_again_after_its_holder(database: Database) -> None:
    with database.lease():
        pass
    with database.lease() as lease:
        assert lease is not None


def test_the_lock_is_free_again_when_its_holder_fails(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.lease():
        raise ZeroDivisionError
    with database.lease() as lease:
        assert lease is not None


def test_the_lock_is_free_at_once_when_its_holder_is_killed(database_url: str) -> None:
    database = Database(database_url)
    with holder(database_url) as process:
        process.kill()
        process.wait()
        with database.lease(wait_s=2) as lease:
            assert lease is not None
    database.close()


def test_intake_can_write_while_the_lock_is_held(database: Database) -> None:
    with database.lease() as lease:
        assert lease is not None
        with database.write() as db:
            written = db.exec_driver_sql("UPDATE projection SET version = version + 1").rowcount
    assert written == 1


def test_a_writer_that_does_not_end_holds_up_no_other_for_ever(sqlite_url: str) -> None:
    one, other = Database(sqlite_url), Database(sqlite_url, turn_s=0.05, busy_ms=50)
    with one.write(), pytest.raises(OperationalError), other.write():
        pass
    one.close()
    other.close()
