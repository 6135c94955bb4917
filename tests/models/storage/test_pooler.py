"""Everything through PgBouncer in transaction mode: each transaction on another connection."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import psycopg
import pytest
from sqlalchemy import text

from models.projector.rebuilt import ReplayRunsError
from models.projector.replay import replay
from models.storage.database import Database
from tests.blank import named
from tests.desk import expected, exported, take_in, without_errors
from tests.postgres import pooled
from tests.processes import Running
from tests.receiver.midbound import as_reference, ledger, post, story, waiting_to_be_derived
from tests.reference.streams import random_stream, without_conflicts

pytestmark = pytest.mark.xdist_group("pooler")

CONNECTIONS = 3


@pytest.fixture
def pooled_url(postgres_url: str) -> Iterator[str]:
    """URL of an empty, migrated database behind a pooler that has some connections to it."""
    with pooled(postgres_url) as url:
        with ExitStack() as stack:
            for _ in range(CONNECTIONS):
                stack.enter_context(psycopg.connect(url)).execute("SELECT 1")
        yield url


@pytest.fixture
def behind(pooled_url: str) -> Iterator[Database]:
    """The database of `pooled_url`."""
    database = Database(pooled_url)
    yield database
    database.close()


def test_a_blank_database_is_migrated_and_takes_in_derives_and_exports_as_the_reference_says(
    run: Callable[..., Running], pooled_url: str, postgres: str
) -> None:
    with psycopg.connect(postgres, autocommit=True) as db:
        db.execute("CREATE DATABASE pooled TEMPLATE template0")
    url = named(pooled_url, "pooled")
    receiver = run("receiver", database_url=url)
    dashboard = run("dashboard", database_url=url)
    for posting in story(visitors=20, seed=4):
        assert post(receiver.receiver, posting).json() == {"status": "stored"}
    database = Database(url)
    assert waiting_to_be_derived(database, for_s=60) == 0
    right = expected(as_reference(ledger(database).values()))
    assert without_errors(exported(database)) == right
    sheet = httpx.get(f"{dashboard.dashboard}/api/export/sessions.csv", timeout=30)
    assert sheet.text == right["sessions"]
    database.close()


def test_a_replay_mends_what_was_wrong_and_changes_nothing_else(behind: Database) -> None:
    take_in(behind, without_conflicts(random_stream(11, 300)))
    right = exported(behind)
    assert replay(behind).changed == {}
    with behind.write() as db:
        db.execute(text("UPDATE lead SET full_name = 'Somebody Else'"))
    assert replay(behind).changed.keys() == {"lead"}
    assert exported(behind) == right


def test_a_replay_leaves_nothing_on_the_poolers_connections(
    behind: Database, pooled_url: str
) -> None:
    replay(behind)
    left = set()
    with ExitStack() as stack:
        for _ in range(CONNECTIONS):
            db = stack.enter_context(psycopg.connect(pooled_url))
            left.add(db.execute("SHOW search_path").fetchone())
            left.add(db.execute("SELECT * FROM pg_locks WHERE locktype = 'advisory'").fetchone())
    assert left == {('"$user", public',), None}


def test_only_one_replay_runs_at_a_time(behind: Database) -> None:
    take_in(behind, without_conflicts(random_stream(11, 20)))

    def second(_done: int, _total: int) -> None:
        with pytest.raises(ReplayRunsError):
            replay(behind)

    assert replay(behind, second).deliveries


def test_what_was_deleted_is_taken_out_of_the_files(behind: Database) -> None:
    assert behind.scrub()
