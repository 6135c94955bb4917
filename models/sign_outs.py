"""Logins that were ended early: every dashboard of a database refuses them."""

from typing import Any, cast

from sqlalchemy import BigInteger, Connection, delete, insert, select
from sqlmodel import Field, SQLModel

from models.tables import TEXT, table


class SignedOut(SQLModel, table=True):
    """A login, by its hash, and until when (Unix ms) it would have been valid."""

    __tablename__ = "signed_out"

    login: str = Field(primary_key=True, sa_type=cast("Any", TEXT))
    until: int = Field(sa_type=BigInteger)


SIGNED_OUT = table(SignedOut)


def note(db: Connection, login: str, until: int, now: int) -> None:
    """Record that a login has ended; drop those that have expired by now. Times in Unix ms."""
    db.execute(delete(SIGNED_OUT).where(SIGNED_OUT.c.until < now))
    if not db.execute(select(SIGNED_OUT.c.until).where(SIGNED_OUT.c.login == login)).first():
        db.execute(insert(SIGNED_OUT).values(login=login, until=until))


def ended(db: Connection, now: int) -> frozenset[str]:
    """Every login that was ended and would still be valid at `now` (Unix ms)."""
    return frozenset(
        db.execute(select(SIGNED_OUT.c.login).where(SIGNED_OUT.c.until >= now)).scalars()
    )
