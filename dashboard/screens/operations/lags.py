"""Time from receipt to commit: how Operations draws what `.commit_lags` counts."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from zoneinfo import ZoneInfo

import plotly.graph_objects as go

from dashboard.screens.operations.intake import Period, Row, beginning, beginnings, by_bound
from dashboard.screens.operations.queries import within
from dashboard.widgets.times import milliseconds

SHARES = {0.5: "Half within", 0.99: "99% within"}


_hour = itemgetter("hour")


def lag_chart(
    rows: Sequence[Row], colours: Sequence[str], *, period: Period, now_ms: int, zone: ZoneInfo
) -> go.Figure:
    """One line per share of the deliveries: the bound of their lag in each hour or day."""
    places = beginnings(period, now_ms, zone)
    counts: dict[datetime, Counter[int]] = {place: Counter() for place in places}
    for hour, of_hour in groupby(sorted(rows, key=_hour), key=_hour):
        counts.setdefault(beginning(hour, period, zone), Counter()).update(by_bound(of_hour))
    bars = [counts[place] for place in places]
    figure = go.Figure()
    for (share, label), colour in zip(SHARES.items(), colours, strict=False):
        lags = [within(bar, share) for bar in bars]
        figure.add_scatter(
            x=places,
            y=lags,
            name=label,
            # A single hour between silent ones would not show as a line.
            mode="lines+markers",
            line={"color": colour, "shape": "linear"},
            marker={"color": colour, "size": 5},
            customdata=[milliseconds(lag) for lag in lags],
            hovertemplate="%{customdata}",
        )
    figure.update_layout(hovermode="x unified")
    figure.update_yaxes(type="log", ticksuffix=" ms", tickformat=",d", dtick=1)
    figure.update_xaxes(tickformat="%-d %b" if period.by_day else "%H:%M\n%-d %b")
    return figure
