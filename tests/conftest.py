"""Fixtures: both databases, fresh for every test, and the product's own processes."""

import gc
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from models import migrations
from models.storage.database import Database
from tests.blank import Blanks
from tests.postgres import running_postgres
from tests.processes import ROOT, Running, free_port, start
from tests.three_weeks import ThreeWeeks, three_weeks_of

SECRET = "whsec_dGhpcyBpcyBhIHNlY3JldCBmb3IgdGVzdHMgb25seQ=="

# In the background of a shell Ctrl-C is ignored, and what we start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of a Postgres server's maintenance database; the server is this test run's own."""
    with running_postgres() as url:
        with psycopg.connect(url, autocommit=True) as db:
            # Only a crash of the whole machine would lose anything.
            db.execute("ALTER SYSTEM SET fsync = off")
            db.execute("SELECT pg_reload_conf()")
        yield url


@pytest.fixture(scope="session")
def blanks(postgres: str) -> Blanks:
    """Blank databases of that server."""
    made = Blanks(postgres)
    made.prepare()
    return made


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of an empty, migrated database of each kind."""
    with fresh(request.param, request, tmp_path) as url:
        yield url


@contextmanager
def fresh(kind: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """URL of an empty, migrated database of a kind, for a fixture of whichever scope."""
    if kind == "sqlite":
        file = folder / "desk.db"
        shutil.copyfile(request.getfixturevalue("blank_file"), file)
        yield f"sqlite:///{file}"
        return
    blanks: Blanks = request.getfixturevalue("blanks")
    with blanks.one() as url:
        yield url


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
    with fresh("sqlite", request, tmp_path) as url:
        yield url


@pytest.fixture
def postgres_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of an empty, migrated Postgres database."""
    with fresh("postgres", request, tmp_path) as url:
        yield url


@pytest.fixture
def database(database_url: str, tmp_path: Path) -> Iterator[Database]:
    """An empty, migrated database of each kind."""
    opened = Database(database_url, forgotten_file=tmp_path / "forgotten")
    yield opened
    opened.close()


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def shared_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """URL of a migrated database of each kind, for all tests of a file: filled once, only read."""
    with fresh(request.param, request, tmp_path_factory.mktemp("shared")) as url:
        yield url


@pytest.fixture(scope="module")
def shared(shared_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """That database."""
    folder = tmp_path_factory.mktemp("shared")
    opened = Database(shared_url, forgotten_file=folder / "forgotten")
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
                "FORGOTTEN_FILE": str(tmp_path / "forgotten"),
            } | environment
            return stack.enter_context(start(command, tmp_path, values))

        yield started


LONG = (
    "tests/bench/",
    "tests/commands/test_up.py",
    "tests/dashboard/access/test_connection.py",
    "tests/dashboard/data/test_replica.py",
    "tests/dashboard/exports/test_cells.py",
    "tests/dashboard/exports/test_slow_readers.py",
    "tests/dashboard/annotations/test_selected_in_browser.py",
    "tests/dashboard/screens/test_clocks.py",
    "tests/dashboard/screens/operations/test_in_browser.py",
    "tests/dashboard/screens/test_crowd_in_browser.py",
    "tests/dashboard/table/test_hundred_thousand_in_browser.py",
    "tests/dashboard/table/test_looks_in_browser.py",
    "tests/dashboard/table/test_memory_in_browser.py",
    "tests/deploy/test_image.py",
    "tests/faults/disk/",
    "tests/faults/long/",
    "tests/faults/test_database_away.py",
    "tests/faults/test_left_behind.py",
    "tests/faults/test_rolling_restart.py",
    "tests/faults/test_several_receivers.py",
    "tests/faults/test_slow_requests.py",
    "tests/models/backtest/test_backtest.py",
    "tests/models/kept_out/test_former_names.py",
    "tests/models/projection/test_summaries_withdrawn.py",
    "tests/models/storage/test_pooler.py",
    "tests/receiver/test_deadly.py",
    "tests/receiver/test_forgotten.py",
    "tests/receiver/test_projector.py",
    "tests/simulator/test_play.py",
)
"""What takes long by its nature, or takes its time and seldom changes; `make test` leaves it to
`make test-all`, as it does single tests that are marked `long`, or `long_on` what they run with.
"""


def pytest_collection_finish() -> None:
    """What is loaded by now stays: no garbage collection needs to walk through it again, and none
    needs to come after each few hundred objects.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)


def _is_long_on(item: pytest.Item) -> bool:
    """Whether it runs with a parameter of its mark `long_on`, or with these, joined by "-"."""
    marks = [one for mark in item.iter_markers("long_on") for one in mark.args]
    if not marks or not isinstance(item, pytest.Function) or not hasattr(item, "callspec"):
        return False
    its = item.callspec.id
    return any(one in (its, *its.split("-")) for one in marks)


# Before pytest looks at marks to leave tests out.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file's tests go to one process: else both would start its dashboard and its browser."""
    for item in items:
        file = item.path.relative_to(ROOT).as_posix()
        if not item.get_closest_marker("xdist_group"):
            # The tasks share one desk.
            group = "tests/tasks" if file.startswith("tests/tasks/") else file
            item.add_marker(pytest.mark.xdist_group(group))
        if file.startswith(LONG) or _is_long_on(item):
            item.add_marker("long")
