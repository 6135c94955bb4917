"""Whom one viewer of Live wants to see, and in which order, according to the address."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from dashboard.data.settings import now
from models.filters.names import FILTERS, ME
from models.filters.query import Filters, Question
from models.filters.times import FilterError
from models.segments.asking import kept, spelled_out

NOT_OF_LIVE = ("since", "until", "touch")
"""Filters that Live does not have: it is about now, and about the visit heard from last."""

BY_TIME, BY_GRADE = "time", "grade"
"""Values of `sort`: most recent event first, the default; or best first."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Filters on a visit apply to the one heard from last. `who` is asking, if that matters."""

    filters: Filters
    who: str | None = None
    by_grade: bool = False

    @property
    def bots(self) -> str:
        """`hide`, `show` or `only`."""
        return self.filters.one("bots") or "hide"

    def asked(self, db: Connection) -> Question:
        """The question at this moment. Raises `FilterError` for a segment or list that is gone."""
        return spelled_out(kept(db), self.filters, now(), who=self.who)


EVERYBODY = Wanted(Filters())


def wanted(given: Iterable[tuple[str, str]], who: str | None = None) -> Wanted:
    """Read the names and values of an address; empty ones are not set.

    Raises `FilterError` for a filter that Live does not have, and for an impossible value.
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
