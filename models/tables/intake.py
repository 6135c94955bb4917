"""The ledger, and what is noted about intake; nothing here is derived."""

from typing import Any, cast

from sqlalchemy import BigInteger, Index, LargeBinary
from sqlmodel import Field, SQLModel

from models.tables.column_types import SERIAL, ms_field, table, text_field


class Delivery(SQLModel, table=True):
    """The ledger: every verified delivery, exactly as signed.

    `body` is the raw body, compressed (`ledger.pack`); `size` its length in bytes before that. A
    row changes at most once: `erased` says why only its id is left (`withdrawal`).
    """

    seq: int | None = Field(default=None, primary_key=True, sa_type=cast("Any", SERIAL))
    webhook_id: str = text_field(unique=True, nullable=False)
    received_at: int = ms_field(nullable=False)
    webhook_timestamp: str = text_field(nullable=False)
    webhook_signature: str = text_field(nullable=False)
    size: int
    body: bytes = Field(sa_type=LargeBinary)
    erased: str | None = text_field()


class Repeat(SQLModel, table=True):
    """A delivery that came again. `conflict`: with a different body; the first one stays."""

    id: int | None = Field(default=None, primary_key=True, sa_type=cast("Any", SERIAL))
    webhook_id: str = text_field(nullable=False)
    received_at: int = ms_field(nullable=False, index=True)
    conflict: bool


class Pending(SQLModel, table=True):
    """Deliveries not derived yet. A row is deleted in the transaction that commits its derived
    rows."""

    seq: int = Field(
        primary_key=True,
        sa_type=cast("Any", SERIAL),
        foreign_key="delivery.seq",
        sa_column_kwargs={"autoincrement": False},
    )


class Suspect(SQLModel, table=True):
    """A delivery that is derived alone, and how many processes it has killed so far
    (`projection.deadly`).
    """

    seq: int = Field(
        primary_key=True,
        sa_type=cast("Any", SERIAL),
        foreign_key="delivery.seq",
        sa_column_kwargs={"autoincrement": False},
    )
    deaths: int


class CommitLag(SQLModel, table=True):
    """Deliveries received in an `hour` (its begin) and committed `within_ms` of their receipt, but
    not within the next smaller bound (`lags.bound`).
    """

    __tablename__ = "commit_lag"

    hour: int = ms_field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    within_ms: int = ms_field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    deliveries: int = Field(sa_type=BigInteger)


class Barred(SQLModel, table=True):
    """A name of somebody who is kept out, as a keyed hash; rows are only ever added.

    `sure`: it bars everybody who has it; otherwise only people without a LinkedIn profile. `reason`
    is `forgotten`, or the setting that ignores them.
    """

    __table_args__ = (Index("ix_barred_hash", "hash", "reason", "sure", unique=True),)

    id: int | None = Field(default=None, primary_key=True, sa_type=cast("Any", SERIAL))
    hash: str = text_field(nullable=False)
    reason: str = text_field(nullable=False)
    sure: bool


class Withheld(SQLModel, table=True):
    """How many deliveries were not kept, by reason: `dropped` before the insert, `erased` after."""

    reason: str = text_field(primary_key=True)
    dropped: int = Field(sa_type=BigInteger)
    erased: int = Field(sa_type=BigInteger)


class Desk(SQLModel, table=True):
    """The database's own id, one row: it names what belongs to the database outside of it."""

    id: str = text_field(primary_key=True)


DELIVERY = table(Delivery)
REPEAT = table(Repeat)
PENDING = table(Pending)
SUSPECT = table(Suspect)
COMMIT_LAG = table(CommitLag)
WITHHELD = table(Withheld)
DESK = table(Desk)
