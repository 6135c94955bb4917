"""Lists as other tools receive them: which columns each has, and which rows in which order.

Exports, the JSON routes and messages read them from here.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, select

from models.exports.cells import Render, number, phone, safe_text, stage, time
from models.filters.choosing import addresses_match, companies_match, visits_match
from models.filters.leads import leads_match
from models.filters.names import STATUSES
from models.filters.people import between, between_alone
from models.filters.query import Question
from models.scoring.asking import GRADE, INTENT, WITH_SCORE, as_of
from models.tables import (
    ADDRESS,
    COMPANY,
    COMPANY_NAME,
    LEAD,
    LEAD_ADDRESS,
    LEAD_SCORE,
    QUARANTINE,
    SESSION,
)
from models.tables.access import AUDIT, AUDIT_ROWS


class Column(NamedTuple):
    """A column of an export: where its value comes from and how it is written."""

    name: str
    value: ColumnElement[Any]
    render: Render = safe_text


_LEADS = (
    Column("lead", LEAD.c.key),
    Column("full_name", LEAD.c.full_name),
    Column("first_name", LEAD.c.first_name),
    Column("last_name", LEAD.c.last_name),
    Column("email", LEAD.c.email),
    Column("email_validity", LEAD.c.email_validity),
    Column("phone", LEAD.c.phone, phone),
    Column("linkedin_url", LEAD.c.linkedin_url),
    Column("job_title", LEAD.c.job_title),
    Column("company", COMPANY_NAME),
    Column("company_domain", COMPANY.c.domain),
    Column("city", LEAD.c.city),
    Column("country", LEAD.c.country),
    Column("stage", LEAD.c.stage, stage),
    Column("sessions", LEAD.c.sessions, number),
    Column("pageviews", LEAD.c.pageviews, number),
    Column("first_seen", LEAD.c.first_seen, time),
    Column("last_seen", LEAD.c.last_seen, time),
    Column("last_page", LEAD.c.last_page),
    Column("utm_source", LEAD.c.utm_source),
    Column("utm_medium", LEAD.c.utm_medium),
    Column("utm_campaign", LEAD.c.utm_campaign),
    Column("fit", LEAD_SCORE.c.fit, number),
    Column("fit_known", LEAD_SCORE.c.fit_known, number),
    Column("intent", INTENT, number),
    Column("grade", GRADE),
    Column("scoring_version", LEAD_SCORE.c.version, number),
    Column("seniority", LEAD.c.seniority),
    Column("department", LEAD.c.department),
    Column("channel", LEAD.c.channel),
    Column("owner", LEAD.c.owner),
    Column("status", func.coalesce(LEAD.c.status, STATUSES[0])),
)

_SESSIONS = (
    Column("sid", SESSION.c.sid),
    Column("vid", SESSION.c.vid),
    Column("lead", SESSION.c.lead),
    Column("full_name", LEAD.c.full_name),
    Column("company", COMPANY_NAME),
    Column("stage", SESSION.c.stage, stage),
    Column("started_at", SESSION.c.started_at, time),
    Column("ended_at", SESSION.c.ended_at, time),
    Column("last_activity", SESSION.c.last_activity, time),
    Column("duration_seconds", SESSION.c.duration_seconds, number),
    Column("pageviews", SESSION.c.pageviews, number),
    Column("landing_page", SESSION.c.landing_page),
    Column("referrer", SESSION.c.referrer),
    Column("utm_source", SESSION.c.utm_source),
    Column("utm_medium", SESSION.c.utm_medium),
    Column("utm_campaign", SESSION.c.utm_campaign),
    Column("utm_term", SESSION.c.utm_term),
    Column("utm_content", SESSION.c.utm_content),
    Column("gclid", SESSION.c.gclid),
    Column("fbclid", SESSION.c.fbclid),
    Column("country", SESSION.c.country),
    Column("city", SESSION.c.city),
    Column("timezone", SESSION.c.timezone),
    Column("device", SESSION.c.device),
    Column("browser", SESSION.c.browser),
    Column("bot_score", SESSION.c.bot_score, number),
    Column("channel", SESSION.c.channel),
)

_VISITS = (
    select(
        LEAD.c.company_key,
        func.count().label("leads"),
        func.sum(LEAD.c.sessions).label("sessions"),
        func.max(LEAD.c.last_seen).label("last_seen"),
    )
    .where(LEAD.c.company_key.is_not(None))
    .group_by(LEAD.c.company_key)
    .subquery("visits")
)

_COMPANIES = (
    Column("company", COMPANY.c.key),
    Column("domain", COMPANY.c.domain),
    Column("name", COMPANY.c.name),
    Column("industry", COMPANY.c.industry),
    Column("employee_count", COMPANY.c.employee_count, number),
    Column("revenue_min", COMPANY.c.revenue_min, number),
    Column("revenue_max", COMPANY.c.revenue_max, number),
    Column("revenue_currency", COMPANY.c.revenue_currency),
    Column("founded_year", COMPANY.c.founded_year, number),
    Column("country", COMPANY.c.country),
    Column("funding_total_usd", COMPANY.c.funding_total_usd, number),
    Column("last_round_type", COMPANY.c.last_round_type),
    Column("headcount_growth_yoy", COMPANY.c.headcount_growth_yoy, number),
    Column("monthly_visitors", COMPANY.c.monthly_visitors, number),
    Column("leads", func.coalesce(_VISITS.c.leads, 0), number),
    Column("sessions", func.coalesce(_VISITS.c.sessions, 0), number),
    Column("last_seen", _VISITS.c.last_seen, time),
)

_EMAILS = (
    Column("email", LEAD_ADDRESS.c.address),
    Column("lead", LEAD_ADDRESS.c.lead),
    Column("full_name", LEAD.c.full_name),
    Column("company_domain", COMPANY.c.domain),
    Column("validity", ADDRESS.c.validity),
    Column("provider", ADDRESS.c.provider),
    Column("error_code", ADDRESS.c.error_code),
    Column("checked_at", ADDRESS.c.checked_at, time),
)

_QUARANTINE = (
    Column("webhook_id", QUARANTINE.c.webhook_id),
    Column("type", QUARANTINE.c.type),
    Column("received_at", QUARANTINE.c.received_at, time),
    Column("error", QUARANTINE.c.error),
)

_AUDIT = (
    Column("entry", AUDIT.c.id, number),
    Column("at", AUDIT.c.at, time),
    Column("who", AUDIT.c.who),
    Column("what", AUDIT.c.what),
    Column("filters", AUDIT.c.filters),
    Column("rows", AUDIT_ROWS.c.rows, number),
)


def _leads(query: Select[Any], asked: Question) -> Select[Any]:
    return (
        query.select_from(LEAD)
        .join(LEAD_SCORE, WITH_SCORE)
        .join(COMPANY, COMPANY.c.key == LEAD.c.company_key, isouter=True)
        .where(leads_match(asked))
        .order_by(LEAD.c.key)
    )


def _sessions(query: Select[Any], asked: Question) -> Select[Any]:
    return (
        query.select_from(SESSION)
        .join(LEAD, LEAD.c.key == SESSION.c.lead)
        .join(COMPANY, COMPANY.c.key == LEAD.c.company_key, isouter=True)
        .where(visits_match(asked))
        .order_by(SESSION.c.sid)
    )


def _companies(query: Select[Any], asked: Question) -> Select[Any]:
    return (
        query.select_from(COMPANY)
        .join(_VISITS, _VISITS.c.company_key == COMPANY.c.key, isouter=True)
        .where(companies_match(asked), between(_VISITS.c.last_seen, asked))
        .order_by(COMPANY.c.key)
    )


def _emails(query: Select[Any], asked: Question) -> Select[Any]:
    return (
        query.select_from(LEAD_ADDRESS)
        .join(LEAD, LEAD.c.key == LEAD_ADDRESS.c.lead)
        .join(COMPANY, COMPANY.c.key == LEAD.c.company_key, isouter=True)
        .join(ADDRESS, ADDRESS.c.address == LEAD_ADDRESS.c.address, isouter=True)
        .where(addresses_match(asked))
        .order_by(LEAD_ADDRESS.c.address, LEAD_ADDRESS.c.lead)
    )


def _quarantine(query: Select[Any], asked: Question) -> Select[Any]:
    query = query.select_from(QUARANTINE).order_by(QUARANTINE.c.webhook_id)
    return query.where(between_alone("quarantine", QUARANTINE.c.received_at, asked))


def _audit(query: Select[Any], asked: Question) -> Select[Any]:
    query = query.select_from(AUDIT).join(AUDIT_ROWS, isouter=True).order_by(AUDIT.c.id)
    return query.where(between_alone("audit", AUDIT.c.at, asked))


class Export(NamedTuple):
    """An export: its columns, and how a question becomes rows in order. The first `named_by`
    columns, separated by a tab, identify a row.
    """

    columns: tuple[Column, ...]
    among: Callable[[Select[Any], Question], Select[Any]]
    named_by: int = 1


EXPORTS: dict[str, Export] = {
    "leads": Export(_LEADS, _leads),
    "sessions": Export(_SESSIONS, _sessions),
    "companies": Export(_COMPANIES, _companies),
    "emails": Export(_EMAILS, _emails, named_by=2),
    "quarantine": Export(_QUARANTINE, _quarantine),
    "audit": Export(_AUDIT, _audit),
}


def query(
    name: str, asked: Question, values: Sequence[ColumnElement[Any]], keys: Sequence[str] = ()
) -> Select[Any]:
    """Values of an export's rows, in its order; with `keys`, only of the rows they identify.

    Raises `FilterError` for filters that the export does not have, `KeyError` for an unknown
    export.
    """
    one = EXPORTS[name]

    def rows(values: Sequence[ColumnElement[Any]]) -> Select[Any]:
        # Numbered: two tables may each have a `country`.
        labelled = (value.label(f"c{place}") for place, value in enumerate(values))
        chosen = one.among(select(*labelled), asked)
        return chosen.where(*_named(one, keys)) if keys else chosen

    return as_of(rows, values, asked.when.ms, asked.past if name == "leads" else None)


def _named(one: Export, keys: Sequence[str]) -> list[ColumnElement[bool]]:
    """Conditions that a row is one of those identified by these keys."""
    first, *more = [column.value for column in one.columns[: one.named_by]]
    if not more:
        return [first.in_(keys)]
    name: ColumnElement[Any] = first
    for part in more:
        name = name.concat("	").concat(part)
    # The first column has an index, their text together has none.
    return [first.in_({key.partition("	")[0] for key in keys}), name.in_(keys)]
