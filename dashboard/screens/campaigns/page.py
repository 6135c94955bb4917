"""Campaigns: what each campaign, source, channel, page or host brought, against another range."""

from collections.abc import Callable, Sequence
from typing import Any, cast, get_args

import streamlit as st
from sqlalchemy import Connection

from dashboard.access.account import here
from dashboard.data import activity
from dashboard.data.activity import LEVELS, Level, Range
from dashboard.data.reading import reading
from dashboard.data.shortening import LIST_CHARS
from dashboard.filters.bar import Chosen, change_filters, filter_bar, say_bots
from dashboard.filters.from_url import Given
from dashboard.filters.ranges import AGAINST, EVER
from dashboard.screens.campaigns import chart, opened_panel, take_away_button
from dashboard.screens.campaigns import report as campaign_report
from dashboard.screens.campaigns.links import link_behind
from dashboard.screens.campaigns.queries import Touch
from dashboard.screens.campaigns.report import Line, Measure, Numbers, Question, Report, change
from dashboard.table.table import beside, close_in, opened_in, table
from dashboard.widgets import words
from dashboard.widgets.charts import colours, show
from dashboard.widgets.choice import segments
from dashboard.widgets.days import end_of_today
from dashboard.widgets.fields import FIELDS
from dashboard.widgets.style import heading
from dashboard.widgets.tile import tile
from dashboard.widgets.times import dwell, zone
from models.days import date_of, day_of
from models.segments.asking import Kept
from models.storage.version import version

TOUCHES: tuple[Touch, ...] = get_args(Touch)
_NUMBERS = (
    "visits", "visits_change", "trend", "known_leads", "known_change", "qualified_leads",
    "large_qualified", "hot_visits", "new_leads", "lead_companies", "qualified_share",
    "sendable_share", "well_share", "median_fit", "median_dwell",
)  # fmt: skip
_TILES = (
    "visits", "known_leads", "new_leads", "lead_companies", "qualified_leads", "large_qualified",
    "sendable_share", "well_share", "median_fit", "hot_visits", "median_dwell",
)  # fmt: skip
_READY = ("utm_campaign", "utm_source", "utm_medium", "min_employees")
_DAYS = 30

# Numbers in quiet rows; the chosen value as a plain text title.
_LOOK = """
<style>
.st-key-panel_campaign [data-testid="stText"] { font-weight: 650; font-size: 1.1rem; }
@media (max-width: 640px) {
  /* What is opened comes where one looks, above the table instead of below it. */
  .st-key-beside_campaigns [data-testid="stColumn"] + * { order: -1; }
  .st-key-beside_campaigns [data-testid="stColumn"] { overflow-anchor: none; }
}
[class*="st-key-tile_campaign_"] {
  padding: .3rem .5rem; margin: -.3rem -.5rem;
  & [data-testid="stMetricValue"] { font-size: 1.5rem; line-height: 1.3; }
}
</style>
"""
_FIELD_OF: dict[Level, str] = {
    "campaign": "utm_campaign",
    "source": "utm_source",
    "medium": "utm_medium",
    "content": "utm_content",
    "channel": "channel",
    "landing page": "landing_page",
    "referring host": "referrer_host",
}
_ALL = "All"


def _show_all_time() -> None:
    change_filters(since=EVER, until=None)


@st.cache_data(max_entries=16, show_spinner="Counting sessions…")
def _report(
    _db: Connection,
    state: tuple[str, int],  # noqa: ARG001 - database and data version, for the cache's key
    asked: Question,
    minute: int,  # noqa: ARG001 - some filters mean other visits as time goes by
    kept: Kept,  # noqa: ARG001 - what segments and lists mean
) -> Report:
    """The report, cached while nothing changes: it looks at every session of two ranges."""
    return campaign_report.report(_db, asked)


def _controls() -> tuple[Level, Touch, Chosen]:
    with st.container(horizontal=True, vertical_alignment="bottom", key="campaign_controls"):
        level = segments("Group by", LEVELS, key="by", default="campaign")
        touch = segments(
            "Leads by touch",
            TOUCHES,
            key="touch",
            help="Each lead counts once: for the first (or the latest) of their visits with any "
            "campaign parameter or, if no visit has one, for the first (or latest) of all.",
        )
    chosen = filter_bar(
        "sessions",
        default_days=_DAYS,
        own=("touch",),
        ready=_READY,
        hides_bots=True,
        compares=True,
    )
    return cast("Level", level), cast("Touch", touch), chosen


def _page() -> None:
    heading("Campaigns")
    st.html(_LOOK)
    level, touch, chosen = _controls()
    measure = st.session_state.get("measure") or st.query_params.get("measure")
    asked = Question(
        level,
        Range(chosen.asked.since, chosen.asked.until),
        touch,
        end_of_today(),
        chosen.filters.without("since", "until"),
        chosen.against,
        cast("Measure", measure) if measure in get_args(Measure) else "sessions",
        here().who,
    )
    minute = chosen.asked.when.ms // 60_000 if chosen.filters.sets("live", "new_since") else 0
    with reading() as db:
        state = (str(db.engine.url), version(db))
        report = _report(db, state, asked, minute, chosen.kept)
        hidden = activity.hidden_bots(
            db, campaign_report.in_range(db, asked.filters, asked.span, asked.who)
        )
        any_at_all = bool(report.lines) or activity.any_at_all(db)
    with st.container(horizontal=True, vertical_alignment="center", key="campaigns_said"):
        st.caption(_said(chosen, asked, report), width="content")
        say_bots(hidden)
        st.space("stretch")
        tools = st.container(width="content")
    if not report.lines:
        _say_empty(chosen, any_at_all=any_at_all)
        return
    look, names = _chart(report, asked)
    with tools:
        take_away_button.show(asked, chosen, look, names)

    def link(line: Line, number: str) -> Given | None:
        return link_behind(chosen, number, line, level, touch)

    _tiles(report.total, link, key="campaign_totals", across=6, explains=True)
    rows, key = _rows(report, level), f"campaigns_{level.replace(' ', '-')}"
    opened = opened_in(key)
    line = next((row["line"] for row in rows if row["row"] == opened), None)
    with beside("campaigns", is_open=line is not None, shares=(5, 4)) as (left, right):
        with left:
            _table(report, rows, level, key)
        if line is not None:
            with right, st.container(border=True, key="panel_campaign"):
                _opened(line, level, key)
                with reading() as db:
                    opened_panel.show(db, asked, line)
                _tiles(line, link, key="campaign_line_tiles", across=3)


def _opened(line: Line, level: Level, key: str) -> None:
    """The open row, with current numbers rather than those from when it was chosen; and a way to
    close it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(_value(line, level) if line.key else _ALL)
        st.button(
            "Close",
            icon=":material/close:",
            type="tertiary",
            key="close_campaign",
            on_click=close_in,
            args=(key,),
        )


def _said(chosen: Chosen, asked: Question, report: Report) -> str:
    given = f"The last {_DAYS} days" if chosen.is_default_range else _dates(asked.span)
    compared = f", against {_dates(report.before)}" if report.before else ""
    return f"{given}{compared}. Days are those of {zone()}."


def _dates(span: Range) -> str:
    since, until = (
        f"{date_of(day_of(ms, zone())):%-d %b %Y}" if ms is not None else None for ms in span
    )
    if since and until:
        return f"{since} to {until}"
    return f"From {since}" if since else f"Until {until}" if until else "All time"


def _say_empty(chosen: Chosen, *, any_at_all: bool) -> None:
    if not any_at_all:
        st.info(
            "No visits yet. Campaigns are read from the utm_ parameters of the pages that "
            "visitors land on. To see made-up ones first, run `visitor-desk simulate`."
        )
        return
    if chosen.filters.without("since", "until", "bots").is_empty():
        st.info("Nobody visited in this period.")
    else:
        st.info("No session in this period matches all of these filters. Remove one to see more.")
    if chosen.given.get("since") != EVER or "until" in chosen.given:
        st.button("Show all time", on_click=_show_all_time)


def _chart(report: Report, asked: Question) -> tuple[chart.Look, list[str]]:
    """Show the chart; returns how it is drawn, and the rows chosen for it."""
    labels = [_value(line, asked.level) for line in report.lines]
    with st.container(horizontal=True, vertical_alignment="bottom", key="campaign_chart_controls"):
        segments("Measure", get_args(Measure), key="measure", is_labelled=False)
        look = segments("Chart type", get_args(chart.Look), key="look", is_labelled=False)
        names = st.multiselect(
            "Rows in the chart",
            labels,
            key=f"campaign_rows_{asked.level}",
            placeholder=f"The {min(chart.MOST_DRAWN, len(labels))} largest",
            label_visibility="collapsed",
            width=420,
        )
    drawn = chart.drawn(report, names, colours(), labels)
    before = f"All of it, {AGAINST[asked.against].removeprefix('the ')}"
    look = cast("chart.Look", look)
    show(chart.figure(drawn, look, before), "campaigns_chart", height=240)
    return look, names


def _tiles(
    line: Line,
    link: Callable[[Line, str], Given | None],
    key: str,
    across: int,
    *,
    explains: bool = False,
) -> None:
    """Each number with its change (in percent, for a share in points), linked to its sessions."""
    with st.grid(across, min_column_width=120, key=key):
        for name in _TILES:
            now = getattr(line.now, name)
            before = getattr(line.before, name) if line.before else None
            field = FIELDS[name]
            behind = link(line, name) if now else None
            with tile(f"{key}_{name}", f"Sessions behind {field.label}", "/sessions", behind):
                st.metric(
                    field.label,
                    _written(name, now),
                    _change(name, now, before),
                    help=field.meaning if explains else None,
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


def _rows(report: Report, level: Level) -> list[dict[str, Any]]:
    """The lines, and their total below."""
    lines = [*report.lines, report.total] if len(report.lines) > 1 else report.lines
    return [_row(line, level) for line in lines]


def _row(line: Line, level: Level) -> dict[str, Any]:
    # The total would dwarf the others' bars.
    trend = {"now": line.trend, "before": line.trend_before} if line.key else None
    return {
        "row": repr(line.key),
        _FIELD_OF[level]: _value(line, level) if line.key else _ALL,
        "also": ", ".join(line.also)[:LIST_CHARS] or None,
        **line.now._asdict(),
        "visits_change": change(line.now.visits, line.before and line.before.visits),
        "known_change": change(line.now.known_leads, line.before and line.before.known_leads),
        "trend": trend,
        "line": line,
    }


def _table(report: Report, rows: Sequence[dict[str, Any]], level: Level, key: str) -> None:
    if report.values > len(report.lines):
        st.caption(f"The {len(report.lines):,} largest of {report.values:,}.")
    also = ("also",) if any(line.also for line in report.lines) else ()
    table(
        rows,
        (_FIELD_OF[level], *also, *_NUMBERS),
        key,
        label="Campaigns",
        row_key="row",
        sort="visits.desc",
        last=repr(()),
    )


def _value(line: Line, level: Level) -> str:
    value = line.name or f"(no {level})"
    return value if len(value) <= LIST_CHARS else f"{value[: LIST_CHARS - 1]}…"


assert {*_TILES} <= {*Numbers._fields}  # noqa: S101 - a tile is one of the numbers
_page()
