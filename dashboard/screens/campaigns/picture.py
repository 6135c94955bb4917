"""The chart as a picture to download: an SVG that any program shows, made of text and plain
shapes.
"""

from collections.abc import Sequence
from html import escape

from dashboard.screens.campaigns.chart import Drawn, Look

_WIDE, _HIGH = 1_000, 420
_LEFT, _TOP, _BOTTOM = 60, 46, 90
_ROOM = _HIGH - _TOP - _BOTTOM
_TICKS = 4
_LEGEND_PX, _CHARS = 230, 30
_BEFORE = "#5c6764"
_NO_XML = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 65534, 65535), "�")
"""Characters that XML must not contain, by their code."""


def svg(shown: Drawn, look: Look, title: str, before: str) -> str:
    """The chart, in light colours, with a title; `before` names the grey line in the background."""
    steps = max(len(shown.steps), 1)
    stacked = look == "stacked"
    tops = [sum(one) for one in zip(*(series.counts for series in shown.series), strict=True)]
    peaks = tops if stacked else [count for series in shown.series for count in series.counts]
    ticks = _ticks(max([*peaks, *shown.before, 1]))
    most = ticks[-1]
    width = (_WIDE - _LEFT - 20) / steps

    def y(count: float) -> float:
        return float(round(_TOP + _ROOM * (1 - count / most), 1))

    size = f'viewBox="0 0 {_WIDE} {_HIGH}" width="{_WIDE}" height="{_HIGH}"'
    font = 'font-family="sans-serif" font-size="12" fill="#1b2625"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {font}>',
        f'<rect width="{_WIDE}" height="{_HIGH}" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="26" font-size="16">{_text(title)}</text>',
    ]
    for tick in ticks:
        at = y(tick)
        parts.append(f'<path d="M{_LEFT} {at}H{_WIDE - 20}" stroke="#dbe0dc"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{at + 4}" text-anchor="end">{tick:,}</text>')
    middles = [round(_LEFT + width * (step + 0.5), 1) for step in range(steps)]
    below = [0] * steps
    for series in shown.series:
        if stacked:
            for step, count in enumerate(series.counts):
                if count:
                    parts.append(
                        f'<rect x="{middles[step] - width * 0.4:.1f}" y="{y(below[step] + count)}" '
                        f'width="{width * 0.8:.1f}" height="{_ROOM * count / most:.1f}" '
                        f'fill="{series.colour}"/>'
                    )
                below[step] += count
        else:
            parts.append(_line(middles, [y(count) for count in series.counts], series.colour))
    if shown.before:  # above the bars, as on the page
        parts.append(_line(middles, [y(count) for count in shown.before], _BEFORE, dotted=True))
    parts += _dates(shown.steps, middles)
    parts += _legend(shown, before)
    return "\n".join([*parts, "</svg>"])


def _ticks(most: int) -> range:
    """From 0 to `most` or beyond, in at most `_TICKS` steps of 1, 2 or 5 times a power of ten."""
    step = 1
    while step * _TICKS < most:
        step = step * 5 // 2 if str(step)[0] == "2" else step * 2
    return range(0, most + step, step)


def _line(xs: Sequence[float], ys: Sequence[float], colour: str, *, dotted: bool = False) -> str:
    points = " ".join(f"{x},{y}" for x, y in zip(xs, ys, strict=True))
    dash = ' stroke-dasharray="3 4"' if dotted else ""
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>'


def _dates(steps: Sequence[str], middles: Sequence[float]) -> list[str]:
    every = max(1, -(-len(steps) // 8))
    return [
        f'<text x="{middles[step]}" y="{_HIGH - _BOTTOM + 18}" text-anchor="middle">{date}</text>'
        for step, date in enumerate(steps)
        if step % every == 0
    ]


def _legend(shown: Drawn, before: str) -> list[str]:
    named: list[tuple[str, str | None]] = [(one.name, one.colour) for one in shown.series]
    if shown.before:
        named.append((before, None))
    found = []
    for place, (name, colour) in enumerate(named):
        x = _LEFT + place % 4 * _LEGEND_PX
        line = _HIGH - 42 + place // 4 * 18
        found.append(
            f'<rect x="{x}" y="{line - 9}" width="10" height="10" fill="{colour}"/>'
            if colour
            else _line((x - 2, x + 12), (line - 4, line - 4), _BEFORE, dotted=True)
        )
        cut = name if len(name) <= _CHARS else f"{name[: _CHARS - 1]}…"
        found.append(f'<text x="{x + 16}" y="{line}">{_text(cut)}</text>')
    return found


def _text(text: str) -> str:
    return escape(text.translate(_NO_XML).encode("utf-8", "replace").decode())
