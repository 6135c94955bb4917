"""Filters on a human's scores, in SQL."""

from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, exists, select, union_all

from models.filters.query import Condition, Question
from models.scoring import asking
from models.scoring.grade import LETTERS, Range, rank
from models.tables import LEAD_SCORE

SCORES = frozenset({"grade", "fit_min", "intent_min"})
_ALL = 100
"""The greatest score."""


def score_matches(
    lead: FromClause, one: Condition, asked: Question, *, nearby: bool
) -> ColumnElement[bool]:
    """Whether a human meets a condition on scores. `nearby`: tested row by row, for few rows."""
    score = LEAD_SCORE.alias("score")
    is_so = _is_scored(score, one, asked)
    if one.name == "grade" and not nearby:
        is_so = and_(asking.letters_of(score, one.values), is_so)
    conditions = (score.c.version == asking.IN_FORCE, is_so)
    found: ColumnElement[bool] = lead.c.key.in_(select(score.c.lead).where(*conditions))
    if nearby:
        found = exists().where(score.c.lead == lead.c.key, *conditions)
    return ~found if one.operator == "not" else found


def _is_scored(score: FromClause, one: Condition, asked: Question) -> ColumnElement[bool]:
    """Whether a row of `lead_score` has one of the values."""
    match one.name:
        case "grade":
            return asking.grade_is(score, one.values, asked.when.ms, asked.past)
        case "intent_min":
            within = Range(int(one.values[0]), _ALL)
            return asking.intents_are(score, within, asked.when.ms, asked.past)
        case _:
            least = int(one.values[0])
            return and_(score.c.letter >= rank(max(0, min(least, _ALL))), score.c.fit >= least)


def scores_found_by(one: Condition, asked: Question) -> Select[Any] | None:
    """What an index has of the scores that it finds for a condition, a row of each (see
    `people.people_found_by`); None for any other condition.
    """
    if one.name == "intent_min":
        return _scores_that(_is_scored(LEAD_SCORE, one, asked))
    # With its letter a grade is a range of the index of grades; a mere figure is none.
    if one.name != "grade" or any(mark[0] not in LETTERS for mark in one.values):
        return None
    marks = (replace(one, values=(mark,)) for mark in one.values)
    return _scores_that(*(_is_scored(LEAD_SCORE, mark, asked) for mark in marks))


def _scores_that(*are_so: ColumnElement[bool]) -> Select[Any]:
    key = select(LEAD_SCORE.c.lead).where(LEAD_SCORE.c.version == asking.IN_FORCE)
    return select(union_all(*(key.where(one) for one in are_so)).subquery())
