"""What another definition would change, shown before it is saved."""

from collections import Counter
from collections.abc import Sequence

import plotly.graph_objects as go
import streamlit as st

from dashboard.widgets import charts
from dashboard.widgets.component import key_of
from models.scoring.fit import CRITERION_NAMES
from models.scoring.grade import FIGURES, LETTERS
from models.scoring.preview import SAMPLE, Effect, Fits, Moved, marks


def say_effect(found: Effect) -> str | None:
    """Show it; returns the key of a lead to open."""
    sample = (
        f"{found.looked_at:,} of {found.leads:,} leads"
        if (found.looked_at < found.leads)
        else f"all {found.leads:,} leads"
    )
    st.caption(f"Based on {sample}, always the same ones.")
    before, after = marks(found.before), marks(found.after)
    _bars("Fit", LETTERS, before[0], after[0], "scoring_fit_bars")
    _bars("Intent", FIGURES, before[1], after[1], "scoring_intent_bars")
    _say_unknown(found.unknown, found.lacking)
    opened = _moved("Rising most", found.rising) or _moved("Falling most", found.falling)
    if not found.rising and not found.falling:
        st.caption("Nobody's grade changes.")
    return opened


def say_fits(found: Fits, sample: int = SAMPLE) -> None:
    """Show how everybody's fit changes, if these are more than a sample has."""
    if found.leads <= sample:
        return
    st.caption(f"Fit of all {found.leads:,} leads")
    _bars("", LETTERS, found.before, found.after, "scoring_all_bars")
    _say_unknown(found.unknown, found.lacking)


def _say_unknown(unknown: int, lacking: Sequence[tuple[str, int]]) -> None:
    if not unknown:
        return
    names = ", ".join(f"{CRITERION_NAMES[name].lower()} ({count:,})" for name, count in lacking)
    st.caption(
        f"{unknown:,} without fit" + (f" because these are unknown: {names}." if names else ".")
    )


def _bars(
    title: str, names: tuple[str, ...], before: Counter[str], after: Counter[str], key: str
) -> None:
    if title:
        st.caption(title)
    figure = go.Figure()
    for label, counts in (("now", before), ("then", after)):
        figure.add_bar(name=label, x=list(names), y=[counts[name] for name in names])
    charts.show(figure, key, height=170)


def _moved(title: str, moved: Sequence[Moved]) -> str | None:
    if not moved:
        return None
    st.caption(title)
    opened = None
    for one in moved:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(f"{one.before} → {one.after}", width="content")
            # A name from the data: markup has no effect in plain text.
            st.text(one.name)
            if st.button("Open", key=key_of("scoring_open", one.lead), type="tertiary"):
                opened = one.lead
    return opened
