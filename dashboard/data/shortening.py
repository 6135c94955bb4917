"""Texts as a list shows them: visitors write some of them, of any length, and each is read a
hundred times for one page.
"""

from typing import Any

from sqlalchemy import ColumnElement, Label, case, func

LIST_CHARS = 300
"""Of a text in a row of a list: more than any cell shows."""

PAGE_CHARS = 8_192
"""Of a text on a page of one record, where it is read as a whole."""

_PROFILE_CHARS = 200_000


def cut(*columns: ColumnElement[Any], chars: int = LIST_CHARS) -> list[Label[Any]]:
    """The first characters of columns of text, under the columns' own names."""
    return [
        func.substr(column, 1, chars, type_=column.type).label(getattr(column, "name", None))
        for column in columns
    ]


def whole_json(column: ColumnElement[Any], *, chars: int = _PROFILE_CHARS) -> Label[Any]:
    """A column of JSON, empty where it is so long that a list of them could not be read: cut short
    it would be no JSON."""
    return case((func.length(column) <= chars, column), else_="{}").label(
        getattr(column, "name", None)
    )
