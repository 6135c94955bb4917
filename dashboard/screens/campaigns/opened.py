"""A row of Campaigns, opened next to the table: who came, from which companies, on which pages."""

from collections import Counter
from typing import NamedTuple

from sqlalchemy import Connection, select

from dashboard.data.activity import Level
from dashboard.data.shortening import LIST_CHARS, cut
from dashboard.data.with_company import WITH_COMPANY, Row
from dashboard.screens.campaigns.queries import Key
from dashboard.screens.campaigns.report import FILTER_OF
from models.filters.choosing import visits_match
from models.filters.comparing import as_value
from models.filters.query import Question
from models.projection.summing import touch_of
from models.storage.rows import load
from models.tables import COMPANY, COMPANY_NAME, LEAD, SESSION

NEWEST = 2_000
"""Sessions that are looked at, the newest."""

MOST = 50
"""People, companies and pages that are shown."""

_CAME_BY = (
    "utm_source", "utm_medium", "utm_campaign", "utm_content", "channel", "landing_page",
    "referrer_host",
)  # fmt: skip
_LANDING = _CAME_BY.index("landing_page")


class Opened(NamedTuple):
    """People, last seen first; companies and landing pages, most sessions first; and whether there
    are more sessions than were looked at.
    """

    people: list[Row]
    companies: list[Row]
    pages: list[Row]
    is_cut: bool


def opened(db: Connection, asked: Question, level: Level, key: Key) -> Opened:
    """The newest of the sessions that match filters and have this key."""
    if key and level in FILTER_OF:
        asked = asked.also(FILTER_OF[level], as_value(key[0]))
    query = select(*SESSION.c["lead", "landing_page"]).where(visits_match(asked))
    if key and level not in FILTER_OF:
        query = query.where(
            SESSION.c.landing_page.is_(None)
            if key[0] is None
            else SESSION.c.landing_page.contains(_host(key[0]), autoescape=True)
        )
    newest = query.order_by(SESSION.c.last_activity.desc(), SESSION.c.sid.desc()).limit(NEWEST)
    rows = [(row.lead, _page(row.landing_page)) for row in db.execute(newest)]
    is_cut = len(rows) == NEWEST
    if key and level not in FILTER_OF:
        rows = [(lead, page) for lead, page in rows if page == key[0]]
    by_lead = Counter(lead for lead, _ in rows)
    pages = Counter(page for _, page in rows if page)
    people = _people(db, list(by_lead)[:MOST], by_lead)
    return Opened(
        people,
        _companies(db, by_lead),
        [
            {"landing_page": page[:LIST_CHARS], "visits": count}
            for page, count in pages.most_common(MOST)
        ],
        is_cut,
    )


def _page(landing_page: str | None) -> str | None:
    return touch_of([None] * _LANDING + [landing_page] + [None] * (len(_CAME_BY) - _LANDING - 1))[
        _LANDING
    ]


def _host(page: str) -> str:
    return page.partition("/")[0]


def _people(db: Connection, keys: list[str], visits: Counter[str]) -> list[Row]:
    """Leads in this order, each with its sessions among those looked at."""
    query = select(
        *LEAD.c["key", "email", "stage", "last_seen"],
        *cut(*LEAD.c["full_name", "job_title"]),
        *cut(COMPANY_NAME.label("company")),
    ).select_from(WITH_COMPANY)
    found = {
        row["key"]: dict(row) for row in db.execute(query.where(LEAD.c.key.in_(keys))).mappings()
    }
    return [found[key] | {"visits": visits[key]} for key in keys if key in found]


def _companies(db: Connection, visits: Counter[str]) -> list[Row]:
    its: Counter[str] = Counter()
    people: Counter[str] = Counter()
    for row in load(db, LEAD, "key", visits.keys(), ("key", "company_key")):
        if row["company_key"]:
            its[row["company_key"]] += visits[row["key"]]
            people[row["company_key"]] += 1
    keys = [key for key, _ in its.most_common(MOST)]
    columns = ("key", "name", "domain", "employee_count")
    known = {row["key"]: row for row in load(db, COMPANY, "key", keys, columns)}
    return [
        {
            "key": key,
            "company": (known[key]["name"] or known[key]["domain"] or key)[:LIST_CHARS],
            "employee_count": known[key]["employee_count"],
            "leads": people[key],
            "visits": its[key],
        }
        for key in keys
        if key in known
    ]
