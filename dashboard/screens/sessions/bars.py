"""Sessions per day as bars, split by campaign: the largest ones, all others together, none."""

import json
import zlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd

from dashboard.widgets.charts import colours
from dashboard.widgets.days import Days
from models.days import date_of

NONE, OTHER = "no campaign", "other"

_LABEL_CHARS = 100
_WIDTH = 0.8
"""Of a bar: its share of the time that it stands for."""

_A_YEAR = 330
"""Days, about: from so many on, an axis says the year instead of the day."""

Counts = dict[tuple[int, str | None, bool], int]


class Bars(NamedTuple):
    """A chart: what it shows, a row for each piece of a bar, and how, as Vega-Lite says it."""

    rows: pd.DataFrame
    spec: dict[str, Any]


def bars(counts: Counts, top: list[str], where: Days) -> Bars:
    """Stacked bars; `counts` and `top` come from `sessions.queries`."""
    *hues, grey = colours()
    coloured = hues_of(top, hues)
    series: dict[tuple[str | None, bool], tuple[str, str]] = {
        (name, True): (name, coloured[name]) for name in top
    }
    series[None, False] = (OTHER, grey)
    series[None, True] = (NONE, f"{grey}61")
    shown = {(name, is_named) for _, name, is_named in counts}
    keys = [key for key in series if key in shown]
    rows, heights = [], dict.fromkeys(range(where.steps), 0)
    for place, key in enumerate(keys):
        for bar in range(where.steps):
            count = counts.get((bar, *key), 0)
            if not count:
                continue
            first = where.day + bar * where.days
            rows.append(
                {
                    "begin": first,
                    "end": first + _WIDTH * where.days,
                    "from": heights[bar],
                    "to": heights[bar] + count,
                    "series": place,
                    "sessions": count,
                    "day": f"{date_of(first):%-d %b %Y}",
                    "campaign": series[key][0],
                }
            )
            heights[bar] += count
    labels = [series[key][0] for key in keys]
    return Bars(pd.DataFrame(rows), _spec(labels, [series[key][1] for key in keys], where))


def _spec(labels: list[str], hues: list[str], where: Days) -> dict[str, Any]:
    """How the bars are drawn. Series go by their places, for two campaigns may be called alike:
    "other" is a name that somebody can give one.
    """
    days = [where.day + bar * where.days for bar in range(where.steps)]
    middle = _WIDTH / 2 * where.days
    looks = looks_of(days[-1] - days[0])
    names = json.dumps([label[:_LABEL_CHARS] for label in labels])
    return {
        "mark": {"type": "rect", "cornerRadius": 1, "aria": False},
        "encoding": {
            "x": {
                "field": "begin",
                "type": "quantitative",
                "scale": {"domain": [days[0], days[-1] + 2 * middle], "nice": False, "zero": False},
                "axis": {
                    "values": [day + middle for day in days],
                    "labelExpr": f"utcFormat(round(datum.value - {middle}) * 86400000, '{looks}')",
                    "grid": False,
                },
                "title": None,
            },
            "x2": {"field": "end"},
            "y": {
                "field": "to",
                "type": "quantitative",
                "title": None,
                "axis": {"tickMinStep": 1, "tickCount": 4, "format": ",d"},
            },
            "y2": {"field": "from"},
            "color": {
                "field": "series",
                "type": "ordinal",
                "scale": {"domain": list(range(len(labels))), "range": hues},
                "legend": {"labelExpr": f"{names}[datum.value]"},
            },
            "tooltip": [
                {"field": "day", "type": "nominal", "title": "From" if where.days > 1 else "Day"},
                {"field": "campaign", "type": "nominal", "title": "Campaign"},
                {"field": "sessions", "type": "quantitative", "format": ",d", "title": "Sessions"},
            ],
        },
    }


def looks_of(days: int) -> str:
    """How the days of an axis that is so long are written, as d3 says it."""
    return "%b %Y" if days > _A_YEAR else "%-d %b"


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
