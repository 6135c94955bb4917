"""The back-test on the screen: does it work?"""

import time
from datetime import UTC, datetime
from datetime import time as clock

import pandas as pd
import streamlit as st
from sqlalchemy import select

from dashboard.data.reading import reading
from dashboard.data.source import source
from models.backtest.backtest import CALLS, Backtest, BacktestError, backtest, usual_cut
from models.backtest.figures import Share
from models.tables import LIST

_NO_LIST = "Came back within 14 days"
_FOUND = "scoring_backtest"


def proof() -> None:
    """Offer a back-test, and show the result of the last one."""
    st.subheader("Does it work?", anchor=False)
    st.caption(
        "Leads as they were known on a given day, scored by the version in use, compared with "
        "what happened to them afterwards. It derives everything received before that day once "
        "more."
    )
    with reading() as db:
        names = sorted(db.execute(select(LIST.c.name)).scalars())
        usual_ms = usual_cut(db, int(time.time() * 1000))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        won = st.selectbox("Success means", [_NO_LIST, *names], key="scoring_won", width=260)
        default = datetime.fromtimestamp(usual_ms / 1000, UTC).date()
        day = st.date_input("As of", default, max_value=datetime.now(UTC).date(), width=160)
        calls = st.number_input("Leads the team can call", 1, 100_000, CALLS, width=140)
        is_asked = st.button("Test")
    if is_asked:
        cut = int(datetime.combine(day, clock(), UTC).timestamp() * 1000)
        _run(None if won == _NO_LIST else won, cut, calls)
    found: Backtest | None = st.session_state.get(_FOUND)
    if found:
        _show(found)


def _run(won: str | None, cut: int, calls: int) -> None:
    bar = st.progress(0.0, "Reading what had been received by then…")

    def on_progress(done: int, total: int) -> None:
        bar.progress(min(1.0, done / max(total, 1)), f"{done:,} of {total:,} deliveries")

    began = time.monotonic()
    try:
        st.session_state[_FOUND] = backtest(
            source(), won, cut, calls=calls, on_progress=on_progress
        )
    except BacktestError as error:
        st.session_state.pop(_FOUND, None)
        st.warning(f"{error}.")
    bar.empty()
    st.caption(f"Took {time.monotonic() - began:,.0f} s.")


def _show(found: Backtest) -> None:
    everybody = found.figures.everybody
    st.text(
        f"Version {found.version}; {found.outcome}. {everybody.of:,} leads, {everybody.won:,} won."
    )
    for note in found.notes:
        st.caption(f"{note}.")
    if found.figures.proves_nothing:
        st.warning("Fewer than 20 won: these are counts, and they prove nothing.")
        rows = [
            {"Grade": mark, "Leads": its.of, "Won": its.won}
            for mark, its in found.figures.by_grade.items()
        ]
        st.dataframe(pd.DataFrame(rows), hide_index=True, width="content")
        return
    left, right = st.columns(2)
    left.dataframe(
        pd.DataFrame([{"Grade": m} | _said(its) for m, its in found.figures.by_grade.items()]),
        hide_index=True,
    )
    right.dataframe(
        pd.DataFrame(
            [
                {f"First {found.figures.calls}, by": way.name}
                | _said(way.first)
                | {"Lift": None if way.lift is None else f"{way.lift:.1f}"}
                for way in found.figures.ways
            ]
        ),
        hide_index=True,
    )


def _said(its: Share) -> dict[str, object]:
    return {
        "Leads": its.of,
        "Won": its.won,
        "Rate": f"{its.rate:.1%}",
        "95 %": f"{its.low:.1%} to {its.high:.1%}",
    }
