"""How long lists take for an answer: first page, a page half-way down, how many there are, and
what else their screens count; the first thousand rows of their exports.

By the product's own functions, as its screens and routes ask; each question is asked some times
over. On a busy machine the CPU's part says more than the clock: this thread's, and on Postgres that
of the connection's server (Linux only).
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from dashboard.data.activity import Range
from dashboard.data.settings import settings
from dashboard.exports.csv_text import stream
from dashboard.screens.campaigns import report
from dashboard.screens.companies.table import COMPANIES
from dashboard.screens.emails import changes as email_changes
from dashboard.screens.emails import queries as email_queries
from dashboard.screens.emails.table import EMAILS
from dashboard.screens.leads import queries as lead_queries
from dashboard.screens.leads.table import LEADS
from dashboard.screens.sessions import queries as session_queries
from dashboard.screens.sessions.table import SESSIONS
from dashboard.table.definition import Sort, TableDefinition, Wanted, rows
from models.filters.query import Filters, Question
from models.filters.times import When
from models.segments.asking import asked as understood
from models.storage.database import Database
from models.tables import EVENT
from tests.bench.lists.questions import askings
from tests.bench.screens.clocked import Clock, clocked

MOST_ROWS_IN = 10_000
"""How far down the page half-way is, at most."""

_TIMES, _LONG_S = 5, 1.0
_DAYS = "-30d"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was asked: of which list, for which part of the screen; ms of each time."""

    of: str
    part: str
    name: str
    is_selective: bool | None
    ms: list[float]
    cpu_ms: list[float]
    rows: int
    slowest: str


def ask_all(url: str, only: Sequence[str] = (), names: Sequence[str] = ()) -> Iterator[Asked]:
    """Ask every question of every list (of those named, if any are)."""
    database = Database(url)
    clock = clocked(database.engine)
    try:
        with database.read() as db:
            end = int(db.execute(select(func.max(EVENT.c.received_at))).scalar_one())
            when = When(end, settings().zone())
            every = askings(db)
        for of, ask in _LISTS.items():
            if only and of not in only:
                continue
            for one in every:
                if names and not any(name in one.name for name in names):
                    continue
                with database.read() as db:
                    for part, asking in ask(db, one.filters, when):
                        yield _timed(clock, of, part, (one.name, one.is_selective), asking)
            with database.read() as db:
                for part, asking in _SCORED.get(of, lambda *_: iter(()))(db, Filters(), when):
                    yield _timed(clock, of, part, ("by score", None), asking)
    finally:
        database.close()


Part = tuple[str, Callable[[], int]]


def _timed(
    clock: Clock, of: str, part: str, named: tuple[str, bool | None], asking: Callable[[], int]
) -> Asked:
    ms: list[float] = []
    cpu: list[float] = []
    rows, slowest = 0, ""
    while len(ms) < _TIMES and sum(ms) < _LONG_S * 1000:
        clock.restart()
        began, used = time.perf_counter(), time.thread_time()
        rows = asking()
        ms.append((time.perf_counter() - began) * 1000)
        thread = (time.thread_time() - used) * 1000
        slow = max(clock.statements, key=lambda its: its.ms, default=None)
        slowest = slow.sql if slow else ""
        # On SQLite the statements are this thread's work.
        cpu.append(thread + (clock.cpu_ms if slowest and "%(" in slowest else 0.0))
    return Asked(of, part, named[0], named[1], ms, cpu, rows, slowest)


def _list(
    definition: TableDefinition, **usual: str
) -> Callable[[Connection, Filters, When], Iterator[Part]]:
    def parts(db: Connection, filters: Filters, when: When) -> Iterator[Part]:
        asked = _question(db, filters, when, usual)
        yield from _pages(db, definition, asked, definition.usual)
        yield "count", lambda: definition.number(db, asked, {})

    return parts


def _question(db: Connection, filters: Filters, when: When, usual: dict[str, str]) -> Question:
    for name, value in usual.items():
        filters = filters.also(name, value)
    return understood(db, filters, when)


def _pages(
    db: Connection, definition: TableDefinition, asked: Question, sort: Sort
) -> Iterator[Part]:
    wanted = Wanted(asked, sort)
    yield "first page", lambda: len(rows(db, definition, wanted)["rows"])
    half = min(definition.number(db, asked, {}), MOST_ROWS_IN) // 2
    deep = rows(db, definition, wanted._replace(skip=max(half - 1, 0), size=1))["after"]
    if deep:
        yield "deep page", lambda: len(rows(db, definition, wanted._replace(at=deep))["rows"])


def _leads(db: Connection, filters: Filters, when: When) -> Iterator[Part]:
    yield from _list(LEADS, bots="hide")(db, filters, when)
    asked = _question(db, filters, when, {"bots": "hide"})
    yield "hidden bots", lambda: lead_queries.bots(db, asked)
    yield "export", _export(db, "leads", _question(db, filters, when, {}))


def _sessions(db: Connection, filters: Filters, when: When) -> Iterator[Part]:
    yield from _list(SESSIONS, bots="hide", since=_DAYS)(db, filters, when)
    asked = _question(db, filters, when, {"bots": "hide", "since": _DAYS})
    yield "bars", lambda: session_queries.counted(db, asked).total()
    yield "hidden bots", lambda: session_queries.bots(db, asked)
    yield "export", _export(db, "sessions", _question(db, filters, when, {}))


def _all_sessions(db: Connection, filters: Filters, when: When) -> Iterator[Part]:
    asked = _question(db, filters, when, {"bots": "hide"})
    yield from _pages(db, SESSIONS, asked, SESSIONS.usual)
    yield "bars", lambda: session_queries.counted(db, asked).total()


def _companies(db: Connection, filters: Filters, when: When) -> Iterator[Part]:
    yield from _list(COMPANIES)(db, filters, when)
    yield "export", _export(db, "companies", _question(db, filters, when, {}))


def _emails(db: Connection, filters: Filters, when: When) -> Iterator[Part]:
    yield from _list(EMAILS, since=_DAYS)(db, filters, when)
    asked = _question(db, filters.without("validity"), when, {"since": _DAYS})
    yield "breakdown", lambda: email_queries.addresses(db, asked).rows
    yield "changes", lambda: len(email_changes.changed(db, asked))
    yield "export", _export(db, "emails", _question(db, filters, when, {}))


def _campaigns(db: Connection, filters: Filters, when: When) -> Iterator[Part]:
    asked = _question(db, filters, when, {"bots": "hide", "since": _DAYS})
    question = report.Question(
        "campaign", Range(asked.since, None), "first", when.ms, filters.also("bots", "hide")
    )
    yield "report", lambda: report.report(db, question).values


def _export(db: Connection, name: str, asked: Question) -> Callable[[], int]:
    def first() -> int:
        # On Postgres what stops before the end breaks its transaction off.
        with db.engine.connect() as other, other.begin():
            return len(next(stream(other, name, asked)))

    return first


_LISTS: dict[str, Callable[[Connection, Filters, When], Iterator[Part]]] = {
    "leads": _leads,
    "sessions": _sessions,
    "sessions of all time": _all_sessions,
    "companies": _companies,
    "emails": _emails,
    "campaigns": _campaigns,
}


def _sorted_by(definition: TableDefinition, orders: Sequence[str], **usual: str) -> Any:
    def parts(db: Connection, filters: Filters, when: When) -> Iterator[Part]:
        asked = _question(db, filters, when, usual)
        for name in orders:
            for part, asking in _pages(db, definition, asked, definition.sort(name)):
                yield f"{part} by {name}", asking

    return parts


_SCORED = {
    "leads": _sorted_by(LEADS, ("intent", "grade", "fit"), bots="hide"),
    "companies": _sorted_by(COMPANIES, ("intent", "grade", "fit", "people_30d")),
}
