"""Sessions a day as bars, split by campaign: the largest ones, all others together, none."""

from datetime import UTC, datetime

import plotly.graph_objects as go

from dashboard.days import Days
from dashboard.plots import colours, escape

NONE, OTHER = "no campaign", "other"

_LABEL_CHARS = 36

Counts = dict[tuple[int, str | None, bool], int]


def figure(counts: Counts, top: list[str], where: Days) -> go.Figure:
    """Stacked bars; `counts` and `top` as `queries.sessions` gives them."""
    *hues, grey = colours()
    series: dict[tuple[str | None, bool], tuple[str, str]] = {
        (name, True): (_short(name), hue) for name, hue in zip(top, hues, strict=False)
    }
    series[None, False] = (OTHER, grey)
    series[None, True] = (NONE, f"rgba({_rgb(grey)},0.38)")
    shown = {(name, is_named) for _, name, is_named in counts}
    drawn = go.Figure()
    for key, (label, colour) in series.items():
        if key not in shown:
            continue
        drawn.add_bar(
            name=label,
            x=[_date(where.start + bar * where.step_ms) for bar in range(where.steps)],
            y=[counts.get((bar, *key), 0) or None for bar in range(where.steps)],
            marker_color=colour,
            hovertemplate=f"%{{x|%-d %b %Y}}<br>{label}: %{{y:,}}<extra></extra>",
        )
    return drawn.update_layout(barmode="stack", hovermode="closest", legend_traceorder="normal")


def _date(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).date().isoformat()


def _short(name: str) -> str:
    # A percent sign and a brace would begin one of Plotly's own placeholders.
    cut = name if len(name) <= _LABEL_CHARS else f"{name[: _LABEL_CHARS - 1]}…"
    return escape(cut).replace("%{", "%&#123;")


def _rgb(colour: str) -> str:
    return ",".join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
