"""Lists of companies and people: as named in a file, and which leads they match."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update

from models.facts.search import fold
from models.segments.list_files import Entry
from models.segments.naming import LONGEST_NAME, NotSavedError, checked_name
from models.segments.segments import users_of
from models.storage.rows import among, fetch, many, upsert
from models.tables import LEAD_IDENTIFIER, LIST, LIST_ENTRY

_CHUNK = 5_000

Progress = Callable[[int, int], None]
"""Called with entries done and entries in all."""


@dataclass(frozen=True, slots=True)
class KeptList:
    """A list, how many entries it has and how many leads they match; `imported_at` in Unix ms."""

    name: str
    quiet: bool
    imported_at: int
    entries: int
    leads: int


def lists(db: Connection) -> list[KeptList]:
    """All lists, by name."""
    entries = select(func.count()).where(LIST_ENTRY.c.list == LIST.c.name).scalar_subquery()
    meant = LIST_ENTRY.join(LEAD_IDENTIFIER, LEAD_IDENTIFIER.c.value == LIST_ENTRY.c.value)
    leads = (
        select(func.count(LEAD_IDENTIFIER.c.lead.distinct()))
        .select_from(meant)
        .where(LIST_ENTRY.c.list == LIST.c.name)
        .scalar_subquery()
    )
    query = select(LIST.c.name, LIST.c.quiet, LIST.c.imported_at, entries, leads)
    found = [KeptList(name, bool(quiet), *rest) for name, quiet, *rest in db.execute(query)]
    return sorted(found, key=lambda one: (fold(one.name), one.name))


def keep(
    db: Connection,
    name: str,
    entries: Mapping[str, Entry],
    *,
    quiet: bool | None = None,
    on_progress: Progress = lambda _done, _total: None,
) -> str:
    """Save a list, replacing the one of this name if there is one; returns its name.

    `quiet`: None leaves it as it was, and a new list is not quiet. Raises `NotSavedError` for an
    invalid name, or if there are no entries.
    """
    name = checked_name("list", name)
    if not entries:
        raise NotSavedError("nothing in the file can be used, so no list was made")
    before = _named(db, name)
    name = before[0] if before else name
    if quiet is None:
        quiet = bool(before and before[1])
    row = {"name": name, "quiet": quiet, "imported_at": int(time.time() * 1000)}
    if before:
        db.execute(update(LIST).where(LIST.c.name == name).values(row))
        db.execute(delete(LIST_ENTRY).where(LIST_ENTRY.c.list == name))
    else:
        db.execute(insert(LIST).values(row))
    values = sorted(entries)
    for start in range(0, len(values), _CHUNK):
        some = values[start : start + _CHUNK]
        rows = [
            {"list": name, "value": value, "date": one.date, "owner": one.owner, "label": one.label}
            for value in some
            if (one := entries[value])
        ]
        upsert(db, LIST_ENTRY, rows)
        on_progress(start + len(some), len(values))
    return name


def add(db: Connection, name: str, entries: Mapping[str, Entry]) -> str:
    """Add entries to a list, which is made if there is none of this name; returns its name.
    Existing entries stay as they are. Raises `NotSavedError` for an invalid name.
    """
    before = _named(db, checked_name("list", name))
    if before is None:
        return keep(db, name, entries)
    its = LIST_ENTRY.c.list == before[0]
    there = set()
    for some in _parts(sorted(entries)):
        found = select(LIST_ENTRY.c.value).where(its, LIST_ENTRY.c.value.in_(some))
        there |= set(db.execute(found).scalars())
    rows = [
        {"list": before[0], "value": value, "date": e.date, "owner": e.owner, "label": e.label}
        for value, e in sorted(entries.items())
        if value not in there
    ]
    upsert(db, LIST_ENTRY, rows)
    return before[0]


def remove(db: Connection, name: str) -> int:
    """Delete a list; returns how many entries it had.

    Raises `NotSavedError` if there is none, or if a segment uses it.
    """
    known = _named(db, name)
    if known is None:
        raise NotSavedError(f"there is no list named {name[:LONGEST_NAME]}")
    users = users_of(db, "list", known[0])
    if users:
        raise NotSavedError(f"the segment {users[0]} uses it. Change or delete that segment first")
    db.execute(delete(LIST).where(LIST.c.name == known[0]))
    return db.execute(delete(LIST_ENTRY).where(LIST_ENTRY.c.list == known[0])).rowcount


def hush(db: Connection, name: str, *, quiet: bool) -> None:
    """Make a list quiet, or no longer quiet. Raises `NotSavedError` if there is none."""
    known = _named(db, name)
    if known is None:
        raise NotSavedError(f"there is no list named {name[:LONGEST_NAME]}")
    db.execute(update(LIST).where(LIST.c.name == known[0]).values(quiet=quiet))


def _named(db: Connection, name: str) -> tuple[str, bool] | None:
    found = db.execute(select(LIST.c.name, LIST.c.quiet))
    return next(((one, bool(quiet)) for one, quiet in found if fold(one) == fold(name)), None)


def matched(db: Connection, values: Collection[str]) -> Iterator[tuple[str, str]]:
    """Which of these entries match a known lead: entry and lead, each pair once."""
    for some in _parts(sorted(values)):
        sql = f"SELECT value, lead FROM lead_identifier WHERE {among(db, 'value')}"
        yield from (tuple(row) for row in fetch(db, sql, many(db, some)))


def _parts(values: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
