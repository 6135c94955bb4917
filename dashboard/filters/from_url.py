"""Filters, the same in a page's URL and as the export's options; `conditions` makes SQL of them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from models.days import begin_of, end_of, number_of
from models.facts.search import MOST_ASKED, asked
from models.payloads.vocabulary import ERROR, STAGES, UNCHECKED
from models.payloads.wire import LAST_MS, iso_ms
from models.settings import settings

VERDICTS = ("valid", "valid_catch_all", "catch_all", "invalid")

ANY_SENDABLE = "sendable"
"""The word for any of `models.payloads.vocabulary.SENDABLE`; `validity` may be `UNCHECKED` or
`ERROR` (`models.projection.leads`), too."""

NONE = "(none)"
"""The word for a missing `utm_*`."""

UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")


class FilterError(ValueError):
    """A filter's value can't be used; the message says what it may be."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What to show: every field that is set must match. Times are Unix ms, both ends included; days
    are those of `TIME_ZONE`.
    """

    q: str | None = None
    since: int | None = None
    until: int | None = None
    utm_source: str | None = None
    utm_medium: str | None = None
    utm_campaign: str | None = None
    utm_term: str | None = None
    utm_content: str | None = None
    stage: str | None = None
    validity: str | None = None
    company: str | None = None
    country: str | None = None
    pid: str | None = None
    # Of sessions only:
    referrer: str | None = None
    landing_page: str | None = None
    click_id: str | None = None
    device: str | None = None
    visit: str | None = None
    min_bot_score: int | None = None
    min_pages: int | None = None
    min_duration: int | None = None
    touch: str | None = None
    leads: str | None = None
    hot: str | None = None
    # Of companies only:
    industry: str | None = None
    funding: str | None = None
    min_employees: int | None = None
    max_employees: int | None = None
    min_growth: int | None = None

    @classmethod
    def parse(cls, given: Mapping[str, str | None]) -> "Filters":
        """Filters from text as in a URL; empty means not set.

        Raises `FilterError` for an unknown name or a value that can't be one.
        """
        values: dict[str, Any] = {}
        known = {f.name for f in fields(cls)}
        for name, text in given.items():
            if name not in known:
                raise FilterError(f"{name} is no filter; there are {', '.join(sorted(known))}")
            if text:
                parse = _PARSERS.get(name) or _FREE.get(name, str)
                values[name] = parse(text)
        return cls(**values)

    def is_empty(self) -> bool:
        """Whether nothing is filtered."""
        return self == Filters()


def is_listed(name: str, text: str) -> bool:
    """Whether a filter's text, once it was parsed, is one of a list, a number or a time.

    Any other is free text, which may name a human.
    """
    if name == "country":
        return len(text) == len("PT") and text.isascii() and text.isalpha()
    if name == "validity":
        return text in {*VERDICTS, UNCHECKED, ERROR, ANY_SENDABLE}
    return name in _PARSERS


def utm_word(value: str | None) -> str:
    """How a `utm_*` is written in a filter: `(none)` for a missing one, else as it is.

    A visitor may send that very text: each pair of brackets around `none` is written once more.
    """
    return NONE if value is None else f"({value})" if _WRAPPED_NONE.fullmatch(value) else value


def utm_value(word: str) -> str | None:
    """What `utm_word` has written."""
    return None if word == NONE else word[1:-1] if _WRAPPED_NONE.fullmatch(word) else word


_WRAPPED_NONE = re.compile(r"\(+none\)+")


def _since(text: str) -> int:
    day = _day(text)
    return _time("since", text) if day is None else max(begin_of(day, settings().zone()), 0)


def _until(text: str) -> int:
    """A date means its whole day."""
    day = _day(text)
    return _time("until", text) if day is None else min(end_of(day, settings().zone()), LAST_MS)


def _day(text: str) -> int | None:
    try:
        day = number_of(date.fromisoformat(text))
    except ValueError:
        return None
    return day if day >= 0 else None


def _time(name: str, text: str) -> int:
    zone = settings().zone()
    # In a URL the plus sign of a zone may have become a space.
    ms = iso_ms(text.replace(" ", "+") if "T" in text else text, zone)
    if ms is None:
        today = datetime.now(zone).date().isoformat()
        raise FilterError(f"{name} must be an ISO date or time, such as {today}")
    return ms


def _stage(text: str) -> str:
    if text.lower() not in STAGES:
        raise FilterError(f"stage must be one of {', '.join(STAGES)}")
    return text.lower()


def _country(text: str) -> str:
    return text.upper() if len(text) == len("PT") else text


def _one_of(name: str, words: tuple[str, ...]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text.lower() not in words:
            raise FilterError(f"{name} must be one of {', '.join(words)}")
        return text.lower()

    return parse


def _whole(name: str) -> Callable[[str], int]:
    def parse(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = _LARGEST + 1
        if abs(number) > _LARGEST:
            raise FilterError(f"{name} must be a whole number")
        return number

    return parse


def _search(text: str) -> str:
    if len(asked(text)) > MOST_ASKED:
        raise FilterError(f"q must be {MOST_ASKED} words at most; fewer find as much")
    return text


_LARGEST = 2**53
SESSION_ONLY = (
    "referrer", "landing_page", "click_id", "device", "visit", "min_bot_score", "min_pages",
    "min_duration", "touch", "leads", "hot",
)  # fmt: skip
COMPANY_ONLY = ("industry", "funding", "min_employees", "max_employees", "min_growth")
CLICK_IDS = ("gclid", "fbclid", "any")
VISITS = ("new", "returning")
TOUCHES = ("first", "last")
LEADS = ("identified", "new", "employed", "qualified")
YES_NO = ("yes", "no")

_FREE: dict[str, Callable[[str], str]] = {"q": _search}
"""Of filters whose text is free, those that not every text will do for."""

_PARSERS: dict[str, Callable[[str], Any]] = {
    "since": _since,
    "until": _until,
    "stage": _stage,
    "country": _country,
    "click_id": _one_of("click_id", CLICK_IDS),
    "visit": _one_of("visit", VISITS),
    "touch": _one_of("touch", TOUCHES),
    "leads": _one_of("leads", LEADS),
    "hot": _one_of("hot", YES_NO),
    **{
        name: _whole(name)
        for name in (
            "min_bot_score", "min_pages", "min_duration", "min_employees", "max_employees",
            "min_growth",
        )
    },
}  # fmt: skip
