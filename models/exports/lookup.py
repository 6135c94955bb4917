"""What other servers look up by a key: one lead, with all export columns, and a visitor's newest
visit."""

from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from models.exports.cells import number, stage, time
from models.exports.columns import EXPORTS, Column
from models.facts.visits import UTM
from models.filters.query import Filters, Question
from models.filters.times import UTC, When
from models.scoring.asking import ASKED_AT
from models.tables import COMPANY, LEAD, SESSION

Found = dict[str, Any]

# After the export's own columns: what a page can be personalised by.
_COLUMNS = (
    *EXPORTS["leads"].columns,
    Column("industry", COMPANY.c.industry),
    Column("employee_count", COMPANY.c.employee_count, number),
)
_VISIT = (
    select(
        *SESSION.c["lead", "sid", "started_at", "last_activity", "landing_page", "referrer"],
        *(SESSION.c[name] for name in UTM),
        *SESSION.c["country", "device"],
    )
    .where(SESSION.c.vid == bindparam("vid"))
    .order_by(SESSION.c.started_at.desc(), SESSION.c.sid.desc())
    .limit(1)
)
_TIMES = ("started_at", "last_activity")


def lead(db: Connection, key: str) -> Found | None:
    """A lead's export row under the export's names, and `industry` and `employee_count`.

    Values as JSON has them: times ISO 8601, numbers as numbers, text as it is; None: not known.
    """
    return leads(db, [key]).get(key)


def leads(db: Connection, keys: Collection[str]) -> dict[str, Found]:
    """The same for several leads, by their keys; keys of no lead are missing."""
    if not keys:
        return {}
    # Scores are of the moment.
    asked = {"keys": sorted(keys), ASKED_AT: float(When.now(UTC).ms)}
    rows = db.execute(_query(), asked)
    found = (
        {column.name: _plain(column, value) for column, value in zip(_COLUMNS, row, strict=True)}
        for row in rows
    )
    return {one["lead"]: one for one in found}


@cache
def _query() -> Select[Any]:
    """The export's query, made once: to make it takes longer than to ask it."""
    labelled = (column.value.label(f"c{place}") for place, column in enumerate(_COLUMNS))
    chosen = EXPORTS["leads"].among(select(*labelled), Question(Filters(), When.now(UTC)))
    return chosen.where(LEAD.c.key.in_(bindparam("keys", expanding=True)))


def visit(db: Connection, vid: str) -> tuple[str, Found] | None:
    """The key of the lead whose visitor this is, and the visitor's newest session.

    A browser may have been used by more than one person: the last one counts.
    """
    row = db.execute(_VISIT, {"vid": vid}).mappings().first()
    if row is None:
        return None
    found = {name: time(value) if name in _TIMES else value for name, value in row.items()}
    return found.pop("lead"), found


def _plain(column: Column, value: Any) -> Any:
    if value is None:
        return None
    if column.render is number:
        return int(value) if float(value).is_integer() else value
    return column.render(value) if column.render in {time, stage} else value
