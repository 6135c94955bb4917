"""Who is on a list, in SQL: by index ranges from the list to its leads, or from a lead to its
lists.
"""

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, exists, select

from models.filters.query import Condition, Filters, Question
from models.tables import LEAD_IDENTIFIER, LIST, LIST_ENTRY


def list_matches(lead: FromClause, one: Condition, *, nearby: bool = False) -> ColumnElement[bool]:
    """Whether a human meets a condition on lists. `nearby`: tested row by row."""
    if one.operator == "not" or nearby:
        is_so = _meets(lead, LIST_ENTRY.c.list.in_(one.values))
        return ~is_so if one.operator == "not" else is_so
    meant = select(LEAD_IDENTIFIER.c.lead).join(
        LIST_ENTRY, LIST_ENTRY.c.value == LEAD_IDENTIFIER.c.value
    )
    return lead.c.key.in_(meant.where(LIST_ENTRY.c.list.in_(one.values)))


def is_heard(lead: FromClause, asked: Question) -> ColumnElement[bool]:
    """Whether somebody is on no quiet list, except those asked for by name, or by a segment that is
    asked for. Tested row by row.
    """
    quiet = select(LIST.c.name).where(LIST.c.quiet)
    named = sorted(lists_asked_for(asked))
    if named:
        quiet = quiet.where(LIST.c.name.not_in(named))
    return ~_meets(lead, LIST_ENTRY.c.list.in_(quiet))


def lists_asked_for(asked: Question) -> set[str]:
    """Names of the lists whose people are asked for."""
    return _lists_in(asked.filters, asked)


def _lists_in(filters: Filters, asked: Question) -> set[str]:
    found = set(filters.values("list"))
    for name in filters.values("segment"):
        found |= _lists_in(asked.segment(name).filters, asked)
    return found


def lists_of(key: ColumnElement[Any] | str) -> Select[Any]:
    """The rows of lists that match the human with this key."""
    meant = LEAD_IDENTIFIER.join(LIST_ENTRY, LIST_ENTRY.c.value == LEAD_IDENTIFIER.c.value)
    return select(LIST_ENTRY).select_from(meant).where(LEAD_IDENTIFIER.c.lead == key)


def _meets(lead: FromClause, is_list: ColumnElement[bool]) -> ColumnElement[bool]:
    its = LEAD_IDENTIFIER.alias("its_name")
    # One within the other: as a join SQLite would go through the list anew for each lead.
    is_on_it = exists().where(LIST_ENTRY.c.value == its.c.value, is_list)
    return exists().where(its.c.lead == lead.c.key, is_on_it)
