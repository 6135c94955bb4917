"""docs/merge-rules.md once more: `exports(deliveries)` gives the five CSV files whole.

Slow and plain on purpose: bytes → `events.read` → `merging.derive` → `facts` → the rows below.
What the product derives step by step must equal what is worked out here from the whole set at once.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

from tests.reference.events import STAGE_NAMES, Delivery, type_of
from tests.reference.facts import (
    Iso2,
    city,
    coded_country,
    company_name,
    country,
    domain_of,
    first_name,
    full_name,
    job_title,
    last_name,
    last_page,
    newest_error,
    newest_verdict,
    phone,
    shown_email,
)
from tests.reference.fields import (
    EPOCH,
    NAME,
    URL,
    USER_AGENT,
    company_domain,
    number_of,
    object_of,
    text_of,
)
from tests.reference.merging import Lead, World, derive
from tests.reference.sessions import Session

__all__ = ["COLUMNS", "Delivery", "exports"]

# `describe_agent(user_agent)` gives (device, browser).
DescribeAgent = Callable[[str | None], tuple[str | None, str | None]]
# `channel_of(source, medium, referrer, landing_page, has_gclid)`.
ChannelOf = Callable[[str | None, str | None, str | None, str | None, bool], str]
# `told_by(job_title)` gives (seniority, department).
MeaningOf = Callable[[str], tuple[str, str]]
Cell = str | int | float | None
Row = dict[str, Cell]

COLUMNS = {
    "leads": "lead full_name first_name last_name email email_validity phone linkedin_url job_title"
    " company company_domain city country stage sessions pageviews first_seen last_seen last_page"
    " utm_source utm_medium utm_campaign fit fit_known intent grade scoring_version"
    " seniority department channel owner status",
    "sessions": "sid vid lead full_name company stage started_at ended_at last_activity"
    " duration_seconds pageviews landing_page referrer utm_source utm_medium utm_campaign utm_term"
    " utm_content gclid fbclid country city timezone device browser bot_score"
    " channel",
    "companies": "company domain name industry employee_count revenue_min revenue_max"
    " revenue_currency founded_year country funding_total_usd last_round_type"
    " headcount_growth_yoy monthly_visitors leads sessions last_seen",
    "emails": "email lead full_name company_domain validity provider error_code checked_at",
    "quarantine": "webhook_id type received_at error",
}


def exports(
    deliveries: Iterable[Delivery],
    *,
    describe_agent: DescribeAgent,
    iso2: Iso2,
    channel_of: ChannelOf,
    meaning_of: MeaningOf,
) -> dict[str, str]:
    """Give the whole text of each export by its name.

    Of deliveries with one `webhook_id` the first in the list stays. In quarantine the column
    `error` holds the literal text `error`: what it says is not part of the rules.
    """
    world = derive(deliveries)
    rows: dict[str, list[Row]] = {
        "leads": [
            lead_row(world, lead, iso2, channel_of, meaning_of) for lead in world.leads.values()
        ],
        "sessions": [
            session_row(world, session, describe_agent, iso2, channel_of)
            for session in world.sessions.values()
        ],
        "companies": company_rows(world, iso2),
        "emails": [
            email_row(world, lead, address)
            for lead in world.leads.values()
            for address in lead.kinds
        ],
        "quarantine": [
            {
                "webhook_id": delivery.webhook_id,
                "type": type_of(delivery.body),
                "received_at": iso(delivery.received_at),
                "error": "error",
            }
            for delivery in world.quarantined
        ],
    }
    return {name: csv_text(COLUMNS[name].split(), rows[name]) for name in COLUMNS}


# Rows


def lead_row(
    world: World, lead: Lead, iso2: Iso2, channel_of: ChannelOf, meaning_of: MeaningOf
) -> Row:
    email = shown_email(world, lead)
    verdict = newest_verdict(world, email)
    # Rule "A lead's `utm_*` are of its first session that has any of the five."
    first_touch = min(
        (session for session in lead.sessions if session.has_utm),
        key=lambda session: (session.started_at, session.sid),
        default=None,
    )
    first_visit = min(lead.sessions, key=lambda session: (session.started_at, session.sid))
    title = job_title(lead)
    seniority, department = meaning_of(title) if title else (None, None)
    return {
        "lead": lead.key,
        "full_name": full_name(lead),
        "first_name": first_name(lead),
        "last_name": last_name(lead),
        "email": email,
        "email_validity": verdict.validity if verdict else None,
        "phone": phone(lead, iso2),
        # Rule "Shown as `https://` + key."
        "linkedin_url": "https://" + lead.url if lead.url else None,
        "job_title": title,
        "company": company_name(world, lead),
        "company_domain": domain_of(world, lead),
        "city": city(lead),
        "country": country(lead, iso2),
        # Rule "`stage` = the furthest of any of its sessions."
        "stage": STAGE_NAMES[max(session.stage for session in lead.sessions)],
        "sessions": len(lead.sessions),
        # Rule "Sums over its sessions (0 when none is known)."
        "pageviews": sum(session.pageviews or 0 for session in lead.sessions),
        # Rule "`first_seen` = earliest start, `last_seen` = latest last activity."
        "first_seen": iso(min(session.started_at for session in lead.sessions)),
        "last_seen": iso(max(session.last_activity for session in lead.sessions)),
        "last_page": last_page(lead),
        "utm_source": first_touch.utm("source") if first_touch else None,
        "utm_medium": first_touch.utm("medium") if first_touch else None,
        "utm_campaign": first_touch.utm("campaign") if first_touch else None,
        # Rule "The first version asks for no fit"; of points this old nothing is left.
        "fit": None,
        "fit_known": None,
        "intent": 0,
        "grade": "?4",
        "scoring_version": 1,
        # Rule "Told from the job title; empty without one."
        "seniority": seniority,
        "department": department,
        # Rule "A lead's channel is its first touch's, else its first visit's."
        "channel": channel(first_touch or first_visit, channel_of),
        # Rule "Status is new until somebody says otherwise."; here nobody says anything.
        "owner": None,
        "status": "new",
    }


def channel(session: Session, channel_of: ChannelOf) -> str | None:
    # Rule "Empty until a session object has come: nothing is known of how the visit came."
    its_object = session.winning_object
    if its_object is None:
        return None
    return channel_of(
        session.utm("source"),
        session.utm("medium"),
        text_of(its_object, "referrer", URL),
        text_of(its_object, "landingPage", URL),
        text_of(its_object, "gclid") is not None,
    )


def email_row(world: World, lead: Lead, address: str) -> Row:
    verdict = newest_verdict(world, address)
    return {
        "email": address,
        "lead": lead.key,
        "full_name": full_name(lead),
        "company_domain": domain_of(world, lead),
        "validity": verdict.validity if verdict else None,
        "provider": verdict.provider if verdict else None,
        "error_code": newest_error(world, address),
        "checked_at": iso(verdict.rank[0][0]) if verdict else None,
    }


def session_row(
    world: World,
    session: Session,
    describe_agent: DescribeAgent,
    iso2: Iso2,
    channel_of: ChannelOf,
) -> Row:
    lead, its_object = world.leads[session.lead], session.winning_object
    network = object_of(its_object, "network")
    device, browser = describe_agent(text_of(its_object, "userAgent", USER_AGENT))
    return {
        "sid": session.sid,
        "vid": session.vid,
        "lead": lead.key,
        "full_name": full_name(lead),
        "company": company_name(world, lead),
        "stage": STAGE_NAMES[session.stage],
        "started_at": iso(session.started_at),
        "ended_at": iso(session.ended_at),
        "last_activity": iso(session.last_activity),
        "duration_seconds": session.duration_seconds,
        "pageviews": session.pageviews,
        "landing_page": text_of(its_object, "landingPage", URL),
        "referrer": text_of(its_object, "referrer", URL),
        "utm_source": session.utm("source"),
        "utm_medium": session.utm("medium"),
        "utm_campaign": session.utm("campaign"),
        "utm_term": session.utm("term"),
        "utm_content": session.utm("content"),
        "gclid": text_of(its_object, "gclid"),
        "fbclid": text_of(its_object, "fbclid"),
        "country": iso2(text_of(network, "country")),
        "city": text_of(network, "city"),
        "timezone": text_of(its_object, "timezone"),
        "device": device,
        "browser": browser,
        "bot_score": number_of(object_of(network, "botManagement"), "score"),
        "channel": channel(session, channel_of),
    }


def company_rows(world: World, iso2: Iso2) -> list[Row]:
    rows: list[Row] = []
    for key, fact in world.companies.items():
        record = fact.record
        revenue, funding = object_of(record, "estimatedRevenue"), object_of(record, "funding")
        growth = object_of(object_of(record, "headcount"), "growth")
        # Rule "A company's leads and sessions are those of leads who work there now."
        leads = [lead for lead in world.leads.values() if lead.company == key]
        sessions = [session for lead in leads for session in lead.sessions]
        rows.append(
            {
                "company": key,
                "domain": company_domain(record),
                "name": text_of(record, "name", NAME),
                "industry": text_of(record, "industry"),
                "employee_count": number_of(record, "employeeCount"),
                "revenue_min": number_of(revenue, "min"),
                "revenue_max": number_of(revenue, "max"),
                "revenue_currency": text_of(revenue, "currency"),
                "founded_year": number_of(record, "foundedYear"),
                "country": coded_country(object_of(record, "address"), iso2),
                "funding_total_usd": number_of(funding, "totalRaisedUsd"),
                "last_round_type": text_of(funding, "lastRoundType"),
                "headcount_growth_yoy": number_of(growth, "yoy"),
                "monthly_visitors": number_of(object_of(record, "webTraffic"), "monthlyVisitors"),
                "leads": len(leads),
                "sessions": len(sessions),
                "last_seen": iso(max((s.last_activity for s in sessions), default=None)),
            }
        )
    return rows


# CSV


def iso(ms: int | None) -> str | None:
    # Rule "ISO 8601 UTC with milliseconds (`2025-02-14T22:25:06.432Z`)."
    if ms is None:
        return None
    at = EPOCH + timedelta(milliseconds=ms)
    return at.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def csv_text(columns: Sequence[str], rows: list[Row]) -> str:
    # Rule "Sorted by the first column, then the second, in code-point order."
    ordered = sorted(rows, key=lambda row: (str(row[columns[0]]), str(row[columns[1]] or "")))
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([written(column, row[column]) for column in columns] for row in ordered)
    return out.getvalue()


def written(column: str, cell: Cell) -> str:
    if cell is None:
        return ""  # "Null is an empty cell."
    if isinstance(cell, float):
        # Rule "Whole numbers without a decimal point."
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, int):
        return str(cell)
    # Rule "(Numbers and E.164 phones do not.)"
    if column == "phone" and re.fullmatch(r"\+[0-9]{7,15}", cell):
        return cell
    return quoted(cell)


MARKS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n")


def quoted(cell: str) -> str:
    written, before = "", ""
    for place, mark in enumerate(cell):
        # Rule "Text cells beginning with `=`, `+`, `-`, `@`, their full-width forms, tab, CR or LF
        # get a single quote in front; where one of these follows `;`, tab or a line's end inside a
        # cell, the quote stands before it there." CR and LF together are one line's end.
        begins = before in ("", ";", "\t", "\r", "\n") and before + mark != "\r\n"
        # Quotes behind a separator are taken for its own by whoever splits there.
        behind = cell[place:].lstrip('"')[:1] if before else mark
        written += "'" + mark if begins and behind and behind in MARKS else mark
        before = mark
    return written
