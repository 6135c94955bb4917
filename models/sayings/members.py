"""Who is in a segment, and in which segments and lists somebody is."""

from collections.abc import Iterable

from sqlalchemy import Connection, func, literal, select

from models.filters.choosing import leads_fit
from models.filters.lists import lists_of
from models.filters.query import Filters, Question
from models.filters.times import FilterError
from models.sayings.asking import Kept, spelled_out
from models.storage.rows import Row
from models.tables import LEAD


def count(db: Connection, asked: Question) -> int:
    """How many leads are chosen."""
    query = select(func.count()).select_from(LEAD).where(leads_fit(asked))
    return int(db.execute(query).scalar_one())


def segments_of(db: Connection, key: str, known: Kept, names: Iterable[str]) -> list[str]:
    """Which of these segments a lead is in, in their order; one that can't be asked has nobody."""
    found = []
    for name in names:
        try:
            asked = spelled_out(known, Filters.parse({"segment": name}))
        except FilterError:
            continue
        query = select(literal(1)).where(LEAD.c.key == key, leads_fit(asked, nearby=True))
        if db.execute(query).first():
            found.append(name)
    return found


def entries_of(db: Connection, key: str) -> list[Row]:
    """The rows of lists that mean a lead, by list."""
    rows = [dict(row) for row in db.execute(lists_of(key)).mappings()]
    return sorted(rows, key=lambda row: (row["list"], row["value"]))
