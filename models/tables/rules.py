"""Whom to notify, when and where: destinations, rules, and the messages they make.

What people say, not derived: `replay` leaves these rows alone.
"""

from typing import Any, cast

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field, SQLModel

from models.tables.column_types import SERIAL, ms_field, table, text_field

WAITING, SENT, FAILED, ROLLED = "waiting", "sent", "failed", "rolled up"
"""States of a message: to be sent when it is due; accepted by its destination; given up; covered by
its rule's roll-up message of that hour instead."""


class Destination(SQLModel, table=True):
    """A place that messages go to. `sealed`: its secrets (`models.rules.sealing`).

    `leaves_out`: columns of a lead that are never sent to it, comma-separated. `owner` is who added
    it, as in the audit log. `failing_since` (ms) is the first failure since it last accepted a
    message; `off_since` (ms) is set while it is switched off, and `off_reason` says why, in our own
    words. `resume_at` (ms): it asked for no messages before then.
    """

    name: str = text_field(primary_key=True)
    kind: str = text_field(nullable=False)
    sealed: str = text_field(nullable=False)
    leaves_out: str = text_field(nullable=False)
    owner: str = text_field(nullable=False)
    created_at: int = ms_field(nullable=False)
    failing_since: int | None = ms_field()
    off_since: int | None = ms_field()
    off_reason: str | None = text_field()
    resume_at: int | None = ms_field()


class Rule(SQLModel, table=True):
    """Which segment's leads make a message, when (`occasion`), to where (`models.rules.rules`).

    `destinations` and `assign_to` are comma-separated, `quiet` is `20:00-08:00@Europe/Lisbon`.
    `turn` counts leads assigned so far. `changed_at` (ms) tells readers that a rule has changed.
    """

    name: str = text_field(primary_key=True)
    segment: str = text_field(nullable=False)
    occasion: str = text_field(nullable=False)
    destinations: str = text_field(nullable=False)
    cooldown_hours: int
    cap_per_hour: int
    quiet: str | None = text_field()
    people: int | None = None
    days: int | None = None
    assign_to: str | None = text_field()
    turn: int = 0
    paused: bool = False
    owner: str = text_field(nullable=False)
    created_at: int = ms_field(nullable=False)
    changed_at: int = ms_field(nullable=False)


class Outbox(SQLModel, table=True):
    """A message to one destination. Its `key` is what it is about, so that nothing makes two.

    `webhook_id` is the same at each try. `lead`, `sid` and `company` are whom it was made for; it
    is sent about whoever has the visit `sid` now. `due_at` (ms) is the next try, `event_at` when
    the event that made it was received. `answer` is what the destination said, cut; `body` what was
    sent last. `rolled_into` is the key of the message that covers it instead.
    """

    __table_args__ = (
        Index("ix_outbox_due", "destination", "state", "due_at", "id"),
        Index("ix_outbox_state", "state", "made_at"),
        Index("ix_outbox_sid", "sid"),
        Index("ix_outbox_rule", "rule", "made_at"),
        Index(
            "ix_outbox_rolled",
            "rolled_into",
            sqlite_where=text("rolled_into IS NOT NULL"),
            postgresql_where=text("rolled_into IS NOT NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=cast("Any", SERIAL))
    key: str = text_field(unique=True, nullable=False)
    webhook_id: str = text_field(nullable=False)
    kind: str = text_field(nullable=False)
    rule: str = text_field(nullable=False)
    destination: str = text_field(nullable=False)
    lead: str | None = text_field()
    sid: str | None = text_field()
    company: str | None = text_field()
    made_at: int = ms_field(nullable=False)
    event_at: int = ms_field(nullable=False)
    due_at: int = ms_field(nullable=False)
    state: str = text_field(nullable=False)
    attempts: int = 0
    sent_at: int | None = ms_field()
    status: int | None = None
    answer: str | None = text_field()
    body: str | None = text_field()
    rolled_into: str | None = text_field()


class Rung(SQLModel, table=True):
    """A visit that a rule has rung for, by itself or with its lead's others: `at` (ms) is when
    last.

    `once` and cooldown look here by the visits that a lead has now, so that neither a changed key
    nor a merge or split of leads makes a rule ring twice.
    """

    __table_args__ = ({"sqlite_with_rowid": False},)

    sid: str = text_field(primary_key=True)
    rule: str = text_field(primary_key=True)
    at: int = Field(sa_type=BigInteger)


class NamedBeside(SQLModel, table=True):
    """A visit by which a `message` (its key) named somebody beside the one that it was about, when
    it was sent: of a company's people. Whose visit it is now is whom it named.
    """

    __tablename__ = "named_beside"
    __table_args__ = ({"sqlite_with_rowid": False},)

    sid: str = text_field(primary_key=True)
    message: str = text_field(primary_key=True)


class RuleHour(SQLModel, table=True):
    """How many matches a rule rang for in an `hour` (its beginning, ms): beyond its cap they go
    into one message.
    """

    __tablename__ = "rule_hour"
    __table_args__ = ({"sqlite_with_rowid": False},)

    rule: str = text_field(primary_key=True)
    hour: int = ms_field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    moments: int


DESTINATION = table(Destination)
RULE = table(Rule)
OUTBOX = table(Outbox)
RUNG = table(Rung)
NAMED_BESIDE = table(NamedBeside)
RULE_HOUR = table(RuleHour)
