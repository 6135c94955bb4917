"""Statements: who owns a lead, its status, and which statement is in force.

All are kept forever; the latest one counts. The result is written to the lead: at once by whoever
says something, and by the projector when leads merge, split or change their key.
"""

import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, insert, select

from models.annotations.mentions import mention, tell
from models.filters.names import STATUSES
from models.storage.rows import among, execute_many, fetch, many, placeholder
from models.tables import MENTION_LEAD, STATEMENT

OWNER, STATUS, NOTE = "owner", "status", "note"

NEW = STATUSES[0]

Standing = dict[str, str | None]
"""What is in force for a lead: `owner` and `status`; None for an unowned and for a new one."""

_NOTHING: Standing = {OWNER: None, STATUS: None}


def say(db: Connection, keys: Sequence[str], kind: str, value: str | None, by: str) -> None:
    """Say something about leads, each by its present key. The caller holds the lock of `mentions`
    and has recorded it.
    """
    now = int(time.time() * 1000)
    rows: list[dict[str, Any]] = [
        {"mention": one, "at": now, "who": by, "kind": kind, "value": value}
        for one in mention(db, keys)
    ]
    if rows:
        db.execute(insert(STATEMENT), rows)
        if kind != NOTE:
            restate(db, keys)
        tell(db)


def standing(db: Connection, leads: Collection[str], live: str = "") -> Mapping[str, Standing]:
    """What is in force for each of these leads, whether anything was said about it or not."""
    found: dict[str, Standing] = defaultdict(_NOTHING.copy)
    if leads:
        sql = (
            f"SELECT l.lead, s.kind, s.value FROM {live}mention_lead l"
            f" JOIN {live}statement s ON s.mention = l.mention"
            f" WHERE {among(db, 'l.lead')} AND s.kind <> '{NOTE}' ORDER BY s.id"
        )
        for lead, kind, value in fetch(db, sql, many(db, leads)):
            found[lead][kind] = None if value == NEW else value
    return found


def restate(db: Connection, leads: Iterable[str], live: str = "") -> None:
    """Write to leads what is in force for them; `live` is the prefix of table names."""
    leads = list(dict.fromkeys(leads))
    holds = standing(db, leads, live)
    m = placeholder(db)
    execute_many(
        db,
        f"UPDATE {live}lead SET owner = {m}, status = {m} WHERE key = {m}",
        [(holds[key][OWNER], holds[key][STATUS], key) for key in leads],
    )


def newest(db: Connection) -> int:
    """The number of the newest statement; 0 while there is none."""
    return int(db.execute(select(func.max(STATEMENT.c.id))).scalar() or 0)


def spoken_of(db: Connection, since: int) -> set[str]:
    """Leads about which something was said after the statement with this number."""
    mentions = MENTION_LEAD.join(STATEMENT, STATEMENT.c.mention == MENTION_LEAD.c.mention)
    query = select(MENTION_LEAD.c.lead).select_from(mentions).where(STATEMENT.c.id > since)
    return set(db.execute(query).scalars())


def said_of(db: Connection, key: str) -> list[dict[str, Any]]:
    """Everything said about a lead, newest first: `id`, `at` (Unix ms), `who`, `kind` and
    `value`.
    """
    query = (
        select(*STATEMENT.c["id", "at", "who", "kind", "value"])
        .join(MENTION_LEAD, MENTION_LEAD.c.mention == STATEMENT.c.mention)
        .where(MENTION_LEAD.c.lead == key)
        .order_by(STATEMENT.c.id.desc())
    )
    return [dict(row) for row in db.execute(query).mappings()]
