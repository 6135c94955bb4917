"""Companies sorted by their scores, in SQL: no scores are stored for companies, so this is for
lists of a few thousand.

A list's order is written before the definition in force is known: `FIT`, `LETTER`, `INTENT_KEY` and
`PEOPLE_30D` are placeholders for what `in_sql` puts there.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Float,
    Integer,
    and_,
    case,
    cast,
    column,
    false,
    func,
    literal,
    null,
    or_,
    select,
)
from sqlalchemy.sql.visitors import replacement_traverse

from models.scoring.asking import IN_FORCE
from models.scoring.companies import FAINTEST, PEOPLE_DAYS, base_key
from models.scoring.definition import CRITERIA, Criterion
from models.scoring.grade import LETTER_FROM, rank_of
from models.scoring.intent import DAY_MS
from models.scoring.versions import in_force
from models.tables import COMPANY, LEAD, LEAD_SCORE, NEVER

FIT = column("company_fit", Float)
LETTER = column("company_letter", Integer)
INTENT_KEY = column("company_intent_key", Float)
PEOPLE_30D = column("company_people_30d", Integer)
"""What a company may be sorted by: its share of the known weight in percent, null for unknown; its
grade's letter, 4 for A; the key of its people's intent together; how many came within a month.
"""

_COLUMNS: dict[str, ColumnElement[Any]] = {
    "employees": COMPANY.c.employee_count,
    "industry": COMPANY.c.folded_industry,
    "country": func.lower(func.trim(COMPANY.c.country)),
    "growth": COMPANY.c.headcount_growth_yoy,
    "funding": COMPANY.c.folded_round,
}
_PERSON = LEAD.alias("person")


def in_sql(
    db: Connection, values: Sequence[ColumnElement[Any]], moment: int
) -> tuple[ColumnElement[Any], ...]:
    """These values with the placeholders replaced by a company's scores, as of now; people came
    before `moment` (Unix ms).
    """
    ways: Mapping[ColumnElement[Any], Callable[[], ColumnElement[Any]]] = {
        FIT: partial(_fit, db),
        LETTER: partial(_letter, db),
        INTENT_KEY: partial(_intent_key, db),
        PEOPLE_30D: partial(_people, moment),
    }
    made: dict[ColumnElement[Any], ColumnElement[Any]] = {}

    def placed(element: Any, **_how: Any) -> Any:
        if element not in ways:
            return None
        if element not in made:
            made[element] = ways[element]()
        return made[element]

    return tuple(replacement_traverse(value, {}, placed) for value in values)


def _fit(db: Connection) -> ColumnElement[Any]:
    criteria = in_force(db).definition.of_companies().fit
    if not criteria:
        return cast(null(), Float)
    whole = math.fsum(one.weight for one in criteria)
    weight: Any = sum((_if_known(one, 1.0) for one in criteria), literal(0.0, Float))
    met: Any = sum((_if_known(one, _share(one)) for one in criteria), literal(0.0, Float))
    return case((2 * weight >= whole, 100 * met / func.nullif(weight, 0.0)), else_=null())


def _letter(db: Connection) -> ColumnElement[Any]:
    fit = _fit(db)
    # Fit is rounded half up before it gets a letter.
    steps = [(fit >= least - 0.5, rank_of(mark)) for least, mark in LETTER_FROM]
    return case((fit.is_(None), 0), *steps, else_=0)


def _if_known(one: Criterion, share: Any) -> ColumnElement[Any]:
    value = _COLUMNS[one.name]
    is_known: ColumnElement[bool] = value.is_not(None)
    if CRITERIA[one.name] == "words":
        is_known = and_(is_known, value != "")
    return case((is_known, one.weight * share), else_=0.0)


def _share(one: Criterion) -> ColumnElement[Any]:
    value = _COLUMNS[one.name]
    if CRITERIA[one.name] == "words":
        return case((value.in_(one.words) if one.words else false(), 1.0), else_=0.0)
    number = cast(value, Float)
    (low, high), (least, most) = one.full, one.zero
    rises = [(number < low, (number - least) / (low - least))] if low > least else []
    falls = [(number > high, (most - number) / (most - high))] if most > high else []
    return case(
        (and_(number >= low, number <= high), 1.0),
        (or_(number <= least, number >= most), 0.0),
        *rises,
        *falls,
        else_=0.0,
    )


def _intent_key(db: Connection) -> ColumnElement[Any]:
    kept = LEAD_SCORE.c.intent_key
    base = base_key(db)
    raw = (
        select(func.sum(func.power(2.0, kept - base), type_=Float))
        # As expressions both are only compared, so SQLite begins at the company's people; it would
        # go through everybody's scores, for each company, by the index of them.
        .select_from(_PERSON.join(LEAD_SCORE, LEAD_SCORE.c.lead == _PERSON.c.key.concat("")))
        .where(
            _PERSON.c.company_key == COMPANY.c.key,
            LEAD_SCORE.c.version == IN_FORCE,
            kept + 0.0 > base - FAINTEST,
        )
        .correlate(COMPANY)
        .scalar_subquery()
    )
    return func.coalesce(base + func.ln(raw) / math.log(2), NEVER, type_=Float)


def _people(moment: int) -> ColumnElement[Any]:
    return (
        select(func.count())
        .select_from(_PERSON)
        .where(
            _PERSON.c.company_key == COMPANY.c.key,
            _PERSON.c.last_seen >= moment - PEOPLE_DAYS * DAY_MS,
            ~_PERSON.c.is_bot,
        )
        .correlate(COMPANY)
        .scalar_subquery()
    )
