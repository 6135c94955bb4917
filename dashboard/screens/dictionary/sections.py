"""The data dictionary: every field of every event, made from the payload types and the examples.

An object that occurs in several places (a company is in three) is listed once, with its places;
small objects inside it appear as dotted paths. What screens show of a field is in `shown`.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.resources import files
from typing import Any, get_args, get_origin

from pydantic.fields import FieldInfo

from dashboard.screens.dictionary.shown import shown
from models.payloads.events import EVENTS, Envelope, Query, Validation
from models.payloads.profiles import Company, Employment, Person
from models.payloads.visits import Attribution, Identity, PageEvent, Session
from models.payloads.wire import Flag, Ms, Number, Payload, Words

_TITLES: dict[type[Payload], str] = {
    Envelope: "Event",
    Attribution: "Attribution",
    Identity: "Identity",
    Session: "Session",
    PageEvent: "Page event",
    Query: "Query",
    Person: "Person",
    Employment: "Job",
    Company: "Company",
    Validation: "Email check",
}
"""Objects with a section of their own, in the order of the page. All others are listed inside
these."""

_LONGEST_EXAMPLE = 120

_KINDS: tuple[tuple[Any, str], ...] = (
    (Ms | None, "time"), (float, "time"),  # a number that must be there is a time
    (Number, "number"), (Flag, "yes or no"), (Words, "list of texts"),
    (dict[str, Any] | None, "any object"),
)  # fmt: skip


@dataclass(slots=True)
class Entry:
    """A field: its path within the object, and everything there is to know about it."""

    path: str
    type: str
    nullable: bool
    meaning: str
    examples: dict[str, str] = field(default_factory=dict)
    """By event type; an event may lack one."""
    events: list[str] = field(default_factory=list)
    full_paths: list[str] = field(default_factory=list)
    shown: tuple[str, ...] = ()

    def matches(self, words: Iterable[str]) -> bool:
        """Whether every word (case-folded) is in a path, the meaning or an example."""
        texts = (self.path, *self.full_paths, self.meaning, *self.examples.values())
        text = "\n".join(texts).casefold()
        return all(word in text for word in words)


@dataclass(slots=True)
class Section:
    """An object: the places where it stands, with the events, and its fields."""

    title: str
    meaning: str
    places: dict[str, list[str]] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)

    def events(self) -> list[str]:
        """The events that carry the object, in the order of the pipeline."""
        # The event itself has no place within an event.
        homes = self.places.values() or [entry.events for entry in self.entries]
        carried = {event for events in homes for event in events}
        return [event for event in EVENTS if event in carried]

    def entry(self, path: str, info: FieldInfo) -> Entry:
        """The entry of a path, made when there is none."""
        for known in self.entries:
            if known.path == path:
                return known
        made = Entry(path, _type(info), not info.is_required(), info.description or "")
        made.shown = shown(self.title, path)
        self.entries.append(made)
        return made


def dictionary(query: str = "", event: str | None = None) -> list[Section]:
    """The sections with the fields that match every word of a query, of one event or of all."""
    words = query.casefold().split()
    found = []
    for section in _whole():
        entries = [
            entry
            for entry in section.entries
            if (event is None or event in entry.events) and entry.matches(words)
        ]
        places = {
            path: events
            for path, events in section.places.items()
            if event is None or event in events
        }
        if entries:
            found.append(replace(section, entries=entries, places=places))
    return found


@lru_cache(maxsize=1)
def _whole() -> tuple[Section, ...]:
    sections = {
        title: Section(title, (model.__doc__ or "").split("\n")[0])
        for model, title in _TITLES.items()
    }
    for kind, model in EVENTS.items():
        example = json.loads(
            (files("models.payloads.examples") / f"{kind}.json").read_text("utf-8")
        )
        _tell(_Place(kind, sections, sections["Event"]), model, [example])
    return tuple(sections.values())


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the walk through an event is: in which object, and how it got there."""

    event: str
    sections: dict[str, Section]
    section: Section
    full: str = ""
    within: str = ""


def _tell(place: _Place, model: type[Payload], examples: list[Any]) -> None:
    """List the fields of a model; `examples` are all its values in the event's example."""
    for name, info in model.model_fields.items():
        wire = info.alias or name
        full = f"{place.full}.{wire}" if place.full else wire
        within = f"{place.within}.{wire}" if place.within else wire
        values = [value[wire] for value in examples if value.get(wire) is not None]
        entry = place.section.entry(within, info)
        _note(entry.events, place.event)
        _note(entry.full_paths, full)
        inner = _inner(info.annotation)
        if inner is None:
            if values:
                entry.examples.setdefault(place.event, _as_text(values[0]))
            continue
        mark = ""
        if entry.type == "list":
            values = [item for value in values for item in value]
            mark = "[]"
        title = _title(inner)
        if title is None:
            there = replace(place, full=full + mark, within=within + mark)
        else:
            section = place.sections[title]
            _note(section.places.setdefault(full + mark, []), place.event)
            there = replace(place, section=section, full=full + mark, within="")
        _tell(there, inner, values)


def _note(known: list[str], new: str) -> None:
    if new not in known:
        known.append(new)


def _title(model: type[Payload]) -> str | None:
    """The section of a model: its own, or that of the one it adds to (a finalized session)."""
    return next((_TITLES[base] for base in model.__mro__ if base in _TITLES), None)


def _type(info: FieldInfo) -> str:
    inner = _inner(info.annotation)
    if inner is not None:
        is_list = any(get_origin(part) is list for part in _parts(info.annotation))
        return "list" if is_list else "object"
    return next((word for known, word in _KINDS if info.annotation == known), "text")


def _inner(annotation: Any) -> type[Payload] | None:
    """The model that a field holds, alone or in a list."""
    for part in _parts(annotation):
        if isinstance(part, type) and issubclass(part, Payload):
            return part
    return None


def _parts(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in get_args(annotation):
        yield from _parts(part)


def _as_text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_EXAMPLE else f"{text[: _LONGEST_EXAMPLE - 1]}…"
