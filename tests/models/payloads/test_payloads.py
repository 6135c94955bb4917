"""Payload types: the vendor's examples and SDK are known, bad fields cost only themselves."""

import json
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from midbound_cloud.types import (
    IdentityEnrichedWebhookEvent,
    IdentityQualifiedWebhookEvent,
    IdentityResolvedWebhookEvent,
    IdentitySessionFinalizedWebhookEvent,
    IdentityValidatedWebhookEvent,
)
from pydantic import BaseModel

from models.facts.facts import facts
from models.payloads.events import EVENTS
from models.payloads.reading import UnreadableError, read
from tests.processes import ROOT

PAYLOADS = ROOT / "models" / "payloads" / "examples"
SDK: dict[str, type[BaseModel]] = {
    "identity.resolved": IdentityResolvedWebhookEvent,
    "identity.qualified": IdentityQualifiedWebhookEvent,
    "identity.enriched": IdentityEnrichedWebhookEvent,
    "identity.validated": IdentityValidatedWebhookEvent,
    "identity.session.finalized": IdentitySessionFinalizedWebhookEvent,
}


def _paths(model: type[BaseModel], at: str = "") -> set[str]:
    """Every field of a model and of the models in it, as dotted paths of wire names."""
    found = set()
    for name, field in model.model_fields.items():
        path = f"{at}.{field.alias or name}"
        found.add(path)
        for inner in _models_in(field.annotation):
            found |= _paths(inner, path)
    return found


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) is None:
        return []
    return [model for part in get_args(annotation) for model in _models_in(part)]


@pytest.mark.parametrize("kind", EVENTS)
def test_every_field_that_the_sdk_knows_is_known_here(kind: str) -> None:
    assert _paths(SDK[kind]) - _paths(EVENTS[kind]) == set()


def test_the_comparison_with_the_sdk_sees_into_lists() -> None:
    assert ".data.session.events.outlink" in _paths(SDK["identity.session.finalized"])


@pytest.mark.parametrize("file", sorted(PAYLOADS.glob("*.json")), ids=lambda file: file.stem)
def test_the_vendors_examples_are_read_without_unknown_fields(file: Path) -> None:
    reading = read(file.read_bytes())
    assert (reading.event is not None, reading.unknown) == (True, [])


def _example(kind: str = "identity.session.finalized") -> dict[str, Any]:
    example: dict[str, Any] = json.loads((PAYLOADS / f"{kind}.json").read_text())
    return example


def _read(event: dict[str, Any]) -> Any:
    return read(json.dumps(event).encode())


def test_unknown_fields_are_named_by_path_and_the_rest_is_kept() -> None:
    event = _example()
    event["data"]["session"]["events"][1]["scroll"] = 3
    event["data"]["mood"] = {"x": 1}
    reading = _read(event)
    assert reading.unknown == ["data.mood", "data.session.events[].scroll"]
    assert len(reading.event.data.session.events) == 3


@pytest.mark.parametrize(
    ("path", "bad"),
    [
        ("data.session.screen", "wide"),
        ("data.session.screen.width", "1920"),
        ("data.session.landingPage", 5),
        ("data.session.utm", []),
        ("data.session.network.botManagement.score", True),
        ("data.session.options", "x"),
        ("data.session.enrichments", 3),
        ("data.enrichment.person.skills", "SQL"),
        ("data.enrichment.person.location", 1),
        ("data.enrichment.person.enrichedAt", 7),
        ("data.eventCount", "three"),
    ],
)
def test_a_bad_field_costs_just_itself(path: str, bad: object) -> None:
    event = _example()
    *way, last = path.split(".")
    place = event
    for step in way:
        place = place[step]
    place[last] = bad
    found = facts(_read(event).event, "w", 1)
    good = facts(_read(_example()).event, "w", 1)
    assert (found.url, len(found.page_events), found.addresses) == (
        good.url, len(good.page_events), good.addresses,
    )  # fmt: skip


def test_a_bad_item_of_a_list_of_words_costs_just_that_word() -> None:
    event = _example()
    event["data"]["enrichment"]["person"]["skills"] = ["SQL", 3, "", None, "Go"]
    assert _read(event).event.data.enrichment.person.skills == ["SQL", "Go"]


@pytest.mark.parametrize(
    ("path", "bad"),
    [
        ("id", ""),
        ("id", 5),
        ("created", "1739571918000"),
        ("created", 253_402_300_800_000),
        ("created", -1),
        ("created", True),
        ("created", 1.5),
        ("data", []),
        ("data.session.vid", 5),
        ("data.session.sid", "x" * 256),
        ("data.session.createdAt", "today"),
        ("data.session.lastActivity", 1e300),
        ("data.session.events", {}),
        ("data.session.events", ["click"]),
        ("data.session.events", [{"signal": "pageview", "url": "/"}]),
        ("data.enrichment.companies", "Acme"),
        ("data.enrichment.emailValidations", [None]),
        ("data.enrichment.person.employments", {}),
        ("data.enrichment.person.experience", [1]),
        ("data.finalizedAt", "later"),
    ],
)
def test_broken_essentials_make_an_event_unreadable(path: str, bad: object) -> None:
    event = _example()
    *way, last = path.split(".")
    place = event
    for step in way:
        place = place[step]
    place[last] = bad
    with pytest.raises(UnreadableError) as error:
        _read(event)
    assert last in str(error.value)


def test_an_event_without_visitor_or_session_is_unreadable() -> None:
    event = _example("identity.resolved")
    event["data"]["session"] = None
    del event["data"]["attribution"]["vid"]
    with pytest.raises(UnreadableError, match="no vid"):
        facts(_read(event).event, "w", 1)


def test_nul_and_lone_surrogates_become_replacement_characters() -> None:
    event = _example("identity.resolved")
    event["data"]["identity"]["demographics"]["firstName"] = "Pe\0t\ud800er"
    assert facts(_read(event).event, "w", 1).identity["first_name"] == "Pe�t�er"


def test_an_unknown_type_is_kept_and_named() -> None:
    reading = _read({"id": "evt_1", "type": "identity.teleported", "created": 1, "data": 5})
    assert (reading.event, reading.unknown) == (None, ["type"])
