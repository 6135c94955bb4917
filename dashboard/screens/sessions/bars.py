"""Sessions per day as bars, split by campaign: the largest ones, all others together, none."""

import zlib
from collections.abc import Sequence

import plotly.graph_objects as go

from dashboard.widgets.charts import colours, escape
from dashboard.widgets.days import Days
from models.days import date_of

NONE, OTHER = "no campaign", "other"

_LABEL_CHARS = 36

Counts = dict[tuple[int, str | None, bool], int]


def figure(counts: Counts, top: list[str], where: Days) -> go.Figure:
    """Stacked bars; `counts` and `top` come from `sessions.queries`."""
    *hues, grey = colours()
    coloured = hues_of(top, hues)
    series: dict[tuple[str | None, bool], tuple[str, str]] = {
        (name, True): (_short(name), coloured[name]) for name in top
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
            x=[date_of(where.day + bar * where.days).isoformat() for bar in range(where.steps)],
            y=[counts.get((bar, *key), 0) or None for bar in range(where.steps)],
            marker_color=colour,
            hovertemplate=f"%{{x|%-d %b %Y}}<br>{label}: %{{y:,}}<extra></extra>",
        )
    return drawn.update_layout(barmode="stack", hovermode="closest", legend_traceorder="normal")


def hues_of(names: Sequence[str], hues: Sequence[str]) -> dict[str, str]:
    """A colour for each name: its own, whatever its rank. If two names have the same one, the
    alphabetically later takes the next free one, so that no two look alike.
    """
    found: dict[str, str] = {}
    for name in sorted(names):
        own = zlib.crc32(name.encode("utf-8", "replace")) % len(hues)
        order = [*hues[own:], *hues[:own]]
        taken = set(found.values())
        found[name] = next((hue for hue in order if hue not in taken), hues[own])
    return found


def _short(name: str) -> str:
    # A percent sign and a brace would begin one of Plotly's own placeholders.
    cut = name if len(name) <= _LABEL_CHARS else f"{name[: _LABEL_CHARS - 1]}…"
    return escape(cut).replace("%{", "%&#123;")


def _rgb(colour: str) -> str:
    return ",".join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
