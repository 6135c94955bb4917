"""The ledger: every verified delivery, kept before anything interprets it."""

import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, text

from models.ledger.lags import Lags, add_lags
from models.ledger.packing import pack, unpack
from models.storage.database import Database
from models.storage.rows import among, fetch, many
from models.tables import REPEAT

Outcome = Literal["stored", "duplicate", "conflict", "dropped"]

Withhold = Callable[[Connection, "Sequence[Delivery]"], Collection[str]]
"""Says which deliveries, by `webhook-id`, are not to be stored."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A verified delivery: the exact bytes, and what is needed to check their signature again.

    `received_at` is Unix ms.
    """

    webhook_id: str
    received_at: int
    timestamp: str
    signature: str
    body: bytes


class Kept(NamedTuple):
    """A delivery as the ledger keeps it: its body is unpacked on each access.

    `received_at` is Unix ms; `seq` the order in which deliveries were kept.
    """

    webhook_id: str
    received_at: int
    timestamp: str
    signature: str
    packed: bytes
    seq: int
    deaths: int | None = None
    """How many processes died while deriving it alone; None if it is not a suspect."""

    @property
    def body(self) -> bytes:
        """The exact bytes. Raises `zlib.error` when they are damaged."""
        return unpack(self.packed)


def exact_body(packed: bytes) -> bytes:
    """The bytes that were signed; empty when they were erased, or are damaged."""
    try:
        return unpack(bytes(packed))
    except zlib.error:
        return b""


def _none(_db: Connection, _deliveries: "Sequence[Delivery]") -> Collection[str]:
    return ()


def keep(
    database: Database,
    deliveries: Sequence[Delivery],
    withhold: Withhold = _none,
    lags: Lags | None = None,
) -> list[Outcome]:
    """Write deliveries to the ledger in one transaction; returns what became of each, in their
    order.

    The insert decides what is a duplicate; `withhold` says which are dropped before it. `lags` of
    earlier deliveries are written with them (`lags.add_lags`). Returns after the commit: this is
    the one commit point of intake. Raises SQLAlchemy's errors when the database can't take them;
    none is kept then.
    """
    # In the order of ids; otherwise two receivers with the same two deliveries would wait for each
    # other.
    order = sorted(range(len(deliveries)), key=lambda place: deliveries[place].webhook_id)
    with database.write() as db:
        if lags:
            add_lags(db, lags)
        dropped = withhold(db, deliveries)
        if dropped:
            order = [place for place in order if deliveries[place].webhook_id not in dropped]
        ordered = [deliveries[place] for place in order]
        new = set(_insert(db, ordered)) if ordered else set()
        first_of: dict[str, Delivery] = {}
        again: list[Delivery] = []
        outcomes: dict[int, Outcome] = {
            place: "dropped"
            for place, delivery in enumerate(deliveries)
            if delivery.webhook_id in dropped
        }
        for place, delivery in zip(order, ordered, strict=True):
            if delivery.webhook_id in new and delivery.webhook_id not in first_of:
                first_of[delivery.webhook_id] = delivery
                outcomes[place] = "stored"
            else:
                again.append(delivery)
        if again:
            conflicts = _note_repeats(db, again)
            for place, delivery in enumerate(deliveries):
                if place not in outcomes:
                    is_conflict = (delivery.webhook_id, delivery.body) in conflicts
                    outcomes[place] = "conflict" if is_conflict else "duplicate"
    return [outcomes[place] for place in range(len(deliveries))]


def _insert(db: Connection, deliveries: Sequence[Delivery]) -> Iterator[str]:
    """Insert what is new, mark it pending, and give its ids."""
    columns = "webhook_id, received_at, webhook_timestamp, webhook_signature, size, body"
    rows = [
        (d.webhook_id, d.received_at, d.timestamp, d.signature, len(d.body), pack(d.body))
        for d in deliveries
    ]
    if db.dialect.name == "postgresql":
        # One round trip: the rows, their pending marks and the ids that were new.
        sql = (
            f"WITH new AS (INSERT INTO delivery ({columns})"
            " SELECT * FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::text[], %s::int[],"
            " %s::bytea[])"
            " ON CONFLICT (webhook_id) DO NOTHING RETURNING seq, webhook_id),"
            " marked AS (INSERT INTO pending SELECT seq FROM new)"
            " SELECT webhook_id FROM new"
        )
        arrays = [list(column) for column in zip(*rows, strict=True)]
        yield from (found for (found,) in fetch(db, sql, *arrays))
        return
    insert = (
        f"INSERT INTO delivery ({columns}) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (webhook_id) DO NOTHING RETURNING seq"
    )
    cursor = db.connection.cursor()
    try:
        pending = []
        for row in rows:
            found = cursor.execute(insert, row).fetchone()
            if found:
                pending.append(found)
                yield row[0]
        cursor.executemany("INSERT INTO pending (seq) VALUES (?)", pending)
    finally:
        cursor.close()


def _note_repeats(db: Connection, again: Sequence[Delivery]) -> set[tuple[str, bytes]]:
    """Record what came again; returns those whose body differs from the kept one.

    For an erased one, nobody can tell. A damaged one differs from any.
    """
    sql = f"SELECT webhook_id, body FROM delivery WHERE {among(db, 'webhook_id')}"
    kept = dict(map(tuple, fetch(db, sql, many(db, {d.webhook_id for d in again}))))
    conflicts = {
        (d.webhook_id, d.body)
        for d in again
        if kept[d.webhook_id] and exact_body(kept[d.webhook_id]) != d.body
    }
    db.execute(
        REPEAT.insert(),
        [
            {
                "webhook_id": d.webhook_id,
                "received_at": d.received_at,
                "conflict": (d.webhook_id, d.body) in conflicts,
            }
            for d in again
        ],
    )
    return conflicts


BATCH_BYTES = 16 * 1024 * 1024
"""Bytes of bodies in a batch. Visitors write URLs and titles, so bodies can be made large, and a
batch of large ones would fill the memory or not fit into one statement."""


def pending(db: Connection, limit: int) -> list[Kept]:
    """Deliveries not derived yet, oldest first: at most `limit`, and no more than fit into a
    batch.
    """
    sizes = text(
        "SELECT d.seq, d.size FROM pending p JOIN delivery d ON d.seq = p.seq"
        " ORDER BY p.seq LIMIT :limit"
    )
    return _whole(db, db.execute(sizes, {"limit": limit}))


def some(db: Connection, condition: str, parameters: dict[str, int]) -> list[Kept]:
    """Deliveries `d` that meet a condition of ours, in the order of `seq`: at most `:limit`, and as
    many as a batch can hold. Erased ones are left out.
    """
    sizes = text(
        f"SELECT d.seq, d.size FROM delivery d WHERE {condition} AND d.erased IS NULL"
        " ORDER BY d.seq LIMIT :limit"
    )
    return _whole(db, db.execute(sizes, parameters))


def by_id(db: Connection, webhook_ids: Collection[str]) -> list[Kept]:
    """Deliveries by their ids; erased and unknown ones are left out."""
    if not webhook_ids:
        return []
    sql = f"SELECT {_COLUMNS} FROM delivery WHERE {among(db, 'webhook_id')} AND erased IS NULL"
    return [_kept(row) for row in fetch(db, sql, many(db, webhook_ids))]


def _whole(db: Connection, sizes: Iterable[Any]) -> list[Kept]:
    """The deliveries with these numbers and sizes, as many as a batch can hold, but at least
    one.
    """
    chosen: list[int] = []
    total = 0
    for seq, size in sizes:
        total += size
        if chosen and total > BATCH_BYTES:
            break
        chosen.append(seq)
    if not chosen:
        return []
    sql = f"SELECT {_COLUMNS} FROM delivery WHERE {among(db, 'seq', 'bigint')} ORDER BY seq"
    return [_kept(row) for row in fetch(db, sql, many(db, chosen))]


_COLUMNS = (
    "webhook_id, received_at, webhook_timestamp, webhook_signature, body, seq,"
    " (SELECT deaths FROM suspect WHERE suspect.seq = delivery.seq)"
)


def _kept(row: Sequence[Any]) -> Kept:
    webhook_id, received_at, timestamp, signature, packed, seq, deaths = row
    return Kept(webhook_id, received_at, timestamp, signature, bytes(packed), seq, deaths)
