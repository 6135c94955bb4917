"""What exports contained, so that the next one can contain only what is new or has changed since.

A memory has a name; memories are independent of each other. For a lead it keeps a mention, which
follows the human: a lead that merges with one that was exported counts as exported, one that splits
off is new. For everything else it keeps what the row is about. A row is remembered, as it was
written, once its file is complete.
"""

import time
from collections.abc import Collection, Sequence
from hashlib import blake2b
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, select

from models.annotations.mentions import drop, lock_mentions, mention_as
from models.storage.rows import among, execute_many, fetch, many, placeholder
from models.tables import COMPANY, GIVEN, LEAD, LEAD_ADDRESS, MENTION_LEAD, SESSION

Since = Literal["all", "new", "changed"]
"""What an export with a memory contains: everything; what it never contained; that, and what has
changed."""

SINCES: tuple[Since, ...] = ("all", "new", "changed")

ITEMS: dict[str, tuple[ColumnElement[Any], ...]] = {
    "leads": (LEAD.c.key, LEAD.c.last_sid),
    "sessions": (SESSION.c.sid,),
    "companies": (COMPANY.c.key,),
    "emails": (LEAD_ADDRESS.c.address,),
}
"""What a row of each export is about; for a lead, also a visit by which it is found later."""

_DIGEST_BYTES = 16


class Memory(NamedTuple):
    """The memory of an export (one of `ITEMS`) under a name."""

    export: str
    name: str

    @property
    def text(self) -> str:
        """The name as stored in `given`."""
        return f"{self.export} {self.name}"


class Row(NamedTuple):
    """An exported row: what it is about, as in `ITEMS`, and a digest of its content."""

    item: tuple[str, ...]
    digest: str


def digest(values: Sequence[Any]) -> str:
    """The digest of a row's content."""
    text = "\x1f".join("" if value is None else str(value) for value in values)
    return blake2b(text.encode("utf-8", "replace"), digest_size=_DIGEST_BYTES).hexdigest()


def was(memory: Memory) -> ColumnElement[Any]:
    """For a query of the export: the digest of the row as it was last exported, null for never."""
    query = select(GIVEN.c.row).where(GIVEN.c.name == memory.text)
    if memory.export == "leads":
        query = query.join(MENTION_LEAD, MENTION_LEAD.c.mention == GIVEN.c.mention)
        query = query.where(MENTION_LEAD.c.lead == LEAD.c.key)
    else:
        query = query.where(GIVEN.c.item == ITEMS[memory.export][0])
    return query.order_by(GIVEN.c.at.desc(), GIVEN.c.item.desc()).limit(1).scalar_subquery()


def is_wanted(since: Since, before: str | None, now: str) -> bool:
    """Whether a row goes into the file, judging by its digests."""
    return since == "all" or before is None or (since == "changed" and before != now)


def remember(db: Connection, memory: Memory, rows: Sequence[Row]) -> None:
    """Remember that rows were exported; written in the caller's transaction, under the lock of
    `mentions`."""
    lock_mentions(db)
    if memory.export == "leads":
        _remember_leads(db, memory, rows)
        return
    # Nobody who was forgotten since the file was read may be stored here.
    column = ITEMS[memory.export][0]
    items = {row.item[0] for row in rows}
    there = set(db.execute(select(column).where(column.in_(items))).scalars())
    m = placeholder(db)
    now = int(time.time() * 1000)
    execute_many(
        db,
        f'INSERT INTO given (name, item, "row", at) VALUES ({m}, {m}, {m}, {m})'
        ' ON CONFLICT (name, item) DO UPDATE SET "row" = excluded."row", at = excluded.at',
        [(memory.text, row.item[0], row.digest, now) for row in rows if row.item[0] in there],
    )


def _remember_leads(db: Connection, memory: Memory, rows: Sequence[Row]) -> None:
    _drop_known(db, memory, [row.item[0] for row in rows])
    ids = mention_as(db, {row.item[0]: row.item[1] for row in rows})
    rows = [row for row in rows if row.item[0] in ids]
    m, now = placeholder(db), int(time.time() * 1000)
    execute_many(
        db,
        f'INSERT INTO given (name, item, mention, "row", at) VALUES ({m}, {m}, {m}, {m}, {m})',
        [(memory.text, str(ids[row.item[0]]), ids[row.item[0]], row.digest, now) for row in rows],
    )


def _drop_known(db: Connection, memory: Memory, keys: Collection[str]) -> None:
    """What is already remembered about these leads: the new entry replaces it."""
    sql = (
        "SELECT g.mention FROM given g JOIN mention_lead l ON l.mention = g.mention"
        f" WHERE g.name = {placeholder(db)} AND {among(db, 'l.lead')}"
    )
    drop(db, [one for (one,) in fetch(db, sql, memory.text, many(db, keys))])


def has_given(db: Connection, memory: Memory) -> bool:
    """Whether a memory contains anything."""
    query = select(GIVEN.c.item).where(GIVEN.c.name == memory.text).limit(1)
    return db.execute(query).first() is not None
