"""How a column compares with a filter's values, in SQL. Columns are folded when they are derived,
values here, so both databases compare alike, without case and accents.
"""

import re
from typing import Any

from sqlalchemy import ColumnElement, Text, false, func, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from models.facts.paths import part_of
from models.facts.search import fold, plain_lower
from models.filters.names import FILTERS, NONE
from models.filters.query import Condition

_WRAPPED_NONE = re.compile(r"\(+none\)+")


def spelled(value: str) -> str:
    """The text that a value means: for a visitor who sent `(none)` itself, the filter says
    `((none))`.
    """
    return value[1:-1] if value != NONE and _WRAPPED_NONE.fullmatch(fold(value)) else value


def as_value(text: str | None) -> str:
    """How a filter writes a text from the data: what `spelled` reads back, `(none)` for none."""
    if text is None:
        return NONE
    bare = text.strip()
    return f"({bare})" if _WRAPPED_NONE.fullmatch(fold(bare)) else text


def texts(one: Condition) -> list[str]:
    """The texts that a condition compares with; `(none)` is not one of them, except for `has`."""
    if one.operator == "has":
        return list(one.values)
    return [spelled(value) for value in one.values if value != NONE]


def text_is(column: ColumnElement[Any], one: Condition) -> ColumnElement[bool]:
    """Whether a folded column has one of the values, whatever the operator; `has` means
    contains.
    """
    folded = [fold(text) for text in texts(one)]
    if one.operator == "has":
        return or_(*(column.contains(text, autoescape=True) for text in folded))
    return or_missing(column.in_(folded), column, one)


def word_is(column: ColumnElement[Any], one: Condition) -> ColumnElement[bool]:
    """Whether a column has one of the values, which are fixed words or ids; for `has`, a word that
    contains one."""
    given = texts(one)
    if one.operator == "has":
        given = [
            word
            for word in FILTERS[one.name].words
            if any(fold(text) in fold(word) for text in given)
        ]
    return or_missing(column.in_(given), column, one)


def part_is(column: ColumnElement[Any], one: Condition) -> ColumnElement[bool]:
    """Whether a text contains one of the values, ignoring the case of plain letters: for names of
    hosts and countries, which have no accents."""
    found = or_(false(), *(column.icontains(text, autoescape=True) for text in texts(one)))
    return or_missing(found, column, one)


def has_part(
    address: ColumnElement[Any], part: ColumnElement[Any], one: Condition
) -> ColumnElement[bool]:
    """Whether an address contains one of the values, both as parts of addresses are compared
    (`paths.part_of`); `part` is the address so, null where that is just lower case.
    """
    text = _AnyCase(func.coalesce(part, address))
    asked = [part_of(value) or plain_lower(value) for value in texts(one)]
    return or_(false(), *(text.contains(value, autoescape=True) for value in asked))


class _AnyCase(FunctionElement[str]):
    """A text to be compared by `LIKE` with one in lower case."""

    type = Text()
    inherit_cache = True


@compiles(_AnyCase)
def _lower(element: Any, compiler: SQLCompiler, **how: Any) -> str:
    return f"lower({compiler.process(element.clauses, **how)})"


@compiles(_AnyCase, "sqlite")
def _as_it_is(element: Any, compiler: SQLCompiler, **how: Any) -> str:
    # Its `LIKE` ignores the case of plain letters, so that nothing has to be copied.
    return f"({compiler.process(element.clauses, **how)})"


def country_is(column: ColumnElement[Any], one: Condition) -> ColumnElement[bool]:
    """Whether a country, ISO-2 or as it was given, has one of the values."""
    if one.operator == "has":
        return part_is(column, one)
    given = texts(one)
    # What is not a country's name is stored as given, and has no index that could help.
    others = [plain_lower(text) for text in given if len(text) != len("PT")]
    among = column.in_(given)
    found = or_(among, func.lower(column).in_(others)) if others else among
    return or_missing(found, column, one)


def or_missing(
    found: ColumnElement[bool], column: ColumnElement[Any], one: Condition
) -> ColumnElement[bool]:
    """The same, or no value, if `(none)` is among the values."""
    is_asked = NONE in one.values and one.operator != "has"
    return or_(column.is_(None), found) if is_asked else found


def takes_missing(one: Condition) -> bool:
    """Whether a missing value matches: for `not` unless `(none)` is excluded, otherwise only if it
    is asked for.
    """
    is_asked = NONE in one.values and one.operator != "has"
    return is_asked != (one.operator == "not")


def matches(
    is_so: ColumnElement[bool], column: ColumnElement[Any], one: Condition
) -> ColumnElement[bool]:
    """Turn "has one of the values" into what the operator requires of a row: for `not`, a row
    without a value matches, unless `(none)` is excluded.
    """
    if one.operator != "not":
        return is_so
    return ~is_so if NONE in one.values else or_(column.is_(None), ~is_so)
