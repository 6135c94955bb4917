"""Who is in a segment, and which segments and lists somebody is in."""

from contextlib import suppress

from sqlalchemy import Connection, func, select

from models.filters.leads import leads_match
from models.filters.lists import lists_of
from models.filters.query import Filters, Question
from models.filters.times import FilterError, When
from models.segments.asking import kept, spelled_out
from models.storage.rows import Row
from models.tables import LEAD

MOST_COUNTED = 10_000
"""Where the side bar stops counting."""


def count(db: Connection, asked: Question, *, at_most: int | None = None) -> int:
    """How many leads match; counts up to `at_most`."""
    some = select(LEAD.c.key).where(leads_match(asked)).limit(at_most).subquery("chosen")
    return int(db.execute(select(func.count()).select_from(some)).scalar_one())


def segments_of(db: Connection, key: str, when: When) -> list[str]:
    """Names of the shared segments that a lead is in at a moment; one that no longer works has
    nobody.
    """
    known = kept(db)
    asked: dict[str, Question] = {}
    for name, _, owner in known[0].values():
        if owner is None:
            with suppress(FilterError):
                asked[name] = spelled_out(known, Filters.parse({"segment": name}), when)
    if not asked:
        return []
    is_in = [leads_match(one, nearby=True) for one in asked.values()]
    row = db.execute(select(*is_in).where(LEAD.c.key == key)).first()
    return sorted(name for name, found in zip(asked, row or (), strict=False) if found)


def entries_of(db: Connection, key: str) -> list[Row]:
    """The rows of lists that match a lead, by list."""
    rows = [dict(row) for row in db.execute(lists_of(key)).mappings()]
    return sorted(rows, key=lambda row: (row["list"], row["value"]))
