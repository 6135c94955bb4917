"""Operations: the state of intake, what is set aside, what is unknown, how to connect Midbound."""

import time
from importlib.metadata import version
from typing import Any

import streamlit as st
from sqlalchemy.exc import SQLAlchemyError

from dashboard.data.reading import reading
from dashboard.data.settings import settings
from dashboard.data.source import source
from dashboard.filters.from_url import say_ignored
from dashboard.screens.details.raw_event import raw_event
from dashboard.screens.operations import lists, queries
from dashboard.screens.operations.audit import audit_box
from dashboard.screens.operations.connect import connect
from dashboard.screens.operations.funnel import funnel, funnel_chart, worst_drop
from dashboard.screens.operations.intake import (
    OUTCOMES,
    PERIODS,
    UNKNOWN_TYPE,
    Period,
    at_least,
    by_type,
    chart,
    charted,
    short,
    since,
    tiles,
)
from dashboard.screens.operations.lags import lag_chart
from dashboard.screens.operations.missing import missing_box
from dashboard.screens.operations.quarantine import quarantine_box
from dashboard.screens.operations.replica import say_what_lags
from dashboard.screens.rules.destination_alarm import off_in_words
from dashboard.table.table import table
from dashboard.widgets import words
from dashboard.widgets.charts import colours, show
from dashboard.widgets.choice import segments
from dashboard.widgets.numbers import size
from dashboard.widgets.style import heading
from dashboard.widgets.times import ago, span, zone
from models import migrations, tokens
from models.payloads.events import EVENTS
from models.projection.joining import MOST
from models.projector.retention import reason_to_ask
from models.rules import destinations
from models.storage.outage import outage

# A text of its own would be shown: in a page's script Streamlit writes out what stands alone.
# A session not heard of for this long, and never finalized, has ended all the same.
_QUIET_MS = 30 * 60_000
# Deliveries that wait this long mean that nothing is deriving them; normally it is milliseconds.
_STUCK_MS = 60_000


@st.cache_data(ttl=20, max_entries=8, show_spinner=False)
def _history(database: str, range_name: str, hour: int) -> dict[str, Any]:  # noqa: ARG001 - the key
    """What needs a range of events, cached for a few seconds for all viewers."""
    now = int(time.time() * 1000)
    start = since(PERIODS[range_name], now)
    with source().read() as db:
        return {
            "now": now,
            "intake": queries.intake(db, start),
            "lags": queries.lags(db, start),
            "commit_lags": queries.commit_lags(db, start),
            "clocks": queries.clocks(db, start),
            "stages": queries.stage_sets(db, start, now - _QUIET_MS),
            "conflicts": queries.conflicts(db, start),
        }


def _page() -> None:
    heading("Operations", "What comes in, what became of it, and what needs attention.")
    say_ignored()
    _say_what_is_spooled()
    _say_what_needs_a_hand()
    say_what_lags()
    _say_which_destinations_fail()
    _say_which_tokens_open_everything()
    with reading() as db:
        waiting = queries.waiting(db)
        aside = lists.quarantined(db)
        latest = queries.latest_by_type(db)
        crowded = queries.crowded(db)
    if waiting["received_at"] is None and not waiting["count"] and not aside:
        st.info(
            "Nothing has come in yet. Connect Midbound as described below. To see made-up "
            "visitors first, run `visitor-desk simulate`."
        )
        connect()
        _system()
        return
    _alarm(waiting)
    _say_what_retention_waits_for()
    _say_who_is_crowded(crowded)
    name = segments("Period", tuple(PERIODS), key="range", default="24h", is_labelled=False)
    with reading():
        answers = _history(str(source().engine.url), name, int(time.time() // 3600))
    _strip(answers, waiting, aside)
    _intake(answers, PERIODS[name], waiting)
    left, right = st.columns(2, gap="large")
    with left:
        _types(answers, latest)
    with right:
        _stages(answers)
    st.header("Why is somebody missing?", anchor=False)
    missing_box()
    st.header("Quarantine", anchor=False)
    quarantine_box()
    _unknown()
    _withheld()
    st.header("Audit", anchor=False)
    audit_box()
    left, right = st.columns([3, 2], gap="large")
    with left:
        connect()
    with right:
        _system()


def _say_what_needs_a_hand() -> None:
    """For a database that does not come back by itself: `reading` only says that it is away."""
    try:
        with source().read():
            pass
    except SQLAlchemyError as error:
        mend = outage(error).mend
        if mend:
            st.error(f"The database can't be used: {mend}.", icon=":material/build:")


def _say_which_destinations_fail() -> None:
    with reading() as db:
        found = destinations.listed(db)
    for one in found:
        if one.off_since is not None:
            st.error(off_in_words(one), icon=":material/notifications_off:")


def _say_what_is_spooled() -> None:
    waiting = settings().spooled_bytes()
    if waiting:
        st.info(
            f"The receiver still accepts deliveries: {size(waiting)} are waiting on its disk "
            "until the database is back.",
            icon=":material/save:",
        )


@st.cache_data(ttl=300, max_entries=2, show_spinner=False)
def _asked_by_retention(database: str, days: int) -> str | None:  # noqa: ARG001 - the key
    return reason_to_ask(source(), days)


def _say_what_retention_waits_for() -> None:
    days = settings().retention_days
    if days is None:
        return
    with reading():
        why = _asked_by_retention(str(source().engine.url), days)
    if why:
        st.warning(
            f"Retention is waiting for you: {why}. If that is intended, run `visitor-desk db "
            "prune --however-much`.",
            icon=":material/auto_delete:",
        )


def _alarm(waiting: dict[str, Any]) -> None:
    oldest, now_ms = waiting["oldest"], time.time() * 1000
    # What was in the spool for long is old when it is derived, which is not a problem.
    is_at_work = now_ms - (waiting["derived_at"] or 0) < _STUCK_MS
    if oldest is not None and now_ms - oldest > _STUCK_MS and not is_at_work:
        st.warning(
            f"Deliveries kept but not derived yet: {at_least(waiting['count'])}, the oldest for "
            f"{span(time.time() - oldest / 1000)}. The receiver derives them: is it running?",
            icon=":material/hourglass_top:",
        )


def _say_who_is_crowded(visitors: int) -> None:
    if visitors:
        st.info(
            f"{at_least(visitors)} visitors are linked by shared email addresses in a chain of "
            f"more than {MOST:,} visitors or addresses. That can't be one person, so they are "
            "not joined: each is a lead of its own. A shared mailbox or a test may be the "
            "cause.",
            icon=":material/groups:",
        )


def _strip(answers: dict[str, Any], waiting: dict[str, Any], aside: int) -> None:
    shown = tiles(answers, waiting, aside, time.time() * 1000)
    with st.grid(4, min_column_width=150, gap="small"):
        for tile in shown:
            st.metric(tile.label, tile.value, border=True, help=tile.meaning)


def _intake(answers: dict[str, Any], period: Period, waiting: dict[str, Any]) -> None:
    st.header("Intake", anchor=False)
    rows, now = answers["intake"], answers["now"]
    if not rows:
        st.caption(
            f"Nothing came in during the last {period.label}. The last event came "
            f"{ago(waiting['received_at'])}."
        )
        return
    each = "day" if period.by_day else "hour"
    when: dict[str, Any] = {"period": period, "now_ms": now, "zone": zone()}
    palette = colours()
    derived = [row for row in rows if row["outcome"] == "derived"]
    others = [row for row in rows if row["outcome"] != "derived"]
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.caption(f"Events derived per {each}, by type")
        names = {kind: (short(kind), palette[place]) for place, kind in enumerate(EVENTS)}
        names[UNKNOWN_TYPE] = (UNKNOWN_TYPE, palette[6])
        show(chart(charted(derived), "type", names, **when), "intake_types")
    with right:
        st.caption(f"Quarantined or duplicate per {each}")
        if others:
            looks = dict(zip(OUTCOMES, (palette[1], palette[6], palette[4]), strict=True))
            names = {key: (label, looks[key]) for key, label in OUTCOMES.items()}
            show(chart(others, "outcome", names, **when), "intake_others")
        else:
            st.text("None: every delivery in this period was new and could be read.")
    if answers["commit_lags"]:
        st.caption(f"From a delivery's receipt to its commit, per {each}")
        show(lag_chart(answers["commit_lags"], palette[:2], **when), "commit_lags")
    if answers["conflicts"]:
        with st.expander(f"Received again with a different body ({len(answers['conflicts']):,})"):
            table(
                answers["conflicts"],
                ("received_at", "webhook_id"),
                "conflicts",
                label="Received again with a different body",
                sort="received_at.desc",
            )


def _types(answers: dict[str, Any], latest: dict[str, int]) -> None:
    st.header("Last event of each type", anchor=False)
    counts = by_type(answers["intake"])
    rows = [
        {
            "type": short(kind),
            "age": ago(latest.get(kind)),
            "received_at": latest.get(kind),
            "deliveries": counts.get(kind, 0),
        }
        for kind in [*EVENTS, *sorted(latest.keys() - EVENTS.keys())]
    ]
    table(
        rows,
        ("type", "age", "received_at", "deliveries"),
        "types",
        label="Last event of each type",
    )
    missing = [short(kind) for kind in EVENTS if kind not in latest]
    if missing:
        st.caption(
            f"{', '.join(missing)} never arrived. If you want them, select them for the endpoint "
            "in Midbound."
        )


def _stages(answers: dict[str, Any]) -> None:
    st.header("How far visits get", anchor=False)
    steps, total = funnel(answers["stages"])
    if not total:
        st.caption("There were no visits in this period.")
        return
    show(funnel_chart(steps, total, colours()), "funnel", height=250)
    worst = worst_drop(steps)
    if worst:
        st.caption(
            f"The largest share ends after {worst.label.lower()}: {worst.dropped:,} of"
            f" {worst.reached:,} ({worst.dropped / worst.reached:.0%}). A visit that is still "
            "running may continue."
        )


def _unknown() -> None:
    st.header("Unknown fields and types", anchor=False)
    with reading() as db:
        rows = queries.unknown(db)
    if not rows:
        st.caption("None: this version knows everything that Midbound has sent.")
        return
    st.caption(
        "Midbound sends these, and this version does not know them. They are kept in the raw "
        "deliveries, and nothing else is lost. Select one to see the newest event that has it."
    )
    names = ("type", "path", "created_first", "created_last")
    chosen = table(
        [row | {"key": f"{row['type']} {row['path']}"} for row in rows],
        names,
        "unknown",
        label="Unknown fields and types",
        row_key="key",
    )
    newest = {f"{row['type']} {row['path']}": row["webhook_id"] for row in rows}
    if chosen in newest and st.button(
        "See the newest event that has it", icon=":material/data_object:", key="unknown_raw"
    ):
        raw_event(newest[chosen])


def _withheld() -> None:
    with reading() as db:
        rows = queries.withheld(db)
    if rows:
        st.header("Kept out", anchor=False)
        st.caption(
            "Deliveries about people who were forgotten or are ignored. Only a count is kept."
        )
        table(rows, ("reason", "dropped", "erased"), "withheld", label="Kept out")


def _say_which_tokens_open_everything() -> None:
    with reading() as db:
        names = tokens.of_old(db)
    if names:
        st.warning("Tokens made before scopes existed open everything. For each of these, make "
                   "one with the scope that its server needs (`visitor-desk token add`), then "
                   "revoke the old one (`visitor-desk token revoke`):", icon=(
                       ":material/key:"
                   ))  # fmt: skip
        st.text(", ".join(names))


def _system() -> None:
    st.header("System", anchor=False)
    with reading() as db:
        storage = queries.storage(db)
    is_current = migrations.is_current(source())
    replica = " (a replica, for reading)" if settings().database_read_url else ""
    facts = {
        "Version": version("visitor-desk"),
        "Database": f"{storage['kind']}{replica}, {size(storage['bytes'])}",
        "Migration": f"{storage['revision'] or words.MISSING}"
        + (", this version's" if is_current else ", not this version's: run db upgrade"),
    }
    for label, value in facts.items():
        with st.container(gap=None):
            st.caption(label)
            st.text(value)


_page()
