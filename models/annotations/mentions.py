"""Mentions: how what was said about a lead, or remembered about it by an export, follows the human.

A mention keeps the key and the visits that the lead had. It belongs to the lead that has this key,
else to the one that has the newest of these visits, else to nobody until one of them comes back. To
which lead it belongs is derived (`mention_lead`): the projector keeps it up to date with the leads
that a batch changed, and a replay rebuilds it.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, insert, select, text, update

from models.facts.keys import address_key
from models.storage.rows import among, execute_many, fetch, load, many, placeholder
from models.tables import LEAD, MENTION, MENTION_VISIT, PROJECTION, SESSION, SESSION_ADDRESS

MOST_VISITS = 100
"""Visits that a mention keeps, the newest ones."""

_LOCK = 0x1EB0
"""Key of a Postgres advisory lock; it counts within one database."""


class NoLeadError(LookupError):
    """There is no lead with this key (any longer); the message says so."""


def lock_mentions(db: Connection) -> None:
    """Let nobody else say anything, or derive to whom it belongs, until this transaction ends.

    So if two people take the same lead, one is first; and if a lead changes its key while somebody
    says something about it, one side sees the other. SQLite has one writer at a time anyway.
    """
    if db.dialect.name == "postgresql":
        db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def mention(db: Connection, keys: Sequence[str]) -> list[int]:
    """Mention leads as they are now; returns the mentions' numbers, in the order of the keys.

    All keys must be of leads. The caller holds the lock.
    """
    if not keys:
        return []
    made = insert(MENTION).returning(MENTION.c.id, sort_by_parameter_order=True)
    ids = [int(one) for one in db.execute(made, [{"key": key} for key in keys]).scalars()]
    m = placeholder(db)
    execute_many(
        db,
        f"INSERT INTO mention_visit (mention, sid) SELECT CAST({m} AS BIGINT), sid FROM session"
        f" WHERE lead = {m} ORDER BY started_at DESC, sid DESC LIMIT {MOST_VISITS}",
        list(zip(ids, keys, strict=True)),
    )
    _write(db, dict(zip(ids, keys, strict=True)))
    return ids


def mention_as(db: Connection, visits: Mapping[str, str]) -> dict[str, int]:
    """Mention leads as they were a moment ago, each by its key and one of its visits; returns the
    mentions' numbers by key. A lead that has another key by now is found by that visit; if the
    visit is gone, too, it is not mentioned, because the person may have been forgotten. The caller
    holds the lock.
    """
    keys = [row["key"] for row in load(db, LEAD, "key", visits.keys(), ("key",))]
    ids = dict(zip(keys, mention(db, keys), strict=True))
    others = {visits[key]: key for key in visits if key not in ids}
    gone = [others[row["sid"]] for row in load(db, SESSION, "sid", others, ("sid",))]
    if gone:
        made = insert(MENTION).returning(MENTION.c.id, sort_by_parameter_order=True)
        numbers = db.execute(made, [{"key": key} for key in gone]).scalars().all()
        rows = [
            {"mention": number, "sid": visits[key]}
            for key, number in zip(gone, numbers, strict=True)
        ]
        db.execute(insert(MENTION_VISIT), rows)
        _place(db, numbers)
        ids |= dict(zip(gone, numbers, strict=True))
    return ids


def now_called(db: Connection, key: str) -> str:
    """The present key of a lead, given one that it may have had a moment ago.

    A visitor's lead is renamed when its address or profile becomes known, an address's lead when
    its profile does. Raises `NoLeadError`.
    """
    if db.execute(select(LEAD.c.key).where(LEAD.c.key == key)).scalar() is not None:
        return key
    found = moved_to(db, key)
    if found is None:
        raise NoLeadError("This lead no longer exists: it was forgotten, or its data was deleted")
    return found


def moved_to(db: Connection, key: str) -> str | None:
    """The lead that has what was known under a key that no longer exists; None unless there is
    exactly one.

    A lead is named after an address or a browser until its LinkedIn profile is known, and a link to
    it may be older than that.
    """
    address = address_key(key)
    if address:
        query = (
            select(SESSION.c.lead)
            .join(SESSION_ADDRESS, SESSION_ADDRESS.c.sid == SESSION.c.sid)
            .where(SESSION_ADDRESS.c.address == address)
        )
    else:
        query = select(SESSION.c.lead).where(SESSION.c.vid == key.removeprefix("vid:"))
    found = db.execute(query.distinct().limit(2)).scalars().all()
    return found[0] if len(found) == 1 else None


def follow(db: Connection, changed: Mapping[str, Collection[str]]) -> set[str]:
    """Move mentions to where they belong after leads changed; returns the leads that gained or lost
    some.

    `changed` has, for each of these leads, the visits that it has, had or has lost. The caller may
    write derived rows; it holds the lock from here on.
    """
    lock_mentions(db)
    sids = {sid for its in changed.values() for sid in its}
    met = fetch(db, f"SELECT id FROM mention WHERE {among(db, 'key')}", many(db, changed.keys()))
    by_visit = f"SELECT mention FROM mention_visit WHERE {among(db, 'sid')}"
    ids = {one for (one,) in (*met, *fetch(db, by_visit, many(db, sids)))}
    return _place(db, ids)


def follow_since(db: Connection, begun: int, live: str) -> set[str]:
    """The same for mentions newer than a given one, and for leads whose mentions were forgotten:
    what a replay that began then can't have seen. `live` is the prefix of its tables' names.
    """
    lock_mentions(db)
    is_there = f"EXISTS (SELECT 1 FROM {live}mention m WHERE m.id = mention)"
    lost = f"FROM {live}mention_lead WHERE NOT {is_there}"
    leads = {lead for (lead,) in fetch(db, f"SELECT lead {lost}")}
    db.exec_driver_sql(f"DELETE {lost}")
    newer = f"SELECT id FROM {live}mention WHERE id > {placeholder(db)}"
    ids = {one for (one,) in fetch(db, newer, begun)}
    _place(db, ids, live)
    return leads | {lead for lead in _places(db, ids, live).values() if lead is not None}


def newest(db: Connection) -> int:
    """The number of the newest mention; 0 while there is none."""
    return int(db.execute(text("SELECT max(id) FROM mention")).scalar() or 0)


def _place(db: Connection, ids: Collection[int], live: str = "") -> set[str]:
    if not ids:
        return set()
    sql = f"SELECT mention, lead FROM {live}mention_lead WHERE {among(db, 'mention', 'bigint')}"
    was: dict[int, str] = dict(map(tuple, fetch(db, sql, many(db, ids))))
    places = _places(db, ids, live)
    now = {one: lead for one, lead in places.items() if lead is not None}
    gone = [(one,) for one in was.keys() - now.keys()]
    execute_many(db, f"DELETE FROM {live}mention_lead WHERE mention = {placeholder(db)}", gone)
    moved = {one: lead for one, lead in now.items() if lead != was.get(one)}
    _write(db, moved, live)
    return {lead for one, lead in was.items() if lead != now.get(one)} | set(moved.values())


def _places(db: Connection, ids: Collection[int], live: str = "") -> dict[int, str | None]:
    """To whom each mention belongs: the key's lead, else the newest visit's; None: nobody."""
    if not ids:
        return {}
    sql = (
        f"SELECT m.id, CASE WHEN EXISTS (SELECT 1 FROM {live}session s WHERE s.lead = m.key)"
        f" THEN m.key ELSE (SELECT s.lead FROM {live}mention_visit v"
        f" JOIN {live}session s ON s.sid = v.sid WHERE v.mention = m.id"
        " ORDER BY s.started_at DESC, s.sid DESC LIMIT 1) END"
        f" FROM {live}mention m WHERE {among(db, 'm.id', 'bigint')}"
    )
    return dict(map(tuple, fetch(db, sql, many(db, ids))))


def _write(db: Connection, places: Mapping[int, str], live: str = "") -> None:
    m = placeholder(db)
    execute_many(
        db,
        f"INSERT INTO {live}mention_lead (mention, lead) VALUES ({m}, {m})"
        " ON CONFLICT (mention) DO UPDATE SET lead = excluded.lead",
        list(places.items()),
    )


def tell(db: Connection) -> None:
    """Let all screens know that something was said: they check the data version for news."""
    db.execute(update(PROJECTION).values(version=PROJECTION.c.version + 1))


def drop(db: Connection, ids: Collection[Any]) -> None:
    """Delete mentions, with everything said and remembered about them."""
    if not ids:
        return
    for name in ("statement", "given", "mention_visit", "mention_lead"):
        sql = f"DELETE FROM {name} WHERE {among(db, 'mention', 'bigint')}"
        db.exec_driver_sql(sql, (many(db, ids),))
    db.exec_driver_sql(f"DELETE FROM mention WHERE {among(db, 'id', 'bigint')}", (many(db, ids),))
