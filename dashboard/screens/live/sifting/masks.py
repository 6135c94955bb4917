"""Which of many questions each of some leads matches: one statement reads a lead once for all."""

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from operator import add
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    bindparam,
    case,
    false,
    literal_column,
    select,
)

from dashboard.screens.live.wanted import Wanted
from models.filters.choosing import heard_match
from models.filters.lists import is_heard, lists_asked_for
from models.filters.query import Filters, Question
from models.tables import LEAD, SESSION

MOST_TOGETHER = 30
"""Questions of one statement: their bits make a number that both databases have."""

MOST_VALUES = 3_000
"""Values that questions of one statement ask for, all together: each is a parameter of it."""


_SHORTEST = 31
"""One less than the length of the shortest list of keys that is asked for."""

_MOST_KEYS = 512


class Matches(NamedTuple):
    """Which questions a lead matches, a bit each; whether it was heard of last as a likely bot."""

    mask: int
    is_bot: bool


Asked = tuple[Filters, tuple[tuple[str, Filters], ...]]
"""What a question asks, whatever the moment."""


def together(
    questions: Mapping[Wanted, Question | None],
    most: int = MOST_TOGETHER,
    most_values: int = MOST_VALUES,
) -> Iterator[dict[Wanted, Question | None]]:
    """The questions in parts that are asked together, in their order; those apart that mean
    something else at another moment. None is a question that nobody matches. A part has at most so
    many questions and, but for a single one, asks for at most so many values.
    """
    for is_timeless in (True, False):
        part: dict[Wanted, Question | None] = {}
        values = 0
        for wanted, one in questions.items():
            if (one is None or one.is_timeless()) != is_timeless:
                continue
            its = 0 if one is None else _values(one)
            if part and (len(part) == most or values + its > most_values):
                yield part
                part, values = {}, 0
            part[wanted] = one
            values += its
        if part:
            yield part


def _values(one: Question) -> int:
    every = (one.filters, *(filters for _, filters in one.segments))
    return sum(len(condition.values) for filters in every for condition in filters)


class Statement:
    """Questions as one statement, written once. Those of it that mean something else at another
    moment are asked as of when it was made.
    """

    def __init__(self, questions: Sequence[Question | None], *, hushes: bool) -> None:
        """`hushes`: some list is quiet, and its people match nothing that does not ask for it."""
        self._groups = _groups(questions) if hushes else {}
        bits = [false() if one is None else heard_match(one) for one in questions]
        hears = [is_heard(LEAD, one) for one, _ in self._groups.values()]
        query = select(LEAD.c.key, SESSION.c.is_bot, _mask(bits), _mask(hears)).select_from(
            LEAD.join(SESSION, SESSION.c.sid == LEAD.c.last_sid)
        )
        self._of_some = query.where(LEAD.c.key.in_(bindparam("keys", expanding=True)))

    def of(self, db: Connection, keys: Sequence[str]) -> dict[str, Matches]:
        """What these leads match; of those that there are.

        Some at a time, for of a few thousand Postgres would rather look up everybody who matches.
        """
        found: dict[str, Matches] = {}
        for start in range(0, len(keys), _MOST_KEYS):
            found |= self._of(db, keys[start : start + _MOST_KEYS])
        return found

    def _of(self, db: Connection, keys: Sequence[str]) -> dict[str, Matches]:
        # Of few lengths: a driver keeps each as a statement of its own, and these are long.
        length = 1 << max(_SHORTEST, len(keys) - 1).bit_length()
        padded = [*keys, *list(keys[-1:]) * (length - len(keys))]
        rows = db.execute(self._of_some, {"keys": padded})
        if not self._groups:
            return {key: Matches(mask, bool(is_bot)) for key, is_bot, mask, _ in rows}
        masks = [mask for _, mask in self._groups.values()]
        return {
            key: Matches(_hushed(mask, heard, masks), bool(is_bot))
            for key, is_bot, mask, heard in rows
        }


def _groups(questions: Sequence[Question | None]) -> dict[frozenset[str], tuple[Question, int]]:
    """The questions by the lists they ask for: one of them, and the bits of all."""
    found: dict[frozenset[str], tuple[Question, int]] = {}
    for place, one in enumerate(questions):
        if one is not None:
            lists = frozenset(lists_asked_for(one))
            first, mask = found.get(lists, (one, 0))
            found[lists] = first, mask | 1 << place
    return found


def _hushed(mask: int, heard: int, groups: Sequence[int]) -> int:
    for place, group in enumerate(groups):
        if not heard >> place & 1:
            mask &= ~group
    return mask


def _mask(conditions: Sequence[ColumnElement[bool]]) -> ColumnElement[int]:
    """A number with a bit for each condition that holds; what is null does not."""
    bits: list[ColumnElement[int]] = [
        case((one, literal_column(str(1 << place))), else_=literal_column("0"))
        for place, one in enumerate(conditions)
    ]
    return reduce(add, bits, literal_column("0"))
