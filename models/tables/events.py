"""What became of deliveries, and how far the projection has got."""

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from models.tables.column_types import ms_field, table, text_field


class Projection(SQLModel, table=True):
    """One row: `version` grows with each commit of derived rows, so checking for news is one probe.

    A sequence number in the rows could miss one that commits late; this can't. `hot_pages` are the
    paths that sessions are marked for (null: no receiver has said yet), and sessions whose `sid` is
    less than `mark_below` may still be marked for others (null: all). `time_zone` is the one that
    days are kept of (null: no receiver has said yet). `rules`: the merge rules that derived them
    (`replay.RULES`). Scores are those of `scoring_version`, whose half-life is `half_life_ms`;
    those of `next_scoring` are being prepared (null: none are), visits first, then
    (`rescoring_leads`) leads, up to `rescored_until` (null: none yet).
    """

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    version: int = Field(sa_type=BigInteger)
    projected_at: int = ms_field(nullable=False)
    hot_pages: str | None = text_field()
    mark_below: str | None = text_field()
    time_zone: str | None = text_field()
    rules: int
    scoring_version: int = 1
    half_life_ms: float = 7 * 86_400_000.0
    next_scoring: int | None = None
    rescoring_leads: bool = False
    rescored_until: str | None = text_field()


class Event(SQLModel, table=True):
    """What a derived delivery was: the way from a session to its raw events.

    Of a type that this version does not know nobody can say which session it is of: no `sid`, no
    `vid`. `created` is the time that counts, `said_created` what the event says where that lies too
    far after its receipt (`facts.believed`).
    """

    __table_args__ = (Index("ix_event_type", "type", "received_at"),)

    webhook_id: str = text_field(primary_key=True)
    event_id: str = text_field(nullable=False)
    type: str = text_field(nullable=False)
    sid: str | None = text_field(index=True)
    vid: str | None = text_field(index=True)
    created: int = ms_field(nullable=False)
    said_created: int | None = ms_field()
    received_at: int = ms_field(nullable=False, index=True)


class Stake(SQLModel, table=True):
    """A derived delivery's claim to a row that many deliveries compete for (`stakes`).

    The greatest `rank` wins the row. When its delivery is withdrawn, the next one is found here:
    nothing else leads from such a row to its rivals.
    """

    __table_args__ = ({"sqlite_with_rowid": False},)

    target: str = text_field(primary_key=True)
    rank: str = text_field(primary_key=True)


class Quarantine(SQLModel, table=True):
    """Deliveries that could not be derived, each with its reason. Replay tries them again."""

    webhook_id: str = text_field(primary_key=True)
    type: str | None = text_field()
    received_at: int = ms_field(nullable=False)
    error: str = text_field(nullable=False)


class Unknown(SQLModel, table=True):
    """Fields and event types that this version does not know, with the newest delivery of each.

    `path` is the field's path, or `type` for an unknown event type.
    """

    type: str = text_field(primary_key=True)
    path: str = text_field(primary_key=True)
    first_created: int = ms_field(nullable=False)
    rank: str = text_field(nullable=False)


PROJECTION = table(Projection)
EVENT = table(Event)
STAKE = table(Stake)
QUARANTINE = table(Quarantine)
UNKNOWN = table(Unknown)
