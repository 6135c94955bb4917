"""The data dictionary as a component: what it says is decided here, how it looks beside it."""

from collections.abc import Sequence
from typing import Any

from dashboard.component import component
from dashboard.dictionary import Entry, Section
from models.payloads import EVENTS

_MOUNT = component(
    "dictionary",
    """
<div class="dictionary">
  <nav class="jump" aria-label="Objects"></nav>
  <p class="count" role="status"></p>
  <div class="sections"></div>
</div>
""",
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
                "entries": [_entry(entry, section, event) for entry in section.entries],
            }
            for section in sections
        ],
    }


def _entry(entry: Entry, section: Section, event: str | None) -> dict[str, Any]:
    # The event itself has no place within one.
    everywhere = {kind for kinds in section.places.values() for kind in kinds} or set(EVENTS)
    example = entry.examples.get(event) if event else next(iter(entry.examples.values()), None)
    return {
        "path": entry.path,
        "type": entry.type,
        "nullable": entry.nullable,
        "meaning": entry.meaning,
        "example": example,
        "shown": entry.shown,
        # Only where a field is not in all events that have the object.
        "only": [] if event or everywhere == set(entry.events) else _short(entry.events),
    }


def _short(events: Sequence[str]) -> list[str]:
    return [event.removeprefix("identity.") for event in events]
