"""Segments: filters saved under a name, usable wherever filters are."""

import re
import time
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from models.facts.search import fold
from models.filters.names import ME
from models.filters.query import Filters
from models.filters.times import UTC, FilterError, When
from models.segments.asking import has_login, kept, spelled_out
from models.segments.naming import LONGEST_NAME, NotSavedError, checked_name
from models.tables import SEGMENT
from models.tables.rules import RULE

LONGEST_TITLE = 120

_NO_SLUG = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Segment:
    """Filters saved under a name. `owner` is None for a shared one; `locked`: only people who may
    manage segments can change it.
    """

    name: str
    title: str
    query: str
    owner: str | None = None
    locked: bool = False
    saved_at: int = 0

    @property
    def filters(self) -> Filters:
        """Its filters. Raises `FilterError` if this version does not know one of them."""
        return Filters.from_text(self.query)


def segments(db: Connection, who: str | None = None) -> list[Segment]:
    """Segments by title: all of them, or the shared ones and those of `who`."""
    query = select(SEGMENT)
    if who is not None:
        query = query.where(SEGMENT.c.owner.is_(None) | (SEGMENT.c.owner == who))
    found = [Segment(**row) for row in db.execute(query).mappings()]
    return sorted(found, key=lambda one: (fold(one.title), one.name))


def segment(db: Connection, name: str) -> Segment | None:
    """The segment with a name, whatever its case; None if there is none."""
    return next((one for one in segments(db) if fold(one.name) == fold(name)), None)


def named(db: Connection, name: str) -> Segment:
    """The same. Raises `NotSavedError` if there is none."""
    found = segment(db, name)
    if found is None:
        raise NotSavedError(f"there is no segment named {name[:LONGEST_NAME]}")
    return found


def save(
    db: Connection,
    name: str,
    query: str,
    *,
    who: str,
    title: str | None = None,
    is_shared: bool | None = None,
    locked: bool | None = None,
    may_manage: bool = True,
) -> Segment:
    """Save filters under a name, or change what is saved there; `who` is a name as in the audit
    log.

    What is not given stays as it was; for a new segment the title is the name, and it is personal
    and not locked. `may_manage`: whether they may lock segments, and change locked ones.

    Raises `NotSavedError` for an invalid name, query or change, `FilterError` for an unknown
    filter.
    """
    name = checked_name("segment", name)
    before = segment(db, name)
    if before:
        _check_may_change(before, who, may_manage=may_manage)
        name = before.name
    title = (title or "").strip() or (before.title if before else name)
    if len(title) > LONGEST_TITLE or not title.isprintable():
        raise NotSavedError(f"a title must be one line of at most {LONGEST_TITLE} characters")
    filters = Filters.from_text(query)
    if filters.is_empty():
        raise NotSavedError("a segment needs at least one filter")
    if is_shared is None:
        is_shared = before is not None and before.owner is None
    kept_locked = locked if locked is not None else bool(before and before.locked)
    if kept_locked and not is_shared:
        raise NotSavedError("only a shared segment can be locked")
    if kept_locked and not may_manage:
        raise NotSavedError("locking a segment needs the role ops")
    users = [] if is_shared else users_of(db, "segment", name)
    if users:
        raise NotSavedError(f"the segment {users[0]} uses it, so it must stay shared")
    rule = None if is_shared else _rule_of(db, name)
    if rule:
        raise NotSavedError(f"the rule {rule} uses it, so it must stay shared")
    made = Segment(
        name,
        title,
        filters.text(),
        None if is_shared else who,
        kept_locked,
        int(time.time() * 1000),
    )
    _check_query(db, made, filters, who)
    row = {column: getattr(made, column) for column in SEGMENT.columns.keys()}  # noqa: SIM118
    if before:
        db.execute(update(SEGMENT).where(SEGMENT.c.name == name).values(row))
    else:
        db.execute(insert(SEGMENT).values(row))
    return made


def remove(db: Connection, name: str, *, who: str, may_manage: bool = True) -> Segment:
    """Delete a segment and return it.

    Raises `NotSavedError` if there is none, if it is not theirs, or if another segment or a rule
    uses it.
    """
    found = named(db, name)
    _check_may_change(found, who, may_manage=may_manage)
    users = users_of(db, "segment", found.name)
    if users:
        raise NotSavedError(f"the segment {users[0]} uses it. Change or delete that segment first")
    rule = _rule_of(db, found.name)
    if rule:
        raise NotSavedError(f"the rule {rule} uses it. Remove that rule first")
    db.execute(delete(SEGMENT).where(SEGMENT.c.name == found.name))
    return found


def _rule_of(db: Connection, name: str) -> str | None:
    """The first rule that uses a segment."""
    query = select(RULE.c.name).where(RULE.c.segment == name).order_by(RULE.c.name).limit(1)
    found: str | None = db.execute(query).scalar()
    return found


def users_of(db: Connection, kind: str, name: str) -> list[str]:
    """Names of the segments whose own filters name a `segment` or `list`."""
    return [
        one.name
        for one in segments(db)
        if any(
            fold(value) == fold(name)
            for condition in one.filters
            if condition.name == kind
            for value in condition.values
        )
    ]


def free_name(db: Connection, title: str) -> str:
    """An unused name made from a title: `my-territory`, `my-territory-2`."""
    base = _NO_SLUG.sub("-", fold(title)).strip("-")[: LONGEST_NAME - 5] or "segment"
    taken: Collection[str] = {fold(one.name) for one in segments(db)}
    name, number = base, 1
    while fold(name) in taken:
        number += 1
        name = f"{base}-{number}"
    return name


def _check_may_change(found: Segment, who: str, *, may_manage: bool) -> None:
    if found.owner not in {None, who}:
        raise NotSavedError(f"the name {found.name} is taken by somebody's personal segment")
    if found.locked and not may_manage:
        raise NotSavedError(f"the segment {found.name} is locked")


def _check_query(db: Connection, made: Segment, filters: Filters, who: str) -> None:
    """Refuse what a segment must not contain, however deeply nested."""
    known_segments, lists = kept(db)
    known_segments[fold(made.name)] = (made.name, made.query, made.owner)
    inner = [value for one in filters if one.name == "segment" for value in one.values]
    if fold(made.name) in map(fold, inner):
        raise NotSavedError(f"the segment {made.name} can't be part of itself")
    is_shared = made.owner is None
    asks_me = any(one.name == "owner" and ME in one.values for one in filters)
    if asks_me and is_shared:
        raise NotSavedError(
            "owner=me can't be in a shared segment: it would mean something different for each "
            "person"
        )
    if asks_me and not has_login(who):
        raise NotSavedError("owner=me needs a login: without one, nobody can tell who that is")
    if is_shared:
        for value in inner:
            name, _, owner = known_segments.get(fold(value), (value, "", None))
            if owner is not None:
                raise NotSavedError(
                    f"a shared segment can't use {name}, which is personal. Share that one first"
                )
    try:
        its = Filters.parse({"segment": made.name})
        spelled_out((known_segments, lists), its, When.now(UTC), who=who)
    except FilterError as error:
        raise NotSavedError(str(error)) from None
