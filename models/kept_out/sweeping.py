"""Finds and erases everybody who is barred, going through all leads."""

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, text

from models.facts.ignored import Ignoring
from models.kept_out.erasing import Bearers, Erased, erase_bearers
from models.kept_out.names import Names, address_name, barred_names, url_name
from models.ledger import deliveries as ledger
from models.ledger.deliveries import Kept
from models.projection.withdrawal import interpret_whole
from models.segments.people_named import erase_said, names_said
from models.storage.database import Database
from models.storage.version import advance

_CHUNK = 500


def _some(database: Database, after: int) -> list[Kept]:
    with database.read() as db:
        return ledger.some(db, "d.seq > :after", {"after": after, "limit": _CHUNK})


_LEADS = text("SELECT key FROM lead WHERE key > :after ORDER BY key LIMIT :limit")


def unread(db: Connection) -> Iterator[Kept]:
    """Deliveries from which no event was read: set aside, or of an unknown type."""
    sql = (
        "SELECT webhook_id FROM delivery d WHERE erased IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM event e WHERE e.webhook_id = d.webhook_id"
        " AND e.sid IS NOT NULL)"
        " AND NOT EXISTS (SELECT 1 FROM pending p WHERE p.seq = d.seq)"
    )
    ids = db.execute(text(sql)).scalars().all()
    for start in range(0, len(ids), _CHUNK):
        yield from ledger.by_id(db, ids[start : start + _CHUNK])


def erase_barred(database: Database, lists: Ignoring) -> Erased:
    """Erase everybody who has a name that is already barred: after names came from a file, or after
    merge rules changed and two names became one. Raises what `forget` raises.
    """
    names = barred_names(database, lists)
    with database.read() as db:
        if not names.any(db):
            return Erased()
    after = 0
    while deliveries := _some(database, after):
        after = deliveries[-1].seq
        with database.deriving() as db:
            names.translate(db, interpret_whole(db, deliveries).facts)
    total = Erased()
    key: str | None = ""
    while key is not None:
        with database.deriving() as db:
            keys = db.execute(_LEADS, {"after": key, "limit": _CHUNK}).scalars().all()
            total.add(erase_bearers(db, names, Bearers(leads=set(keys))))
            key = keys[-1] if keys else None
            advance(db)
    with database.deriving() as db:
        total.add(erase_bearers(db, names, Bearers(unread=unread(db))))
        erase_said(db, barred_among(db, names, names_said(db)))
    return total


def barred_among(db: Connection, names: Names, said: Iterable[str]) -> set[str]:
    """Those of these addresses and LinkedIn keys whose humans are certainly kept out."""
    hashed = {address_name(name) if "@" in name else url_name(name): name for name in said}
    return {hashed[name] for name, bar in names.bars(db, hashed).items() if bar.sure}
