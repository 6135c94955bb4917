"""What is deleted of what people said when somebody is forgotten or ignored."""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Connection

from models.annotations.mentions import drop, lock_mentions
from models.storage.rows import Row, among, fetch, load, many
from models.tables import GIVEN, MENTION, MENTION_LEAD, MENTION_VISIT, STATEMENT


def forget_mentions(
    db: Connection, leads: Collection[str], sids: Collection[str], names: Collection[str]
) -> None:
    """Delete what was said about leads, and remembered about them by exports, before their visits
    are deleted.

    That is everything that is theirs now or was said about their keys; from what belongs to
    somebody else, only these visits are removed. `names` are keys they may have had: what was said
    about one of these is deleted if it belongs to nobody now.
    """
    lock_mentions(db)  # or somebody could say something about a lead that is being deleted
    theirs = _ids(db, "SELECT mention FROM mention_lead WHERE ", "lead", leads)
    theirs |= _ids(db, "SELECT id FROM mention WHERE ", "key", leads)
    theirs |= _ids(
        db,
        "SELECT id FROM mention m WHERE NOT EXISTS"
        " (SELECT 1 FROM mention_lead l WHERE l.mention = m.id) AND ",
        "key",
        names,
    )
    drop(db, theirs)
    about = {*leads, *sids, *names}
    if about:
        # A mention's number, which is stored there for a lead, may look like a visit's id.
        sql = f"DELETE FROM given WHERE mention IS NULL AND {among(db, 'item')}"
        db.exec_driver_sql(sql, (many(db, about),))
    if sids:
        sql = f"DELETE FROM mention_visit WHERE {among(db, 'sid')}"
        db.exec_driver_sql(sql, (many(db, sids),))


def mentions_of(
    db: Connection, leads: Collection[str], keys: Collection[str]
) -> dict[str, list[Row]]:
    """What people said about a human, by table: `leads` are theirs, `keys` those they may
    have had.
    """
    ids = _ids(db, "SELECT mention FROM mention_lead WHERE ", "lead", leads)
    ids |= _ids(db, "SELECT id FROM mention WHERE ", "key", {*leads, *keys})
    return {
        MENTION.name: load(db, MENTION, "id", ids, kind="bigint"),
        MENTION_VISIT.name: load(db, MENTION_VISIT, "mention", ids, kind="bigint"),
        MENTION_LEAD.name: load(db, MENTION_LEAD, "mention", ids, kind="bigint"),
        STATEMENT.name: load(db, STATEMENT, "mention", ids, kind="bigint"),
        GIVEN.name: load(db, GIVEN, "mention", ids, kind="bigint"),
    }


def _ids(db: Connection, sql: str, column: str, values: Iterable[str]) -> set[Any]:
    wanted = list(values)
    if not wanted:
        return set()
    return {one for (one,) in fetch(db, sql + among(db, column), many(db, wanted))}
