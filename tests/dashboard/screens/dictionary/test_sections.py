"""The data dictionary tells every field once, from the payload types, and says where it is seen."""

import ast
import json
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from dashboard.screens.dictionary.component import table_data
from dashboard.screens.dictionary.sections import Entry, Section, dictionary
from dashboard.screens.dictionary.shown import SCREENS, SHOWN
from dashboard.widgets.fields import FIELDS
from models.facts.facts import facts
from models.payloads.events import EVENTS
from models.payloads.reading import read
from tests.dashboard.deliveries import payload
from tests.models.payloads.test_payloads import _models_in
from tests.processes import ROOT

DASHBOARD = ROOT / "dashboard"
PAGES = {
    "lead": "leads", "session": "sessions", "company": "companies",
}  # fmt: skip
"""Screens that are another screen's page for one row."""


def _paths(model: type[BaseModel], at: str = "") -> set[str]:
    """Every field of an event as it is written in the dictionary, lists with `[]`."""
    found = set()
    for name, field in model.model_fields.items():
        path = f"{at}.{field.alias or name}".lstrip(".")
        found.add(path)
        for inner in _models_in(field.annotation):
            found |= _paths(inner, f"{path}[]" if "list[" in str(field.annotation) else path)
    return found


def _entries() -> list[tuple[Section, Entry]]:
    return [(section, entry) for section in dictionary() for entry in section.entries]


def _entry(title: str, path: str) -> Entry:
    return next(e for s, e in _entries() if (s.title, e.path) == (title, path))


@pytest.mark.parametrize("kind", EVENTS)
def test_every_field_of_an_event_is_told(kind: str) -> None:
    described = {
        path for _, entry in _entries() if kind in entry.events for path in entry.full_paths
    }
    assert _paths(EVENTS[kind]) - described == set()


@pytest.mark.parametrize("kind", EVENTS)
def test_an_event_alone_shows_no_field_of_another(kind: str) -> None:
    for section in dictionary(event=kind):
        assert set(section.places) == {p for p, events in section.places.items() if kind in events}
        assert all(kind in entry.events for entry in section.entries)


def test_every_field_has_a_meaning() -> None:
    assert [(s.title, e.path) for s, e in _entries() if not e.meaning.strip()] == []


def test_a_company_is_told_once_with_its_three_places() -> None:
    (company,) = (section for section in dictionary() if section.title == "Company")
    assert set(company.places) == {
        "data.enrichment.companies[]",
        "data.enrichment.person.employments[].company",
        "data.enrichment.person.experience[].company",
    }
    assert len({entry.path for entry in company.entries}) == len(company.entries)


@pytest.mark.parametrize(
    ("title", "path", "kind", "nullable"),
    [
        ("Event", "created", "time", False),
        ("Event", "type", "text", False),
        ("Event", "data", "object", False),
        ("Session", "createdAt", "time", True),
        ("Session", "screen.width", "number", True),
        ("Session", "network.isEU", "yes or no", True),
        ("Session", "events", "list", True),
        ("Session", "options", "any object", True),
        ("Page event", "ts", "time", False),
        ("Person", "skills", "list of texts", True),
        ("Company", "_type", "text", True),
    ],
)
def test_types_are_those_of_the_payloads(title: str, path: str, kind: str, nullable: bool) -> None:  # noqa: FBT001 - a case's value
    entry = _entry(title, path)
    assert (entry.type, entry.nullable) == (kind, nullable)


def test_examples_are_the_values_in_the_vendors_events() -> None:
    assert _entry("Session", "utm.campaign").examples["identity.resolved"] == "q1_brand_awareness"
    assert _entry("Event", "type").examples["identity.validated"] == "identity.validated"
    assert _entry("Job", "endDate").examples["identity.enriched"] == "2023-12"


def test_what_is_null_in_the_vendors_events_has_no_example() -> None:
    assert _entry("Session", "utm.content").examples == {}


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("data.session.utm.camp", "utm.campaign"),  # by full path
        ("CAMPAIGN name", "utm.campaign"),  # by meaning, in any case and order
        ("q1_brand", "utm.campaign"),  # by example
    ],
)
def test_search_looks_at_path_meaning_and_example(query: str, path: str) -> None:
    assert path in {entry.path for section in dictionary(query) for entry in section.entries}


def test_search_wants_every_word() -> None:
    assert dictionary("campaign unicorn") == []


def test_search_leaves_out_what_does_not_match() -> None:
    (section,) = dictionary("outlink")
    assert [entry.path for entry in section.entries] == ["outlink"]


def test_each_field_says_which_events_carry_it() -> None:
    data = table_data(dictionary(), query="", event=None)
    session = next(section for section in data["sections"] if section["title"] == "Session")
    carried = {entry["path"]: entry["events"] for entry in session["entries"]}
    assert carried["lastActivity"] == ["identity.session.finalized"]
    assert carried["referrer"] == ["all events"]


@pytest.mark.parametrize("event", [None, "identity.enriched"])
def test_what_is_found_names_the_events_that_carry_it(event: str | None) -> None:
    data = table_data(dictionary("monthlyVisitors", event), query="monthlyVisitors", event=event)
    (section,) = data["sections"]
    (field,) = section["entries"]
    both = ["identity.enriched", "identity.session.finalized"]
    assert (section["events"], field["events"]) == (both, both)


def test_data_for_the_browser_is_json() -> None:
    assert json.loads(json.dumps(table_data(dictionary(), query="a", event=None)))


# Where it is shown.


def test_places_are_of_fields_that_there_are() -> None:
    known = {(section.title, entry.path) for section, entry in _entries()}
    described = {(title, path) for title, paths in SHOWN.items() for path in paths}
    assert described - known == set()


def test_screens_are_those_of_the_navigation() -> None:
    main = (DASHBOARD / "main.py").read_text()
    lists = {name: title for name, title in SCREENS.items() if name not in PAGES}
    assert [title for title in lists.values() if f'"{title}"' not in main] == []


@cache
def _source(page: str) -> str:
    """The text of a page's script and of all our modules that it imports, one by the other."""
    seen: set[Path] = set()
    # Live's rows come by a route of its own, which its page does not import.
    todo = [DASHBOARD / "screens" / page / name for name in ("page.py", "feed.py")]
    while todo:
        file = todo.pop()
        # The last two name every field, whether it is shown or not.
        if file in seen or not file.is_file() or file.stem in {"shown", "fields"}:
            continue
        seen.add(file)
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("dashboard"):
                base = ROOT.joinpath(*(node.module or "").split("."))
                todo += [base.with_suffix(".py"), *(base / f"{n.name}.py" for n in node.names)]
    return "\n".join(file.read_text() for file in sorted(seen))


@pytest.mark.parametrize("screen", SCREENS)
def test_a_screens_own_source_names_what_it_is_said_to_show(screen: str) -> None:
    source = _source(PAGES.get(screen, screen))
    described = {
        name
        for paths in SHOWN.values()
        for places in paths.values()
        for where, name in (place.split(".") for place in places.split())
        if where == screen
    }
    assert {name for name in described if f'"{name}"' not in source} == set()


def _with(event: dict[str, Any], path: str, value: str) -> dict[str, Any]:
    """The event with another text at a path, in the first item of each list."""
    changed = deepcopy(event)
    *way, last = path.split(".")
    place: Any = changed
    for step in way:
        place = place[step.removesuffix("[]")]
        place = place[0] if step.endswith("[]") else place
    place[last] = value
    return changed


# Read from what they say, not kept as they are; and what counts only when something is missing.
FORMED = {
    "emails[].type", "linkedinUrl", "userAgent", "email", "emails[].value", "domain", "country",
    "network.country", "location.country", "location.countryCode", "address.country",
    "address.countryCode",
}  # fmt: skip
TEXTS = [
    pytest.param(entry, id=f"{section.title}.{entry.path}")
    for section, entry in _entries()
    if section.title in {"Identity", "Session", "Page event", "Person", "Job", "Company"}
    and entry.type == "text"
    and entry.shown
    and entry.path not in FORMED
]


@pytest.mark.parametrize("entry", TEXTS)
def test_a_text_that_is_said_to_be_shown_is_derived(entry: Entry) -> None:
    kind = entry.events[0]
    example = payload(kind.removeprefix("identity."))
    event = read(json.dumps(_with(example, entry.full_paths[-1], "a mark")).encode()).event
    assert event is not None
    assert "a mark" in repr(facts(event, "w", 1))


def test_labels_are_those_of_the_screens() -> None:
    assert f"Sessions: {FIELDS['utm_campaign'].label}" in _entry("Session", "utm.campaign").shown
