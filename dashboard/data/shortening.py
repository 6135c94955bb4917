"""Texts in the length that a list shows: visitors write some of them, at any length, and a page
reads a hundred.
"""

from typing import Any

from sqlalchemy import ColumnElement, Label, case, func

LIST_CHARS = 300
"""Characters of a text in a row of a list: more than any cell shows."""

PAGE_CHARS = 8_192
"""Characters of a text on the page of one lead, session or company, where it is read in full."""

_PROFILE_CHARS = 200_000


def cut(*columns: ColumnElement[Any], chars: int = LIST_CHARS) -> list[Label[Any]]:
    """The first characters of columns of text, under the columns' own names."""
    return [
        func.substr(column, 1, chars, type_=column.type).label(getattr(column, "name", None))
        for column in columns
    ]


def whole_json(column: ColumnElement[Any], *, chars: int = _PROFILE_CHARS) -> Label[Any]:
    """A column of JSON, empty if it is so long that a list of them could not be read: cut short, it
    would not be JSON."""
    return case((func.length(column) <= chars, column), else_="{}").label(
        getattr(column, "name", None)
    )
