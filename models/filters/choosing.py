"""Which visits, addresses and companies match filters, in SQL, and who does on Live; leads are in
`filters.leads`. On a list of visits all conditions on a visit must hold for the row itself.

Conditions on a human or an employer mean the same everywhere. Each function has two ways: by an
index, for long lists, and `nearby`, tested row by row, for few rows.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, exists, or_, select, true, tuple_

from models.facts.visits import UTM
from models.filters.comparing import country_is, matches
from models.filters.employers import employer_matches
from models.filters.leads import (
    ABOUT_RANGE,
    TOUCHED,
    about,
    are_found,
    conditions_on,
    found_by_index,
    of_visits,
)
from models.filters.names import NONE
from models.filters.people import (
    asks_for_errors,
    between,
    company_is,
    person_fits_by_key,
    validity_is,
)
from models.filters.query import Condition, Filters, Question
from models.filters.visits import visit_matches
from models.payloads.vocabulary import ERROR
from models.tables import ADDRESS, COMPANY, LEAD, LEAD_ADDRESS, SESSION

# Made once: aliasing a wide table takes longer than building the rest of a query.
_TOUCH, _RIVAL = SESSION.alias("touch"), SESSION.alias("rival")
_WHOSE, _EMPLOYEE = LEAD.alias("whose"), LEAD.alias("employee")


def heard_match(asked: Question) -> ColumnElement[bool]:
    """Whether a row of `lead`, joined with the visit heard from last, matches on Live: conditions
    on a visit, and a country, apply to that visit; a segment applies to the human. Tested row by
    row; `bots`, quiet lists and the range are up to the caller.
    """
    own = [one for one in asked.filters if about(one) == "visit" or one.name in _ALSO_OF_VISITS]
    names = (*(one.name for one in own), *ABOUT_RANGE)
    theirs = asked.filters.without(*names)
    return and_(
        true(),
        *(visit_matches(SESSION, one, asked, nearby=True) for one in own if one.name != "bots"),
        *conditions_on(LEAD, asked.asking(theirs), nearby=True),
    )


def visits_match(asked: Question, *, nearby: bool = False) -> ColumnElement[bool]:
    """Whether a row of `session` matches; `since` and `until` mean its `last_activity`.

    With `touch`, where a visit came from means where its human's touch came from.
    """
    touch = asked.filters.one("touch")
    own = [one for one in asked.filters if about(one) == "visit" or one.name in _ALSO_OF_VISITS]
    came_by = [one for one in own if touch and one.name in _OF_TOUCH]
    own = [one for one in own if one not in came_by]
    segments = asked.filters.values("segment")
    theirs = asked.filters.without(*(one.name for one in (*own, *came_by)), "touch")
    theirs_alone = theirs.also("segment") if segments else theirs
    # Of few visits each one's human is looked at, instead of all of whom the rest is true.
    by_visit = nearby or are_found(own, asked)
    is_short = by_visit or _are_few(theirs, asked)
    by_visit = by_visit or (is_short and bool(segments))
    return and_(
        between(SESSION.c.last_activity, asked),
        *(
            visit_matches(SESSION, one, asked, nearby=nearby or (is_short and one not in asked.few))
            for one in own
        ),
        *found_by_index(SESSION, own, asked, nearby=nearby),
        *_of_lead(SESSION.c.lead, asked.asking(theirs_alone), nearby=by_visit),
        *_touched(came_by, touch, asked),
        *([_is_shown_by(segments, asked, nearby=is_short)] if segments else []),
    )


_SHORT_MS = 100 * 86_400_000
"""A range of so many days leaves few of what two years brought."""


def _are_few(theirs: Filters, asked: Question) -> bool:
    """Whether a range leaves so few rows that they are looked at one by one; not where an index
    finds whom they may be of.
    """
    since = asked.moment("since")
    is_short = since is not None and asked.when.ms - since < _SHORT_MS
    are_found = any(one in asked.few or (one.name in _BY_KEY and _names(one)) for one in theirs)
    return is_short and not are_found


def _names(one: Condition) -> bool:
    return one.operator != "not" and NONE not in one.values


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
    visits = [one for one in of_visits(segment.filters) if touch or one.operator != "not"]
    yield from (visit_matches(SESSION, one, segment, nearby=nearby) for one in visits)
    if touch and visits:
        is_touch = TOUCHED.c[f"{touch}_touch_sid"] == SESSION.c.sid
        yield exists().where(TOUCHED.c.key == SESSION.c.lead, is_touch)
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
    its = [visit_matches(visit, one, asked) for one in conditions]
    if until is None:
        sid = TOUCHED.c[f"{touch}_touch_sid"]
        is_touch = and_(TOUCHED.c.key == visit.c.lead, sid == visit.c.sid)
        found = select(visit.c.lead).select_from(visit.join(TOUCHED, is_touch))
        yield SESSION.c.lead.in_(found.where(*its))
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
        select(visit.c.lead).where(visit.c.started_at <= until, *its, is_touch)
    )


def _is_tagged(visit: FromClause) -> ColumnElement[bool]:
    return or_(*(visit.c[name].is_not(None) for name in UTM))


_ALSO_OF_VISITS = frozenset({"country", "stage"})
"""Fields of a human that a visit has, too."""


def finds_few_visits(asked: Question) -> bool:
    """Whether an index finds few visits; few people may have made all of the latest."""
    found = (one for one in asked.filters if one in asked.few)
    return any(about(one) == "visit" or one.name in _ALSO_OF_VISITS for one in found)


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
    conditions = conditions_on(lead, theirs.asking(ranged), nearby=nearby)
    if nearby:
        yield exists().where(lead.c.key == key, *conditions)
    else:
        yield key.in_(select(lead.c.key).where(*conditions))


_BY_KEY = frozenset({"q", "company"})


def addresses_match(asked: Question, *, nearby: bool = False) -> ColumnElement[bool]:
    """Whether a row of `lead_address`, joined with `lead` and `address`, matches: its verdict is
    its own, all else is its holder's. `since` and `until` mean the holder's `last_seen`.
    """
    verdicts = [one for one in asked.filters if one.name == "validity"]
    return and_(
        between(LEAD.c.last_seen, asked),
        *(_verdict_matches(one) for one in verdicts),
        *_of_lead(LEAD.c.key, asked.without("validity"), nearby=nearby),
    )


def holders_match(held: FromClause, asked: Question) -> ColumnElement[bool]:
    """The same of rows that have `last_seen` beside `lead`, joined with nothing, where no verdict
    is asked for.
    """
    return and_(between(held.c.last_seen, asked), *_of_lead(held.c.lead, asked, nearby=False))


def _verdict_matches(one: Condition) -> ColumnElement[bool]:
    is_so = validity_is(ADDRESS.c.validity, one)
    if asks_for_errors(one):
        is_so = or_(is_so, LEAD_ADDRESS.c.status == ERROR)
    return ~is_so if one.operator == "not" else is_so


def companies_match(asked: Question, *, nearby: bool = False) -> ColumnElement[bool]:
    """Whether a row of `company` matches, except for the range: by its own facts, and by somebody
    who works there.
    """
    own, theirs = _own_and_theirs(asked)
    # What is asked of a company leaves few, whose people are soon looked at, unless what is asked
    # of these finds them.
    by_company = any(one.operator != "not" for one in own) and not (
        any(map(_narrows, theirs)) or are_found(theirs, asked)
    )
    return and_(
        true(),
        *(_company_matches(one) for one in own),
        *_of_employee(asked.asking(theirs), nearby=nearby or by_company),
    )


def employees_match(asked: Question) -> ColumnElement[bool]:
    """Whether a row of `lead`, joined with its `company`, is somebody by whom the company matches.
    Tested row by row, however many colleagues there are.
    """
    own, theirs = _own_and_theirs(asked)
    people = conditions_on(LEAD, asked.asking(theirs), nearby=True)
    return and_(true(), *(_company_matches(one) for one in own), *people)


def _own_and_theirs(asked: Question) -> tuple[list[Condition], Filters]:
    """What is asked of a company itself, and of somebody who works there; not the range."""
    own = [one for one in asked.filters if about(one) == "employer" or one.name in _OF_COMPANY]
    return own, asked.filters.without(*(one.name for one in own), *ABOUT_RANGE - {"touch"})


def _narrows(one: Condition) -> bool:
    """Whether a condition on humans is told without their visits."""
    is_plain = about(one) == "lead" and one.name != "segment"
    return is_plain and one.operator != "not"


_OF_COMPANY = frozenset({"q", "company", "country"})


def _company_matches(one: Condition) -> ColumnElement[bool]:
    match one.name:
        case "q":
            return company_is(COMPANY, Condition("q", "has", one.values))
        case "company":
            is_so = company_is(COMPANY, one)
            return ~is_so if one.operator == "not" else is_so
        case "country":
            return matches(country_is(COMPANY.c.country, one), COMPANY.c.country, one)
        case _:
            return employer_matches(COMPANY, one)


def _of_employee(asked: Question, *, nearby: bool) -> list[ColumnElement[bool]]:
    if not asked.filters.without("touch").conditions:
        return []
    lead = _EMPLOYEE
    conditions = conditions_on(lead, asked, nearby=nearby)
    if nearby:
        return [exists().where(lead.c.company_key == COMPANY.c.key, *conditions)]
    return [COMPANY.c.key.in_(select(lead.c.company_key).where(*conditions))]
