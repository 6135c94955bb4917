"""The long lists of Operations: deliveries that are set aside, and the audit log. Of both only a
range can be asked for, of the time of receipt or of the entry.
"""

from sqlalchemy import ColumnElement, Connection, func, select

from dashboard.data import paging
from dashboard.data.paging import Order, Page, Place, page, small_order
from models.filters.people import between_alone
from models.filters.query import Question
from models.tables import QUARANTINE
from models.tables.access import AUDIT, AUDIT_ROWS


def quarantined(db: Connection, asked: Question | None = None) -> int:
    """How many deliveries are set aside; only those received in a range, if one is asked for."""
    query = select(func.count()).select_from(QUARANTINE)
    return int(db.execute(query.where(_aside(asked)) if asked else query).scalar_one())


def _aside(asked: Question) -> ColumnElement[bool]:
    return between_alone("quarantine", QUARANTINE.c.received_at, asked)


QUARANTINE_ORDER = Order((QUARANTINE.c.received_at, QUARANTINE.c.webhook_id))
"""Newest first."""


def small_quarantine(name: str, *, descending: bool) -> Order | None:
    """The order by another column of the quarantine; None for a column it does not have."""
    if name not in QUARANTINE.c:
        return None
    return small_order(QUARANTINE.c[name], QUARANTINE.c.webhook_id, descending=descending)


def quarantine(
    db: Connection,
    asked: Question,
    *,
    order: Order = QUARANTINE_ORDER,
    place: Place | None = None,
    skip: int = 0,
    size: int = 100,
) -> Page:
    """A page of the deliveries that are set aside, with the reason, newest first or in another
    order. Raises `FilterError` for any filter but the range.
    """
    query = select(*QUARANTINE.c["webhook_id", "type", "received_at", "error"])
    return page(db, query.where(_aside(asked)), order, place, size=size, skip=skip)


AUDIT_ORDER = Order((AUDIT.c.id,))
"""Newest first."""


_AUDIT_SORTED_AS = {
    "asked_by": AUDIT.c.who,
    "what": AUDIT.c.what,
    "filters": AUDIT.c.filters,
    "rows": AUDIT_ROWS.c.rows,
}


def small_audit(name: str, *, descending: bool) -> Order | None:
    """The order by another column of the audit log; None for a column it does not have."""
    if name not in _AUDIT_SORTED_AS:
        return None
    return small_order(_AUDIT_SORTED_AS[name], AUDIT.c.id, descending=descending)


def audit(
    db: Connection,
    asked: Question,
    *,
    order: Order = AUDIT_ORDER,
    place: Place | None = None,
    skip: int = 0,
    size: int = 100,
) -> Page:
    """A page of the audit log, newest first or in another order; `rows` is null while something is
    running. Raises `FilterError` for any filter but the range.
    """
    asked_by = AUDIT.c.who.label("asked_by")
    query = select(*AUDIT.c["id", "at", "what", "filters"], asked_by, AUDIT_ROWS.c.rows)
    joined = query.join_from(AUDIT, AUDIT_ROWS, isouter=True)
    return page(db, joined.where(_logged(asked)), order, place, size=size, skip=skip)


def audited(db: Connection, asked: Question) -> int:
    """How many entries the audit log has in the range; counts to `paging.MOST_COUNTED`."""
    return paging.count(db, select(AUDIT.c.id).where(_logged(asked)))


def _logged(asked: Question) -> ColumnElement[bool]:
    return between_alone("audit", AUDIT.c.at, asked)
