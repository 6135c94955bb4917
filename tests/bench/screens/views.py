"""What people look at: every screen as it opens, each filter, searches, deep pages, details.

A view is a page of the dashboard with what its address says, as a browser would ask for it. Values
are those that the database has most of, so that no filter is flattered by an empty answer.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, func, select

from dashboard.data.paging import Place
from dashboard.data.place_words import to_word
from dashboard.screens.companies.table import COMPANIES
from dashboard.screens.emails.table import EMAILS
from dashboard.screens.leads.table import LEADS
from dashboard.screens.operations.intake import PERIODS
from dashboard.screens.sessions.table import SESSIONS
from dashboard.table.definition import TableDefinition
from models.tables import COMPANY, LEAD, SESSION
from tests.desk import question

Kind = Literal["default", "list", "detail", "filter", "search", "deep", "all time"]

LIVE = "live"
"""The one screen that is pushed: its texts are built by the dashboard's watcher."""

_EVER = "1970-01-01"
_TYPED = 6
_ASCII_NAME = re.compile(rf"\b[A-Za-z]{{{_TYPED},}}$")
_UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")


@dataclass(frozen=True, slots=True)
class View:
    """A screen and what is asked of it: `given` as in the page's address."""

    screen: str
    name: str
    kind: Kind
    given: Mapping[str, str] = field(default_factory=dict)


def views(db: Connection) -> list[View]:
    """All views of a database, with values of its own."""
    common = {name: _commonest(db, SESSION.c[name]) for name in (*_UTM, "country", "device", "pid")}
    known = db.execute(
        select(*LEAD.c["key", "full_name", "email", "company_key"])
        .where(LEAD.c.full_name.is_not(None), LEAD.c.email.is_not(None))
        .where(LEAD.c.company_key.is_not(None))
        .order_by(LEAD.c.last_seen.desc())
        .limit(100)
    )
    lead = next(row for row in known if _ASCII_NAME.search(row.full_name))
    regular = db.execute(select(LEAD.c.key).order_by(LEAD.c.sessions.desc()).limit(1)).scalar_one()
    sid = db.execute(select(SESSION.c.sid).where(SESSION.c.lead == lead.key).limit(1)).scalar_one()
    firm = _commonest(db, LEAD.c.company_key)
    return [
        View(LIVE, "feed", "list"),
        View(LIVE, "strip", "list"),
        View(LIVE, "panel", "detail", {"lead": lead.key}),
        *_leads(db, common, lead),
        View("leads", "one lead", "detail", {"lead": lead.key}),
        View("leads", "one lead of 500 sessions", "detail", {"lead": regular}),
        *_sessions(db, common, lead),
        View("sessions", "one session", "detail", {"sid": sid}),
        *_companies(db, lead),
        View("companies", "one company, the largest", "detail", {"company": firm}),
        *_emails(db, common, lead),
        *_campaigns(),
        *(
            View(
                "operations",
                period,
                "default" if period == "24h" else "all time",
                {"range": period},
            )
            for period in PERIODS
        ),
    ]


def _commonest(db: Connection, column: ColumnElement[Any]) -> str:
    query = select(column).where(column.is_not(None)).group_by(column)
    return str(db.execute(query.order_by(func.count().desc(), column).limit(1)).scalar_one())


def _filters(screen: str, given: Mapping[str, str]) -> list[View]:
    return [
        View(screen, f"filter {name}", "filter", {name: value}) for name, value in given.items()
    ]


def _half_way(
    db: Connection, definition: TableDefinition, given: Mapping[str, str], **look: str
) -> View:
    """The page in the middle of a list. `given` are its filters, also those that the page sets by
    itself; `look` is what else the address says.
    """
    order = definition.order(definition.usual)
    rows = select(*order.columns)
    if order.within is not None:
        rows = rows.where(order.within)
    many = db.execute(select(func.count()).select_from(rows.subquery())).scalar_one()
    ways = [column.desc() if order.descending else column.asc() for column in order.columns]
    at = db.execute(rows.order_by(*ways).offset(many // 2).limit(1)).one()
    list_of: object = (question(given).filters, definition.usual.text, [])
    place = to_word(Place(many // 2, tuple(at)), list_of)
    return View(definition.name, "half-way down", "deep", {**given, **look, "at": place})


def _typed(screen: str, lead: Any) -> list[View]:
    """A name as it is typed, parts of an address, and what nobody has."""
    name = lead.full_name.split()[-1].lower()
    words = {f"{length} letters": name[:length] for length in range(1, _TYPED + 1)} | {
        "first and last name": lead.full_name.lower(),
        "begin of an address": lead.email[:_TYPED],
        "domain": lead.email.partition("@")[2],
        "nobody": "zqxjzq",
    }
    return [View(screen, f"search, {what}", "search", {"q": word}) for what, word in words.items()]


def _leads(db: Connection, common: Mapping[str, str], lead: Any) -> list[View]:
    filters = {name: common[name] for name in (*_UTM, "country", "pid")} | {
        "stage": "finalized", "validity": "valid", "company": lead.company_key,
    }  # fmt: skip
    return [
        View("leads", "as it opens", "list"),
        *(
            View("leads", f"sorted: {order}", "filter", {"sort": order})
            for order in ("last_seen", "name", "sessions", "grade")
        ),
        _half_way(db, LEADS, {"bots": "hide"}),
        *_filters("leads", filters),
        *_typed("leads", lead),
    ]


def _sessions(db: Connection, common: Mapping[str, str], lead: Any) -> list[View]:
    filters = {
        **common, "referrer": "google.", "landing_page": "/pricing", "click_id": "gclid",
        "min_bot_score": "30", "stage": "finalized", "visit": "returning", "min_pages": "3",
        "min_duration": "60", "validity": "valid", "company": lead.company_key,
    }  # fmt: skip
    return [
        View("sessions", "as it opens", "list"),
        View("sessions", "all time", "all time", {"since": _EVER}),
        _half_way(db, SESSIONS, {"since": _EVER, "bots": "hide"}),
        *_filters("sessions", filters),
        *_typed("sessions", lead)[2:3],
    ]


def _companies(db: Connection, lead: Any) -> list[View]:
    filters = {
        "industry": _commonest(db, COMPANY.c.industry),
        "country": _commonest(db, COMPANY.c.country),
        "funding": _commonest(db, COMPANY.c.last_round_type),
        "min_employees": "50", "max_employees": "500", "min_growth": "10",
    }  # fmt: skip
    name = lead.company_key[:5]
    return [
        View("companies", "as it opens", "list"),
        View("companies", "with past employers", "filter", {"past": "true"}),
        _half_way(db, COMPANIES, {}, view="table"),
        View("companies", "search, 5 letters", "search", {"q": name}),
        *_filters("companies", filters),
    ]


def _emails(db: Connection, common: Mapping[str, str], lead: Any) -> list[View]:
    filters = {name: common[name] for name in ("utm_source", "utm_campaign", "country", "pid")} | {
        "validity": "catch_all", "stage": "finalized", "company": lead.company_key,
    }  # fmt: skip
    return [
        View("emails", "as it opens", "default"),
        View("emails", "all time", "all time", {"since": _EVER}),
        _half_way(db, EMAILS, {"since": _EVER}),
        *_filters("emails", filters),
        *_typed("emails", lead)[2:3],
    ]


def _campaigns() -> list[View]:
    return [
        View("campaigns", "as it opens", "default"),
        View("campaigns", "by source", "default", {"by": "source"}),
        View("campaigns", "by last touch", "default", {"touch": "last"}),
        View("campaigns", "all time", "all time", {"since": _EVER}),
        View("campaigns", "all time by last touch", "all time", {"since": _EVER, "touch": "last"}),
    ]
