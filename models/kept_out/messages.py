"""What was told of people goes with them: messages that wait, what was sent, that a rule rang."""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Connection

from models.storage.rows import Row, among, delete, load, many
from models.tables.rules import OUTBOX, RUNG, WAITING


def take_back(db: Connection, sids: Collection[str]) -> None:
    """Take visits out of the outbox: what waits is not sent, of what was sent only that, when and
    to where stays. What told of several people, a roll-up or a company's message, is emptied, too.
    """
    if not sids:
        return
    its = load(db, OUTBOX, "sid", sids, ("id", "state", "rolled_into", "company"))
    delete(db, RUNG, "sid", sids)
    waits = [row["id"] for row in its if row["state"] == WAITING]
    delete(db, OUTBOX, "id", waits, kind="bigint")
    _empty(db, (row["id"] for row in its if row["state"] != WAITING))
    together = {row["rolled_into"] for row in its if row["rolled_into"]}
    _forget_bodies(db, "key", together)
    _forget_bodies(db, "company", {row["company"] for row in its if row["company"]})


def told_of(db: Connection, sids: Collection[str]) -> list[Row]:
    """All that the outbox holds about visits."""
    return sorted(load(db, OUTBOX, "sid", sids), key=lambda row: int(row["id"]))


def _empty(db: Connection, ids: Iterable[Any]) -> None:
    numbers = list(ids)
    if numbers:
        sql = (
            "UPDATE outbox SET body = NULL, answer = NULL, lead = NULL, company = NULL, sid = NULL"
            f" WHERE {among(db, 'id', 'bigint')}"
        )
        db.exec_driver_sql(sql, (many(db, numbers),))


def _forget_bodies(db: Connection, column: str, values: Collection[str]) -> None:
    if values:
        sql = f"UPDATE outbox SET body = NULL WHERE {among(db, column)}"
        db.exec_driver_sql(sql, (many(db, values),))
