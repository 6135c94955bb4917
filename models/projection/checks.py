"""Checks of email addresses: their history, and the verdict that stands."""

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby, pairwise
from operator import itemgetter

from sqlalchemy import Connection

from models.facts.facts import Facts
from models.facts.row import Row
from models.storage.rows import among, fetch, load, many, upsert
from models.tables import ADDRESS, EMAIL_CHECK

_NEW_ADDRESS: Row = dict.fromkeys(ADDRESS.columns.keys())


def merge_checks(db: Connection, batch: Sequence[Facts]) -> set[str]:
    """The history of checks, and what it says of each address; gives the addresses checked.

    The newest verdict that is not null stands; the error of a newer check stands beside it until a
    clean one comes (docs/merge-rules.md, "Verdict").
    """
    checks = [check for fact in batch for check in fact.checks]
    if not checks:
        return set()
    upsert(db, EMAIL_CHECK, checks)
    addresses = {
        a["address"]: a for a in load(db, ADDRESS, "address", {c["address"] for c in checks})
    }
    changed: set[str] = set()
    for check in checks:
        known = addresses.setdefault(check["address"], _NEW_ADDRESS | {"address": check["address"]})
        if check["validity"] not in {None, known["validity"]} and known["validity"]:
            changed.add(check["address"])
        if check["validity"] and check["rank"] > (known["rank"] or ""):
            known.update(
                {name: check[name] for name in ("validity", "provider", "checked_at", "rank")}
            )
        if check["rank"] > (known["check_rank"] or ""):
            known.update(
                error_code=check["error_code"],
                error_message=check["error_message"],
                check_rank=check["rank"],
            )
    changed |= {a["address"] for a in addresses.values() if a["changed_at"] is not None}
    for address, at in _changes(db, changed):
        addresses[address]["changed_at"] = at
    upsert(db, ADDRESS, list(addresses.values()))
    return set(addresses)


def _changes(db: Connection, addresses: Collection[str]) -> Iterator[tuple[str, int | None]]:
    """When a check of each address last gave another verdict than the one before it, ms."""
    if not addresses:
        return
    # In the order in which verdicts win (`facts.rank`).
    history = fetch(
        db,
        "SELECT c.address, c.validity, c.checked_at FROM email_check c"
        " JOIN event e ON e.webhook_id = c.webhook_id"
        f" WHERE {among(db, 'c.address')} AND c.validity IS NOT NULL"
        " ORDER BY c.address, c.checked_at, e.created, e.event_id, e.webhook_id, c.place",
        many(db, addresses),
    )
    for address, its in groupby(history, key=itemgetter(0)):
        turns = [new[2] for old, new in pairwise(its) if old[1] != new[1]]
        yield address, max(turns, default=None)
