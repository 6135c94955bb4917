"""The data dictionary as a component: its content is decided here, its look in the files
beside it.
"""

from collections.abc import Sequence
from typing import Any

from dashboard.screens.dictionary.sections import Entry, Section
from dashboard.widgets.component import component
from models.payloads.events import EVENTS

_MOUNT = component(
    "dictionary",
    """
<div class="dictionary">
  <nav class="jump" aria-label="Objects"></nav>
  <p class="count" role="status"></p>
  <div class="sections"></div>
</div>
""",
    beside=__file__,
    scripts=("dictionary.js",),
    style="dictionary.css",
)


def dictionary_table(sections: Sequence[Section], *, query: str, event: str | None) -> None:
    """Show sections; the words of the query are marked."""
    _MOUNT(key="dictionary", data=table_data(sections, query=query, event=event))


def table_data(sections: Sequence[Section], *, query: str, event: str | None) -> dict[str, Any]:
    """What the component says, as JSON."""
    return {
        "words": query.split(),
        "sections": [
            {
                "title": section.title,
                "meaning": section.meaning,
                "places": list(section.places),
                "events": _named(section.events()),
                "entries": [_entry(entry, event) for entry in section.entries],
            }
            for section in sections
        ],
    }


def _entry(entry: Entry, event: str | None) -> dict[str, Any]:
    example = entry.examples.get(event) if event else next(iter(entry.examples.values()), None)
    return {
        "path": entry.path,
        "type": entry.type,
        "nullable": entry.nullable,
        "meaning": entry.meaning,
        "example": example,
        "shown": entry.shown,
        "events": _named(entry.events),
    }


def _named(events: Sequence[str]) -> list[str]:
    """Events by name; "all events" if it is all of them."""
    return ["all events"] if len(events) == len(EVENTS) else list(events)
