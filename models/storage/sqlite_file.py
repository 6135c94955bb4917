"""A SQLite file as this process has it open: whether it is still the same, and who else has it."""

import fcntl
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from sqlalchemy.exc import OperationalError

from models.storage.outage import MovedError


class SqliteFile:
    """A SQLite file as this process has it open.

    Moved over, it would go on being written to by whoever has the old one open, and nobody would
    ever read that again. To open the new one beside the old one's log would damage it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._open: tuple[int, int] | None = None
        self._in_use: IO[str] | None = None

    def hold(self) -> None:
        """Before a connection: say that the file is in use, and that it is still the same.

        Raises `MovedError` when it is another, `sqlite3.OperationalError` while a backup is put in
        its place.
        """
        if self._in_use is None:
            # Nothing but a sign for `restoring`: where the folder can't be written, it says so.
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
        elif self._open != _identity(self.path):
            raise MovedError("the database's file was replaced or deleted")

    def refuse_moved(self) -> None:
        """Raise SQLAlchemy's `OperationalError` of a `MovedError` when it is another by now."""
        if self._open is not None and self._open != _identity(self.path):
            raise OperationalError(
                None, None, MovedError("the database's file was replaced or deleted")
            )

    def let_go(self) -> None:
        """After the last connection."""
        self._open = None
        if self._in_use is not None:
            self._in_use.close()
            self._in_use = None


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _in_use(path: Path) -> Path:
    return Path(f"{path}.open")


@contextmanager
def alone_on(path: Path) -> Iterator[bool]:
    """Nobody of ours opens this SQLite file in here; gives False when somebody has it open."""
    with _in_use(path).open("a") as sign:
        yield locked(sign, time.monotonic(), 0)


def locked(file: IO[str], deadline: float, poll_s: float) -> bool:
    """Lock an open file until it is closed; False when another has it beyond the deadline.

    The deadline is one of `time.monotonic`, in s; it is tried anew every `poll_s` seconds.
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
