"""Withdrawing deliveries: what they contributed to is derived again from those that remain.

Afterwards the tables are what they would be if these deliveries had never come, so that `replay`,
which reads what is left of the ledger, changes nothing. The projection's own code derives; this
module only finds which rows to take down, and which remaining deliveries contribute to them.
"""

import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Column, Connection, Table, select

from models.facts.ranks import delivery_of
from models.facts.row import Row
from models.ledger import deliveries as ledger
from models.ledger.deliveries import Kept
from models.projection import stakes
from models.projection.deadly import clear
from models.projection.interpreting import Batch, interpret
from models.projection.projecting import Loosened, project
from models.projection.summaries import reopen, times
from models.storage.rows import among, delete, execute_many, fetch, load, many, placeholder
from models.tables import (
    ADDRESS,
    COMPANY,
    DELIVERY,
    EVENT,
    PENDING,
    PERSON,
    QUARANTINE,
    STAKE,
    UNKNOWN,
    VISITOR,
)  # fmt: skip


class DamagedBodyError(zlib.error):
    """The ledger's copy of a body from which something was derived is damaged."""


def erase(db: Connection, deliveries: Sequence[Kept], reason: str) -> set[str]:
    """Withdraw deliveries and leave an empty stub of each in the ledger, marked with the reason.

    The stub keeps the `webhook-id`, so that the delivery is recognised if it comes again, and the
    time of receipt. Returns the leads whose sessions were touched. The caller holds the
    projection's lock.
    """
    leads = withdraw(db, deliveries)
    seqs = [delivery.seq for delivery in deliveries]
    delete(db, PENDING, "seq", seqs, kind="bigint")
    clear(db, seqs)
    mark = placeholder(db)
    sql = (
        f"UPDATE delivery SET body = {mark}, size = 0, webhook_signature = '',"
        f" webhook_timestamp = '', erased = {mark} WHERE {among(db, 'seq', 'bigint')}"
    )
    db.exec_driver_sql(sql, (b"", reason, many(db, seqs)))
    return leads


def remove(db: Connection, deliveries: Sequence[Kept]) -> None:
    """Withdraw deliveries and delete them from the ledger, under the projection's lock."""
    withdraw(db, deliveries)
    seqs = [delivery.seq for delivery in deliveries]
    delete(db, PENDING, "seq", seqs, kind="bigint")
    clear(db, seqs)
    delete(db, DELIVERY, "seq", seqs, kind="bigint")


def withdraw(db: Connection, deliveries: Iterable[Kept]) -> set[str]:
    """Take deliveries out of the derived tables; returns the leads whose sessions were touched."""
    return _take_back(db, _fed_by(interpret_whole(db, deliveries)))


def interpret_whole(db: Connection, deliveries: Iterable[Kept]) -> Batch:
    """`interpret`, for changing what was derived before. Raises what `refuse_damaged` raises."""
    batch = interpret(deliveries)
    refuse_damaged(db, batch)
    return batch


def refuse_damaged(db: Connection, batch: Batch, events: str = "event") -> None:
    """Raise `DamagedBodyError` if table `events` has one derived from a body that is now damaged.

    A delivery damaged before it was derived has contributed nothing, and may stay set aside.
    """
    if batch.damaged:
        sql = f"SELECT webhook_id FROM {events} WHERE {among(db, 'webhook_id')} LIMIT 1"
        for (webhook_id,) in fetch(db, sql, many(db, batch.damaged)):
            raise DamagedBodyError(f"the ledger's copy of delivery {webhook_id} is damaged")


def withdraw_erased(db: Connection, webhook_ids: Collection[str]) -> None:
    """Take deliveries that have been erased out of the tables they were derived into.

    Their bodies can no longer tell what they contributed to, so the tables are searched for them.
    """
    if webhook_ids:
        _take_back(db, _found_fed_by(db, set(webhook_ids)))


@dataclass(slots=True)
class _Fed:
    """What deliveries contributed to."""

    ids: set[str]
    staked: list[Row]
    checks: set[tuple[str, str]]
    """Address and `webhook-id` of each."""
    sids: set[str]
    vids: set[str]
    urls: set[str]
    companies: set[str]
    unknown: set[tuple[str, str]]


def _fed_by(gone: Batch) -> _Fed:
    events = gone.facts
    return _Fed(
        ids=set(gone.webhook_ids),
        staked=stakes.stakes(events, gone.unknown),
        checks={(check["address"], check["webhook_id"]) for f in events for check in f.checks},
        sids={fact.sid for fact in events},
        vids={fact.vid for fact in events},
        urls={fact.person["url"] for fact in events if fact.person},
        companies={key for fact in events for key in fact.companies},
        unknown={(row["type"], row["path"]) for row in gone.unknown},
    )


def _found_fed_by(db: Connection, ids: set[str]) -> _Fed:
    events = load(db, EVENT, "webhook_id", ids)
    staked: list[Row] = [
        {"target": target, "rank": rank}
        for target, rank in _all(db, STAKE.c.target, STAKE.c.rank)
        if delivery_of(rank) in ids
    ]
    targets = {row["target"] for row in staked}
    checks = f"SELECT address, webhook_id FROM email_check WHERE {among(db, 'webhook_id')}"
    return _Fed(
        ids=ids,
        staked=staked,
        checks={(row[0], row[1]) for row in fetch(db, checks, many(db, ids))},
        sids={event["sid"] for event in events},
        vids={event["vid"] for event in events},
        urls={url for (url,) in _staked(db, targets, "person", PERSON.c.url)},
        companies={key for (key,) in _staked(db, targets, "company", COMPANY.c.key)},
        unknown={
            (kind, path)
            for kind, path in _staked(db, targets, "unknown", UNKNOWN.c.type, UNKNOWN.c.path)
        },
    )


def _staked(
    db: Connection, targets: set[str], kind: str, *keys: Column[str]
) -> Iterator[tuple[str, ...]]:
    """Keys of a table's rows that are among these stakes' targets."""
    return (key for key in _all(db, *keys) if stakes.target(kind, *key) in targets)


def _all(db: Connection, *columns: Column[str]) -> Iterator[tuple[str, ...]]:
    """These columns of all rows of their table, some at a time."""
    return map(tuple, db.execute(select(*columns), execution_options={"yield_per": 1000}))


def _take_back(db: Connection, fed: _Fed) -> set[str]:
    stakes.remove(db, fed.staked)
    reopen(db, EVENT, load(db, EVENT, "webhook_id", fed.ids, times(EVENT)))
    delete(db, EVENT, "webhook_id", fed.ids)
    delete(db, QUARANTINE, "webhook_id", fed.ids)
    addresses = _take_down_checks(db, fed.checks)
    unnamed = _unname_visitors(db, fed.vids, fed.ids)
    urls = _take_down(db, PERSON, "url", fed.urls, fed.ids)
    companies = _take_down(db, COMPANY, "key", fed.companies, fed.ids)
    targets = {
        *(stakes.target("visitor", vid) for vid in unnamed),
        *(stakes.target("person", url) for url in urls),
        *(stakes.target("company", key) for key in companies),
    }
    heirs = {delivery_of(rank) for rank in stakes.greatest(db, targets).values()}
    heirs |= {event["webhook_id"] for event in load(db, EVENT, "sid", fed.sids, ("webhook_id",))}
    heirs |= _take_down_unknown(db, fed.unknown)
    heirs |= _checks(db, addresses)
    loosened = Loosened(
        sids=frozenset(fed.sids),
        vids=frozenset(unnamed),
        urls=frozenset(urls),
        addresses=frozenset(addresses),
        companies=frozenset(companies),
    )
    return set(project(db, interpret_whole(db, ledger.by_id(db, heirs)), loosened).leads)


def _unname_visitors(db: Connection, vids: Collection[str], ids: set[str]) -> set[str]:
    """Delete visitors without events; remove the names that came from a withdrawn delivery."""
    alive = {row["vid"] for row in load(db, EVENT, "vid", vids, ("vid",))}
    delete(db, VISITOR, "vid", set(vids) - alive)
    unnamed = {
        row["vid"]
        for row in load(db, VISITOR, "vid", alive)
        if row["url_rank"] and delivery_of(row["url_rank"]) in ids
    }
    if unnamed:
        sql = f"UPDATE visitor SET url = NULL, url_rank = '' WHERE {among(db, 'vid')}"
        db.exec_driver_sql(sql, (many(db, unnamed),))
    return unnamed


def _take_down(
    db: Connection, table: Table, column: str, keys: Collection[str], ids: set[str]
) -> set[str]:
    """Delete rows that a withdrawn delivery had won; returns their keys."""
    lost = {
        row[column]
        for row in load(db, table, column, keys, (column, "rank"))
        if delivery_of(row["rank"]) in ids
    }
    delete(db, table, column, lost)
    return lost


def _take_down_checks(db: Connection, checks: Collection[tuple[str, str]]) -> set[str]:
    """Delete checks, and what is known about their addresses; returns these addresses."""
    mark = placeholder(db)
    execute_many(
        db,
        f"DELETE FROM email_check WHERE address = {mark} AND webhook_id = {mark}",
        list(checks),
    )
    addresses = {address for address, _ in checks}
    delete(db, ADDRESS, "address", addresses)
    return addresses


def _checks(db: Connection, addresses: Collection[str]) -> set[str]:
    if not addresses:
        return set()
    sql = f"SELECT DISTINCT webhook_id FROM email_check WHERE {among(db, 'address')}"
    return {webhook_id for (webhook_id,) in fetch(db, sql, many(db, addresses))}


def _take_down_unknown(db: Connection, paths: Collection[tuple[str, str]]) -> set[str]:
    """Delete what is noted about unknown fields; returns the remaining deliveries that have them:
    the newest of each, which is the example, and the oldest, which says since when.
    """
    mark = placeholder(db)
    execute_many(db, f"DELETE FROM unknown WHERE type = {mark} AND path = {mark}", list(paths))
    targets = {stakes.target("unknown", *path) for path in paths}
    left: dict[str, list[str]] = {}
    for target, rank in stakes.all_of(db, targets):
        left.setdefault(target, []).append(rank)
    return {delivery_of(rank) for ranks in left.values() for rank in (min(ranks), max(ranks))}
