"""The table as a Streamlit component: its input and its output."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from dashboard.data.paging import MOST_COUNTED
from dashboard.widgets import words
from dashboard.widgets.component import component
from dashboard.widgets.fields import FIELDS, Kind

_HTML = """
<section class="table">
  <div class="bar">
    <span class="said"></span>
    <button class="every" type="button" hidden></button>
    <button class="export" type="button" hidden>Export these</button>
    <button class="none" type="button" hidden>Select none</button>
    <button class="reset" type="button" title="Restore the original order and widths" hidden
      >Reset columns</button>
    <span class="hint">
      <kbd>↑</kbd> <kbd>↓</kbd> move<span class="for-open">, <kbd>Enter</kbd> open</span
      ><span class="for-select">, <kbd>Space</kbd> select</span>
    </span>
  </div>
  <p class="trouble" role="alert" hidden>
    <span></span> <button class="again" type="button">Try again</button></p>
  <div class="frame">
    <div class="grid" role="grid" aria-busy="true">
      <div class="head" role="rowgroup"><div class="line"></div></div>
      <div class="body" role="rowgroup"></div>
    </div>
    <div class="drop" aria-hidden="true" hidden></div>
    <div class="whole" dir="auto" aria-hidden="true" hidden></div>
  </div>
  <p class="spoken" role="status"></p>
</section>
"""

MOUNT = component(
    "table",
    _HTML,
    beside=__file__,
    scripts=(
        "table_address.js",
        "table_cells.js",
        "table_columns.js",
        "table_carry.js",
        "table_pages.js",
        "table_chosen.js",
        "table_input.js",
        "table_ahead.js",
        "table_order.js",
        "table_lines.js",
        "table.js",
    ),
    style="table.css",
)

_WIDTH_OF: dict[Kind, float] = {
    "text": 10, "time": 6.2, "whole": 6.4, "decimal": 6.4, "percent": 5.8, "usd": 7.4,
    "seconds": 5.8, "dwell": 7.4, "grade": 5, "stage": 9.6, "validity": 7.6, "trend": 9, "link": 12,
}  # fmt: skip
_WIDTHS = {
    "who": 12.5, "name": 13, "email": 15, "job_title": 14, "company": 11, "country": 5.2,
    "city": 7.5, "last_page": 17, "shown_page": 17, "landing_page": 17, "shown_referrer": 12,
    "url": 20, "title": 16, "utm_source": 7, "utm_medium": 7, "device": 6, "click_ids": 6,
    "industry": 12, "check_error": 16, "error": 26, "filters": 26, "webhook_id": 17, "type": 12,
    "path": 18, "what": 12, "asked_by": 14, "reason": 26, "seniority": 7.5, "department": 9,
    "last_activity": 7.4, "pageviews": 7, "employee_count": 7, "monthly_visitors": 7.6,
    "revenue": 10, "domain": 11, "company_domain": 11, "age": 7, "last_viewed": 7,
    "grade": 5, "intent": 5, "fit": 4.4, "why": 19.4,
    "known_leads": 8.4, "qualified_leads": 8.2, "large_qualified": 8, "lead_companies": 7,
    "qualified_share": 8.4, "sendable_share": 6.4, "median_dwell": 8, "utm_campaign": 11,
}  # fmt: skip
"""Widths of columns, in rem: by field if its texts are long or short, else by kind."""

UNSORTED = "This column can't be sorted."
TOO_MANY = (
    f"Only up to {MOST_COUNTED:,} rows can be sorted by this column: filter first, then sort."
)
_LARGE_FIRST = frozenset(
    {"time", "whole", "decimal", "percent", "usd", "seconds", "dwell", "stage"}
)


class Sortable(NamedTuple):
    """What a click on a column's head sorts by: the order's name, which direction first, or why it
    can't."""

    name: str | None
    descending: bool = False
    why: str = ""


def columns(
    names: Sequence[str],
    places: Sequence[str],
    sortable: Sequence[Sortable],
    *,
    most: int = 1,
) -> list[dict[str, Any]]:
    """The table's columns, as it receives them. `places`: the fields of a row in their order;
    `most`: the greatest number in any trend.
    """
    return [
        {
            "name": name,
            "label": FIELDS[name].label,
            "meaning": FIELDS[name].meaning,
            "kind": FIELDS[name].kind,
            "at": places.index(name) + 2,
            "width": _WIDTHS.get(name, _WIDTH_OF[FIELDS[name].kind]),
            "sort": way.name,
            "way": "desc" if way.descending else "asc",
            "why": way.why,
            "most": most,
        }
        for name, way in zip(names, sortable, strict=True)
    ]


def is_large_first(name: str) -> bool:
    """Whether people want the largest or newest value of a field first."""
    return FIELDS[name].kind in _LARGE_FIRST


WORDS = {"stages": words.STAGES, "validity": words.VALIDITY}
