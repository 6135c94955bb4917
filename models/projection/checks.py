"""Checks of email addresses: their history, and the verdict that stands."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from operator import itemgetter
from typing import NamedTuple

from sqlalchemy import Connection

from models.facts.facts import Facts
from models.facts.ranks import SEPARATOR
from models.facts.row import Row
from models.storage.rows import among, fetch, load, many, upsert
from models.tables import ADDRESS, EMAIL_CHECK

_NEW_ADDRESS: Row = dict.fromkeys(ADDRESS.columns.keys())


class Checked(NamedTuple):
    """Addresses that were checked: those that count as something else now, and those of which only
    the newest check is another, with its rank.
    """

    others: set[str]
    again: dict[str, str]


def merge_checks(db: Connection, batch: Sequence[Facts]) -> Checked:
    """The history of checks, and what it says of each address.

    The newest verdict that is not null stands; the error of a newer check stands beside it until a
    clean one comes (docs/merge-rules.md, "Verdict").
    """
    checks = [check for fact in batch for check in fact.checks]
    if not checks:
        return Checked(set(), {})
    upsert(db, EMAIL_CHECK, checks)
    addresses = {
        a["address"]: a for a in load(db, ADDRESS, "address", {c["address"] for c in checks})
    }
    were = {address: (_counts_as(its), its["check_rank"]) for address, its in addresses.items()}
    unsure = {a["address"] for a in addresses.values() if a["changed_at"] and not a["changed_rank"]}
    for check in checks:
        known = addresses.setdefault(check["address"], _NEW_ADDRESS | {"address": check["address"]})
        if check["validity"] and not _note_change(known, check):
            unsure.add(check["address"])
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
    for address, before, changed in _changes(db, unsure):
        addresses[address].update(before_rank=before, changed_rank=changed)
    for known in addresses.values():
        rank = known["changed_rank"]
        known["changed_at"] = int(rank.partition(SEPARATOR)[0]) if rank else None
    upsert(db, ADDRESS, list(addresses.values()))
    others = {
        address
        for address, its in addresses.items()
        if _counts_as(its) != were.get(address, ((None, False), None))[0]
    }
    again = {
        address: its["check_rank"]
        for address, its in addresses.items()
        if address not in others and its["check_rank"] != were.get(address, (None, None))[1]
    }
    return Checked(others, again)


def is_failed(address: Row) -> bool:
    """Whether the newest check of an address failed."""
    return address["error_code"] is not None or address["error_message"] is not None


def _counts_as(address: Row) -> tuple[str | None, bool]:
    return address["validity"], is_failed(address)


def _note_change(known: Row, check: Row) -> bool:
    """Note where the verdict changed last, as a check with a verdict comes in; False where only
    the whole history tells that.

    From the change on all checks gave the verdict that stands.
    """
    rank, newest = check["rank"], known["rank"]
    if newest is None or rank == newest:
        return True
    if rank > newest:
        if check["validity"] != known["validity"]:
            known.update(before_rank=newest, changed_rank=rank)
        return True
    if rank <= (known["before_rank"] or ""):
        return True
    if check["validity"] != known["validity"]:
        return False  # it parts those that came after the change
    if known["before_rank"] and rank < known["changed_rank"]:
        known["changed_rank"] = rank
    return True


def _changes(
    db: Connection, addresses: Collection[str]
) -> Iterator[tuple[str, str | None, str | None]]:
    """The ranks of the last two checks of each address, one after the other, that gave different
    verdicts; None for none.
    """
    if not addresses:
        return
    # In the order in which verdicts win (`facts.rank`).
    history = fetch(
        db,
        "SELECT c.address, c.validity, c.checked_at, e.created, e.event_id, e.webhook_id, c.place"
        " FROM email_check c JOIN event e ON e.webhook_id = c.webhook_id"
        f" WHERE {among(db, 'c.address')} AND c.validity IS NOT NULL"
        " ORDER BY c.address, c.checked_at, e.created, e.event_id, e.webhook_id, c.place",
        many(db, addresses),
    )
    for address, its in groupby(history, key=itemgetter(0)):
        turns = [pair for pair in pairwise(its) if pair[0][1] != pair[1][1]]
        before, changed = map(_rank, turns[-1]) if turns else (None, None)
        yield address, before, changed


def _rank(row: Sequence[object]) -> str:
    """A check's rank, as its facts have it (`facts.facts`)."""
    _, _, checked_at, created, event_id, webhook_id, place = row
    texts: Iterable[str] = (
        f"{checked_at:015d}", f"{created:015d}", str(event_id), str(webhook_id), f"{place:09d}",
    )  # fmt: skip
    return SEPARATOR.join(texts)
