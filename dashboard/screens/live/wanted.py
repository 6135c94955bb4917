"""Whom one viewer of Live wants to see, and in which order: what its address says."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from dashboard.data.settings import now
from models.filters.names import FILTERS, ME
from models.filters.query import Filters, Question
from models.filters.times import FilterError
from models.sayings.asking import asked

NOT_OF_LIVE = ("since", "until", "touch")
"""Live is about now, and about the visit heard of last."""

BY_TIME, BY_GRADE = "time", "grade"
"""What `sort` may be: newest heard of first, as at first; or best first."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a visit must fit the one heard of last. `who` asks, where that matters."""

    filters: Filters
    who: str | None = None
    by_grade: bool = False

    @property
    def bots(self) -> str:
        """`hide`, `show` or `only`."""
        return self.filters.one("bots") or "hide"

    def asked(self, db: Connection) -> Question:
        """The question at this moment. Raises `FilterError` for a segment or list that is gone."""
        return asked(db, self.filters, now(), who=self.who)


EVERYBODY = Wanted(Filters())


def wanted(given: Iterable[tuple[str, str]], who: str | None = None) -> Wanted:
    """Read the names and values of an address; empty ones are not set.

    Raises `FilterError` for a name that is none of Live's, and for a value that can't be one.
    """
    pairs = list(given)
    by_grade = _is_by_grade([value for name, value in pairs if name == "sort" and value])
    pairs = [pair for pair in pairs if pair[0] != "sort"]
    for parameter, _ in pairs:
        name = parameter.partition(".")[0]
        if name in NOT_OF_LIVE or name not in FILTERS:
            names = ", ".join(sorted(FILTERS.keys() - set(NOT_OF_LIVE)))
            raise FilterError(f"{name[:50]} is not a filter of Live. Available: {names}")
    filters = Filters.parse(pairs)
    is_own = any(one.name == "owner" and ME in one.values for one in filters)
    return Wanted(filters, who if is_own else None, by_grade)


def _is_by_grade(sorts: list[str]) -> bool:
    if any(one not in {BY_TIME, BY_GRADE} for one in sorts) or len(sorts) > 1:
        raise FilterError(f"sort must be {BY_TIME} or {BY_GRADE}")
    return sorts == [BY_GRADE]
