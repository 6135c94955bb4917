"""How long Postgres may keep somebody waiting for an answer.

A server that is stopped or cut off is noticed by the system. One that hangs is not: its machine
still confirms every byte, and whoever asked it would wait for good, intake with everything it has.
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
    """What is asked in here fails when an answer takes longer, in seconds; None: it waits.

    It fails as where the server is away, and the connection is given up.
    """
    before = _LIMIT_S.set(limit_s)
    try:
        yield
    finally:
        _LIMIT_S.reset(before)


class _Connection(psycopg.Connection[Any]):
    """A connection that does not wait for longer than `answered_within` says."""

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
