"""The card of the company where a lead works now: readable at a glance, with missing values shown
as missing."""

import json

from dashboard.data.with_company import Row
from dashboard.screens.details.timeline import Shown, fact
from dashboard.widgets import words
from dashboard.widgets.numbers import money_range, number, signed
from dashboard.widgets.pictures import picture
from dashboard.widgets.times import month_before
from dashboard.widgets.words import initials
from models.facts.ranks import delivery_of


def employer(lead: Row, named_by: str | None) -> Shown | None:
    """The company card of a lead (a row of `details.queries.lead`); None if no company is known.

    `named_by` is the delivery that named a company about which nothing else is known.
    """
    if not lead["company"] and not lead["company_key"]:
        return None
    name = lead["company"] or lead["company_key"]
    profile = json.loads(lead["company_profile"] or "{}")
    funding = profile.get("funding") or {}
    address = profile.get("address") or {}
    source = delivery_of(lead["company_rank"]) if lead["company_rank"] else None
    source = source or named_by

    def sourced(name: str, value: object, *, is_url: bool = False) -> Shown:
        return fact(name, value, is_url=is_url, source=source)

    return {
        "key": lead["company_key"],
        "logo": picture(profile.get("logoUrl")),
        "name": name,
        "initials": initials(name),
        "industry": lead["company_industry"],
        "delivery": source,
        "numbers": [
            sourced("employee_count", lead["company_employee_count"]),
            sourced("headcount_growth_yoy", _growth(lead["company_headcount_growth_yoy"])),
            sourced("revenue", revenue(lead)),
            sourced("funding_total_usd", _dollars(lead["company_funding_total_usd"])),
            sourced(
                "last_round_type",
                _round(
                    lead["company_last_round_type"],
                    funding.get("daysSinceLastRound"),
                    lead["company_at"],
                ),
            ),
            sourced("monthly_visitors", lead["company_monthly_visitors"]),
        ],
        "facts": [
            sourced("domain", lead["company_domain"]),
            sourced("website", profile.get("website"), is_url=True),
            sourced("place", words.place(address.get("locality"), lead["company_country"])),
            sourced("founded_year", _year(lead["company_founded_year"])),
        ],
        "about": profile.get("description"),
    }


def revenue(lead: Row) -> str | None:
    """The employer's revenue, `1–5 M USD`."""
    names = ("company_revenue_min", "company_revenue_max", "company_revenue_currency")
    return money_range(*(lead[name] for name in names))


def _growth(percent: float | None) -> str | None:
    return signed(percent)


def _dollars(amount: float | None) -> str | None:
    return None if amount is None else f"${number(amount)}"


def _year(year: float | None) -> str | None:
    return None if year is None else f"{year:.0f}"


def _round(kind: str | None, days_since: object, as_of: int | None) -> str | None:
    """`Pre-Seed, Jul 2024`."""
    return ", ".join(filter(None, (kind, month_before(as_of, days_since)))) or None
