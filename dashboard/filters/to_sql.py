"""What filters mean in SQL, for each table that they choose from."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    exists,
    false,
    literal,
    or_,
    select,
    tuple_,
    union_all,
)

from dashboard.filters.from_url import (
    ANY_SENDABLE,
    COMPANY_ONLY,
    SESSION_ONLY,
    UTM,
    FilterError,
    Filters,
    utm_value,
)
from models.facts import search
from models.facts.keys import domain_key
from models.facts.search import fold
from models.payloads.vocabulary import ERROR, SENDABLE, STAGES, UNCHECKED
from models.tables import ADDRESS, COMPANY, LEAD, LEAD_ADDRESS, LEAD_WORD, LONGEST_SEARCH, SESSION

QUALIFIED = sum(1 << STAGES[name] for name in ("qualified", "enriched", "validated"))
"""Stages that say who somebody is; every visit is finalized in the end, qualified or not."""


def is_identified() -> ColumnElement[bool]:
    """Whether a lead has a name, an address or a profile."""
    return or_(*(LEAD.c[name].is_not(None) for name in ("full_name", "email", "linkedin_url")))


def _refuse(filters: Filters, names: tuple[str, ...], what: str) -> None:
    given = [name for name in names if getattr(filters, name) is not None]
    if given:
        raise FilterError(f"{given[0]} chooses {what}, nothing else")


def _company_is(text: str) -> ColumnElement[bool]:
    name = fold(text)[:LONGEST_SEARCH]
    # Nameless companies have nothing to be searched by.
    is_named = COMPANY.c.search == name if name else false()
    keys = {" ".join(text.lower().split()), domain_key(text)} - {None}
    return or_(COMPANY.c.key.in_(keys), is_named)


_COLLEAGUE = LEAD.alias("colleague")


def _working_at(text: str) -> CompoundSelect[Any]:
    """The keys of all leads of a company, named by its key or name: by indexes, so by way of the
    company. As one condition with `OR` a database would look at every lead there is.
    """
    known = select(COMPANY.c.key).where(_company_is(text))
    key = select(_COLLEAGUE.c.key)
    return union_all(
        key.where(_COLLEAGUE.c.company_key.in_(known)),
        key.where(_COLLEAGUE.c.company_search == fold(text)[:LONGEST_SEARCH]),
    )


def between(column: ColumnElement[Any], filters: Filters) -> list[ColumnElement[bool]]:
    """Conditions that a time (ms) lies between `since` and `until`; each that is set."""
    found = []
    if filters.since is not None:
        found.append(column >= filters.since)
    if filters.until is not None:
        found.append(column <= filters.until)
    return found


def _utm(table: Any, filters: Filters) -> list[ColumnElement[bool]]:
    words = {name: getattr(filters, name) for name in UTM}
    # `==` with None is SQL's IS NULL.
    return [table.c[name] == utm_value(word) for name, word in words.items() if word]


def _validity_is(column: ColumnElement[Any], word: str) -> ColumnElement[bool]:
    if word == ANY_SENDABLE:
        return column.in_(SENDABLE)
    return column.is_(None) if word == UNCHECKED else column == word


def _lead_validity_is(word: str) -> ColumnElement[bool]:
    if word == ERROR:
        held = (LEAD_ADDRESS.c.address == LEAD.c.email, LEAD_ADDRESS.c.lead == LEAD.c.key)
        return exists().where(*held, LEAD_ADDRESS.c.status == ERROR).correlate(LEAD)
    # Who has no address at all has none to be checked either.
    return and_(LEAD.c.email.is_not(None), _validity_is(LEAD.c.email_validity, word))


def _is_found(text: str, lead: ColumnElement[Any], *, nearby: bool) -> list[ColumnElement[bool]]:
    """Conditions that a lead has each word of a search; `nearby`: to be tested row by row."""
    asked = search.asked(text)
    if not asked:
        return [false()]
    if nearby:
        words = literal(" ").concat(LEAD.c.search)
        return [words.contains(f" {word}", autoescape=True) for word in asked]
    return [lead.in_(_having(word)) for word in asked]


def _having(word: str) -> Select[Any]:
    its = LEAD_WORD.alias("its")
    return select(its.c.lead).where(its.c.word >= word, its.c.word < search.after(word))


def keys_found(text: str) -> Select[Any]:
    """The keys of the leads that a search finds, each once: from the index of words alone."""
    asked = search.asked(text)
    if not asked:
        return select(LEAD_WORD.c.lead).where(false())
    first, *rest = asked
    others = [LEAD_WORD.c.lead.in_(_having(word)) for word in rest]
    begins = (LEAD_WORD.c.word >= first, LEAD_WORD.c.word < search.after(first))
    return select(LEAD_WORD.c.lead).where(*begins, *others).distinct()


def _about_lead(
    filters: Filters, lead: ColumnElement[Any], *, nearby: bool
) -> list[ColumnElement[bool]]:
    """Conditions on the human whose key a column has; for `nearby`, table `lead` is joined."""
    found: list[ColumnElement[bool]] = []
    if filters.q:
        found += _is_found(filters.q, lead, nearby=nearby)
    if filters.company:
        found.append(lead.in_(_working_at(filters.company)))
    return found


def lead_conditions(filters: Filters, *, nearby: bool = False) -> ColumnElement[bool]:
    """What filters mean for leads: `utm_*` is the first touch, times are `last_seen`.

    For queries of `lead`; those that ask about few rows say `nearby`.
    Raises `FilterError` for filters of other tables.
    """
    _refuse(filters, SESSION_ONLY, "sessions")
    _refuse(filters, COMPANY_ONLY, "companies")
    found = [
        *_about_lead(filters, LEAD.c.key, nearby=nearby),
        *between(LEAD.c.last_seen, filters),
        *_utm(LEAD, filters),
    ]
    if filters.validity:
        found.append(_lead_validity_is(filters.validity))
    return and_(True, *found, *_lead_facts(filters))  # noqa: FBT003 - SQL's own TRUE


def _lead_facts(filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.stage:
        found.append(LEAD.c.stage == STAGES[filters.stage])
    if filters.country:
        found.append(LEAD.c.country == filters.country)
    if filters.pid:
        seen = exists().where(SESSION.c.lead == LEAD.c.key, SESSION.c.pid == filters.pid)
        found.append(seen)
    return found


def session_conditions(filters: Filters, *, nearby: bool = False) -> ColumnElement[bool]:
    """What filters mean for sessions, their own stage, country and times; the lead's e-mail.

    With `touch` the `utm_*` are those of the lead's first or last touch.
    For queries of `session`, joined with `lead` where a filter is on the lead's own row. Raises
    `FilterError` for filters of other tables.
    """
    _refuse(filters, COMPANY_ONLY, "companies")
    found = [
        *_about_lead(filters, SESSION.c.lead, nearby=nearby),
        *between(SESSION.c.last_activity, filters),
        *(_touched(filters) if filters.touch else _utm(SESSION, filters)),
    ]
    if filters.stage:
        found.append(SESSION.c.stage == STAGES[filters.stage])
    if filters.validity:
        found.append(_lead_validity_is(filters.validity))
    if filters.country:
        found.append(SESSION.c.country == filters.country)
    if filters.pid:
        found.append(SESSION.c.pid == filters.pid)
    return and_(True, *found, *_session_only(filters))  # noqa: FBT003 - SQL's own TRUE


def _session_only(filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.referrer:
        found.append(SESSION.c.referrer.icontains(filters.referrer, autoescape=True))
    if filters.landing_page:
        found.append(SESSION.c.landing_page.icontains(filters.landing_page, autoescape=True))
    if filters.click_id:
        ids = ("gclid", "fbclid") if filters.click_id == "any" else (filters.click_id,)
        found.append(or_(*(SESSION.c[name].is_not(None) for name in ids)))
    if filters.device:
        found.append(SESSION.c.device == filters.device.lower())
    if filters.visit:
        # The lead's first visit, or a later one.
        first = SESSION.c.started_at <= LEAD.c.first_seen
        found.append(first if filters.visit == "new" else ~first)
    if filters.leads:
        found.append(_leads_are(filters))
    if filters.hot:
        found.append(SESSION.c.hot == (filters.hot == "yes"))
    for name, column in (
        ("min_bot_score", SESSION.c.bot_score),
        ("min_pages", SESSION.c.pageviews),
        ("min_duration", SESSION.c.duration_seconds),
    ):
        if getattr(filters, name) is not None:
            found.append(column >= getattr(filters, name))
    return found


def _leads_are(filters: Filters) -> ColumnElement[bool]:
    """Identified, and what else the word says; `new`: first seen in the range of the filters."""
    also: list[ColumnElement[bool]] = []
    if filters.leads == "new":
        also = between(LEAD.c.first_seen, filters)
    elif filters.leads == "employed":
        also = [or_(LEAD.c.company_key.is_not(None), LEAD.c.company_name.is_not(None))]
    elif filters.leads == "qualified":
        also = [LEAD.c.stages.op("&")(QUALIFIED) != 0]
    return and_(is_identified(), *also)


def _touched(filters: Filters) -> list[ColumnElement[bool]]:
    """The first or last session of the lead with any `utm_*`, of those begun by `until`, has these.

    Someone without such a session has none of them.
    """
    wanted = _utm(_TOUCH, filters)
    if not wanted:
        return []
    given = [name for name in UTM if getattr(filters, name)]
    some = [name for name in given if utm_value(getattr(filters, name)) is not None]
    if some:
        return [SESSION.c.lead.in_(select(_TOUCH.c.lead).where(*_is_touch(filters), *wanted))]
    has_any = or_(*(_TOUCH.c[name].is_not(None) for name in given))
    return [~exists().where(_TOUCH.c.lead == SESSION.c.lead, *_is_touch(filters), has_any)]


_TOUCH, _OTHER = SESSION.alias("touch"), SESSION.alias("other")


def _is_touch(filters: Filters) -> list[ColumnElement[bool]]:
    at, other_at = (tuple_(*table.c["started_at", "sid"]) for table in (_TOUCH, _OTHER))
    begun = [] if filters.until is None else [_TOUCH.c.started_at <= filters.until]
    rivals = [] if filters.until is None else [_OTHER.c.started_at <= filters.until]
    nearer = other_at < at if filters.touch == "first" else other_at > at
    return [
        _is_tagged(_TOUCH),
        *begun,
        ~exists().where(_OTHER.c.lead == _TOUCH.c.lead, nearer, _is_tagged(_OTHER), *rivals),
    ]


def _is_tagged(table: Any) -> ColumnElement[bool]:
    return or_(*(table.c[name].is_not(None) for name in UTM))


def email_conditions(filters: Filters, *, nearby: bool = False) -> ColumnElement[bool]:
    """What filters mean for addresses: their own verdict, else what they mean for the lead.

    For queries that join `lead_address` with `lead`, `company` and `address`. Raises `FilterError`
    for filters of other tables.
    """
    _refuse(filters, SESSION_ONLY, "sessions")
    _refuse(filters, COMPANY_ONLY, "companies")
    found = [
        *_about_lead(filters, LEAD_ADDRESS.c.lead, nearby=nearby),
        *between(LEAD_ADDRESS.c.last_seen, filters),
        *_utm(LEAD, filters),
    ]
    if filters.validity:
        found.append(
            LEAD_ADDRESS.c.status == ERROR
            if filters.validity == ERROR
            else _validity_is(ADDRESS.c.validity, filters.validity)
        )
    return and_(True, *found, *_lead_facts(filters))  # noqa: FBT003 - SQL's own TRUE


def company_conditions(filters: Filters) -> ColumnElement[bool]:
    """What filters mean for companies, but for the range: their own name, country, size.

    What is about people (stage, validity, campaign, pixel) must hold for one who works there.
    Raises `FilterError` for filters of other tables.
    """
    _refuse(filters, SESSION_ONLY, "sessions")
    found: list[ColumnElement[bool]] = []
    if filters.q:
        # A domain is the key, which stands in the index beside the name; other keys have a colon.
        asked = filters.q.strip().lower()
        domain = and_(COMPANY.c.key.contains(asked, autoescape=True), ~COMPANY.c.key.contains(":"))
        named = COMPANY.c.search.contains(fold(filters.q), autoescape=True)
        found.append(or_(named, domain))
    if filters.company:
        found.append(_company_is(filters.company))
    if filters.country:
        found.append(COMPANY.c.country == filters.country)
    if filters.industry:
        found.append(COMPANY.c.industry == filters.industry)
    if filters.funding:
        found.append(COMPANY.c.last_round_type == filters.funding)
    if filters.min_employees is not None:
        found.append(COMPANY.c.employee_count >= filters.min_employees)
    if filters.max_employees is not None:
        found.append(COMPANY.c.employee_count <= filters.max_employees)
    if filters.min_growth is not None:
        found.append(COMPANY.c.headcount_growth_yoy >= filters.min_growth)
    people = _lead_facts(Filters(stage=filters.stage, pid=filters.pid)) + _utm(LEAD, filters)
    if filters.validity:
        people.append(_lead_validity_is(filters.validity))
    if people:
        found.append(
            exists(select(1).where(LEAD.c.company_key == COMPANY.c.key, *people).correlate(COMPANY))
        )
    return and_(True, *found)  # noqa: FBT003 - SQL's own TRUE
