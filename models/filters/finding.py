"""Which conditions leave few of all visits, or of all people. Their index is asked: SQLite keeps no
statistics that could tell a country of half of all visits from one of hardly any.
"""

from dataclasses import replace

from sqlalchemy import Connection, func, select

from models.filters.people import people_found_by
from models.filters.query import Condition, Question
from models.filters.visits import visits_found_by

FEW = 20_000
"""Visits, or people, that are looked at one by one; so many entries of an index are counted in a ms
or two."""


def with_few(db: Connection, asked: Question, *, few: int = FEW) -> Question:
    """The same question, told for which of its conditions an index finds at most so many."""
    every = {one for _, filters in (("", asked.filters), *asked.segments) for one in filters}
    return replace(asked, few=frozenset(one for one in every if _are_few(db, one, asked, few)))


def _are_few(db: Connection, one: Condition, asked: Question, few: int) -> bool:
    found = visits_found_by(one, asked)
    if found is None:
        found = people_found_by(one, asked)
    if found is None:
        return False
    some = found.limit(few + 1).subquery("some")
    return int(db.execute(select(func.count()).select_from(some)).scalar_one()) <= few
