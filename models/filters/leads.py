"""Which humans match filters, in SQL, by their own facts, their employer and their visits. All
conditions on a visit must hold for one and the same visit, with `touch` for that touch.
"""

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import ColumnElement, FromClause, and_, exists, or_, select

from models.filters.comparing import takes_missing
from models.filters.employers import employer_matches
from models.filters.lists import list_matches
from models.filters.names import FILTERS
from models.filters.people import between, person_matches
from models.filters.query import Condition, Question
from models.filters.visits import by_index, is_found, visit_is, visit_matches
from models.tables import COMPANY, LEAD, SESSION

# Made once: aliasing a wide table takes longer than building the rest of a query.
_VISIT, _EMPLOYER = SESSION.alias("its_visit"), COMPANY.alias("employer")
TOUCHED = LEAD.alias("touched")


def leads_match(asked: Question, *, nearby: bool = False) -> ColumnElement[bool]:
    """Whether a row of `lead` matches; `since` and `until` mean its `last_seen`."""
    return and_(between(LEAD.c.last_seen, asked), *conditions_on(LEAD, asked, nearby=nearby))


def conditions_on(lead: FromClause, asked: Question, *, nearby: bool) -> list[ColumnElement[bool]]:
    """Conditions on a human, except the range."""
    conditions = [one for one in asked.filters if one.name not in ABOUT_RANGE]
    visits = of_visits(conditions)
    kept = [one for one in conditions if one.name in _KEPT]
    people = [one for one in conditions if about(one) == "lead" and one not in (*visits, *kept)]
    employers = [one for one in conditions if about(one) == "employer"]
    # What else is asked may leave few, whose visits are soon looked at, instead of all there are.
    by_lead = bool(people or employers or kept) and not are_found(visits, asked)
    are_few = any(one in asked.few for one in conditions)
    return [
        *(person_matches(lead, one, asked, nearby=nearby) for one in people),
        *_employed(lead, employers, nearby=nearby or are_few),
        *_seen(lead, visits, asked, nearby=nearby or by_lead),
        *(_kept_matches(lead, one, asked, nearby=nearby) for one in kept),
    ]


_KEPT = frozenset({"segment", "list"})


def _kept_matches(
    lead: FromClause, one: Condition, asked: Question, *, nearby: bool
) -> ColumnElement[bool]:
    """Whether a human is on a list, or in a segment: all of the segment's own filters hold, and its
    range means the human's last activity.
    """
    if one.name == "list":
        return list_matches(lead, one, nearby=nearby)
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
    return and_(between(lead.c.last_seen, segment), *conditions_on(lead, segment, nearby=nearby))


ABOUT_RANGE = frozenset({"since", "until", "touch"})


def about(one: Condition) -> str:
    """What a condition is on: `lead`, `visit` or `employer`."""
    return FILTERS[one.name].about


def of_visits(conditions: Iterable[Condition]) -> list[Condition]:
    """Conditions on a visit of a lead; a country is the visit's if there are other conditions on a
    visit, and the human's otherwise.
    """
    visits = [one for one in conditions if about(one) == "visit"]
    if any(one.name != "bots" for one in visits):
        visits += [one for one in conditions if one.name == "country"]
    return visits


def _employed(
    lead: FromClause, employers: list[Condition], *, nearby: bool
) -> Iterable[ColumnElement[bool]]:
    """Conditions on a human's employer; people without one have no value."""
    wanted = [employer_matches(_EMPLOYER, one) for one in employers if not takes_missing(one)]
    if wanted:
        yield _is_at(lead, wanted, nearby=nearby)
    for one in employers:
        if takes_missing(one):
            opposite = replace(one, operator="is" if one.operator == "not" else "not")
            is_there = _is_at(lead, [employer_matches(_EMPLOYER, opposite)], nearby=nearby)
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
        theirs = [visit_matches(_VISIT, one, asked, nearby=nearby) for one in visits]
        yield _came_by(lead, _VISIT, theirs, touch, nearby=nearby)
        return
    wanted = [
        # Of the visits that an index finds each one's pages are looked at.
        visit_matches(_VISIT, one, asked, nearby=nearby or are_found(set(visits) - {one}, asked))
        for one in visits
        if _must_be(one)
    ]
    if wanted:
        wanted += found_by_index(_VISIT, visits, asked, nearby=nearby)
        yield _has(lead, _VISIT, wanted, nearby=nearby)
    for one in visits:
        if not _must_be(one):
            is_bot = one.name == "bots"
            is_so = ~_VISIT.c.is_bot if is_bot else visit_is(_VISIT, one, asked, nearby=True)
            yield ~_has(lead, _VISIT, [is_so], nearby=True)


def are_found(visits: Iterable[Condition], asked: Question) -> bool:
    """Whether an index finds the visits that meet one of these conditions."""
    return any(is_found(one, asked) for one in visits)


def found_by_index(
    visit: FromClause, conditions: Iterable[Condition], asked: Question, *, nearby: bool
) -> Iterable[ColumnElement[bool]]:
    """What has a database use the index that finds few visits for one of these conditions."""
    if not nearby:
        yield from (by_index(visit, one) for one in conditions if one in asked.few)


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
    is_touch = and_(TOUCHED.c.key == visit.c.lead, TOUCHED.c[sid] == visit.c.sid)
    return lead.c.key.in_(
        select(visit.c.lead).select_from(visit.join(TOUCHED, is_touch)).where(*conditions)
    )
