"""What the campaigns screen asks: each number by a level of the campaign, or in all.

Every answer is by key: `(value,)` for each value of the level, null among them, or `()` for all
without a level. A range is over the last activity of sessions, as everywhere (Unix ms, both ends
included; no end: all that is newer).
"""

from collections.abc import Collection
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, case, func, literal, or_, select

from dashboard.conditions import QUALIFIED, is_identified
from dashboard.filters import SENDABLE, UTM
from models.tables import LEAD, SESSION

Level = Literal["source", "medium", "campaign", "content"]
Touch = Literal["first", "last"]
Key = tuple[str | None, ...]

MOST_VALUES = 5_000
"""Values of a level that are counted, largest first: anyone can make up more in a URL."""


class Range(NamedTuple):
    """From when to when (Unix ms, both included); null is open."""

    since: int | None
    until: int | None


class Visits(NamedTuple):
    """Sessions in a range; `median_seconds` is null while none of them is finalized."""

    sessions: int
    median_seconds: float | None


class Leads(NamedTuple):
    """Identified leads active in a range, and how many of them are new, qualified, sendable."""

    leads: int
    new: int
    companies: int
    qualified: int
    sendable: int


def _within(span: Range) -> ColumnElement[bool]:
    active = SESSION.c.last_activity
    ends = [] if span.since is None else [active >= span.since]
    ends += [] if span.until is None else [active <= span.until]
    return and_(True, *ends)  # noqa: FBT003 - SQL's own TRUE


def _by(level: Level | None) -> list[ColumnElement[Any]]:
    return [SESSION.c[f"utm_{level}"].label("value")] if level else []


def visits(db: Connection, level: Level | None, span: Range) -> dict[Key, Visits]:
    """How many sessions, and the median of their length in seconds; the most sessions first."""
    by = _by(level)
    counted = (
        select(*by, func.count())
        .select_from(SESSION)
        .where(_within(span))
        .group_by(*by)
        .order_by(func.count().desc(), *by)
        .limit(MOST_VALUES)
    )
    medians = _medians(db, level, span)
    return {
        tuple(key): Visits(sessions, medians.get(tuple(key)))
        for *key, sessions in db.execute(counted)
    }


def _medians(db: Connection, level: Level | None, span: Range) -> dict[Key, float]:
    """Medians by SQL that both databases know: the mean of the one or two in the middle."""
    by = _by(level)
    length = SESSION.c.duration_seconds
    partition = by or None
    ordered = (
        select(
            *by,
            length.label("length"),
            func.row_number().over(partition_by=partition, order_by=length).label("place"),
            func.count().over(partition_by=partition).label("many"),
        )
        .where(_within(span), length.is_not(None))
        .subquery("ordered")
    )
    value = [ordered.c.value] if level else []
    many = ordered.c.many
    query = (
        select(*value, func.avg(ordered.c.length))
        .where(ordered.c.place.in_(((many + 1) // 2, (many + 2) // 2)))
        .group_by(*value)
    )
    return {tuple(key): float(mean) for *key, mean in db.execute(query) if mean is not None}


def leads(db: Connection, level: Level | None, span: Range, touch: Touch) -> dict[Key, Leads]:
    """Leads with a session in the range, each under one value: that of its touch; most first.

    The touch is the first or the last session with any `utm_*` that began before the range ends;
    a lead without one counts under null. Identified is who has a name, an address or a profile.
    `new` are those first seen in the range; companies are where these leads work.
    """
    active = select(SESSION.c.lead).where(_within(span)).distinct().subquery("active")
    is_new = [LEAD.c.first_seen >= span.since] if span.since is not None else []
    is_new += [LEAD.c.first_seen <= span.until] if span.until is not None else []
    by: list[ColumnElement[Any]] = []
    source = active.join(LEAD, LEAD.c.key == active.c.lead)
    if level:
        touches = _touches(level, span, touch, active)
        by = [touches.c.value.label("value")]
        source = source.outerjoin(touches, (touches.c.lead == LEAD.c.key) & (touches.c.place == 1))
    query = (
        select(
            *by,
            func.count(),
            _many(and_(True, *is_new)),  # noqa: FBT003 - SQL's own TRUE
            func.count(func.coalesce(LEAD.c.company_key, LEAD.c.company_name).distinct()),
            _many(LEAD.c.stages.op("&")(QUALIFIED) != 0),
            _many(LEAD.c.email_validity.in_(SENDABLE)),
        )
        .select_from(source)
        .where(is_identified())
        .group_by(*by)
        .order_by(func.count().desc(), *by)
        .limit(MOST_VALUES)
    )
    return {tuple(row[: len(by)]): Leads(*row[len(by) :]) for row in db.execute(query)}


def _touches(level: Level, span: Range, touch: Touch, active: Any) -> Any:
    order: list[ColumnElement[Any]] = [SESSION.c.started_at, SESSION.c.sid]
    if touch == "last":
        order = [column.desc() for column in order]
    place = func.row_number().over(partition_by=SESSION.c.lead, order_by=order)
    tagged = (
        select(SESSION.c.lead, *_by(level), place.label("place"))
        .join(active, active.c.lead == SESSION.c.lead)
        .where(or_(*(SESSION.c[name].is_not(None) for name in UTM)))
    )
    if span.until is not None:
        tagged = tagged.where(SESSION.c.started_at <= span.until)
    return tagged.subquery("touches")


def _many(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, literal(1)), else_=literal(0))), 0)


def hot_visits(db: Connection, level: Level | None, span: Range) -> dict[Key, int]:
    """How many sessions saw a page of `HOT_PAGES`; a value without any is left out."""
    by = _by(level)
    query = select(*by, func.count()).where(_within(span), SESSION.c.hot).group_by(*by)
    return {tuple(key): found for *key, found in db.execute(query)}


def trend(
    db: Connection,
    level: Level | None,
    span: Range,
    values: Collection[str | None],
    *,
    start: int,
    step_ms: int,
) -> dict[tuple[Key, int], int]:
    """Sessions by key and step of time; step 0 begins at `start` (ms, UTC). Only these values."""
    by = _by(level)
    step: ColumnElement[int] = ((SESSION.c.last_activity - start) // step_ms).label("step")
    query = (
        select(*by, step, func.count())
        .where(_within(span), SESSION.c.last_activity >= start)
        .group_by(*by, "step")
    )
    if level:
        column = SESSION.c[f"utm_{level}"]
        named = [value for value in values if value is not None]
        chosen = column.in_(named) | column.is_(None) if None in values else column.in_(named)
        query = query.where(chosen)
    return {(tuple(key), at): n for *key, at, n in db.execute(query)}
