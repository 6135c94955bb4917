"""Which rows somebody has selected in a table: these, or all that match a query."""

from typing import Any, NamedTuple

from dashboard.exports.order import MOST_KEYS
from models.filters.query import Question

_LONGEST_KEY = 8_192


class Selected(NamedTuple):
    """Either some `keys`, or `every` row that matches a query; neither means nothing."""

    keys: tuple[str, ...] = ()
    every: Question | None = None

    def __bool__(self) -> bool:
        return bool(self.keys) or self.every is not None


def selected(said: Any, asked: Question | None) -> Selected:
    """What the browser reports for a table whose rows match `asked`; anything unexpected selects
    nothing."""
    if not isinstance(said, dict):
        return Selected()
    if said.get("all") is True:
        return Selected(every=asked)
    keys = said.get("keys")
    if not isinstance(keys, list) or len(keys) > MOST_KEYS:
        return Selected()
    known = (key for key in keys if isinstance(key, str) and 0 < len(key) <= _LONGEST_KEY)
    return Selected(keys=tuple(dict.fromkeys(known)))
