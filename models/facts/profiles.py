"""Facts of an enrichment: the person's profile, and companies."""

from collections.abc import Callable

from models.facts.keys import address_key, company_key, country_of, domain_key
from models.facts.row import Row, canonical
from models.facts.search import fold
from models.facts.visits import folded
from models.payloads import events
from models.payloads.profiles import (
    Address,
    Company,
    Employment,
    Funding,
    Growth,
    Person,
    PersonLocation,
    Revenue,
)
from models.tables import LONGEST_SEARCH


def _current(employments: list[Employment] | None) -> Employment | None:
    """The current job: the first without an end date, else the first (docs/merge-rules.md)."""
    jobs = employments or []
    return next((job for job in jobs if not job.end_date), jobs[0] if jobs else None)


def person_row(
    person: Person,
    url: str,
    as_of: Callable[[str | None], int],
    ranked: Callable[[int], str],
) -> Row:
    """The row of table `person`: a profile as old as `as_of` says."""
    place = person.location or PersonLocation()
    job = _current(person.employments)
    enriched_at = as_of(person.enriched_at)
    return {
        "url": url,
        "rank": ranked(enriched_at),
        "enriched_at": enriched_at,
        "full_name": person.full_name,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "headline": person.headline,
        "job_title": job.title if job else None,
        "company_key": company_key(job.company) if job and job.company else None,
        "city": place.locality,
        "country": country_of(place.country_code, place.country),
        "email": address_key(person.email),
        "profile": canonical(_profile(person)),
    }


def _profile(person: Person) -> Row:
    """The profile as sent, except for its employers: those are in `company`, named here by key."""
    profile = person.model_dump(by_alias=True, exclude_none=True)
    for jobs in ("employments", "experience"):
        sent: list[Employment] = getattr(person, jobs) or []
        for dumped, job in zip(profile.get(jobs, ()), sent, strict=True):
            if job.company:
                dumped["company"] = {"key": company_key(job.company), "name": job.company.name}
    return profile


def companies_of(
    enrichment: events.Enrichment | None,
    as_of: Callable[[str | None], int],
    ranked: Callable[[int], str],
) -> tuple[dict[str, Row], Row | None]:
    """Companies by key, each in the event's best copy; and the first of its list, if any."""
    if not enrichment:
        return {}, None
    person = enrichment.person or Person()
    jobs = [*(person.employments or []), *(person.experience or [])]
    listed = enrichment.companies or []
    rows: dict[str, Row] = {}
    first: Row | None = None
    for place, company in enumerate([*listed, *(job.company for job in jobs)]):
        key = company_key(company) if company else None
        if company is None or key is None:
            continue
        enriched_at = as_of(company.enriched_at)
        offer = (company.kind == "full", ranked(enriched_at))
        if first is None and place < len(listed):
            first = {"key": key, "rank": offer[1]}
        kept = rows.get(key)
        if kept is None or offer > (kept["is_full"], kept["rank"]):
            rows[key] = _company_row(company, key, enriched_at, *offer)
    return rows, first


def _company_row(
    company: Company,
    key: str,
    enriched_at: int,
    is_full: bool,  # noqa: FBT001 - one of two values of a merge key, passed on in one place
    its_rank: str,
) -> Row:
    revenue = company.estimated_revenue or Revenue()
    funding = company.funding or Funding()
    growth = (company.headcount.growth if company.headcount else None) or Growth()
    address = company.address or Address()
    return {
        "key": key,
        "is_full": is_full,
        "rank": its_rank,
        "enriched_at": enriched_at,
        "domain": domain_key(company.domain),
        "name": company.name,
        "industry": company.industry,
        "employee_count": company.employee_count,
        "revenue_min": revenue.min,
        "revenue_max": revenue.max,
        "revenue_currency": revenue.currency,
        "founded_year": company.founded_year,
        "country": country_of(address.country_code, address.country),
        "funding_total_usd": funding.total_raised_usd,
        "last_round_type": funding.last_round_type,
        "headcount_growth_yoy": growth.yoy,
        "monthly_visitors": company.web_traffic.monthly_visitors if company.web_traffic else None,
        "search": fold(company.name or "")[:LONGEST_SEARCH],
        "folded_industry": folded(company.industry),
        "folded_round": folded(funding.last_round_type),
        # In the order of the payload type, so that the same company gives the same text.
        "profile": company.model_dump_json(by_alias=True, exclude_none=True),
    }
