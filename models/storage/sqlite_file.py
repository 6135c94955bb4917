"""A SQLite file that this process has open: whether it is still the same, and who else has it
open.
"""

import fcntl
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from weakref import WeakSet

from sqlalchemy.exc import OperationalError

from models.storage.outage import MovedError

_Identity = tuple[int, int]


@dataclass(slots=True, weakref_slot=True, eq=False)
class Log:
    """SQLite's log and the log's index, as one connection has them open.

    SQLite itself deletes them only with the last connection.
    """

    files: dict[Path, _Identity]

    @property
    def is_gone(self) -> bool:
        """Whether their names now lead to other files, or to none."""
        return any(_identity(path) != its for path, its in self.files.items())


class SqliteFile:
    """A SQLite file that this process has open.

    If another file is moved over it, whoever has the old one open would keep writing to it, and
    nobody would ever read that. Opening the new one next to the old one's log would damage it. The
    same goes for the log, which holds the latest commits.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._open: _Identity | None = None
        self._in_use: IO[str] | None = None
        self._logs: WeakSet[Log] = WeakSet()
        self._lock = threading.Lock()

    def mark_in_use(self) -> None:
        """Before a connection: mark the file as in use, and check that it is still the same.

        Raises `MovedError` if it is a different one, `sqlite3.OperationalError` while a backup is
        being restored.
        """
        if self._in_use is None:
            # Only a sign for `restoring`; if the folder can't be written, that shows elsewhere.
            with suppress(PermissionError):
                sign = _in_use(self.path).open("a")
                try:
                    fcntl.flock(sign, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError:
                    sign.close()
                    raise sqlite3.OperationalError("a backup is being restored") from None
                self._in_use = sign
        if self._open is None:
            self._open = _identity(self.path)
        elif self._is_moved():
            raise MovedError("the database's file or its log was replaced or deleted")

    def note_log(self) -> Log:
        """After a connection has read something: the log that it has open.

        Keep this for as long as the connection is open, and no longer.
        """
        path = self.path.resolve()  # SQLite puts it next to the file that a link leads to
        found = {side: _identity(side) for side in (Path(f"{path}-wal"), Path(f"{path}-shm"))}
        log = Log({side: its for side, its in found.items() if its is not None})
        with self._lock:
            self._logs.add(log)
        return log

    def refuse_moved(self) -> None:
        """Raise SQLAlchemy's `OperationalError` with a `MovedError` if it is a different file by
        now."""
        if self._is_moved():
            raise OperationalError(
                None, None, MovedError("the database's file or its log was replaced or deleted")
            )

    def _is_moved(self) -> bool:
        with self._lock:
            logs = list(self._logs)
        return (self._open is not None and self._open != _identity(self.path)) or any(
            log.is_gone for log in logs
        )

    def let_go(self) -> None:
        """After the last connection."""
        self._open = None
        with self._lock:
            self._logs.clear()
        if self._in_use is not None:
            self._in_use.close()
            self._in_use = None


def _identity(path: Path) -> _Identity | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _in_use(path: Path) -> Path:
    return Path(f"{path}.open")


@contextmanager
def alone_on(path: Path) -> Iterator[bool]:
    """None of our processes opens this SQLite file in this block; yields False if one has it
    open.
    """
    with _in_use(path).open("a") as sign:
        yield locked(sign, time.monotonic(), 0)


def locked(file: IO[str], deadline: float, poll_s: float) -> bool:
    """Lock an open file until it is closed; False if another process holds it beyond the deadline.

    The deadline is by `time.monotonic`, in s; it retries every `poll_s` seconds.
    """
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(poll_s)
        else:
            return True
