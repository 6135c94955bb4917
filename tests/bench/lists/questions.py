"""Questions that people ask of a list: three filters at once and more, several values each.

Values are the database's own. Of a selective question one filter leaves few, whichever of the three
that is; of the others none does. Among them stand each operator, texts, segments, lists and scores.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from models.filters.query import Filters
from models.tables import COMPANY, LEAD, LEAD_WORD, SESSION

Pairs = list[tuple[str, str]]

_RARE = 0.002
"""The share of rows that a rare value has, at most."""


@dataclass(frozen=True, slots=True)
class Asking:
    """What is asked, in the words of an address; `is_selective`: one of its filters leaves few."""

    name: str
    is_selective: bool
    filters: Filters


def askings(db: Connection) -> list[Asking]:
    """All questions of a database."""
    selective, broad = _selective(db), _broad(db)
    return [
        Asking(name, is_selective, Filters.parse(pairs))
        for of, is_selective in ((selective, True), (broad, False))
        for name, pairs in of.items()
    ]


def _selective(db: Connection) -> dict[str, Pairs]:
    campaigns = _values(db, SESSION.c.folded_utm_campaign, most=_RARE)
    terms = _values(db, SESSION.c.folded_utm_term, most=_RARE)
    countries = _values(db, SESSION.c.country)
    rare_country = _values(db, SESSION.c.country, most=0.02)[:1]
    industries = _values(db, COMPANY.c.folded_industry)
    firms = db.execute(
        select(LEAD.c.company_key)
        .where(LEAD.c.company_key.is_not(None))
        .group_by(LEAD.c.company_key)
        .having(func.count() < 40)
        .order_by(LEAD.c.company_key)
        .limit(3)
    )
    titles = _values(db, LEAD.c.folded_title, most=_RARE)
    word = db.execute(
        select(LEAD_WORD.c.word)
        .where(LEAD_WORD.c.word > "m")
        .group_by(LEAD_WORD.c.word)
        .having(func.count() < 100)
        .order_by(LEAD_WORD.c.word)
        .limit(1)
    ).scalar_one()
    seniors = [("seniority", word) for word in ("c_level", "vp", "director")]
    paid = [("channel", word) for word in ("Paid Search", "Paid Social", "Email")]
    return {
        "rare campaigns, countries, devices": [
            *_of("utm_campaign", campaigns), *_of("country", countries), *_DEVICES,
        ],
        "rare terms, not from, channels": [
            *_of("utm_term", terms or campaigns), *_of("country.not", countries[:2]), *paid,
        ],
        "firms, seniorities, not from": [
            *_of("company", firms.scalars()), *seniors, *_of("country.not", countries[:2]),
        ],
        "a rare title, industries, channels": [
            *_of("job_title.has", titles[:2]), *_of("industry", industries), *paid,
        ],
        "a search, countries, not seniorities": [
            ("q", word), *_of("country", countries), ("seniority.not", "junior"),
            ("seniority.not", "other"),
        ],
        "a list, seniorities, channels": [("list", "customers"), *seniors, *paid],
        "a segment, a rare country, industries": [
            ("segment", "buyers"), *_of("country", rare_country), *_of("industry", industries),
        ],
        "owners, statuses, channels": [
            ("owner", "anna@desk.example"), ("status", "meeting"), ("status", "working"), *paid,
        ],
        "best grades, seniorities, not industries": [
            ("grade", "A1"), ("grade", "A2"), ("grade", "B1"), *seniors,
            *_of("industry.not", industries[:2]),
        ],
        "rare country, page, not campaigns": [
            *_of("country", rare_country), ("page", "/pricing"), ("page", "/demo"),
            *_of("utm_campaign.not", campaigns[:2]),
        ],
        "bad addresses, rare country, titles": [
            ("validity", "invalid"), ("validity", "catch_all"), *_of("country", rare_country),
            ("job_title.has", "manager"), ("job_title.has", "head"),
        ],
    }  # fmt: skip


def _broad(db: Connection) -> dict[str, Pairs]:
    campaigns = _values(db, SESSION.c.folded_utm_campaign)
    sources = _values(db, SESSION.c.folded_utm_source)
    countries = _values(db, SESSION.c.country)
    industries = _values(db, COMPANY.c.folded_industry)
    fundings = _values(db, COMPANY.c.folded_round)
    hosts = _values(db, SESSION.c.referrer_host)
    seniors = [("seniority", word) for word in ("c_level", "vp", "head", "director", "manager")]
    departments = [
        ("department", word) for word in ("marketing", "sales", "product", "engineering")
    ]
    channels = [("channel", word) for word in ("Paid Search", "Organic Search", "Direct", "Email")]
    return {
        "campaigns, countries, devices": [
            *_of("utm_campaign", campaigns), *_of("country", countries), *_DEVICES,
        ],
        "not sources, not from, industries": [
            *_of("utm_source.not", sources[:2]), *_of("country.not", countries[:2]),
            *_of("industry", industries),
        ],
        "channels, seniorities, size": [*channels, *seniors, ("min_employees", "50")],
        "landing page, not referrer, hot": [
            ("landing_page", "/pricing"), ("landing_page", "/product"), ("landing_page", "/"),
            ("referrer.not", "google."), ("referrer.not", "bing."), ("hot", "yes"),
        ],
        "pages, countries, departments": [
            ("page", "/pricing"), ("page", "/product"), *_of("country", countries), *departments,
        ],
        "titles with, not from, hosts": [
            ("job_title.has", "manager"), ("job_title.has", "engineer"),
            *_of("country.not", countries[:2]), *_of("referrer_host", hosts),
        ],
        "a segment, not seniorities, not industries": [
            ("segment", "paid"), ("seniority.not", "junior"), ("seniority.not", "senior"),
            *_of("industry.not", industries[:2]),
        ],
        "intent, fit, countries": [
            ("intent_min", "1"), ("fit_min", "20"), *_of("country", countries),
        ],
        "grades, not industries, size": [
            *[("grade", word) for word in ("B2", "B3", "C1", "C2", "C3", "C4", "D3", "D4")],
            *_of("industry.not", industries[:2]), ("min_employees", "50"),
        ],
        "addresses, channels, not from": [
            ("validity", "valid"), ("validity", "catch_all"), *channels,
            *_of("country.not", countries[:2]),
        ],
        "fundings, growth, campaigns with": [
            *_of("funding", fundings), ("min_growth", "1"), ("utm_campaign.has", "a"),
            ("utm_campaign.has", "e"),
        ],
        "first touch: campaigns, channels, departments": [
            ("touch", "first"), *_of("utm_campaign", campaigns), *channels, *departments,
        ],
        "no segment, no list, countries": [
            ("segment.not", "buyers"), ("list.not", "customers"), *_of("country", countries),
        ],
    }  # fmt: skip


_DEVICES = [("device", "desktop"), ("device", "tablet")]


def _of(name: str, values: Any) -> Pairs:
    return [(name, str(value)) for value in values]


def _values(db: Connection, column: ColumnElement[Any], *, most: float = 1.0) -> Sequence[str]:
    """Three values of a column: the commonest, of which each has such a share of rows at most."""
    total = db.execute(select(func.count(column))).scalar_one()
    count = func.count()
    query = select(column).where(column.is_not(None), column != "").group_by(column)
    if most < 1:
        query = query.having(count < max(total * most, 2))
    return list(db.execute(query.order_by(count.desc(), column).limit(3)).scalars())
