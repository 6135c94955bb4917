"""How long the screens' queries take: first, and again.

Pages run in this process exactly as Streamlit runs them, so what is measured is what they ask,
whatever that is: a clock under SQLAlchemy counts the time in statements. "First" is with the
dashboard's own caches empty, but not the database's or the system's; "again" is the same view
opened once more. The clock on the wall stands where the loaded history ends, so that "today" and
"the last hour" have the visits they should.
"""

import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from unittest.mock import patch

import streamlit as st
import streamlit.logger
from sqlalchemy import Connection, func, select
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from dashboard.data.source import source
from dashboard.screens.live import queries
from dashboard.screens.live.looking import Looking
from dashboard.screens.live.pulse import Pulse
from dashboard.screens.live.wanted import EVERYBODY
from models.tables import EVENT
from tests.bench.screens.clocked import Clock, Statement, clocked
from tests.bench.screens.views import LIVE, View, views
from tests.dashboard.settings import choosing
from tests.processes import ROOT

_MAIN = ROOT / "dashboard" / "main.py"
_PAGE_S = 600
_MOST, _FEWEST = 9, 2
"""How often a view is opened, at most and at least; once if that takes very long."""

_VERY_LONG_S = 10.0


@dataclass(frozen=True, slots=True)
class Read:
    """What a view took in ms, each time it was opened: statements alone, `page_ms` all of it.

    `cpu_ms` is the CPU's part of the first times. `slowest` is the statement that took longest at
    first; `fault` what the page ran into, if it did: a benchmark of every view finds that, too.
    """

    view: View
    first: list[float]
    again: list[float]
    cpu_ms: float
    page_ms: float
    statements: int
    slowest: Statement
    fault: str | None = None

    @property
    def first_p50(self) -> float:
        """Median of the first times, in ms."""
        return statistics.median(self.first)

    @property
    def first_p95(self) -> float:
        """95th percentile of the first times, in ms; of few, the greatest."""
        return p95(self.first)

    @property
    def again_p95(self) -> float:
        """The same of the times after the first."""
        return p95(self.again)


def p95(values: Sequence[float]) -> float:
    """95th percentile; of fewer than twenty values the greatest."""
    return sorted(values)[min(int(len(values) * 0.95), len(values) - 1)]


def read_all(url: str, *, enough_s: float = 2.0) -> Iterator[Read]:
    """Open every view of a database, one after the other, each for `enough_s` seconds or so."""
    with desk(url) as (clock, every):
        for view in every:
            yield _read(view, clock, enough_s)


@contextmanager
def desk(url: str) -> Iterator[tuple[Clock, list[View]]]:
    """The dashboard on a database: the clock of its queries, and the views there are."""
    streamlit.logger.set_log_level("ERROR")  # else a line a page: no browser is there
    with choosing() as choose:
        choose(database_url=url, database_read_url="")
        clock = clocked(source().engine)
        with source().read() as db:
            every = views(db)
            end = db.execute(select(func.max(EVENT.c.received_at))).scalar_one()
        with _as_of(end):
            yield clock, every


@contextmanager
def _as_of(end_ms: int) -> Iterator[None]:
    """Let the clock run on from there (Unix ms)."""
    behind, now = time.time() - end_ms / 1000, time.time
    with patch("time.time", lambda: now() - behind):
        yield


def _read(view: View, clock: Clock, enough_s: float) -> Read:
    first: list[float] = []
    again: list[float] = []
    took: list[float] = []
    cpu: list[float] = []
    slowest = Statement("", ())
    statements = 0
    began = time.perf_counter()
    fewest = _FEWEST
    while len(first) < fewest or (len(first) < _MOST and time.perf_counter() - began < enough_s):
        st.cache_data.clear()
        opened = Opened(view)
        for times in (first, again):
            clock.restart()
            started = time.perf_counter()
            fault = opened.look()
            if fault:
                return Read(view, [0.0], [0.0], 0.0, 0.0, 0, slowest, fault)
            took.append((time.perf_counter() - started) * 1000)
            times.append(clock.ms)
            if times is first:
                cpu.append(clock.cpu_ms)
                statements = len(clock.statements)
                slowest = max([slowest, *clock.statements], key=lambda its: its.ms)
        if time.perf_counter() - began > _VERY_LONG_S:
            fewest = 1
    return Read(
        view, first, again, statistics.median(cpu), statistics.median(took), statements, slowest
    )


class Opened:
    """A view in somebody's hands."""

    def __init__(self, view: View) -> None:
        """Nothing is asked until it is looked at."""
        self._view = view
        self._pulse = Pulse()

    def look(self) -> str | None:
        """Open it from the start; gives what the page ran into, if it did."""
        if self._view.screen == LIVE:
            with source().read() as db:
                self._live(db)
            return None
        page = AppTest.from_file(str(_MAIN), default_timeout=_PAGE_S)
        # Its address at once: a page is known by its file only once the script has run.
        page._page_hash = calc_hash(self._view.screen)
        for name, value in self._view.given.items():
            page.query_params[name] = value
        page.run()
        return str(page.exception[0].value) if page.exception else None

    def _live(self, db: Connection) -> None:
        match self._view.name:
            case "feed":
                Looking().feeds(db, {EVERYBODY}, set())
            case "strip":
                self._pulse.text(db, int(time.time() * 1000))
            case _:
                queries.lead(db, self._view.given["lead"])
