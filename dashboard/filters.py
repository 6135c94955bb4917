"""Filters, the same in a page's URL and as the export's options, and what each means in SQL."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, literal, or_, select

from models import search
from models.facts import iso_ms
from models.leads import UNCHECKED
from models.payloads import LAST_MS, STAGES
from models.tables import COMPANY, LEAD, LEAD_ADDRESS, LEAD_WORD, SESSION

UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")


class FilterError(ValueError):
    """A filter's value can't be used; the message says what it may be."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What to show: every field that is set must match. Times are Unix ms, both ends included."""

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
                values[name] = _PARSERS.get(name, str)(text)
        return cls(**values)

    def is_empty(self) -> bool:
        """Whether nothing is filtered."""
        return self == Filters()


def _since(text: str) -> int:
    return _time("since", text)


def _until(text: str) -> int:
    """A date means its whole day."""
    is_date = len(text) <= len("2025-02-14")
    day_ms = timedelta(days=1) // timedelta(milliseconds=1)
    return min(_time("until", text) + (day_ms - 1 if is_date else 0), LAST_MS)


def _time(name: str, text: str) -> int:
    # In a URL the plus sign of a zone may have become a space.
    ms = iso_ms(text.replace(" ", "+") if "T" in text else text)
    if ms is None:
        today = datetime.now(UTC).date().isoformat()
        raise FilterError(f"{name} must be an ISO date or time (UTC), such as {today}")
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


_LARGEST = 2**53
SESSION_ONLY = (
    "referrer", "landing_page", "click_id", "device", "visit", "min_bot_score", "min_pages",
    "min_duration",
)  # fmt: skip
COMPANY_ONLY = ("industry", "funding", "min_employees", "max_employees", "min_growth")
CLICK_IDS = ("gclid", "fbclid", "any")
VISITS = ("new", "returning")

_PARSERS: dict[str, Callable[[str], Any]] = {
    "since": _since,
    "until": _until,
    "stage": _stage,
    "country": _country,
    "click_id": _one_of("click_id", CLICK_IDS),
    "visit": _one_of("visit", VISITS),
    **{
        name: _whole(name)
        for name in (
            "min_bot_score", "min_pages", "min_duration", "min_employees", "max_employees",
            "min_growth",
        )
    },
}  # fmt: skip


def _refuse(filters: Filters, names: tuple[str, ...], what: str) -> None:
    given = [name for name in names if getattr(filters, name) is not None]
    if given:
        raise FilterError(f"{given[0]} chooses {what}, nothing else")


def _contains(column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    return column.contains(text.casefold(), autoescape=True)


def _company_is(key: ColumnElement[Any], name: ColumnElement[Any], text: str) -> Any:
    folded = " ".join(text.casefold().split())
    return or_(key == text.lower(), COMPANY.c.search == folded, name == text)


def between(column: ColumnElement[Any], filters: Filters) -> list[ColumnElement[bool]]:
    """Conditions that a time (ms) lies between `since` and `until`; each that is set."""
    found = []
    if filters.since is not None:
        found.append(column >= filters.since)
    if filters.until is not None:
        found.append(column <= filters.until)
    return found


def _utm(table: Any, filters: Filters) -> list[ColumnElement[bool]]:
    return [table.c[name] == getattr(filters, name) for name in UTM if getattr(filters, name)]


def _validity_is(column: ColumnElement[Any], word: str) -> ColumnElement[bool]:
    return column.is_(None) if word == UNCHECKED else column == word


def _is_found(text: str, *, nearby: bool) -> list[ColumnElement[bool]]:
    """Conditions that a lead has each word of a search; `nearby`: to be tested row by row."""
    asked = search.asked(text)
    if not asked:
        return [false()]
    if nearby:
        words = literal(" ").concat(LEAD.c.search)
        return [words.contains(f" {word}", autoescape=True) for word in asked]
    in_word = LEAD_WORD.c.word
    return [
        LEAD.c.key.in_(
            select(LEAD_WORD.c.lead).where(in_word >= word, in_word < search.after(word))
        )
        for word in asked
    ]


def _about_lead(filters: Filters, *, nearby: bool) -> list[ColumnElement[bool]]:
    """Conditions on the human, wherever table `lead` (with `company`) is joined."""
    found: list[ColumnElement[bool]] = []
    if filters.q:
        found += _is_found(filters.q, nearby=nearby)
    if filters.company:
        found.append(_company_is(LEAD.c.company_key, LEAD.c.company_name, filters.company))
    return found


def lead_conditions(filters: Filters, *, nearby: bool = False) -> ColumnElement[bool]:
    """What filters mean for leads: `utm_*` is the first touch, times are `last_seen`.

    For queries that join `lead` with `company`; those that ask about few rows say `nearby`.
    Raises `FilterError` for filters of other tables.
    """
    _refuse(filters, SESSION_ONLY, "sessions")
    _refuse(filters, COMPANY_ONLY, "companies")
    found = [
        *_about_lead(filters, nearby=nearby),
        *between(LEAD.c.last_seen, filters),
        *_utm(LEAD, filters),
    ]
    if filters.validity:
        found.append(_validity_is(LEAD.c.email_validity, filters.validity))
    return and_(True, *found, *_lead_facts(filters))  # noqa: FBT003 - SQL's own TRUE


def _lead_facts(filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.stage:
        found.append(LEAD.c.stage == STAGES[filters.stage])
    if filters.country:
        found.append(LEAD.c.country == filters.country)
    if filters.pid:
        seen = exists().where(SESSION.c.lead == LEAD.c.key, SESSION.c.pid == filters.pid)
        found.append(seen)
    return found


def session_conditions(filters: Filters, *, nearby: bool = False) -> ColumnElement[bool]:
    """What filters mean for sessions, their own stage, country and times; the lead's e-mail.

    For queries that join `session` with `lead` and `company`. Raises `FilterError` for filters of
    other tables.
    """
    _refuse(filters, COMPANY_ONLY, "companies")
    found = [
        *_about_lead(filters, nearby=nearby),
        *between(SESSION.c.last_activity, filters),
        *_utm(SESSION, filters),
    ]
    if filters.stage:
        found.append(SESSION.c.stage == STAGES[filters.stage])
    if filters.validity:
        found.append(_validity_is(LEAD.c.email_validity, filters.validity))
    if filters.country:
        found.append(SESSION.c.country == filters.country)
    if filters.pid:
        found.append(SESSION.c.pid == filters.pid)
    return and_(True, *found, *_session_only(filters))  # noqa: FBT003 - SQL's own TRUE


def _session_only(filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.referrer:
        found.append(SESSION.c.referrer.icontains(filters.referrer, autoescape=True))
    if filters.landing_page:
        found.append(SESSION.c.landing_page.icontains(filters.landing_page, autoescape=True))
    if filters.click_id:
        ids = ("gclid", "fbclid") if filters.click_id == "any" else (filters.click_id,)
        found.append(or_(*(SESSION.c[name].is_not(None) for name in ids)))
    if filters.device:
        found.append(SESSION.c.device == filters.device.lower())
    if filters.visit:
        # The lead's first visit, or a later one.
        first = SESSION.c.started_at <= LEAD.c.first_seen
        found.append(first if filters.visit == "new" else ~first)
    for name, column in (
        ("min_bot_score", SESSION.c.bot_score),
        ("min_pages", SESSION.c.pageviews),
        ("min_duration", SESSION.c.duration_seconds),
    ):
        if getattr(filters, name) is not None:
            found.append(column >= getattr(filters, name))
    return found


def email_conditions(
    filters: Filters, validity: ColumnElement[Any], *, nearby: bool = False
) -> ColumnElement[bool]:
    """What filters mean for addresses: their own verdict, else what they mean for the lead.

    Raises `FilterError` for filters of other tables.
    """
    _refuse(filters, SESSION_ONLY, "sessions")
    _refuse(filters, COMPANY_ONLY, "companies")
    found = [
        *_about_lead(filters, nearby=nearby),
        *between(LEAD_ADDRESS.c.last_seen, filters),
        *_utm(LEAD, filters),
    ]
    if filters.validity:
        found.append(_validity_is(validity, filters.validity))
    return and_(True, *found, *_lead_facts(filters))  # noqa: FBT003 - SQL's own TRUE


def company_conditions(filters: Filters, last_seen: ColumnElement[Any]) -> ColumnElement[bool]:
    """What filters mean for companies: their own name, country and last visit.

    What is about people (stage, validity, campaign, pixel) must hold for one who works there.
    Raises `FilterError` for filters of other tables.
    """
    _refuse(filters, SESSION_ONLY, "sessions")
    found: list[ColumnElement[bool]] = between(last_seen, filters)
    if filters.q:
        by_domain = COMPANY.c.domain.contains(filters.q.lower(), autoescape=True)
        found.append(or_(_contains(COMPANY.c.search, filters.q), by_domain))
    if filters.company:
        found.append(_company_is(COMPANY.c.key, COMPANY.c.name, filters.company))
    if filters.country:
        found.append(COMPANY.c.country == filters.country)
    if filters.industry:
        found.append(COMPANY.c.industry == filters.industry)
    if filters.funding:
        found.append(COMPANY.c.last_round_type == filters.funding)
    if filters.min_employees is not None:
        found.append(COMPANY.c.employee_count >= filters.min_employees)
    if filters.max_employees is not None:
        found.append(COMPANY.c.employee_count <= filters.max_employees)
    if filters.min_growth is not None:
        found.append(COMPANY.c.headcount_growth_yoy >= filters.min_growth)
    people = _lead_facts(Filters(stage=filters.stage, pid=filters.pid)) + _utm(LEAD, filters)
    if filters.validity:
        people.append(_validity_is(LEAD.c.email_validity, filters.validity))
    if people:
        found.append(
            exists(select(1).where(LEAD.c.company_key == COMPANY.c.key, *people).correlate(COMPANY))
        )
    return and_(True, *found)  # noqa: FBT003 - SQL's own TRUE
