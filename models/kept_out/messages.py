"""What was told of people goes with them: messages that wait, what was sent, that a rule rang."""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Connection

from models.storage.rows import Row, among, delete, execute_many, load, many, placeholder
from models.tables.rules import NAMED_BESIDE, OUTBOX, RUNG, WAITING


def take_back(db: Connection, sids: Collection[str]) -> None:
    """Take visits out of the outbox: what waits is not sent, of what was sent only that, when and
    to where stays. What told of several people, a roll-up or a company's message, is emptied, too.
    """
    if not sids:
        return
    its = load(db, OUTBOX, "sid", sids, ("id", "state", "rolled_into", "company"))
    rang = load(db, RUNG, "sid", sids, ("rule", "at"))
    delete(db, RUNG, "sid", sids)
    waits = [row["id"] for row in its if row["state"] == WAITING]
    delete(db, OUTBOX, "id", waits, kind="bigint")
    _empty(db, (row["id"] for row in its if row["state"] != WAITING))
    named = load(db, NAMED_BESIDE, "sid", sids, ("message",))
    delete(db, NAMED_BESIDE, "sid", sids)
    together = {row["rolled_into"] for row in its if row["rolled_into"]}
    together |= {row["message"] for row in named}
    _forget_bodies(db, together)
    _forget_companies(db, rang)


def told_of(db: Connection, sids: Collection[str]) -> list[Row]:
    """All that the outbox holds about visits. Of a message that named their human beside another
    one, or together with others, it is when, by which rule and to where: what it said is about
    others, too.
    """
    own = load(db, OUTBOX, "sid", sids)
    named = load(db, NAMED_BESIDE, "sid", sids, ("message",))
    keys = {row["message"] for row in named} | {row["rolled_into"] for row in own}
    keys -= {row["key"] for row in own} | {None}
    others = load(db, OUTBOX, "key", keys, _OF_OTHERS)
    every = [row | {"about": "them"} for row in own]
    every += [row | {"about": "others, and named them"} for row in others]
    return sorted(every, key=lambda row: int(row["id"]))


_OF_OTHERS = (
    "id", "key", "webhook_id", "kind", "rule", "destination", "made_at", "event_at", "due_at",
    "state", "attempts", "sent_at", "status",
)  # fmt: skip


def _empty(db: Connection, ids: Iterable[Any]) -> None:
    numbers = list(ids)
    if numbers:
        sql = (
            "UPDATE outbox SET body = NULL, answer = NULL, lead = NULL, company = NULL, sid = NULL"
            f" WHERE {among(db, 'id', 'bigint')}"
        )
        db.exec_driver_sql(sql, (many(db, numbers),))


def _forget_bodies(db: Connection, keys: Collection[str]) -> None:
    if keys:
        sql = f"UPDATE outbox SET body = NULL, answer = NULL WHERE {among(db, 'key')}"
        db.exec_driver_sql(sql, (many(db, keys),))


def _forget_companies(db: Connection, rang: Iterable[Row]) -> None:
    """Empty what rules sent of companies as long as they told of somebody: whom a message named
    beside has no message of their own, and may work elsewhere by now.
    """
    newest: dict[str, int] = {}
    for row in rang:
        newest[row["rule"]] = max(row["at"], newest.get(row["rule"], 0))
    m = placeholder(db)
    execute_many(
        db,
        f"UPDATE outbox SET body = NULL, answer = NULL WHERE kind = 'company' AND rule = {m}"
        f" AND made_at <= {m}",
        list(newest.items()),
    )
