"""What the rows of a span of time come to: the one row per day that `summaries` keeps.

Visits are kept individually, as a few numbers in columns: a million of them are a few arrays, which
count, group and join very quickly. Text that is only distinguished or counted, the keys of leads
and companies, is kept as a number (`digest`), in a hundredth of the space.
"""

import json
import struct
from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from hashlib import blake2b
from sys import byteorder
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, ColumnElement, Connection, func, literal, or_, select

from models.days import DAY_MS, begin_of, day_of, days_of
from models.facts.paths import page_of
from models.payloads.vocabulary import SENDABLE
from models.storage.rows import Row, among, fetch, many, placeholder, stream
from models.tables import EVENT, SESSION

HOUR_MS = 3_600_000
QUARTER_MS = HOUR_MS // 4
"""A quarter of an hour: every time zone's hours and days begin with one."""

CLOCK_SLACK_MS = 1_000
"""Two correct clocks differ by at most this much: an event made later than that lies in the
future.
"""

LEVELS = (
    "source", "medium", "campaign", "content", "channel", "landing page", "referring host",
)  # fmt: skip
"""Where a visit came from: its tags, its channel, the page it began on, the site that linked
there.
"""

Touch = tuple[str | None, ...]
"""Where a visit came from, in the order of `LEVELS`."""

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
    """A 64-bit number for a text, 0 for none: the chance that two of a million texts share one is 1
    in 10^7."""
    if text is None:
        return 0
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little", signed=True)


def sessions(db: Connection, first: int, last: int, zone: ZoneInfo) -> Row:
    """Summary of sessions by their last activity."""
    rows = stream(
        db,
        f"SELECT {', '.join(VISIT_COLUMNS)} FROM session"
        " WHERE last_activity BETWEEN {0} AND {0} ORDER BY last_activity, sid",
        first,
        last,
    )
    return visits_summed(rows, zone)


def visits_summed(rows: Iterable[Sequence[Any]], zone: ZoneInfo) -> Row:
    """Visits as table `session_day` keeps them: a few numbers for each, one list per column.

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
    """Where a visit came from, by the last of `VISIT_COLUMNS`, those after `lead`."""
    return tuple(_touch(came_by))


def _touch(came_by: Sequence[str | None]) -> Iterator[str | None]:
    # Host and path of the landing page's address.
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
    """Summary of identified leads by when they were last seen: what `LEAD_FACTS` names."""
    sql = f"{_lead_facts()} AND lead.last_seen BETWEEN {{0}} AND {{0}}"
    return _leads_summed(stream(db, f"{sql} ORDER BY lead.last_seen, lead.key", first, last))


def leads_of(db: Connection, keys: Collection[str], first: int) -> Row:
    """The same of those with these keys, last seen at a time (ms) or later."""
    sql = f"{_lead_facts()} AND {among(db, 'lead.key')} AND lead.last_seen >= {placeholder(db)}"
    return _leads_summed(fetch(db, sql, many(db, keys), first))


def _lead_facts() -> str:
    return (
        "SELECT lead.key, COALESCE(lead.company_key, lead.company_name), lead.first_seen,"
        " lead.last_seen, lead.stages, lead.email_validity, first.started_at, last.started_at,"
        f" {_touch_columns('first')}, {_touch_columns('last')} FROM lead"
        " LEFT JOIN session AS first ON first.sid = lead.first_touch_sid"
        " LEFT JOIN session AS last ON last.sid = lead.last_touch_sid"
        " WHERE (lead.full_name IS NOT NULL OR lead.email IS NOT NULL"
        " OR lead.linkedin_url IS NOT NULL)"
    )


def _leads_summed(rows: Iterable[Sequence[Any]]) -> Row:
    touches: dict[Touch, int] = {(None,) * len(LEVELS): 0}
    packed = bytearray()
    width = len(_TOUCH_COLUMNS)
    for (
        key, company, first_seen, last_seen, stages, validity, first_at, last_at, *came_by,
    ) in rows:  # fmt: skip
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
    """Summary of events by their receipt: how many of each type per hour, and how many with a wrong
    clock."""
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
    """The beginning of the hour of a column's moment, in quarters of an hour since 1970, as SQL;
    hours are those of the day that `first` (ms) is in, offset by half an hour in some zones.
    """
    begin = begin_of(day_of(first, zone), zone)
    hours = (time - literal(begin, BigInteger)) // HOUR_MS
    return hours * (HOUR_MS // QUARTER_MS) + literal(begin // QUARTER_MS, BigInteger)


def heard(db: Connection, first: int, last: int, _zone: ZoneInfo) -> Row:
    """Summary of sessions by when they were last heard from: by the stages that came for them."""
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
