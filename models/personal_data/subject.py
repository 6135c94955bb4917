"""Subject access: everything held on a human, for them to read."""

import base64
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Table

from models.annotations.forgotten import mentions_of
from models.facts.ignored import Ignoring
from models.facts.keys import LINKEDIN_PREFIX
from models.kept_out.messages import told_of
from models.kept_out.sweeping import unread
from models.kept_out.unreadable import names_anywhere
from models.ledger import deliveries as ledger
from models.ledger.deliveries import Kept, exact_body
from models.personal_data.forgetting import Who
from models.projector.deriving import catch_up
from models.segments.people_named import said_of
from models.storage.database import Database
from models.storage.rows import Row, load
from models.tables import (
    ADDRESS,
    EMAIL_CHECK,
    EVENT,
    LEAD,
    PAGE_EVENT,
    PERSON,
    SESSION,
    SESSION_ADDRESS,
    SESSION_PAGE,
    VISITOR,
)  # fmt: skip


def subject(database: Database, who: Who, lists: Ignoring) -> dict[str, Any]:
    """What is derived about a human and what was said about them, by table, the messages about
    them, and the deliveries it came from, as sent.

    Times are Unix ms, as in the tables. Raises `TimeoutError` when what was acknowledged does not
    get derived.
    """
    catch_up(database, lists)
    with database.read() as db:
        found = who.bearers(db)
        own = load(db, SESSION, "lead", found.leads, ("sid",))
        sids = {row["sid"] for row in own} | found.grounds.keys()
        events = load(db, EVENT, "sid", sids)
        addresses = {row["address"] for row in load(db, SESSION_ADDRESS, "sid", sids)}
        keys: tuple[tuple[Table, str, set[str]], ...] = (
            (LEAD, "key", found.leads),
            (PERSON, "url", found.leads),
            (VISITOR, "vid", {event["vid"] for event in events}),
            (SESSION, "sid", sids),
            (PAGE_EVENT, "sid", sids),
            (SESSION_PAGE, "sid", sids),
            (SESSION_ADDRESS, "sid", sids),
            (ADDRESS, "address", addresses),
            (EMAIL_CHECK, "address", addresses),
            (EVENT, "sid", sids),
        )
        held = {table.name: _sorted(table, load(db, table, by, its)) for table, by, its in keys}
        given = {name for name in (who.address, who.url) if name}
        profiles = {lead for lead in found.leads if lead.startswith(LINKEDIN_PREFIX)}
        full_names = [lead["full_name"] for lead in held[LEAD.name]]
        kept = said_of(db, given | addresses | profiles, full_names)
        said = mentions_of(db, found.leads, who.keys())
        messages = told_of(db, sids)
        webhook_ids = {event["webhook_id"] for event in events}
        deliveries = [*ledger.by_id(db, webhook_ids), *_unread_of(db, who)]
    deliveries.sort(key=lambda delivery: (delivery.received_at, delivery.webhook_id))
    return {
        "derived": held,
        "said": said | kept,
        "messages": messages,
        "deliveries": [_as_sent(delivery) for delivery in deliveries],
    }


def _sorted(table: Table, rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: [str(row[key.name]) for key in table.primary_key])


def _unread_of(db: Connection, who: Who) -> Iterator[Kept]:
    """Unreadable deliveries that contain one of the names."""
    wanted = set(who.names())
    return (
        delivery for delivery in unread(db) if names_anywhere(exact_body(delivery.packed)) & wanted
    )


def _as_sent(delivery: Kept) -> dict[str, Any]:
    sent: dict[str, Any] = {
        "webhook_id": delivery.webhook_id,
        "received_at": delivery.received_at,
        "webhook_timestamp": delivery.timestamp,
        "webhook_signature": delivery.signature,
    }
    try:
        return sent | {"body": delivery.body.decode()}
    except UnicodeDecodeError:
        return sent | {"body_base64": base64.b64encode(delivery.body).decode()}
