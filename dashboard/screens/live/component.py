"""The live feed as a Streamlit component: markup here, behaviour and looks in files beside it."""

from typing import NamedTuple

from dashboard.access.account import here
from dashboard.access.roles import PAGES
from dashboard.filters.bar import described
from dashboard.filters.kept import titles
from dashboard.screens.live.wanted import NOT_OF_LIVE
from dashboard.widgets import words
from dashboard.widgets.component import component
from models.annotations.ownership import owner_name
from models.filters.names import FILTERS

_COLUMNS = {
    "who": "Visitor",
    "company": "Company",
    "page": "Pages",
    "from": "From",
    "mail": "Email",
    "stage": "Why",
    "heard": "Last event",
}
_STATS = {
    "now": (
        "now",
        "Heard from in the last 30 minutes, session not finalized. Line: deliveries per minute",
    ),
    "hour": ("last hour", "Heard from in the last hour. Line: deliveries per minute, 60 minutes"),
    "today": (
        "today",
        "Heard from since midnight (your time). Line: deliveries per hour, 24 hours",
    ),
}
_TOGGLES = (
    ("live", "yes", "On site now"),
    ("hot", "yes", "Hot pages only"),
    ("min_employees", "200", "200+ people"),
)
"""The most common filters, which take one click."""
_HEAD = "".join(
    f'<span class="cell {name}" role="columnheader">{label}</span>'
    for name, label in _COLUMNS.items()
)
_STAT = "".join(
    f'<span class="stat {name}" title="{meaning}"><b>–</b> <span>{label}</span>'
    '<svg class="spark" aria-hidden="true"></svg></span>'
    for name, (label, meaning) in _STATS.items()
)
_TOGGLE = "".join(
    f'<button class="pill toggle" type="button" aria-pressed="false" data-parameter="{name}"'
    f' data-value="{value}">{label}</button>'
    for name, value, label in _TOGGLES
)
_BONES = '<div class="bone"><i></i><i></i><i></i><i></i></div>' * 8
_HTML = f"""
<section class="live" aria-labelledby="live-heading">
  <header class="strip">
    <div class="title">
      <h1 id="live-heading">Live</h1>
      <span class="state" data-state="reconnecting">
        <i class="dot" aria-hidden="true"></i><span class="state-word">Connecting…</span>
        <span class="why"></span>
      </span>
    </div>
    <div class="stats" hidden>{_STAT}
      <a class="intake" href="/operations" target="_self">
        <span class="state"><i class="dot" aria-hidden="true"></i><span class="intake-word"></span>
        </span>
        <span class="age"></span>
      </a>
    </div>
  </header>
  <p class="alarm" role="alert" hidden></p>
  <p class="missed" role="status" hidden
    ><span class="missed-said"></span
    ><button class="off" type="button" aria-label="I have seen this">×</button></p>
  <p class="told" hidden></p>
  <div class="filters" role="group" aria-label="Filters">
    <button class="more" type="button" aria-expanded="false">Filters</button
    ><span class="pills"></span>{_TOGGLE}
    <button class="add" type="button" aria-haspopup="dialog" aria-expanded="false">+ Filter</button>
    <div class="menu" popover="auto" role="dialog"></div>
    <button class="save as-mine" type="button" hidden>Save as my territory</button>
    <button class="save" type="button" hidden>Save as segment</button>
    <span class="left-out" role="status"></span>
    <span class="matching"></span>
    <span class="bots" hidden
      ><span class="bots-said"></span> · <button class="show" type="button">show</button></span>
    <span class="order" role="group" aria-label="Order"
      ><button type="button" value="time" title="Most recent event first">By time</button
      ><button type="button" value="grade"
        title="People who asked for something first, then by grade">By grade</button></span>
    <span class="keys">
      <kbd>j</kbd> <kbd>k</kbd> move, <kbd>Enter</kbd> open, <kbd>Esc</kbd> close,
      <kbd>t</kbd> take, <kbd>g</kbd> by grade
    </span>
  </div>
  <div class="frame">
    <button class="newer" type="button" hidden></button>
    <div class="list" role="grid" aria-label="Visitors, most recent event first" hidden>
      <div class="head" role="row">{_HEAD}</div>
      <div class="rows" role="rowgroup"></div>
    </div>
    <div class="skeleton" aria-hidden="true">{_BONES}</div>
    <div class="empty" hidden>
      <h2>Nobody yet</h2>
      <p>Visitors appear here within a second of Midbound's webhook. In Midbound, add an endpoint
      that points at your receiver, <code>/webhooks/midbound</code>, and choose all five events.</p>
      <p>To see made-up ones first, run <code>visitor-desk simulate</code></p>
    </div>
    <div class="none" hidden>
      <h2></h2>
      <p>The filters hide everyone who is here. New visitors who match will appear by
      themselves.</p>
      <button class="clear" type="button">Clear filters</button>
    </div>
  </div>
  <p class="spoken" role="status"></p>
</section>
"""

_MOUNT = component(
    "live",
    _HTML,
    beside=__file__,
    scripts=(
        "live_row.js",
        "live_line.js",
        "live_strip.js",
        "../../../filters/assets/bar_menu.js",
        "../../../filters/assets/bar_editor.js",
        "../../../filters/assets/bar_pills.js",
        "live_filters.js",
        "live_order.js",
        "live_missed.js",
        "live.js",
    ),
    style=(
        "../../../filters/assets/bar_menu.css",
        "../../../filters/assets/bar_pills.css",
        "live.css",
    ),
)


class Told(NamedTuple):
    """What the feed reports: the key of the selected lead, and the filters to save, as in an
    address; `territory`: filters to save as the first segment, at once.
    """

    selected: str | None
    save: str | None
    territory: str | None


def live_feed(
    *, key: str, selected: str | None, closings: int, search: str, is_first: bool
) -> Told:
    """Show the feed; returns what it reports.

    `search` is the address's query: if it changes, filters are read from it again. `selected`
    counts only when the feed first appears, later it keeps its own; `closings` is how often the
    selection was closed from outside: each further one clears it. `is_first`: whoever is looking
    has no segment yet. A change in the selected lead's row runs the script again.
    """
    clicked = _MOUNT(
        key=key,
        data={
            "url": "/api/feed",
            "missed": "/api/missed",
            "search": search,
            "filters": described(NOT_OF_LIVE, titles()),
            "cannot": {name: FILTERS[name].label for name in NOT_OF_LIVE},
            "offers": "/api/offers",
            "stages": words.STAGES,
            "validity": words.VALIDITY,
            "selected": selected,
            "closings": closings,
            "isFirst": is_first,
            "operations": here().may(PAGES["operations"]),
            "me": owner_name(here().who),
        },
        default={"selected": None, "seen": None},
        on_selected_change=lambda: None,
        on_seen_change=lambda: None,
        on_save_change=lambda: None,
        on_territory_change=lambda: None,
    )
    said = (clicked.selected, clicked.save, clicked.territory)
    return Told(*(one if isinstance(one, str) else None for one in said))
