"""Who has signed out, on whichever dashboard: kept in the database, cached for a second."""

import threading
import time
from collections.abc import Callable

import structlog
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from dashboard.data.source import primary
from models import sign_outs
from models.storage.database import Database

LATE_S = 1.0
"""How long another dashboard may still accept a login that has ended, in seconds."""

_log = structlog.get_logger("sign_out")


class SignOuts:
    """What this process knows about ended logins.

    While the database is away, what was known still applies, and what is ended here is saved as
    soon as it is back: no data can be read meanwhile anyway.
    """

    def __init__(self, database: Callable[[], Database] = primary, late_s: float = LATE_S) -> None:
        """`database` gives the one where they are kept; `late_s`: as `LATE_S`."""
        self._database, self._late_s = database, late_s
        self._lock = threading.Lock()
        self._looked = float("-inf")
        self._known: frozenset[str] = frozenset()
        self._unwritten: dict[str, int] = {}

    def has(self, login: str) -> bool:
        """Whether a login (its hash) has ended. May read the database; one thread at a time."""
        is_due = time.monotonic() - self._looked >= self._late_s
        # While one thread waits for a database that hangs, the others go by what is known.
        if is_due and self._lock.acquire(blocking=False):
            try:
                self._write()
                self._look()
            finally:
                self._looked = time.monotonic()
                self._lock.release()
        return login in self._known or login in self._unwritten

    def add(self, login: str, until: int) -> None:
        """End a login that would be valid until then (Unix ms)."""
        self._unwritten[login] = until
        with self._lock:
            self._write()

    def _write(self) -> None:
        for login, until in list(self._unwritten.items()):
            now = int(time.time() * 1000)
            try:
                with self._database().write() as db:
                    sign_outs.note(db, login, until, now)
            except IntegrityError:  # another dashboard, at this moment
                pass
            except (SQLAlchemyError, OSError) as error:
                if until >= now:
                    _log.warning("sign_out_not_written", error=type(error).__name__)
                    return
            self._known |= {login}
            self._unwritten.pop(login, None)

    def _look(self) -> None:
        try:
            with self._database().read() as db:
                self._known = sign_outs.ended(db, int(time.time() * 1000))
        except (SQLAlchemyError, OSError) as error:
            _log.warning("sign_outs_not_read", error=type(error).__name__)
