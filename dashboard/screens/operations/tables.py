"""The long tables of Operations, as its page and the route of rows show them."""

from collections.abc import Mapping

from sqlalchemy import Connection

from dashboard.access.roles import PAGES
from dashboard.data.paging import Page
from dashboard.screens.operations import lists
from dashboard.table.definition import Piece, TableDefinition
from models.filters.query import Question


def _quarantine(db: Connection, asked: Question, piece: Piece, _more: Mapping[str, str]) -> Page:
    return lists.quarantine(db, asked, **piece._asdict())


def _audit(db: Connection, asked: Question, piece: Piece, _more: Mapping[str, str]) -> Page:
    return lists.audit(db, asked, **piece._asdict())


QUARANTINE = TableDefinition(
    "quarantine",
    PAGES["operations"],
    ("received_at", "type", "error", "webhook_id"),
    {"received_at": lists.QUARANTINE_ORDER},
    ask=_quarantine,
    number=lambda db, asked, _more: lists.quarantined(db, asked),
    small=lists.small_quarantine,
    key="webhook_id",
)

AUDIT = TableDefinition(
    "audit",
    PAGES["operations"],
    ("at", "asked_by", "what", "filters", "rows"),
    {"at": lists.AUDIT_ORDER},
    ask=_audit,
    number=lambda db, asked, _more: lists.audited(db, asked),
    small=lists.small_audit,
    key="id",
)
