"""Which rows of a table match filters, in SQL. All conditions on a visit must hold for one and the
same visit: on a list of visits the row itself, on a list of leads one of their visits, with `touch`
that touch.

Conditions on a human or an employer mean the same everywhere. Each function has two ways: by an
index, for long lists, and `nearby`, tested row by row, for few rows.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, exists, or_, select, true, tuple_

from models.facts.visits import UTM
from models.filters.comparing import country_is, fits
from models.filters.employers import employer_fits, employer_is
from models.filters.lists import list_fits
from models.filters.names import FILTERS, NONE
from models.filters.people import (
    asks_for_errors,
    between,
    company_is,
    person_fits,
    person_fits_by_key,
    validity_is,
)
from models.filters.query import Condition, Filters, Question
from models.filters.visits import is_found, visit_fits, visit_is
from models.payloads.vocabulary import ERROR
from models.tables import ADDRESS, COMPANY, LEAD, LEAD_ADDRESS, SESSION

# Made once: aliasing a wide table takes longer than building the rest of a query.
_VISIT, _TOUCH, _RIVAL = (SESSION.alias(name) for name in ("its_visit", "touch", "rival"))
_TOUCHED, _WHOSE, _EMPLOYEE = (LEAD.alias(name) for name in ("touched", "whose", "employee"))
_EMPLOYER = COMPANY.alias("employer")


def leads_fit(asked: Question, *, nearby: bool = False) -> ColumnElement[bool]:
    """Whether a row of `lead` matches; `since` and `until` mean its `last_seen`."""
    return and_(between(LEAD.c.last_seen, asked), *_leads(LEAD, asked, nearby=nearby))


def _leads(lead: FromClause, asked: Question, *, nearby: bool) -> list[ColumnElement[bool]]:
    """Conditions on a human, except the range."""
    conditions = [one for one in asked.filters if one.name not in _ABOUT_RANGE]
    visits = _of_visits(conditions)
    kept = [one for one in conditions if one.name in _KEPT]
    people = [one for one in conditions if _about(one) == "lead" and one not in (*visits, *kept)]
    employers = [one for one in conditions if _about(one) == "employer"]
    # What else is asked may leave few, whose visits are soon looked at, instead of all there are.
    by_lead = bool(people or employers or kept) and not any(map(is_found, visits))
    return [
        *(person_fits(lead, one, asked, nearby=nearby) for one in people),
        *_employed(lead, employers, nearby=nearby),
        *_seen(lead, visits, asked, nearby=nearby or by_lead),
        *(_kept_fits(lead, one, asked, nearby=nearby) for one in kept),
    ]


_KEPT = frozenset({"segment", "list"})


def _kept_fits(
    lead: FromClause, one: Condition, asked: Question, *, nearby: bool
) -> ColumnElement[bool]:
    """Whether a human is on a list, or in a segment: all of the segment's own filters hold, and its
    range means the human's last activity.
    """
    if one.name == "list":
        return list_fits(lead, one, nearby=nearby)
    if one.operator == "is":
        return or_(*(_is_in(lead, asked.segment(name), nearby=nearby) for name in one.values))
    # If a segment's condition is null for somebody, they are not in it. A new alias each time,
    # because one segment may be part of another.
    member = LEAD.alias()
    is_so = or_(*(_is_in(member, asked.segment(name), nearby=nearby) for name in one.values))
    if nearby:
        return ~exists().where(member.c.key == lead.c.key, is_so)
    return lead.c.key.not_in(select(member.c.key).where(is_so))


def _is_in(lead: FromClause, segment: Question, *, nearby: bool) -> ColumnElement[bool]:
    return and_(between(lead.c.last_seen, segment), *_leads(lead, segment, nearby=nearby))


_ABOUT_RANGE = frozenset({"since", "until", "touch"})


def _about(one: Condition) -> str:
    return FILTERS[one.name].about


def _of_visits(conditions: Iterable[Condition]) -> list[Condition]:
    """Conditions on a visit of a lead; a country is the visit's if there are other conditions on a
    visit, and the human's otherwise.
    """
    visits = [one for one in conditions if _about(one) == "visit"]
    if any(one.name != "bots" for one in visits):
        visits += [one for one in conditions if one.name == "country"]
    return visits


def _employed(
    lead: FromClause, employers: list[Condition], *, nearby: bool
) -> Iterable[ColumnElement[bool]]:
    """Conditions on a human's employer; for `not`, people without one match."""
    wanted = [employer_fits(_EMPLOYER, one) for one in employers if one.operator != "not"]
    if wanted:
        yield _is_at(lead, wanted, nearby=nearby)
    for one in employers:
        if one.operator == "not":
            is_there = _is_at(lead, [employer_is(_EMPLOYER, one)], nearby=nearby)
            yield or_(lead.c.company_key.is_(None), ~is_there)


def _is_at(
    lead: FromClause, conditions: list[ColumnElement[bool]], *, nearby: bool
) -> ColumnElement[bool]:
    if nearby:
        return exists().where(_EMPLOYER.c.key == lead.c.company_key, *conditions)
    return lead.c.company_key.in_(select(_EMPLOYER.c.key).where(*conditions))


def _seen(
    lead: FromClause, visits: list[Condition], asked: Question, *, nearby: bool
) -> Iterable[ColumnElement[bool]]:
    """Conditions on a human's visits."""
    touch = asked.filters.one("touch")
    if [one.name for one in visits] == ["bots"] and not touch:
        yield from _is_no_bot(lead, visits[0])
        return
    if touch and visits:
        theirs = [visit_fits(_VISIT, one, asked, nearby=nearby) for one in visits]
        yield _came_by(lead, _VISIT, theirs, touch, nearby=nearby)
        return
    wanted = [visit_fits(_VISIT, one, asked, nearby=nearby) for one in visits if _must_be(one)]
    if wanted:
        yield _has(lead, _VISIT, wanted, nearby=nearby)
    for one in visits:
        if not _must_be(one):
            is_bot = one.name == "bots"
            is_so = ~_VISIT.c.is_bot if is_bot else visit_is(_VISIT, one, asked, nearby=True)
            yield ~_has(lead, _VISIT, [is_so], nearby=True)


def _is_no_bot(lead: FromClause, one: Condition) -> Iterable[ColumnElement[bool]]:
    """On their own, bots are decided by the lead: whether all its visits are a bot's."""
    if one.values != ("show",):
        yield lead.c.is_bot if one.values == ("only",) else ~lead.c.is_bot


def _must_be(one: Condition) -> bool:
    """Whether one visit must meet it; otherwise no visit may have what it names (`bots=only`: no
    human visit)."""
    return one.operator != "not" and (one.name, one.values) != ("bots", ("only",))


def _has(
    lead: FromClause, visit: FromClause, conditions: list[ColumnElement[bool]], *, nearby: bool
) -> ColumnElement[bool]:
    if nearby:
        return exists().where(visit.c.lead == lead.c.key, *conditions)
    return lead.c.key.in_(select(visit.c.lead).where(*conditions))


def _came_by(
    lead: FromClause,
    visit: FromClause,
    conditions: list[ColumnElement[bool]],
    touch: str,
    *,
    nearby: bool,
) -> ColumnElement[bool]:
    """Whether a lead's first or last touch meets conditions."""
    sid = f"{touch}_touch_sid"
    if nearby:
        return exists().where(visit.c.sid == lead.c[sid], *conditions)
    is_touch = and_(_TOUCHED.c.key == visit.c.lead, _TOUCHED.c[sid] == visit.c.sid)
    return lead.c.key.in_(
        select(visit.c.lead).select_from(visit.join(_TOUCHED, is_touch)).where(*conditions)
    )


def heard_fit(asked: Question) -> ColumnElement[bool]:
    """Whether a row of `lead`, joined with the visit heard from last, matches on Live: conditions
    on a visit, and a country, apply to that visit; a segment applies to the human. Tested row by
    row; `bots`, quiet lists and the range are up to the caller.
    """
    own = [one for one in asked.filters if _about(one) == "visit" or one.name in _ALSO_OF_VISITS]
    names = (*(one.name for one in own), *_ABOUT_RANGE)
    theirs = asked.filters.without(*names)
    return and_(
        true(),
        *(visit_fits(SESSION, one, asked, nearby=True) for one in own if one.name != "bots"),
        *_leads(LEAD, asked.asking(theirs), nearby=True),
    )


def visits_fit(asked: Question, *, nearby: bool = False) -> ColumnElement[bool]:
    """Whether a row of `session` matches; `since` and `until` mean its `last_activity`.

    With `touch`, where a visit came from means where its human's touch came from.
    """
    touch = asked.filters.one("touch")
    own = [one for one in asked.filters if _about(one) == "visit" or one.name in _ALSO_OF_VISITS]
    came_by = [one for one in own if touch and one.name in _OF_TOUCH]
    own = [one for one in own if one not in came_by]
    segments = asked.filters.values("segment")
    theirs = asked.filters.without(*(one.name for one in (*own, *came_by)), "touch")
    theirs_alone = theirs.also("segment") if segments else theirs
    # Of few visits each one's human is looked at, instead of all of whom the rest is true.
    by_visit = nearby or any(map(is_found, own))
    is_short = by_visit or _are_few(theirs, asked)
    by_visit = by_visit or (is_short and bool(segments))
    return and_(
        between(SESSION.c.last_activity, asked),
        *(visit_fits(SESSION, one, asked, nearby=is_short) for one in own),
        *_of_lead(SESSION.c.lead, asked.asking(theirs_alone), nearby=by_visit),
        *_touched(came_by, touch, asked),
        *([_is_shown_by(segments, asked, nearby=is_short)] if segments else []),
    )


_SHORT_MS = 100 * 86_400_000
"""A range of so many days leaves few of what two years brought."""

_FINDS = frozenset({"q", "company", "list", "owner", "grade"})


def _are_few(theirs: Filters, asked: Question) -> bool:
    """Whether a range leaves so few rows that they are looked at one by one; not where an index
    finds whom they may be of.
    """
    since = asked.moment("since")
    is_short = since is not None and asked.when.ms - since < _SHORT_MS
    return is_short and not any(
        one.name in _FINDS and one.operator != "not" and NONE not in one.values for one in theirs
    )


def _is_shown_by(segments: Iterable[str], asked: Question, *, nearby: bool) -> ColumnElement[bool]:
    """Whether a visit is by somebody in one of these segments, and itself meets the segment's
    conditions on a visit.
    """
    return or_(
        *(
            and_(
                *_of_lead(
                    SESSION.c.lead,
                    asked.asking(asked.filters.only().also("segment", name)),
                    nearby=nearby,
                ),
                *_fulfils(asked.segment(name), nearby=nearby),
            )
            for name in segments
        )
    )


def _fulfils(segment: Question, *, nearby: bool) -> Iterable[ColumnElement[bool]]:
    """A segment's conditions on the one visit by which somebody is in it."""
    touch = segment.filters.one("touch")
    visits = [one for one in _of_visits(segment.filters) if touch or one.operator != "not"]
    yield from (visit_fits(SESSION, one, segment, nearby=nearby) for one in visits)
    if touch and visits:
        is_touch = _TOUCHED.c[f"{touch}_touch_sid"] == SESSION.c.sid
        yield exists().where(_TOUCHED.c.key == SESSION.c.lead, is_touch)
    inner = segment.filters.values("segment")
    if inner:
        yield _is_shown_by(inner, segment, nearby=nearby)


_OF_TOUCH = frozenset({*UTM, "channel", "referrer_host"})
"""Fields that mean the touch's, on a list of visits."""


def _touched(
    conditions: list[Condition], touch: str | None, asked: Question
) -> Iterable[ColumnElement[bool]]:
    """Conditions on the touch of a visit's human, among the visits begun by `until`."""
    if not conditions:
        return
    visit = _TOUCH
    until = asked.moment("until")
    fit = [visit_fits(visit, one, asked) for one in conditions]
    if until is None:
        sid = _TOUCHED.c[f"{touch}_touch_sid"]
        is_touch = and_(_TOUCHED.c.key == visit.c.lead, sid == visit.c.sid)
        found = select(visit.c.lead).select_from(visit.join(_TOUCHED, is_touch))
        yield SESSION.c.lead.in_(found.where(*fit))
        return
    other = _RIVAL
    at, other_at = (tuple_(*table.c["started_at", "sid"]) for table in (visit, other))
    rival = exists().where(other.c.lead == visit.c.lead, other.c.started_at <= until)
    nearer = other_at < at if touch == "first" else other_at > at
    is_touch = or_(
        and_(_is_tagged(visit), ~rival.where(_is_tagged(other), nearer)),
        and_(~rival.where(_is_tagged(other)), ~rival.where(nearer)),
    )
    yield SESSION.c.lead.in_(
        select(visit.c.lead).where(visit.c.started_at <= until, *fit, is_touch)
    )


def _is_tagged(visit: FromClause) -> ColumnElement[bool]:
    return or_(*(visit.c[name].is_not(None) for name in UTM))


_ALSO_OF_VISITS = frozenset({"country", "stage"})
"""Fields of a human that a visit has, too."""


def _of_lead(
    key: ColumnElement[Any], theirs: Question, *, nearby: bool
) -> Iterable[ColumnElement[bool]]:
    """Conditions on the human whose key a column has."""
    asked = theirs.filters.without("since", "until")
    if not nearby:
        # These can be told from the key alone, without looking at the human.
        by_key = [one for one in asked if one.name in _BY_KEY and NONE not in one.values]
        yield from (person_fits_by_key(key, one) for one in by_key)
        asked = Filters(tuple(one for one in asked if one not in by_key))
        nearby = any(one.operator != "not" for one in by_key)
    if asked.without("touch").is_empty():
        return
    lead = _WHOSE
    ranged = Filters((*asked, *theirs.filters.only("since", "until")))
    conditions = _leads(lead, theirs.asking(ranged), nearby=nearby)
    if nearby:
        yield exists().where(lead.c.key == key, *conditions)
    else:
        yield key.in_(select(lead.c.key).where(*conditions))


_BY_KEY = frozenset({"q", "company"})


def addresses_fit(asked: Question, *, nearby: bool = False) -> ColumnElement[bool]:
    """Whether a row of `lead_address`, joined with `lead` and `address`, matches: its verdict is
    its own, all else is its holder's. `since` and `until` mean the holder's `last_seen`.
    """
    verdicts = [one for one in asked.filters if one.name == "validity"]
    return and_(
        between(LEAD.c.last_seen, asked),
        *(_verdict_fits(one) for one in verdicts),
        *_of_lead(LEAD.c.key, asked.without("validity"), nearby=nearby),
    )


def holders_fit(held: FromClause, asked: Question) -> ColumnElement[bool]:
    """The same of rows that have `last_seen` beside `lead`, joined with nothing, where no verdict
    is asked for.
    """
    return and_(between(held.c.last_seen, asked), *_of_lead(held.c.lead, asked, nearby=False))


def _verdict_fits(one: Condition) -> ColumnElement[bool]:
    is_so = validity_is(ADDRESS.c.validity, one)
    if asks_for_errors(one):
        is_so = or_(is_so, LEAD_ADDRESS.c.status == ERROR)
    return ~is_so if one.operator == "not" else is_so


def companies_fit(asked: Question, *, nearby: bool = False) -> ColumnElement[bool]:
    """Whether a row of `company` matches, except for the range: by its own facts, and by somebody
    who works there.
    """
    own = [one for one in asked.filters if _about(one) == "employer" or one.name in _OF_COMPANY]
    theirs = asked.filters.without(*(one.name for one in own), *_ABOUT_RANGE - {"touch"})
    return and_(
        true(),
        *(_company_fits(one) for one in own),
        *_of_employee(asked.asking(theirs), nearby=nearby),
    )


_OF_COMPANY = frozenset({"q", "company", "country"})


def _company_fits(one: Condition) -> ColumnElement[bool]:
    match one.name:
        case "q":
            return company_is(COMPANY, Condition("q", "has", one.values))
        case "company":
            is_so = company_is(COMPANY, one)
            return ~is_so if one.operator == "not" else is_so
        case "country":
            return fits(country_is(COMPANY.c.country, one), COMPANY.c.country, one)
        case _:
            return employer_fits(COMPANY, one)


def _of_employee(asked: Question, *, nearby: bool) -> list[ColumnElement[bool]]:
    if not asked.filters.without("touch").conditions:
        return []
    lead = _EMPLOYEE
    conditions = _leads(lead, asked, nearby=nearby)
    if nearby:
        return [exists().where(lead.c.company_key == COMPANY.c.key, *conditions)]
    return [COMPANY.c.key.in_(select(lead.c.company_key).where(*conditions))]
