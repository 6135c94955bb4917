"""Which conditions on a visit leave few of all visits. Their index is asked: SQLite keeps no
statistics that could tell a country of half of all visits from one of hardly any.
"""

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Select, func, select

from models.filters.query import Question
from models.filters.visits import found_by

FEW = 20_000
"""Visits that are looked at one by one; so many entries of an index are counted in a ms or two."""


def with_few(db: Connection, asked: Question, *, few: int = FEW) -> Question:
    """The same question, told for which of its conditions an index finds at most so many visits."""
    every = {one for _, filters in (("", asked.filters), *asked.segments) for one in filters}
    found = {one: found_by(one, asked) for one in every}
    return replace(
        asked,
        few=frozenset(
            one for one, its in found.items() if its is not None and _are_few(db, its, few)
        ),
    )


def _are_few(db: Connection, found: Select[Any], few: int) -> bool:
    some = found.limit(few + 1).subquery("some")
    return int(db.execute(select(func.count()).select_from(some)).scalar_one()) <= few
