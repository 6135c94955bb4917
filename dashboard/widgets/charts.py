"""Charts in the product's own colours, light and dark."""

from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

# What the theme calls sans-serif: Streamlit ships it. Plotly does not inherit fonts from the page.
_FONT = '"Source Sans", sans-serif'
_LIGHT = {"text": "#1b2625", "grid": "#dbe0dc", "paper": "#fbfbf9"}
_DARK = {"text": "#e3e9e6", "grid": "#2b3634", "paper": "#101615"}
PALETTE = {
    "light": ("#0b6a63", "#c06a22", "#4f6fb0", "#b08a1c", "#8a5a9e", "#2f7d4f", "#9aa5a1"),
    "dark": ("#5cc4b6", "#dc9458", "#8ea8e0", "#d2b04c", "#c39ad4", "#6fbf8c", "#6b7774"),
}
"""Colours of series, in their order; the last one is for "other"."""


def colours() -> tuple[str, ...]:
    """The series' colours in the viewer's theme."""
    return PALETTE["dark" if st.context.theme.type == "dark" else "light"]


def show(figure: go.Figure, key: str, *, height: int = 220) -> None:
    """Show a chart; `height` in px. Labels from the data must already be escaped with `escape`."""
    look = _DARK if st.context.theme.type == "dark" else _LIGHT
    axis = {"gridcolor": look["grid"], "zeroline": False, "title": None, "automargin": True}
    figure.update_layout(
        height=height,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": _FONT, "color": look["text"], "size": 12},
        colorway=list(colours()),
        legend={"orientation": "h", "y": -0.2, "title": None},
        hoverlabel={"bgcolor": look["paper"], "font": {"family": _FONT, "color": look["text"]}},
        bargap=0.25,
        barcornerradius=3,
    )
    figure.update_xaxes(**axis, showgrid=False)
    figure.update_yaxes(**axis)
    st.plotly_chart(figure, key=key, theme=None, config={"displayModeBar": False})


def show_rows(
    rows: pd.DataFrame, spec: dict[str, Any], key: str, *, alt: str, height: int = 220
) -> None:
    """Show rows as a Vega-Lite chart, in the same looks; `height` in px, `alt` says what it shows
    to those who can't see it. For the chart above a list: Plotly, which does more, takes a browser
    a second longer to load.
    """
    look = _DARK if st.context.theme.type == "dark" else _LIGHT
    text = {"labelColor": look["text"], "labelFont": _FONT, "labelFontSize": 12}
    config = {
        "background": "transparent",
        "view": {"stroke": None},
        "axis": {
            **text, "gridColor": look["grid"], "domain": False, "ticks": False, "labelPadding": 6,
        },
        "axisX": {"labelOverlap": True, "labelSeparation": 8, "labelFlush": True},
        "legend": {
            **text,
            "title": None,
            "orient": "bottom",
            "symbolType": "square",
            "labelLimit": 120,
            "columns": {"signal": "max(1, floor(width / 150))"},
        },
    }  # fmt: skip
    spec = {**spec, "config": config, "padding": {"left": 0, "right": 0, "top": 8, "bottom": 0}}
    st.vega_lite_chart(rows, spec, height=height, theme=None, key=key, alt=alt)


def escape(label: str) -> str:
    """A label from the data for a chart; Plotly interprets some HTML, so special characters are
    escaped."""
    return label.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
