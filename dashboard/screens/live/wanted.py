"""Whom one viewer of Live wants to see: the filters of its bar, as they stand in its URL."""

from collections.abc import Iterable
from dataclasses import dataclass, fields

from models.filters.query import Filters
from models.filters.times import FilterError

_LONGEST = 250
"""Characters of a value; no cell of the feed shows more."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Each that is set must fit the visit heard of last, `company` its lead."""

    stage: str | None = None
    company: str | None = None
    utm_campaign: str | None = None
    country: str | None = None
    pid: str | None = None
    min_bot_score: int | None = None
    hot: bool = False


EVERYBODY = Wanted()


def wanted(given: Iterable[tuple[str, str]]) -> Wanted:
    """Read the names and values of a URL; empty ones are not set.

    Raises `FilterError` for a name that is none of Live's, and for a value that can't be one.
    """
    values = {name: text for name, text in given if text}
    names = [field.name for field in fields(Wanted)]
    for name, text in values.items():
        if name not in names:
            raise FilterError(f"{name[:50]} is no filter of Live; there are {', '.join(names)}")
        if len(text) > _LONGEST or "\0" in text:
            raise FilterError(f"{name} must be {_LONGEST} characters at most, without NUL")
    read = Filters.parse({name: text for name, text in values.items() if name in _READ})
    if read.one("hot") == "no":
        raise FilterError("hot must be yes")
    score = read.one("min_bot_score")
    return Wanted(
        stage=read.one("stage"),
        min_bot_score=None if score is None else int(score),
        hot=read.one("hot") == "yes",
        **{name: text for name, text in values.items() if name not in _READ},
    )


_READ = ("stage", "min_bot_score", "hot")
"""Those that are words of ours or numbers; the others are compared as they are."""
