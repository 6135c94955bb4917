"""Which addresses changed their verdict."""

from collections.abc import Sequence
from itertools import groupby, pairwise

from sqlalchemy import ColumnElement, Connection, literal, select

from dashboard.data.with_company import Row
from dashboard.screens.emails.held import FEW, held_by
from models.filters.choosing import addresses_match
from models.filters.query import Question
from models.tables import ADDRESS, EMAIL_CHECK, EVENT, LEAD, LEAD_ADDRESS

# By another name, for who holds an address may be asked of the same table.
_TURNED = ADDRESS.alias("turned")


def changed(db: Connection, asked: Question, limit: int = 100, few: int = FEW) -> list[Row]:
    """Changes of verdict, newest first: `email`, `before`, `after`, and when each was given, ms.

    `before_at` is the last time that the old verdict was given, `after_at` the first of the new.
    At most `limit` addresses are looked at, those that changed last.
    """
    held = held_by(db, asked, few=few)
    address = held.columns["address"]
    # Of more than a `few`, those that have changed are looked at one by one until there are enough.
    # Several may hold one and the same: counted is who holds what.
    first = list(db.execute(held.choose(address).limit(few + 1)).scalars())
    is_held = _TURNED.c.address.in_(set(first)) if len(first) <= few else _has_holder(asked)
    turned = (
        select(_TURNED.c.address)
        .where(_TURNED.c.changed_at.is_not(None), is_held)
        .order_by(_TURNED.c.changed_at.desc(), _TURNED.c.address)
        .limit(limit)
    )
    addresses = list(db.execute(turned).scalars())
    checks = db.execute(
        select(*EMAIL_CHECK.c["address", "validity", "checked_at"])
        .join(EVENT, EVENT.c.webhook_id == EMAIL_CHECK.c.webhook_id)
        .where(EMAIL_CHECK.c.validity.is_not(None), EMAIL_CHECK.c.address.in_(addresses))
        # Ties go by the order of events, as where the verdict that stands is chosen.
        .order_by(
            *EMAIL_CHECK.c["address", "checked_at"],
            *EVENT.c["created", "event_id", "webhook_id"],
            EMAIL_CHECK.c.place,
        )
    )
    found = [
        change
        for address, its in groupby(checks.mappings(), lambda check: check["address"])
        for change in _changes(address, [dict(check) for check in its])
    ]
    return sorted(found, key=lambda change: (-change["after_at"], change["email"]))


def _has_holder(asked: Question) -> ColumnElement[bool]:
    """Whether somebody who matches holds the address that has turned; begins at the address."""
    source = LEAD_ADDRESS.join(LEAD, LEAD.c.key == LEAD_ADDRESS.c.lead).outerjoin(
        ADDRESS, ADDRESS.c.address == LEAD_ADDRESS.c.address
    )
    matching = select(literal(1)).select_from(source).where(addresses_match(asked, nearby=True))
    return matching.where(LEAD_ADDRESS.c.address == _TURNED.c.address).exists()


def _changes(address: str, checks: Sequence[Row]) -> list[Row]:
    return [
        {
            "email": address,
            "before": old["validity"],
            "before_at": old["checked_at"],
            "after": new["validity"],
            "after_at": new["checked_at"],
        }
        for old, new in pairwise(checks)
        if old["validity"] != new["validity"]
    ]
