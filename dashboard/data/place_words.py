"""A page's place in a list as one word for a URL; one that was made for other filters or another
order is not taken.
"""

import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from math import isfinite

from dashboard.data.paging import Order, Place


def to_word(place: Place, list_of: object) -> str:
    """A place as one word for a URL. `list_of`: what decides which rows there are, in which order;
    its `repr` must say it all.
    """
    said = json.dumps([_sum(list_of), *place], separators=(",", ":"))
    return urlsafe_b64encode(said.encode()).decode().rstrip("=")


def from_word(word: str | None, list_of: object, order: Order) -> Place | None:
    """The place that a word names in this list; None without one, or when it is of another list."""
    if not word:
        return None
    try:
        padded = word.encode() + b"=" * (-len(word) % 4)
        known_as, first, values, is_back = json.loads(urlsafe_b64decode(padded))
    except (ValueError, TypeError):  # whatever somebody typed there
        return None
    kinds = [column.type.python_type for column in order.columns]
    if (
        known_as != _sum(list_of)
        or not isinstance(first, int)
        or not isinstance(values, list)
        or [type(value) for value in values] != kinds
        or not all(_fits(value) for value in values)
    ):
        return None
    return Place(max(first, 1), tuple(values), bool(is_back))


def _fits(value: object) -> bool:
    """Whether a database takes it."""
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= mark <= "\udfff" for mark in value)
    if isinstance(value, float):
        return isfinite(value)
    return isinstance(value, int) and abs(value) < _LARGEST


_LARGEST = 2**63


def _sum(list_of: object) -> int:
    return zlib.crc32(repr(list_of).encode())
