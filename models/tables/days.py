"""Daily summaries in the time zone that `Projection.time_zone` names, by day number there
(`models.days`).
"""

from typing import Any

from sqlalchemy import LargeBinary
from sqlmodel import Field, SQLModel

from models.tables.column_types import table, text_field


def _day() -> Any:
    return Field(primary_key=True, sa_column_kwargs={"autoincrement": False})


class SessionDay(SQLModel, table=True):
    """Sessions of a day by last activity, in its order (see `summaries`).

    `runs` is a JSON list of `[day, sessions]`, `vals` one of the distinct values at each level.
    Everything else is numbers, one per session, little-endian: `leads` 64 bits, the digests of
    whose they are; `seconds` 32 bits, -1 while it is not over; `flags` 8 bits; the rest 32 bits,
    the place of its value among the level's.
    """

    __tablename__ = "session_day"

    day: int = _day()
    runs: str = text_field(nullable=False)
    vals: str = text_field(nullable=False)
    leads: bytes = Field(sa_type=LargeBinary)
    seconds: bytes = Field(sa_type=LargeBinary)
    flags: bytes = Field(sa_type=LargeBinary)
    sources: bytes = Field(sa_type=LargeBinary)
    mediums: bytes = Field(sa_type=LargeBinary)
    campaigns: bytes = Field(sa_type=LargeBinary)
    contents: bytes = Field(sa_type=LargeBinary)
    channels: bytes = Field(sa_type=LargeBinary)
    landing_pages: bytes = Field(sa_type=LargeBinary)
    referring_hosts: bytes = Field(sa_type=LargeBinary)


class LeadDay(SQLModel, table=True):
    """Identified leads last seen on a day: `facts` is one `summaries.LEAD_FACTS` after another.

    `touches` is the JSON list that they point into: where each touch came from, in the order of
    `summaries.LEVELS`.
    """

    __tablename__ = "lead_day"

    day: int = _day()
    touches: str = text_field(nullable=False)
    facts: bytes = Field(sa_type=LargeBinary)


class EventDay(SQLModel, table=True):
    """Events received on a day: a JSON list of `[hour, type, events, future, late]`.

    `hour` is when it began, in quarters of an hour since 1970; `future` and `late`
    are those whose clock is astray.
    """

    __tablename__ = "event_day"

    day: int = _day()
    counts: str = text_field(nullable=False)


class HeardDay(SQLModel, table=True):
    """Sessions last heard of on a day: a JSON list of `[stages, sessions, backwards]`.

    `stages` are the bits of those that came; `backwards` are those that end before they start.
    """

    __tablename__ = "heard_day"

    day: int = _day()
    counts: str = text_field(nullable=False)


SESSION_DAY = table(SessionDay)
LEAD_DAY = table(LeadDay)
EVENT_DAY = table(EventDay)
HEARD_DAY = table(HeardDay)
