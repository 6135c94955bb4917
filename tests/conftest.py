"""Fixtures: both databases, fresh for every test, and the product's own processes."""

import itertools
import os
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg
import pytest

from models import migrations
from models.storage.database import Database
from tests.postgres import running_postgres
from tests.processes import Running, free_port, start
from tests.three_weeks import ThreeWeeks, three_weeks_of

SECRET = "whsec_dGhpcyBpcyBhIHNlY3JldCBmb3IgdGVzdHMgb25seQ=="
_numbers = itertools.count(1)

# In the background of a shell Ctrl-C is ignored, and what we start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of a Postgres server's maintenance database; the server is this test run's own."""
    with running_postgres() as url:
        with psycopg.connect(url, autocommit=True) as db:
            # A database is dropped after each test, and each drop waits for the disk otherwise.
            # Only a crash of the whole machine would lose anything.
            db.execute("ALTER SYSTEM SET fsync = off")
            db.execute("SELECT pg_reload_conf()")
            # Where the machine has one, a locale that sorts unlike code points, so that a
            # forgotten collation shows.
            found = db.execute(
                "SELECT collname FROM pg_collation WHERE collprovider = 'c'"
                " AND collname ~ '^[a-z]{2}_[A-Z]{2}' ORDER BY collname LIMIT 1"
            ).fetchone()
            locale = f"TEMPLATE template0 LOCALE '{found[0]}'" if found else ""
            db.execute(f"CREATE DATABASE blank {locale}")
        blank = Database(_named(url, "blank"))
        migrations.upgrade(blank)
        blank.close()
        yield url


def _named(url: str, name: str) -> str:
    head, _, query = url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of an empty, migrated database of each kind."""
    yield from _fresh(request.param, request, tmp_path)


def _fresh(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if kind == "sqlite":
        file = tmp_path / "desk.db"
        shutil.copyfile(request.getfixturevalue("blank_file"), file)
        yield f"sqlite:///{file}"
        return
    server: str = request.getfixturevalue("postgres")
    name = f"test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(server, autocommit=True) as db:
        db.execute(f"CREATE DATABASE {name} TEMPLATE blank")
        yield _named(server, name)
        db.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def blank_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file that was migrated and holds nothing yet, to copy."""
    file = tmp_path_factory.mktemp("blank") / "desk.db"
    database = Database(f"sqlite:///{file}")
    migrations.upgrade(database)
    database.close()
    with closing(sqlite3.connect(file)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return file


@pytest.fixture
def sqlite_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of an empty, migrated SQLite database."""
    yield from _fresh("sqlite", request, tmp_path)


@pytest.fixture
def postgres_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of an empty, migrated Postgres database."""
    yield from _fresh("postgres", request, tmp_path)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty, migrated database of each kind."""
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def three_weeks(tmp_path_factory: pytest.TempPathFactory) -> ThreeWeeks:
    """A database with three weeks of visits, to copy, and the truth about who came."""
    return three_weeks_of(tmp_path_factory, SECRET)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Start the product's own commands as processes: `run("receiver", database_url)`.

    Each gets free ports and a working directory of its own; all are stopped with the test.
    """
    with ExitStack() as stack:

        def started(*command: str, database_url: str, **environment: str) -> Running:
            values = {
                "DATABASE_URL": database_url,
                "MIDBOUND_CLOUD_WEBHOOK_SECRET": SECRET,
                "RECEIVER_PORT": str(free_port()),
                "DASHBOARD_PORT": str(free_port()),
                "SPOOL_DIR": str(tmp_path / "spool"),
            } | environment
            return stack.enter_context(start(command, tmp_path, values))

        yield started
