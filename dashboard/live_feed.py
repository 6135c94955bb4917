"""The live feed as a Streamlit component: markup here, behaviour and looks in files beside it."""

from dashboard import words
from dashboard.component import component

_COLUMNS = {
    "who": "Visitor",
    "company": "Company",
    "page": "Landing page",
    "mail": "E-mail",
    "stage": "Stage",
    "heard": "Heard",
}
_HEAD = "".join(
    f'<span class="cell {name}" role="columnheader">{label}</span>'
    for name, label in _COLUMNS.items()
)
_BONES = '<div class="bone"><i></i><i></i><i></i><i></i></div>' * 8
_HTML = f"""
<section class="live" aria-labelledby="live-heading">
  <header class="strip">
    <h1 id="live-heading">Visitors</h1>
    <span class="state" data-state="reconnecting">
      <i class="dot" aria-hidden="true"></i><span class="state-word">Connecting…</span>
      <span class="why"></span>
    </span>
    <span class="fact age"></span>
    <span class="fact count"></span>
    <button class="newer" type="button" hidden></button>
    <span class="keys">
      <kbd>j</kbd> <kbd>k</kbd> move, <kbd>Enter</kbd> open, <kbd>Esc</kbd> close
    </span>
  </header>
  <p class="alarm" role="alert" hidden></p>
  <div class="frame">
    <div class="list" role="grid" aria-label="Visitors, newest heard of first" hidden>
      <div class="head" role="row">{_HEAD}</div>
      <div class="rows" role="rowgroup"></div>
    </div>
    <div class="skeleton" aria-hidden="true">{_BONES}</div>
    <div class="empty" hidden>
      <h2>Nobody yet</h2>
      <p>Visitors appear here within a second of Midbound's webhook. In Midbound, add an endpoint
      that points at your receiver, <code>/webhooks/midbound</code>, and choose all five events.</p>
      <p>To see it move first, play some made-up ones: <code>visitor-desk simulate</code></p>
    </div>
  </div>
  <p class="spoken" role="status"></p>
</section>
"""

_MOUNT = component(
    "live",
    _HTML,
    scripts=("live_row.js", "live_line.js", "live.js"),
    style="live.css",
)


def live_feed(*, key: str, selected: str | None, closings: int) -> str | None:
    """Show the feed; gives the key of the lead that is selected in it.

    `selected` counts when the feed appears first, later it keeps its own; `closings` is how often
    the selection was taken back from outside: each further one clears it. A change of the selected
    lead's row runs the script again.
    """
    told = _MOUNT(
        key=key,
        data={
            "url": "/api/feed",
            "stages": words.STAGES,
            "validity": words.VALIDITY,
            "selected": selected,
            "closings": closings,
        },
        default={"selected": None, "seen": None},
        on_selected_change=lambda: None,
        on_seen_change=lambda: None,
    )
    key_told = told.selected
    return key_told if isinstance(key_told, str) else None
