"""Scores in SQL, by the version in force, as of the moment of asking.

A stored key says where a lead ranks from its newest point on; for an earlier moment, the keys of
leads whose newest point is later are worked out beforehand (`past.keys_at`) and passed in.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Float,
    FromClause,
    Integer,
    Select,
    Subquery,
    Text,
    and_,
    bindparam,
    case,
    cast,
    false,
    literal,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.sql.visitors import replacement_traverse

from models.scoring.grade import LEAST_KEYS, LETTERS, Range, intents_of, rank_of
from models.storage.rows import items_of
from models.tables import LEAD, LEAD_SCORE, PROJECTION

IN_FORCE = select(PROJECTION.c.scoring_version).scalar_subquery()
"""The number of the version in force."""

ASKED_AT = "asked_at"
"""The parameter of `INTENT` and `GRADE`: the moment of asking, Unix ms."""

WITH_SCORE = and_(LEAD_SCORE.c.lead == LEAD.c.key, LEAD_SCORE.c.version == IN_FORCE)
"""How a lead is joined with its scores; each has a row."""

SCORE_OF_LEAD = and_(LEAD_SCORE.c.lead == LEAD.c.key.concat(""), LEAD_SCORE.c.version == IN_FORCE)
"""The same for a few leads, such as a company's: as an expression the key can only be given, not
looked up, so SQLite begins at the leads. Otherwise it would go through everybody's scores."""

_FADED = select(
    cast(bindparam(ASKED_AT, type_=Float), Float) / PROJECTION.c.half_life_ms
).scalar_subquery()
"""How far all points have faded since 1970, in half-lives."""


def _constant(number: float) -> ColumnElement[float]:
    return literal_column(repr(number), Float)


def _intent(least: int, most: int) -> ColumnElement[Any]:
    """Intent from `least` to `most`, found by bisection: one more comparison for twice as many."""
    if least == most:
        return literal_column(str(least), Integer)
    middle = (least + most + 1) // 2
    reaches = LEAD_SCORE.c.intent_key >= _constant(LEAST_KEYS[middle - 1]) + _FADED
    return case((reaches, _intent(middle, most)), else_=_intent(least, middle - 1))


INTENT = cast(_intent(0, 100), Integer)
"""A lead's intent, 0 to 100, as of `ASKED_AT`."""

LETTER = case({rank_of(mark): mark for mark in LETTERS}, value=LEAD_SCORE.c.letter)

GRADE = LETTER.concat(
    case(
        *(
            (LEAD_SCORE.c.intent_key >= _constant(LEAST_KEYS[intents_of(f).least - 1]) + _FADED, f)
            for f in "123"
        ),
        else_="4",
    )
)
"""A lead's grade, `A1`, as of `ASKED_AT`."""

Past = Mapping[str, float]
"""Keys as of a moment, by lead, of those whose newest point is later."""


def past_keys(past: Past) -> Subquery:
    """The same as a table of `lead` and `intent_key`."""
    pairs = items_of(json.dumps(list(past.items()), ensure_ascii=False), "past_item")
    lead, key = (pairs.c.value.op("->>", return_type=Text())(n) for n in (0, 1))
    return select(lead.label("lead"), cast(key, Float).label("intent_key")).subquery("past")


def at(value: ColumnElement[Any], moment: int, past: Past | None = None) -> ColumnElement[Any]:
    """A value made of `INTENT` or `GRADE` as of a moment (Unix ms); with `past` the query is joined
    with its keys (`as_of`).
    """
    kept = LEAD_SCORE.c.intent_key
    then = case((LEAD_SCORE.c.newest_point > moment, _PAST_KEY), else_=kept) if past else None

    # Not as a parameter of the statement: `COPY` needs one whose parameters stand in it.
    def placed(element: Any, **_how: Any) -> Any:
        if element is kept:
            return then
        is_moment = isinstance(element, BindParameter) and element.key == ASKED_AT
        return literal(float(moment), Float) if is_moment else None

    # Most values are plain columns, and to copy one takes longer than to ask it.
    if isinstance(value, Column) and value is not kept:
        return value
    found: ColumnElement[Any] = replacement_traverse(value, {}, placed)
    return found


_PAST_KEY: ColumnElement[Any] = literal_column("past.intent_key", Float)


def as_of(
    rows: Callable[[Sequence[ColumnElement[Any]]], Select[Any]],
    values: Sequence[ColumnElement[Any]],
    moment: int,
    past: Past | None = None,
) -> Select[Any]:
    """A query of these values, with scores as of a moment (Unix ms).

    Callers that pass `past` must join leads `WITH_SCORE`.
    """
    found = rows([at(value, moment, past) for value in values])
    if not past:
        return found
    then = past_keys(past)
    return found.outerjoin(then, then.c.lead == LEAD.c.key)


def intents_are(
    score: FromClause, within: Range, moment: int, past: Past | None
) -> ColumnElement[bool]:
    """Whether the intent at a moment (Unix ms) lies in a range, of a row of `lead_score`."""
    faded = select(_constant(float(moment)) / PROJECTION.c.half_life_ms).scalar_subquery()

    def lies_within(key: ColumnElement[Any]) -> ColumnElement[bool]:
        is_so: list[ColumnElement[bool]] = [true()]
        if within.least > len(LEAST_KEYS):
            return false()
        if within.least > 0:
            is_so.append(key >= _constant(LEAST_KEYS[within.least - 1]) + faded)
        if within.most < len(LEAST_KEYS):
            is_so.append(key < _constant(LEAST_KEYS[within.most]) + faded)
        return and_(*is_so)

    found = lies_within(score.c.intent_key)
    if not past:
        return found
    then = past_keys(past)
    were = select(then.c.lead).where(lies_within(then.c.intent_key))
    return or_(
        and_(score.c.newest_point <= moment, found),
        and_(score.c.newest_point > moment, score.c.lead.in_(were)),
    )


def grade_is(
    score: FromClause, marks: Sequence[str], moment: int, past: Past | None
) -> ColumnElement[bool]:
    """Whether the grade at a moment (Unix ms) is one of these: `A1`, `A` for any A, `1` for any
    1, of a row of `lead_score`.
    """
    return or_(*(_is_graded(score, mark, moment, past) for mark in marks))


def letters_of(score: FromClause, marks: Sequence[str]) -> ColumnElement[bool]:
    """Whether the letter is one of these grades'. Said beside `grade_is` it makes the index of
    grades, which begins with the letter, find all of them.
    """
    letters = {part for mark in marks for part in mark if part in LETTERS}
    if any(mark[0] not in LETTERS for mark in marks):
        return true()
    return score.c.letter.in_(sorted(map(rank_of, letters)))


def _is_graded(score: FromClause, mark: str, moment: int, past: Past | None) -> ColumnElement[bool]:
    is_so: list[ColumnElement[bool]] = []
    for part in mark:
        if part in LETTERS:
            is_so.append(score.c.letter == rank_of(part))
        else:
            is_so.append(intents_are(score, intents_of(part), moment, past))
    return and_(*is_so)
