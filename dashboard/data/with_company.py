"""Leads and sessions joined with their company, as every query does it."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_

from models.tables import COMPANY, LEAD, SESSION, SHORT_COMPANY_NAME

Row = dict[str, Any]

WITH_COMPANY = LEAD.outerjoin(COMPANY, COMPANY.c.key == LEAD.c.company_key)

SESSION_WITH_LEAD = SESSION.join(LEAD, LEAD.c.key == SESSION.c.lead).outerjoin(
    COMPANY, COMPANY.c.key == LEAD.c.company_key
)


def of_company_named(names: Collection[str]) -> ColumnElement[bool]:
    """Whether a lead's company is known only by name, and has one of these names; uses an index."""
    return and_(SHORT_COMPANY_NAME, LEAD.c.company_name.in_(names))


def rows(db: Connection, query: Select[Any]) -> list[Row]:
    """The rows of a query as dicts."""
    return [dict(row) for row in db.execute(query).mappings()]
