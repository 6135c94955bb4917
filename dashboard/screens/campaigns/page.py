"""Campaigns: what each source, medium, campaign or content brought, against the range before."""

import hashlib
from collections.abc import Callable
from typing import cast, get_args

import streamlit as st
from sqlalchemy import Connection

from dashboard.data import activity
from dashboard.data.activity import Level, Range
from dashboard.data.cut import LIST_CHARS
from dashboard.data.reading import reading
from dashboard.filters.bar import Chosen, change_filters, filter_bar
from dashboard.filters.choice import segments
from dashboard.filters.from_url import Given
from dashboard.filters.ranges import EVER
from dashboard.screens.campaigns import report as campaign_report
from dashboard.screens.campaigns.queries import Touch
from dashboard.screens.campaigns.report import Line, Numbers, Question, Report, change
from dashboard.widgets import words
from dashboard.widgets.days import end_of_today
from dashboard.widgets.fields import FIELDS
from dashboard.widgets.style import heading
from dashboard.widgets.table import table
from dashboard.widgets.tile import tile
from dashboard.widgets.times import dwell, zone
from models.days import date_of, day_of
from models.filters.names import FILTERS
from models.projection.version import version

LEVELS: tuple[Level, ...] = get_args(Level)
TOUCHES: tuple[Touch, ...] = get_args(Touch)
_NUMBERS = (
    "visits", "visits_change", "known_leads", "known_change", "new_leads", "lead_companies",
    "qualified_share", "sendable_share", "hot_visits", "median_dwell", "trend",
)  # fmt: skip
_DAYS = 30
_CANNOT = frozenset(FILTERS) - {"since", "until"}

# Eight numbers in two calm rows; the chosen value as a title that is text only.
_LOOK = """
<style>
.st-key-campaign_line [data-testid="stText"] { font-weight: 650; font-size: 1.1rem; }
[class*="st-key-tile_campaign_"] {
  padding: .3rem .5rem; margin: -.3rem -.5rem;
  & [data-testid="stMetricValue"] { font-size: 1.5rem; line-height: 1.3; }
}
</style>
"""


def _show_everything() -> None:
    change_filters(since=EVER, until=None)


@st.cache_data(max_entries=16, show_spinner="Counting sessions…")
def _report(
    _db: Connection,
    state: tuple[str, int],  # noqa: ARG001 - database and data version, for the cache's key
    asked: Question,
) -> Report:
    """The report, kept while nothing changes: it looks at every session of two ranges."""
    return campaign_report.report(_db, asked)


def _controls() -> tuple[Level, Touch, Chosen]:
    with st.container(horizontal=True, vertical_alignment="bottom", key="campaign_controls"):
        level = segments("Group by", LEVELS, key="by", default="campaign")
        touch = segments(
            "Leads by touch",
            TOUCHES,
            key="touch",
            help="A lead counts once: for the first, or for the latest, of their visits that names "
            "any campaign parameter.",
        )
    chosen = filter_bar("sessions", default_days=_DAYS, cannot=_CANNOT, own=("touch",))
    return cast("Level", level), cast("Touch", touch), chosen


def _page() -> None:
    heading("Campaigns")
    st.html(_LOOK)
    level, touch, chosen = _controls()
    span = Range(chosen.asked.since, chosen.asked.until)
    end = end_of_today()
    with reading() as db:
        state = (str(db.engine.url), version(db))
        report = _report(db, state, Question(level, span, touch, end))
        any_at_all = bool(report.lines) or activity.any_at_all(db)
    st.caption(_said(chosen, span, end))
    if not report.lines:
        _say_empty(any_at_all=any_at_all)
        return

    def link(line: Line, number: str) -> Given | None:
        if any(len(value or "") > LIST_CHARS for value in line.key):
            return None  # no server takes such an address
        return chosen.in_link() | campaign_report.behind(number, line.key, level, touch)

    _tiles(report.total, link, key="campaign_totals")
    line = _table(report, level)
    if line:
        with st.container(border=True, key="campaign_line"):
            st.text(_value(line, level))
            _tiles(line, link, key="campaign_line_tiles")


def _said(chosen: Chosen, span: Range, end: int) -> str:
    before = campaign_report.range_before(span, end)
    given = f"The last {_DAYS} days" if chosen.is_default_range else _dates(span)
    compared = f", against {_dates(before)}" if before else ""
    return f"{given}{compared}. Days are those of {zone()}."


def _dates(span: Range) -> str:
    since, until = (
        f"{date_of(day_of(ms, zone())):%-d %b %Y}" if ms is not None else None for ms in span
    )
    if since and until:
        return f"{since} to {until}"
    return f"From {since}" if since else f"Until {until}" if until else "All time"


def _say_empty(*, any_at_all: bool) -> None:
    if not any_at_all:
        st.info(
            "No visit yet. Campaigns are read from the utm_ parameters of the pages that visitors "
            "land on; to see made-up ones first, run `visitor-desk simulate`."
        )
        return
    st.info("Nobody visited in this range.")
    st.button("Show everything", on_click=_show_everything)


def _tiles(line: Line, link: Callable[[Line, str], Given | None], key: str) -> None:
    """Each number with its change (in percent, for a share in points), linked to its sessions."""
    with st.grid(4, min_column_width=150, key=key):
        for name in Numbers._fields:
            now = getattr(line.now, name)
            before = getattr(line.before, name) if line.before else None
            field = FIELDS[name]
            behind = link(line, name) if now else None
            with tile(f"{key}_{name}", f"Sessions behind {field.label}", "/sessions", behind):
                st.metric(
                    field.label,
                    _written(name, now),
                    _change(name, now, before),
                    help=field.meaning,
                    delta_description=f"from {_written(name, before)}" if line.before else None,
                )


def _written(name: str, value: float | None) -> str:
    if value is None:
        return words.MISSING
    if name == "median_dwell":
        return dwell(int(value * 1000))
    return f"{value:.1f}%" if FIELDS[name].kind == "percent" else f"{value:,.0f}"


def _change(name: str, now: float | None, before: float | None) -> str | int | None:
    if now is None or before is None:
        return None
    if FIELDS[name].kind == "percent":
        return f"{now - before:+.1f} points" if round(now - before, 1) else 0
    grown = change(now, before)
    if grown is None:
        return None
    return f"{grown:+,.0f}%" if round(grown) else 0


def _table(report: Report, level: Level) -> Line | None:
    name = f"utm_{level}"
    rows = [
        {
            name: _value(line, level),
            **line.now._asdict(),
            "median_dwell": _written("median_dwell", line.now.median_dwell),
            "visits_change": change(line.now.visits, line.before and line.before.visits),
            "known_change": change(line.now.known_leads, line.before and line.before.known_leads),
            "trend": line.trend,
            "line": line,
        }
        for line in report.lines
    ]
    if report.values > len(rows):
        st.caption(f"The {len(rows):,} largest of {report.values:,}.")
    # A selection is a place in the table: with other lines it must not point at another campaign.
    lines = hashlib.sha256(repr([line.key for line in report.lines]).encode()).hexdigest()
    chosen = table(rows, (name, *_NUMBERS), f"campaigns_{level}_{lines[:12]}")
    # With the numbers of now, not of when it was chosen.
    return next(
        (row["line"] for row in rows if chosen and row["line"].key == chosen["line"].key), None
    )


def _value(line: Line, level: Level) -> str:
    value = line.key[0] or f"(no {level})"
    return value if len(value) <= LIST_CHARS else f"{value[: LIST_CHARS - 1]}…"


_page()
