"""Companies, and the blocks that Midbound sends about them: `full` and `basic`."""

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from faker import Faker

from simulator.browsers import Browser
from simulator.dice import Dice
from simulator.places import Place


@dataclass(frozen=True, slots=True)
class Trade:
    """An industry, what a company in it says it does, and its specialties."""

    industry: str
    offer: str
    specialties: tuple[str, ...]


_TRADES = (
    Trade(
        "Software Development",
        "builds planning software that operations teams run their week on",
        ("SaaS", "Workflow Automation", "APIs", "Data Integration", "Analytics"),
    ),
    Trade(
        "Transportation, Logistics, Supply Chain and Storage",
        "moves part loads and keeps warehouses full across the region",
        ("Road Freight", "Warehousing", "Customs", "Fleet Telematics", "Last Mile"),
    ),
    Trade(
        "Industrial Machinery Manufacturing",
        "makes pumps, valves and the controls that go with them",
        ("Hydraulics", "Maintenance", "Spare Parts", "Automation", "Retrofit"),
    ),
    Trade(
        "Financial Services",
        "finances equipment and receivables for middle-sized firms",
        ("Leasing", "Factoring", "Risk", "Open Banking", "Treasury"),
    ),
    Trade(
        "Hospitals and Health Care",
        "runs outpatient clinics and the laboratories behind them",
        ("Diagnostics", "Telemedicine", "Patient Records", "Compliance", "Scheduling"),
    ),
    Trade(
        "Advertising Services",
        "plans and measures campaigns for brands that sell to other firms",
        ("B2B", "Paid Social", "Content", "Marketing Operations", "Attribution"),
    ),
    Trade(
        "Renewable Energy Power Generation",
        "plans, builds and looks after solar parks and storage",
        ("Photovoltaics", "Battery Storage", "Grid Connection", "Monitoring", "Permits"),
    ),
    Trade(
        "Retail",
        "sells tools and workwear in shops, online and by catalogue",
        ("E-Commerce", "Merchandising", "Fulfilment", "Loyalty", "Marketplaces"),
    ),
)

_SIZES: tuple[tuple[float, tuple[int, int]], ...] = (
    (22, (3, 15)),
    (34, (16, 90)),
    (26, (91, 500)),
    (13, (501, 4000)),
    (5, (4001, 60_000)),
)
_ROUNDS = ("Pre-Seed", "Seed", "Series A", "Series B", "Series C", "Debt Financing")
_CURRENCIES = {"US": "USD", "CA": "CAD", "GB": "GBP", "PL": "PLN", "JP": "JPY", "IL": "ILS"}
_PROVIDERS = ("xK9mP", "qR7nL")

# Letters that Unicode does not split into a base letter and an accent.
_ASCII = str.maketrans({"ł": "l", "Ł": "L", "ß": "ss", "ø": "o", "æ": "ae", "œ": "oe"})


def slug(text: str) -> str:
    """Write a name as it would appear in a URL; empty if it has no Latin letters or digits."""
    folded = unicodedata.normalize("NFKD", text.translate(_ASCII)).encode("ascii", "ignore")
    return re.sub(r"[^a-z0-9]+", "-", folded.decode().lower()).strip("-")


@dataclass(slots=True)
class Company:
    """A company: `size` in employees, `founded` the year. Everything else in its blocks is drawn
    from `seed`, so it is always the same.
    """

    seed: int
    name: str
    handle: str
    place: Place
    trade: Trade
    size: int
    founded: int
    provider: str
    enriched_ms: int = field(default=-1)
    """Story time (ms) of the newest full block; below 0 before there is one."""
    enriched_at: str = field(default="")
    """The same as in the block: ISO 8601, UTC."""
    desk: Browser | None = field(default=None)
    """The computer that colleagues share, if any."""

    @property
    def domain(self) -> str:
        """Its domain, which nobody can own (RFC 2606)."""
        return f"{self.handle}.example"


class Register:
    """Founds companies, each with a handle of its own."""

    # Once this many names are remembered, each further company gets a number, so that a story
    # without end does not need memory without end.
    _REMEMBERED = 5000

    def __init__(self, dice: Dice, year: int) -> None:
        """`year` is when the story begins; no company is founded in or after it."""
        self._dice = dice
        self._year = year
        self._handles: set[str] = set()
        self._founded = 0

    def found(self, faker: Faker, place: Place) -> Company:
        """Found a company in `place`; `faker`, of that place's locale, names it."""
        dice = self._dice
        self._founded += 1
        name = str(faker.company())
        handle = slug(name) or slug(str(faker.domain_word())) or "firm"
        if handle in self._handles or len(self._handles) >= self._REMEMBERED:
            handle = f"{handle}-{self._founded}"
        else:
            self._handles.add(handle)
        return Company(
            seed=dice.getrandbits(48),
            name=name,
            handle=handle,
            place=place,
            trade=dice.choice(_TRADES),
            size=dice.randint(*dice.weighted(_SIZES)),
            founded=self._year - dice.randint(1, 60),
            provider=dice.choice(_PROVIDERS),
        )


def basic(company: Company) -> dict[str, Any]:
    """Return the basic block, as sent about past employers."""
    dice = Dice(company.seed)
    at = company.place
    return {
        "name": company.name,
        "_type": "basic",
        "linkedinId": str(dice.randrange(10**7, 10**8)),
        "linkedinUrl": f"https://linkedin.com/company/{company.handle}",
        "logoUrl": f"https://media.example.net/company/{company.handle}/logo",
        "domain": company.domain,
        "website": f"https://www.{company.domain}",
        "address": {
            "locality": at.city,
            "region": at.region,
            "postalCode": at.postal_code,
            "country": at.country,
            "countryCode": at.code,
        },
        "description": f"{company.name} {company.trade.offer}. Founded in {company.founded}, "
        f"at home in {at.city}, with customers in {dice.randint(2, 40)} countries.",
        "industry": company.trade.industry,
        "employeeCount": company.size,
        "foundedYear": company.founded,
    }


def full(company: Company, enriched_at: str) -> dict[str, Any]:
    """Return the full block; `enriched_at` is ISO 8601, UTC."""
    dice = Dice(company.seed + 1)

    def percent(least: float, most: float) -> float | None:
        return dice.maybe(0.93, round(dice.uniform(least, most), 1))

    revenue = company.size * dice.randint(60, 220) * 1000
    visitors = company.size * dice.randint(80, 4000)
    search, direct, social, paid = (dice.randint(5, 30) for _ in range(4))
    return {
        **basic(company),
        "_type": "full",
        "enrichedAt": enriched_at,
        "provider": company.provider,
        "specialties": dice.sample(company.trade.specialties, dice.randint(2, 5)),
        "estimatedRevenue": {
            "min": revenue,
            "max": revenue * dice.randint(2, 5),
            "currency": _CURRENCIES.get(company.place.code, "EUR"),
        }
        if dice.chance(0.9)
        else None,
        "headcount": {
            "total": company.size,
            "growth": {"mom": percent(-4, 6), "qoq": percent(-9, 15), "yoy": percent(-25, 60)},
        },
        "taxonomy": {
            "linkedinIndustry": company.trade.industry,
            "linkedinSpecialties": dice.sample(company.trade.specialties, 3),
        },
        "webTraffic": {
            "monthlyVisitors": visitors,
            "momGrowthPercent": percent(-12, 20),
            "qoqGrowthPercent": percent(-20, 70),
            "trafficSources": {
                "socialPercent": social,
                "searchPercent": search,
                "directPercent": direct,
                "paidReferralPercent": paid,
                "referralPercent": max(100 - social - search - direct - paid, 0),
            },
        },
        "linkedinFollowers": {
            "count": company.size * dice.randint(4, 90),
            "momGrowthPercent": percent(0, 12),
            "qoqGrowthPercent": percent(0, 30),
            "yoyGrowthPercent": percent(0, 120),
        },
        "funding": _funding(dice) if dice.chance(0.4) else None,
        "seo": {
            "monthlyOrganicClicks": visitors // dice.randint(3, 8),
            "monthlyPaidClicks": visitors // dice.randint(20, 60),
            "monthlyOrganicValue": visitors // 2,
            "monthlyAdsSpend": dice.randint(0, 90) * 100,
            "averageOrganicRank": round(dice.uniform(4, 45), 1),
            "averageAdRank": dice.maybe(0.8, round(dice.uniform(1, 6), 1)),
            "totalOrganicKeywords": dice.randint(20, 9000),
        }
        if dice.chance(0.9)
        else None,
    }


def _funding(dice: Dice) -> dict[str, Any]:
    """Draw what a company has raised, in USD; the total includes the last round."""
    last = dice.randint(2, 300) * 100_000
    return {
        "totalRaisedUsd": last * dice.randint(1, 4),
        "lastRoundType": dice.choice(_ROUNDS),
        "lastRoundAmountUsd": last,
        "daysSinceLastRound": dice.randint(20, 1500),
        "investors": [f"Example Capital {dice.choice('ABCDEF')}" for _ in range(dice.randrange(3))],
    }
