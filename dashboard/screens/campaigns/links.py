"""From a number on Campaigns to the sessions it counts, if a link can express exactly these."""

from dashboard.data.activity import Level
from dashboard.data.shortening import LIST_CHARS
from dashboard.filters.bar import Chosen
from dashboard.filters.from_url import Given
from dashboard.screens.campaigns.queries import Touch
from dashboard.screens.campaigns.report import FILTER_OF, Line, behind

_OF_TOUCH = (*(name for name in FILTER_OF.values()), "utm_term")
"""Filters that `touch` applies to the touch, on the list of sessions."""


def link_behind(
    chosen: Chosen, number: str, line: Line, level: Level, touch: Touch
) -> Given | None:
    """The filters for the sessions behind a number; None if no filters mean exactly these, or the
    address would be too long.
    """
    if any(len(value or "") > LIST_CHARS for value in line.key):
        return None
    # In the spelling that people use: it compares as equal.
    key = (line.name,) if line.name is not None else line.key
    more = behind(number, key, level, touch)
    given = chosen.in_link()
    if more is None:
        return None
    own = FILTER_OF.get(level) if line.key else None
    if "touch" in more and chosen.filters.sets(*_OF_TOUCH):
        return None
    for name, value in more.items():
        if name == own or name not in given:
            continue
        if name == "min_employees":
            more = more | {name: max(str(given[name]), value, key=int)}
        elif given[name] != value:
            return None
    return given | more
