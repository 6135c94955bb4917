"""What the lead list asks: one function a question. Times are Unix ms, UTC."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, case, select

from dashboard.data import paging
from dashboard.data.paging import Order, Page, Picked, Place, page, small_order
from dashboard.data.shortening import cut
from dashboard.data.with_company import WITH_COMPANY
from models.facts.visits import UTM
from models.filters.leads import leads_match
from models.filters.people import keys_found
from models.filters.query import Question
from models.payloads.vocabulary import VALIDITY_ORDER
from models.scoring.asking import IN_FORCE, WITH_SCORE
from models.scoring.grade import grade, intent_of
from models.scoring.versions import in_force
from models.tables import COMPANY, COMPANY_NAME, FIT_KEY, LEAD, LEAD_SCORE, LIST

_SCORED = LEAD_SCORE.c.version == IN_FORCE

ORDERS = {
    "intent": Order((LEAD_SCORE.c.intent_key, LEAD_SCORE.c.lead), within=_SCORED),
    "grade": Order(tuple(LEAD_SCORE.c["letter", "intent_key", "lead"]), within=_SCORED),
    "fit": Order((FIT_KEY, LEAD_SCORE.c.lead), within=_SCORED, is_one_way=True),
    "last_seen": Order((LEAD.c.last_seen, LEAD.c.key)),
    "first_seen": Order((LEAD.c.first_seen, LEAD.c.key)),
    "name": Order((LEAD.c.sort_name, LEAD.c.key), descending=False),
    "sessions": Order((LEAD.c.sessions, LEAD.c.key)),
}
"""Ways to sort the list, each by an index; the key settles ties."""

_SORTED_AS: dict[str, ColumnElement[Any]] = {
    "company": COMPANY_NAME,
    "company_domain": COMPANY.c.domain,
    "fit": LEAD_SCORE.c.fit,
    "fit_known": LEAD_SCORE.c.fit_known,
    "email_validity": case(
        (LEAD.c.email.is_(None), None),
        (LEAD.c.email_validity.is_(None), VALIDITY_ORDER[None]),
        *((LEAD.c.email_validity == word, at) for word, at in VALIDITY_ORDER.items() if word),
        else_=len(VALIDITY_ORDER),
    ),
}
_SMALL = frozenset({
    "job_title", "email", "stage", "last_page", "country", *UTM, "pageviews", "phone", "city",
    "linkedin_url", "seniority", "department", "channel", *_SORTED_AS,
})  # fmt: skip


def small(name: str, *, descending: bool) -> Order | None:
    """The order by any other column of the list; None for one that it does not have."""
    if name not in _SMALL:
        return None
    value = _SORTED_AS[name] if name in _SORTED_AS else LEAD.c[name]
    return small_order(value, LEAD.c.key, descending=descending)


def leads(
    db: Connection,
    asked: Question,
    *,
    order: Order = ORDERS["intent"],
    place: Place | None = None,
    skip: int = 0,
    size: int = 100,
) -> Page:
    """A page of the leads that the filters choose, in one of `ORDERS` or a `small_order`."""
    query = select(
        *LEAD.c["key", "email", "stage", "sessions", "pageviews", "first_seen", "last_seen"],
        *LEAD.c["seniority", "department", "channel", "owner", "status"],
        *LEAD_SCORE.c["fit", "fit_known"],
        LEAD_SCORE.c.version.label("scoring_version"),
        LEAD_SCORE.c.intent_key,
        *cut(*LEAD.c["full_name", "first_name", "last_name", "email_validity", "phone"]),
        *cut(*LEAD.c["linkedin_url", "job_title", "city", "country", "last_page"]),
        *cut(*(LEAD.c[name] for name in UTM)),
        *cut(COMPANY_NAME.label("company"), COMPANY.c.domain.label("company_domain")),
    ).select_from(WITH_COMPANY.join(LEAD_SCORE, WITH_SCORE))
    chosen = leads_match(asked)
    if order.is_small or asked.filters.without("since", "until", "bots").is_empty():
        found = page(db, query.where(chosen), order, place, size=size, skip=skip)
        return _with_scores(db, found, asked.when.ms)
    nearby = None if asked.finds_few() else query.where(leads_match(asked, nearby=True))
    # Of thousands that a word finds an index says which are the first; their columns would be
    # carried through the sorting otherwise, and the joined table keeps Postgres from the index.
    source = LEAD if order.within is None else LEAD.join(LEAD_SCORE, WITH_SCORE)
    keys = select(LEAD.c.key).where(chosen)
    picked = Picked(keys, keys.select_from(source))
    found = page(db, query, order, place, size=size, skip=skip, nearby=nearby, picked=picked)
    return _with_scores(db, found, asked.when.ms)


def _with_scores(db: Connection, found: Page, moment: int) -> Page:
    """The same with `intent` and `grade` at a moment, instead of the key that says them: to write
    the question for a database, and have it understood, takes longer than to answer it here.
    """
    half_life = in_force(db).half_life_ms
    rows = []
    for row in found.rows:
        intent = intent_of(row.pop("intent_key"), moment, half_life)
        rows.append(row | {"intent": intent, "grade": grade(row["fit"], intent)})
    return found._replace(rows=rows)


def count(db: Connection, asked: Question) -> int:
    """How many leads the filters choose; counts to `paging.MOST_COUNTED`."""
    words = asked.filters.one("q")
    if words and asked.filters.without("q").is_empty():
        return paging.count(db, keys_found(words))
    query = select(LEAD.c.key).where(leads_match(asked))
    if asked.filters.without("since", "until", "bots").is_empty() or asked.finds_few():
        return paging.count(db, query)
    nearby = select(LEAD.c.key).where(leads_match(asked, nearby=True))
    return paging.count(db, query, ORDERS["last_seen"], nearby)


def bots(db: Connection, asked: Question) -> int:
    """How many leads more there would be with likely bots; 0 where they are not hidden. Counts to
    `paging.MOST_COUNTED`.
    """
    hidden = asked.filters.one("bots") == "hide"
    return count(db, asked.also("bots", "only")) if hidden else 0


def quiet_lists(db: Connection) -> list[str]:
    """The names of the lists whose people are not to be spoken to."""
    return sorted(db.execute(select(LIST.c.name).where(LIST.c.quiet)).scalars())
