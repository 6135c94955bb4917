"""People that rows of lists and segments name: found, listed, and erased from them."""

from collections.abc import Collection, Iterator

from sqlalchemy import Connection, select, update

from models.facts.keys import address_key, linkedin_key
from models.facts.search import fold
from models.filters.names import names_a_human
from models.filters.query import Condition, Filters
from models.filters.times import FilterError
from models.storage.rows import Row, delete, load
from models.tables import LIST_ENTRY, SEGMENT

FORGOTTEN = "(forgotten)"
"""Replaces a name in a segment: without a replacement, the segment would match more people."""


def erase_said(
    db: Connection, names: Collection[str], full_names: Collection[str | None] = ()
) -> int:
    """Remove these addresses and LinkedIn keys, and the full names of their people, from all lists
    and segments; returns how many rows changed.
    """
    gone = load(db, LIST_ENTRY, "value", names, ("list", "value"))
    delete(db, LIST_ENTRY, "value", names)
    changed = len(gone)
    for name, query, filters in _queries(db):
        kept = _without(filters, set(names), {fold(text) for text in full_names if text})
        if kept != filters:
            changed += 1
            row = {"query": kept.text()}
            is_same = SEGMENT.c.name == name, SEGMENT.c.query == query
            db.execute(update(SEGMENT).where(*is_same).values(row))
    return changed


def _queries(db: Connection) -> Iterator[tuple[str, str, Filters]]:
    for name, query in db.execute(select(*SEGMENT.c["name", "query"])).all():
        try:
            yield name, query, Filters.from_text(query)
        except FilterError:  # of a filter that this version does not know: nobody can use it
            continue


def _without(filters: Filters, names: set[str], full_names: set[str]) -> Filters:
    return Filters(
        tuple(
            Condition(
                one.name,
                one.operator,
                tuple(
                    dict.fromkeys(
                        FORGOTTEN if _is_of(one.name, value, names, full_names) else value
                        for value in one.values
                    )
                ),
            )
            for one in filters
        )
    )


def _is_of(name: str, value: str, names: set[str], full_names: set[str]) -> bool:
    """Whether a filter's value names one of these people."""
    if not names_a_human(name, value):
        return False
    return named_in(value) in names or fold(value) in full_names


def named_in(value: str) -> str | None:
    """The address or LinkedIn key that a text is; None if it is neither."""
    return address_key(value) or linkedin_key(value)


def names_said(db: Connection) -> Iterator[str]:
    """Every address and LinkedIn key in a list or a segment."""
    is_somebody = LIST_ENTRY.c.value.contains("@") | LIST_ENTRY.c.value.contains("/")
    yield from db.execute(select(LIST_ENTRY.c.value).where(is_somebody).distinct()).scalars()
    for _, _, filters in _queries(db):
        yield from (name for one in filters for v in one.values if (name := named_in(v)))


def said_of(
    db: Connection, names: Collection[str], full_names: Collection[str | None] = ()
) -> dict[str, list[Row]]:
    """The rows of lists, and the segments, that name a human, by table."""
    full = {fold(text) for text in full_names if text}
    rows = load(db, LIST_ENTRY, "value", names)
    segments = [
        name
        for name, _, filters in _queries(db)
        if any(_is_of(one.name, value, set(names), full) for one in filters for value in one.values)
    ]
    return {
        "list_entry": sorted(rows, key=lambda row: (row["list"], row["value"])),
        "segment": sorted(load(db, SEGMENT, "name", segments), key=lambda row: str(row["name"])),
    }
