"""How long Postgres may keep somebody waiting for an answer.

The system notices a server that is stopped or cut off, but not one that hangs: its machine still
confirms every byte, and whoever asked would wait forever, including intake with everything it
holds.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import psycopg
from psycopg.abc import RV, PQGen
from psycopg.pq import TransactionStatus
from sqlalchemy import Engine, event

_LIMIT_S: ContextVar[float | None] = ContextVar("limit_s", default=None)


@contextmanager
def answered_within(limit_s: float | None) -> Iterator[None]:
    """Queries in this block fail if an answer takes longer, in seconds; None: they wait.

    They fail as if the server were away, and the connection is given up.
    """
    before = _LIMIT_S.set(limit_s)
    try:
        yield
    finally:
        _LIMIT_S.reset(before)


class _Connection(psycopg.Connection[Any]):
    """A connection that waits no longer than `answered_within` says."""

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Wait for an answer, in seconds."""
        try:
            return super().wait(gen, interval, _LIMIT_S.get() if timeout is None else timeout)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.close()  # nobody knows what it would answer next
            raise


def make_impatient(engine: Engine) -> None:
    """Make an engine for Postgres respect `answered_within`."""

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, arguments: Any, options: Any) -> psycopg.Connection:
        return _Connection.connect(*arguments, **options)
