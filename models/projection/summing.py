"""What the rows of a span of time come to: the one row a day that `summaries` keeps.

Visits are kept one by one, as some numbers in a column each: a million of them are some arrays,
which count, group and join in no time. Text that is only told apart or counted, the keys of leads
and companies, is kept as a number (`digest`): a hundredth of the room.
"""

import json
import struct
from array import array
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from sys import byteorder
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, ColumnElement, Connection, func, literal, or_, select

from models.days import DAY_MS, begin_of, day_of, days_of
from models.facts.paths import page_of
from models.payloads.vocabulary import SENDABLE
from models.storage.rows import Row, stream
from models.tables import EVENT, SESSION

HOUR_MS = 3_600_000
QUARTER_MS = HOUR_MS // 4
"""A quarter of an hour: every time zone's hours and days begin with one."""

CLOCK_SLACK_MS = 1_000
"""Two good clocks differ by this much at most: an event made later than that lies in the future."""

LEVELS = (
    "source", "medium", "campaign", "content", "channel", "landing page", "referring host",
)  # fmt: skip
"""What a visit came by: its tags, its channel, the page it began on, the site that linked there."""

Touch = tuple[str | None, ...]
"""What a visit came by, in the order of `LEVELS`."""

VISIT_COLUMNS = (
    "last_activity", "hot", "is_bot", "duration_seconds", "lead", "utm_source", "utm_medium",
    "utm_campaign", "utm_content", "channel", "landing_page", "referrer_host",
)  # fmt: skip
"""Columns of `session` that `visits_summed` reads, in this order."""

HOT, BOT = 1, 2
"""Bits of a visit's flags."""

_TOUCH_COLUMNS = VISIT_COLUMNS[5:]

LONGEST_PAGE = 500
"""Characters of a page's host and path that are kept; a longer one is cut."""

LEAD_FACTS = (
    ("lead", "q"), ("company", "q"), ("first_seen", "q"), ("last_seen", "q"),
    ("first_touched_at", "q"), ("last_touched_at", "q"), ("first_touch", "I"), ("last_touch", "I"),
    ("stages", "H"), ("sendable", "B"),
)  # fmt: skip
"""A lead in table `lead_day`: names and types, as `struct` writes them, little-endian.

`lead` and `company` are digests, 0 for none; touches are places in the day's list of them, and
their times are `NEVER` for none.
"""

NEVER = 2**62
_LEAD = struct.Struct("<" + "".join(code for _, code in LEAD_FACTS))


def digest(text: str | None) -> int:
    """A 64-bit number for a text, 0 for none: of a million texts, two share one once in 10^7."""
    if text is None:
        return 0
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little", signed=True)


def sessions(db: Connection, first: int, last: int, zone: ZoneInfo) -> Row:
    """Of sessions by their last activity."""
    rows = stream(
        db,
        f"SELECT {', '.join(VISIT_COLUMNS)} FROM session"
        " WHERE last_activity BETWEEN {0} AND {0} ORDER BY last_activity, sid",
        first,
        last,
    )
    return visits_summed(rows, zone)


def visits_summed(rows: Iterable[Sequence[Any]], zone: ZoneInfo) -> Row:
    """Visits as table `session_day` keeps them: of each some numbers, one list a column.

    `rows` have `VISIT_COLUMNS`, in the order of their last activity.
    """
    day_at = days_of(zone)
    runs: list[list[int]] = []
    leads, seconds, flags = array("q"), array("i"), array("B")
    values: list[dict[str | None, int]] = [{} for _ in LEVELS]
    places = [array("I") for _ in LEVELS]
    for at, hot, is_bot, length, lead, *came_by in rows:
        day = day_at(at)
        if not runs or runs[-1][0] != day:
            runs.append([day, 0])
        runs[-1][1] += 1
        leads.append(digest(lead))
        seconds.append(-1 if length is None else min(length, _LONGEST_S))
        flags.append(HOT * bool(hot) + BOT * bool(is_bot))
        for place, known, value in zip(places, values, _touch(came_by), strict=True):
            place.append(known.setdefault(value, len(known)))
    return {
        "runs": _json(runs),
        "vals": _json([list(known) for known in values]),
        "leads": _bytes(leads),
        "seconds": _bytes(seconds),
        "flags": _bytes(flags),
        **{
            column: _bytes(place)
            for column, place in zip(PLACE_COLUMNS.values(), places, strict=True)
        },
    }


PLACE_COLUMNS = {level: f"{level.replace(' ', '_')}s" for level in LEVELS}
"""Columns of table `session_day`: by level, each visit's place in the day's list of its values."""

_LONGEST_S = 2**31 - 1


def touch_of(came_by: Sequence[str | None]) -> Touch:
    """What a visit came by, from the last of `VISIT_COLUMNS`, those after `lead`."""
    return tuple(_touch(came_by))


def _touch(came_by: Sequence[str | None]) -> Iterator[str | None]:
    # Of the landing page's address its host and path.
    for column, value in zip(_TOUCH_COLUMNS, came_by, strict=True):
        if column == "landing_page" and value:
            page = page_of(value)
            yield page and f"{page.host}{page.path}"[:LONGEST_PAGE]
        else:
            yield value


def _bytes(numbers: "array[int]") -> bytes:
    """Numbers as bytes, little-endian whatever the machine."""
    if byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def leads(db: Connection, first: int, last: int, _zone: ZoneInfo) -> Row:
    """Of identified leads by when they were last seen: what `LEAD_FACTS` names."""
    touches: dict[Touch, int] = {(None,) * len(LEVELS): 0}
    packed = bytearray()
    width = len(_TOUCH_COLUMNS)
    for (
        key, company, first_seen, last_seen, stages, validity, first_at, last_at, *came_by,
    ) in stream(
        db,
        "SELECT lead.key, COALESCE(lead.company_key, lead.company_name), lead.first_seen,"
        " lead.last_seen, lead.stages, lead.email_validity, first.started_at, last.started_at,"
        f" {_touch_columns('first')}, {_touch_columns('last')} FROM lead"
        " LEFT JOIN session AS first ON first.sid = lead.first_touch_sid"
        " LEFT JOIN session AS last ON last.sid = lead.last_touch_sid"
        " WHERE lead.last_seen BETWEEN {0} AND {0} AND (lead.full_name IS NOT NULL"
        " OR lead.email IS NOT NULL OR lead.linkedin_url IS NOT NULL)"
        " ORDER BY lead.last_seen, lead.key",
        first,
        last,
    ):  # fmt: skip
        packed += _LEAD.pack(
            digest(key),
            digest(company),
            first_seen,
            last_seen,
            NEVER if first_at is None else first_at,
            NEVER if last_at is None else last_at,
            touches.setdefault(touch_of(came_by[:width]), len(touches)),
            touches.setdefault(touch_of(came_by[width:]), len(touches)),
            stages,
            validity in SENDABLE,
        )
    return {"touches": _json(list(touches)), "facts": bytes(packed)}


def _touch_columns(table: str) -> str:
    return ", ".join(f"{table}.{column}" for column in _TOUCH_COLUMNS)


def events(db: Connection, first: int, last: int, zone: ZoneInfo) -> Row:
    """Of events by their receipt: how many an hour of each type, and by whose clock is astray."""
    hour = hour_column(EVENT.c.received_at, zone, first).label("hour")
    query = (
        select(
            hour,
            EVENT.c.type,
            func.count(),
            func.count().filter(
                func.coalesce(EVENT.c.said_created, EVENT.c.created)
                > EVENT.c.received_at + CLOCK_SLACK_MS
            ),
            func.count().filter(EVENT.c.created < EVENT.c.received_at - DAY_MS),
        )
        .where(EVENT.c.received_at.between(first, last))
        .group_by(hour, EVENT.c.type)
        .order_by(hour, EVENT.c.type)
    )
    return {"counts": _json([list(row) for row in db.execute(query)])}


def hour_column(time: ColumnElement[int], zone: ZoneInfo, first: int) -> ColumnElement[int]:
    """When the hour began that a column's moment is in, in quarters of an hour since 1970, as SQL;
    hours are those of the day that `first` (ms) is in: half an hour aside in some zones.
    """
    begin = begin_of(day_of(first, zone), zone)
    hours = (time - literal(begin, BigInteger)) // HOUR_MS
    return hours * (HOUR_MS // QUARTER_MS) + literal(begin // QUARTER_MS, BigInteger)


def heard(db: Connection, first: int, last: int, _zone: ZoneInfo) -> Row:
    """Of sessions by when they were last heard of: by the stages that came for them."""
    ends_too_early = or_(
        SESSION.c.last_activity < SESSION.c.started_at, SESSION.c.ended_at < SESSION.c.started_at
    )
    query = (
        select(SESSION.c.stages, func.count(), func.count().filter(ends_too_early))
        .where(SESSION.c.heard_at.between(first, last))
        .group_by(SESSION.c.stages)
        .order_by(SESSION.c.stages)
    )
    return {"counts": _json([list(row) for row in db.execute(query)])}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
