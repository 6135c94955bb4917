"""Values to choose from while typing: what the newest rows have, with how many of them have it.

A fixed number of rows is looked at, so it costs the same in a large database; older values are
found by the beginning of their name if an index has it, and can be typed in any case.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, FromClause, Select, case, func, select

from dashboard.data.shortening import LIST_CHARS
from models.facts.paths import as_written
from models.facts.search import after, fold
from models.facts.visits import UTM
from models.filters.comparing import as_value
from models.filters.names import FILTERS, NONE, SENDABLE
from models.filters.query import alike
from models.payloads.vocabulary import ERROR, STAGES, UNCHECKED
from models.tables import COMPANY, COMPANY_NAME, LEAD, LIST, SEGMENT, SESSION, SESSION_PAGE

NEWEST = 20_000
"""Rows that are looked at, the newest."""

MOST = 60
"""Values suggested at a time, most frequent first."""

_BEYOND = 2_000
"""Index entries that are looked at for values beginning with a text."""

Of = Literal["leads", "sessions", "companies", "emails"]
"""Whose list is filtered: `country` means something different on each."""

Offer = tuple[str, int | None]
"""A value as filters write it, and how many of the rows looked at have it; None if unknown."""

_NUMBERS: dict[str, tuple[str, ...]] = {
    "min_employees": ("10", "50", "200", "500", "1000", "5000"),
    "max_employees": ("10", "50", "200", "500", "1000", "5000"),
    "min_growth": ("0", "10", "25", "50", "100"),
    "fit_min": ("40", "60", "80"),
    "intent_min": ("10", "35", "60"),
    "min_bot_score": ("10", "30", "50", "80"),
    "min_pages": ("2", "3", "5", "10"),
    "min_duration": ("10", "30", "60", "300"),
    "new_since": ("today", "yesterday", "-7d", "-30d"),
}
"""Usual values of filters that are not text."""

_ROWS = {
    "visits": (SESSION, SESSION.c.last_activity, SESSION.c.sid),
    "people": (LEAD, LEAD.c.last_seen, LEAD.c.key),
}

_VISITS: dict[str, ColumnElement[Any]] = {
    **{name: SESSION.c[name] for name in UTM},
    **{name: SESSION.c[name] for name in ("channel", "referrer_host", "device", "pid")},
    "hot": SESSION.c.hot,
}
_PEOPLE: dict[str, ColumnElement[Any]] = {
    **{name: LEAD.c[name] for name in ("job_title", "seniority", "department")},
    "validity": case((LEAD.c.email.is_not(None), func.coalesce(LEAD.c.email_validity, UNCHECKED))),
}
_EMPLOYERS: dict[str, ColumnElement[Any]] = {
    "company": COMPANY_NAME,
    "company_country": COMPANY.c.country,
    "industry": COMPANY.c.industry,
    "funding": COMPANY.c.last_round_type,
}
"""Counted by people, so that the employers of many come first."""


_KEPT: dict[str, Select[Any]] = {
    "segment": select(SEGMENT.c.name).where(SEGMENT.c.owner.is_(None)),
    "list": select(LIST.c.name),
}
"""Shared segments and lists: a personal segment is found by typing its name."""

_COUNTED = frozenset({"country", "stage", "page", *_NUMBERS, *_VISITS, *_PEOPLE, *_EMPLOYERS})


def has_offers(name: str) -> bool:
    """Whether a filter has values to suggest."""
    return name in _COUNTED or name in _KEPT


def counted(
    db: Connection, name: str, of: Of, *, newest_rows: int = NEWEST
) -> tuple[Counter[str | None], str]:
    """A filter's values in the newest rows, and what these rows are."""
    if name in _KEPT:
        return Counter(dict.fromkeys(db.execute(_KEPT[name]).scalars(), 0)), ""
    if name in _NUMBERS:
        return Counter(), ""
    if name == "page":
        return _pages(db, newest_rows // 4), "visits"
    column, rows = _column(name, of)
    table, time, key = _ROWS[rows]
    newest = (
        select(key.label("key")).order_by(time.desc(), key.desc()).limit(newest_rows).subquery()
    )
    source: FromClause = newest.join(table, key == newest.c.key)
    if name in _EMPLOYERS or (name == "country" and of == "companies"):
        source = source.outerjoin(COMPANY, COMPANY.c.key == LEAD.c.company_key)
    # Grouped by name: Postgres treats the same expression with its own parameters as a different
    # one.
    value_offered = _short(column).label("value_offered")
    query = select(value_offered, func.count()).select_from(source).group_by("value_offered")
    worded = _WORDED.get(name, _as_it_is)
    found = Counter[str | None]()
    for value, count in db.execute(query):
        found[worded(value)] += count
    return found, rows


def _short(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A longer text is not a name to choose from a list; null stays null."""
    if column.type.python_type is not str:
        return column
    return case((func.length(column) <= LIST_CHARS, column))


def _column(name: str, of: Of) -> tuple[ColumnElement[Any], str]:
    if name in {"country", "stage"} and of == "sessions":
        return SESSION.c[name], "visits"
    if name in {"country", "stage"}:
        return (COMPANY if (name, of) == ("country", "companies") else LEAD).c[name], "people"
    if name in _VISITS:
        return _VISITS[name], "visits"
    return (_PEOPLE | _EMPLOYERS)[name], "people"


def _pages(db: Connection, visits: int) -> Counter[str | None]:
    by = SESSION.c.last_activity.desc(), SESSION.c.sid.desc()
    newest = select(SESSION.c.sid).order_by(*by).limit(visits).subquery()
    path = SESSION_PAGE.c.path
    query = select(path, func.count()).join(newest, newest.c.sid == SESSION_PAGE.c.sid)
    short = query.where(func.length(path) <= LIST_CHARS).group_by(path)
    return Counter({value: count for value, count in db.execute(short)})  # noqa: C416 - rows are no pairs to mypy


_STAGE_NAMES = {number: name for name, number in STAGES.items()}


def _as_it_is(value: Any) -> str | None:
    return None if value is None else str(value)


_WORDED: dict[str, Callable[[Any], str | None]] = {
    "stage": _STAGE_NAMES.get,
    "hot": lambda value: "yes" if value else "no",
}


def among(found: Counter[str | None], name: str, text: str) -> list[Offer]:
    """The counted values that match a text, most frequent first; spellings that compare as equal
    are one value, in the most common spelling.
    """
    spellings: dict[str, Counter[str]] = {}
    for value, count in found.items():
        if value is not None:
            spellings.setdefault(alike(FILTERS[name], value), Counter())[value.strip()] += count
    wanted = fold(text)
    fitting = [
        (_as_value(name, _commonest(its)), its.total())
        for form, its in spellings.items()
        if wanted in fold(form) and fold(form)
    ]
    fitting.sort(key=lambda offer: (-offer[1], offer[0]))
    offers: list[Offer] = [
        (value, None if name in _KEPT else count) for value, count in fitting[:MOST]
    ]
    known = {value for value, _ in offers}
    offers += [(word, None) for word in _words(name) if word not in known and wanted in fold(word)]
    # A missing verdict is `unchecked`.
    may_lack = FILTERS[name].may_be_missing and name != "validity"
    if may_lack and (not wanted or wanted in NONE):
        offers.append((NONE, found.get(None)))
    return offers


def _as_value(name: str, text: str) -> str:
    return as_written(text) if name == "page" else as_value(text)


def _commonest(its: Counter[str]) -> str:
    return min(its, key=lambda value: (-its[value], value))


def _words(name: str) -> Iterable[str]:
    """Our own words: those that nobody has right now can be chosen as well."""
    if name == "validity":
        return (SENDABLE, ERROR)
    one = FILTERS[name]
    return one.words if one.kind == "word" else _NUMBERS.get(name, ())


def offered(db: Connection, name: str, text: str, found: Counter[str | None]) -> list[Offer]:
    """The values to choose from, given what somebody has typed."""
    if name in _NUMBERS:
        return [(value, None) for value in _NUMBERS[name] if value.startswith(text.strip())]
    offers = among(found, name, text)
    if len(offers) < MOST and fold(text) and name in _BEGINNINGS:
        known = {fold(value) for value, _ in offers}
        older = dict.fromkeys(map(as_value, db.execute(_beginning(name, fold(text))).scalars()))
        offers += [(value, None) for value in older if fold(value) not in known][:MOST]
    return offers[: MOST + 1]


_BEGINNINGS: dict[str, tuple[ColumnElement[Any], ColumnElement[Any]]] = {
    "utm_campaign": (SESSION.c.folded_utm_campaign, SESSION.c.utm_campaign),
    "referrer_host": (SESSION.c.referrer_host, SESSION.c.referrer_host),
    "company": (COMPANY.c.search, func.coalesce(COMPANY.c.name, COMPANY.c.domain)),
}
"""Columns with an index, and what is shown of the rows found with them."""


def _beginning(name: str, folded: str) -> Select[Any]:
    column, shown = _BEGINNINGS[name]
    some = select(shown.label("shown")).where(column >= folded, column < after(folded))
    few = some.order_by(column).limit(_BEYOND).subquery()
    short = few.c.shown.is_not(None) & (func.length(few.c.shown) <= LIST_CHARS)
    return select(few.c.shown).where(short).distinct().order_by(few.c.shown).limit(MOST)
