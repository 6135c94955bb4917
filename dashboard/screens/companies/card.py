"""Companies as cards that can be read at a glance: their content is decided here, their look in the
files beside it.

Missing values are left out of the data, and the card shows them as missing: nothing becomes zero.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

import streamlit as st

from dashboard.widgets import words
from dashboard.widgets.component import bounded, component
from dashboard.widgets.fields import FIELDS
from dashboard.widgets.numbers import decimal, money, money_range, short, signed, whole, year
from dashboard.widgets.pictures import picture
from dashboard.widgets.times import month_before
from dashboard.widgets.words import initials
from models.facts.keys import linkedin_page

_MOUNT = component(
    "company_card",
    """
<div class="cards"></div>
""",
    beside=__file__,
    scripts=("company_card.js",),
    style="company_card.css",
)

Row = dict[str, Any]
Fact = dict[str, Any]

_SOURCES = {
    "search": "Search",
    "direct": "Direct",
    "paidReferral": "Paid",
    "social": "Social",
    "referral": "Referral",
}


def company_cards(rows: Sequence[Row], *, key: str, on_open: Callable[[str], None]) -> None:
    """Show companies (rows of `companies.queries`) as a grid; `on_open` gets the chosen key."""
    _mount([card(row) for row in rows], key, on_open, whole=False)


def company_card(row: Row, *, key: str) -> None:
    """Show everything known about one company: a row of table `company`, with visits if it
    has any.
    """
    _mount([card(row) | {"sections": sections(row)}], key, lambda _: None, whole=True)


def _mount(
    cards: list[dict[str, Any]], key: str, on_open: Callable[[str], None], *, whole: bool
) -> None:
    def opened() -> None:
        # From the session state: callbacks run before the script, so before there is a result.
        chosen = (st.session_state.get(key) or {}).get("open")
        if chosen:
            on_open(str(chosen))

    _MOUNT(key=key, data=bounded({"cards": cards, "whole": whole}), on_open_change=opened)


def card(row: Row) -> dict[str, Any]:
    """The part that every card has. A tile without `text` is unknown."""
    profile = json.loads(row["profile"])
    funding = profile.get("funding") or {}
    traffic = profile.get("webTraffic") or {}
    name = row["name"] or row["domain"] or row["key"]
    return {
        "key": row["key"],
        "href": f"/companies?company={quote(row['key'], safe='')}",
        "name": name,
        "initials": initials(name),
        "logo": picture(profile.get("logoUrl")),
        "line": " · ".join(filter(None, (row.get("grade"), row["industry"], place(row, profile))))
        or None,
        "visits": _visits(row),
        "seen": row.get("last_seen"),
        "tiles": [
            _tile("employee_count", whole(row["employee_count"]), deltas=_headcount(profile)),
            _tile("revenue", revenue(row), note="a year, estimated"),
            _tile(
                "funding_total_usd",
                money(row["funding_total_usd"], "USD"),
                note=", ".join(filter(None, (row["last_round_type"], _month(funding, row)))),
            ),
            _tile(
                "monthly_visitors",
                short(row["monthly_visitors"]),
                deltas=_deltas(traffic, ("mom", "qoq")),
            ),
        ],
        "sources": _sources(traffic),
    }


def sections(row: Row) -> list[dict[str, Any]]:
    """The rest of the whole card: titled lists of facts."""
    profile = json.loads(row["profile"])
    funding = profile.get("funding") or {}
    followers = profile.get("linkedinFollowers") or {}
    seo = profile.get("seo") or {}
    return [
        {
            "title": "Company",
            "facts": [
                _fact("description", profile.get("description")),
                _fact("place", place(row, profile)),
                _fact("founded_year", year(row["founded_year"])),
                _fact("specialties", ", ".join(profile.get("specialties") or ())),
                _fact("website", link=profile.get("website")),
                _fact("company_linkedin", link=_linkedin(profile.get("linkedinUrl"))),
            ],
        },
        {
            "title": "Funding",
            "facts": [
                _fact("last_round_type", row["last_round_type"]),
                _fact("last_round_amount", money(funding.get("lastRoundAmountUsd"), "USD")),
                _fact("days_since_last_round", whole(funding.get("daysSinceLastRound"))),
                _fact("investors", ", ".join(funding.get("investors") or ())),
            ],
        },
        {
            "title": "Search",
            "facts": [
                _fact("organic_clicks", whole(seo.get("monthlyOrganicClicks"))),
                _fact("paid_clicks", whole(seo.get("monthlyPaidClicks"))),
                _fact("organic_value", money(seo.get("monthlyOrganicValue"), "USD")),
                _fact("ads_spend", money(seo.get("monthlyAdsSpend"), "USD")),
                _fact("organic_rank", decimal(seo.get("averageOrganicRank"))),
                _fact("ad_rank", decimal(seo.get("averageAdRank"))),
                _fact("organic_keywords", whole(seo.get("totalOrganicKeywords"))),
            ],
        },
        {
            "title": "LinkedIn",
            "facts": [
                _fact("followers", whole(followers.get("count"))),
                *(
                    _fact(f"followers_{span}", signed(followers.get(f"{span}GrowthPercent")))
                    for span in ("mom", "qoq", "yoy")
                ),
            ],
        },
    ]


def _tile(field: str, text: str | None, **more: Any) -> Fact:
    if text is None:
        more.pop("note", None)
    return _fact(field, text) | {name: value for name, value in more.items() if value}


def _fact(field: str, text: str | None = None, *, link: str | None = None) -> Fact:
    shown = {"text": text, "link": link}
    return {
        "label": FIELDS[field].label,
        "help": FIELDS[field].meaning,
    } | {name: value for name, value in shown.items() if value}


def _headcount(profile: Row) -> list[Fact]:
    growth = (profile.get("headcount") or {}).get("growth") or {}
    return _deltas({f"{span}GrowthPercent": growth.get(span) for span in ("mom", "qoq", "yoy")})


def _deltas(growth: Row, spans: Sequence[str] = ("mom", "qoq", "yoy")) -> list[Fact]:
    """Growth in percent over a month, a quarter and a year; all of them, known or not."""
    return [
        {
            "span": span,
            "text": signed(value),
            "sign": 0 if not value else 1 if value > 0 else -1,
            "help": f"{_SPANS[span]}, in percent",
        }
        for span in spans
        for value in (growth.get(f"{span}GrowthPercent"),)
    ]


_SPANS = {
    "mom": "Against the month before",
    "qoq": "Against the quarter before",
    "yoy": "Against the year before",
}


def _sources(traffic: Row) -> list[Fact] | None:
    sources = traffic.get("trafficSources") or {}
    found = [
        {"label": label, "percent": sources.get(f"{name}Percent")}
        for name, label in _SOURCES.items()
    ]
    return found if any(source["percent"] is not None for source in found) else None


def _visits(row: Row) -> str | None:
    if not row.get("leads"):
        return None
    people, visits = row["leads"], row["sessions"]
    return (
        f"{people:,} {'person' if people == 1 else 'people'}, "
        f"{visits:,} visit{'' if visits == 1 else 's'}"
    )


def _month(funding: Row, row: Row) -> str | None:
    """The month of the last round."""
    return month_before(row["enriched_at"], funding.get("daysSinceLastRound"))


def _linkedin(url: str | None) -> str | None:
    return linkedin_page(url) or url


def place(row: Row, profile: Row) -> str | None:
    """City and country of a company."""
    return words.place((profile.get("address") or {}).get("locality"), row["country"])


def revenue(row: Row) -> str | None:
    """A company's revenue, `1–5 M USD`."""
    return money_range(row["revenue_min"], row["revenue_max"], row["revenue_currency"])
