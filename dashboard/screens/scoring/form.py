"""The definition as a form, for people who don't write TOML; its result is the definition's
text.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from models.scoring.definition import ANY_OTHER, CRITERIA, Criterion, Definition, PageRule
from models.scoring.fit import CRITERION_NAMES
from models.scoring.written import text_of

Offers = Mapping[str, Mapping[str, int]]
"""Values by criterion (and `page`, `signal`), each with how many have it."""

_ENDS = {"employees": ((50, 500), (10, 5000)), "growth": ((10, 1000), (0, 1000))}
_HELP = {
    "title": "Parts of a title, any of which must be in it.",
    "employees": "Whole points inside the inner range, none outside the outer one.",
    "growth": "Headcount, percent a year: whole points inside the inner range, none outside.",
    "country": "The employer's, else the lead's own.",
}


def form(definition: Definition, offers: Offers, key: str) -> str:
    """Show the form for a definition; returns the text of its current content. `key` must differ
    for each text that the form begins with.
    """
    st.subheader("Fit: who they are", anchor=False)
    st.caption("A weight of 0 leaves a criterion out. What is unknown counts against nobody.")
    there = {one.name: one for one in definition.fit}
    fit = tuple(filter(None, (_criterion(name, there.get(name), offers, key) for name in CRITERIA)))
    st.subheader("Intent: what they do", anchor=False)
    left, right = st.columns(2)
    half_life = left.number_input(
        "Half-life, days",
        0.01,
        3650.0,
        definition.half_life_days,
        help="After this long, points are worth half.",
        key=f"{key}_half_life",
    )
    again = right.number_input(
        "Points for a return visit",
        0.0,
        1_000_000.0,
        definition.return_visit,
        key=f"{key}_return",
    )
    return text_of(
        Definition(
            fit,
            half_life,
            again,
            _signals(definition, offers, key),
            _pages(definition, offers, key),
        )
    )


def _criterion(name: str, one: Criterion | None, offers: Offers, key: str) -> Criterion | None:
    narrow, wide = st.columns([1, 3], vertical_alignment="bottom")
    weight = narrow.number_input(
        CRITERION_NAMES[name],
        0.0,
        1_000_000.0,
        one.weight if one else 0.0,
        help=_HELP.get(name),
        key=f"{key}_{name}_weight",
        format="%g",
    )
    if CRITERIA[name] == "range":
        return _range(name, one, weight, wide, key)
    counts = offers.get(name, {})
    given = list(one.given) if one else []
    chosen = wide.multiselect(
        f"{CRITERION_NAMES[name]}: values",
        [*given, *(value for value in counts if value not in given)],
        given,
        format_func=lambda value: f"{value} ({counts[value]:,})" if value in counts else value,
        accept_new_options=name not in {"seniority", "department"},
        placeholder="Choose values" if name != "title" else "Type a part of a title",
        label_visibility="collapsed",
        key=f"{key}_{name}_any",
    )
    if not weight or not chosen:
        return None
    return Criterion(name, weight, tuple(map(str, chosen)))


def _range(
    name: str, one: Criterion | None, weight: float, place: Any, key: str
) -> Criterion | None:
    full, zero = (one.full, one.zero) if one else _ENDS[name]
    labels = ("None up to", "Whole from", "Whole to", "None from")
    numbers = [
        column.number_input(label, value=float(end), key=f"{key}_{name}_{label}", format="%g")
        for column, label, end in zip(
            place.columns(4), labels, (zero[0], full[0], full[1], zero[1]), strict=True
        )
    ]
    if not weight:
        return None
    least, low, high, most = numbers
    return Criterion(name, weight, full=(low, high), zero=(least, most))


def _signals(definition: Definition, offers: Offers, key: str) -> dict[str, float]:
    st.caption("Signals: what else the site reports during a visit, such as a submitted form.")
    frame = pd.DataFrame(
        [(name, points) for name, points in definition.signals.items()],
        columns=["Signal", "Points"],
    ).astype({"Signal": "string", "Points": "float64"})
    edited = st.data_editor(
        frame, num_rows="dynamic", hide_index=True, key=f"{key}_signals", width="stretch"
    )
    _say_offered("signal", offers)
    pairs = zip(edited["Signal"].tolist(), edited["Points"].tolist(), strict=True)
    return {
        str(name).strip(): _points(points)
        for name, points in pairs
        if not pd.isna(name) and str(name).strip()
    }


def _pages(definition: Definition, offers: Offers, key: str) -> tuple[PageRule, ...]:
    st.caption(
        f"Pages: a page counts under the longest path that it equals or lies below; {ANY_OTHER} "
        "stands for any other page."
    )
    names = ["Path", "Points", "Minimum seconds"]
    frame = pd.DataFrame(
        [(rule.path, rule.points, rule.min_seconds) for rule in definition.pages], columns=names
    ).astype({"Path": "string", "Points": "float64", "Minimum seconds": "float64"})
    edited = st.data_editor(
        frame, num_rows="dynamic", hide_index=True, key=f"{key}_pages", width="stretch"
    )
    _say_offered("page", offers)
    rows = zip(*(edited[name] for name in names), strict=True)
    return tuple(
        PageRule(str(path).strip(), _points(points), _points(seconds))
        for path, points, seconds in rows
        if not pd.isna(path) and str(path).strip()
    )


def _points(value: Any) -> float:
    return 0.0 if value is None or pd.isna(value) else float(value)


def _say_offered(name: str, offers: Offers) -> None:
    some = list(offers.get(name, {}).items())[:8]
    if some:
        said = ", ".join(f"`{value.replace('`', '')}` {count:,}" for value, count in some)
        st.caption(f"Most seen: {said}")
