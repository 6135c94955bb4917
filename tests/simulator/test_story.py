"""What the story holds: Midbound's shapes, its order, and people who are hard to tell apart."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from midbound_cloud.types import (
    IdentityEnrichedWebhookEvent,
    IdentityQualifiedWebhookEvent,
    IdentityResolvedWebhookEvent,
    IdentitySessionFinalizedWebhookEvent,
    IdentityValidatedWebhookEvent,
)
from pydantic import BaseModel

from simulator.clock import RateClock
from simulator.delivery import encode
from simulator.visits import ScheduledEvent, events

START_MS = 1_760_000_000_000
PIPELINE = {
    "identity.resolved": IdentityResolvedWebhookEvent,
    "identity.qualified": IdentityQualifiedWebhookEvent,
    "identity.enriched": IdentityEnrichedWebhookEvent,
    "identity.validated": IdentityValidatedWebhookEvent,
    "identity.session.finalized": IdentitySessionFinalizedWebhookEvent,
}


@pytest.fixture(scope="module")
def story() -> list[ScheduledEvent]:
    return list(events(visitors=500, seed=7, start_ms=START_MS))


def played(visitors: int, *, speed: float = 1.0, rate: float | None = None) -> list[dict[str, Any]]:
    clock = RateClock(START_MS, rate) if rate else None
    story = events(visitors=visitors, seed=3, start_ms=START_MS, speed=speed, clock=clock)
    return [scheduled.event for scheduled in story]


def profile_key(url: str) -> str:
    return url.partition("/in/")[2].partition("?")[0].rstrip("/").lower()


def session_of(event: dict[str, Any]) -> str:
    data = event["data"]
    sid = data["attribution"]["sessionId"] if "attribution" in data else data["session"]["sid"]
    return str(sid)


def by_session(story: list[ScheduledEvent]) -> dict[str, list[dict[str, Any]]]:
    found = defaultdict(list)
    for scheduled in story:
        found[session_of(scheduled.event)].append(scheduled.event)
    return found


def identities(story: list[ScheduledEvent]) -> Iterator[tuple[str, dict[str, Any]]]:
    for scheduled in story:
        if scheduled.event["type"] == "identity.resolved":
            data = scheduled.event["data"]
            yield data["attribution"]["vid"], data["identity"]


def keys_unlike(event: object, model: type[BaseModel] | None, path: str = "") -> list[str]:
    """Name the keys that the vendor's type does not know: it lets them pass without a word."""
    if isinstance(event, list):
        return [bad for item in event for bad in keys_unlike(item, model, path)]
    if not isinstance(event, dict) or model is None:
        return []
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    bad = [f"{path}.{key}" for key in event if key not in fields]
    for key, value in event.items():
        if key in fields:
            bad += keys_unlike(value, model_in(fields[key].annotation), f"{path}.{key}")
    return bad


def model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (model_in(part) for part in getattr(annotation, "__args__", ()))
    return next((model for model in inner if model), None)


@pytest.mark.parametrize("name", PIPELINE)
def test_every_event_passes_the_vendors_own_types(name: str, story: list[ScheduledEvent]) -> None:
    model = PIPELINE[name]
    of_type = [s.event for s in story if s.event["type"] == name]
    assert len(of_type) >= 300
    for event in of_type:
        model.model_validate_json(encode(event), strict=True)
        assert keys_unlike(event, model) == []


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    def bytes_of(seed: int) -> list[bytes]:
        return [encode(s.event) for s in events(visitors=40, seed=seed, start_ms=START_MS)]

    assert bytes_of(1) == bytes_of(1)
    assert bytes_of(1) != bytes_of(2)


def test_two_stories_told_in_turns_do_not_disturb_each_other() -> None:
    one, other = (events(visitors=20, seed=5, start_ms=START_MS) for _ in range(2))
    assert all(a == b for a, b in zip(one, other, strict=True))


def test_events_come_in_time_order_and_say_when_they_were_sent(
    story: list[ScheduledEvent],
) -> None:
    assert all(before.at_ms <= after.at_ms for before, after in pairwise(story))
    assert all(s.at_ms == s.event["created"] for s in story)
    assert len({s.event["id"] for s in story}) == len(story)


def test_a_session_goes_through_the_pipeline_in_order(story: list[ScheduledEvent]) -> None:
    order = list(PIPELINE)
    for session in by_session(story).values():
        stages = [order.index(event["type"]) for event in session]
        assert stages[0] == 0
        assert stages == sorted(stages)


def test_some_sessions_drop_out_at_every_step(story: list[ScheduledEvent]) -> None:
    reached = Counter(t for s in by_session(story).values() for t in {e["type"] for e in s})
    sessions = reached["identity.resolved"]
    assert sessions > reached["identity.qualified"] > reached["identity.enriched"]
    assert sessions * 0.9 < reached["identity.session.finalized"] < sessions


def test_a_finalized_event_repeats_the_enrichment_as_it_was(story: list[ScheduledEvent]) -> None:
    copies = 0
    for session in by_session(story).values():
        by_type = {event["type"]: event["data"] for event in session}
        enriched = by_type.get("identity.enriched")
        final = by_type.get("identity.session.finalized")
        if final and enriched and (enriched["enrichment"] or {}).get("person"):
            assert final["enrichment"] == enriched["enrichment"]
            copies += 1
        elif final:
            assert final["enrichment"] is None
    assert copies > 100


def moments(data: dict[str, Any]) -> Iterator[int]:
    session = data["session"] or {}
    yield from (value for key in ("createdAt", "lastActivity") if (value := session.get(key)))
    yield from (page["ts"] for page in session.get("events", []))
    yield from (data[key] for key in ("sessionEndedAt", "finalizedAt") if key in data)


@pytest.mark.parametrize("how", [{}, {"speed": 20.0}, {"speed": 5000.0}, {"rate": 100.0}], ids=str)
def test_no_time_in_an_event_lies_after_its_sending(how: dict[str, float]) -> None:
    for event in played(visitors=60, **how):
        assert all(START_MS <= at <= event["created"] for at in moments(event["data"]))
        pages = (event["data"]["session"] or {}).get("events", [])
        assert all(before["ts"] <= after["ts"] for before, after in pairwise(pages))


@pytest.mark.parametrize("how", [{"speed": 20.0}, {"rate": 100.0}], ids=str)
def test_a_sessions_start_is_the_same_in_all_its_events(how: dict[str, float]) -> None:
    starts = defaultdict(set)
    for event in played(visitors=60, **how):
        if event["data"]["session"]:
            starts[session_of(event)].add(event["data"]["session"]["createdAt"])
    assert {len(found) for found in starts.values()} == {1}


def test_speed_shrinks_the_gaps_inside_an_event() -> None:
    def durations(speed: float) -> list[int]:
        # Dense arrivals change who comes next to whom, so only the first person's are compared.
        found = played(visitors=1, speed=speed)
        final = [e["data"] for e in found if e["type"] == "identity.session.finalized"]
        return [data["session"]["lastActivity"] - data["session"]["createdAt"] for data in final]

    for slow, fast in zip(durations(1.0), durations(20.0), strict=True):
        assert fast == pytest.approx(slow / 20, abs=2)


def test_a_rate_spaces_events_evenly() -> None:
    at = [event["created"] - START_MS for event in played(visitors=40, rate=100.0)]
    assert at == [10 * (turn + 1) for turn in range(len(at))]


def test_a_sender_that_is_late_does_not_send_old_news() -> None:
    now_ms = iter(range(START_MS, START_MS + 10_000_000, 70))
    clock = RateClock(START_MS, 100.0, lambda: next(now_ms))
    story = events(visitors=10, seed=3, start_ms=START_MS, clock=clock)
    at = [scheduled.at_ms - START_MS for scheduled in story]
    assert at[1:] == [70 * turn for turn in range(1, len(at))]


def test_an_endless_story_has_newcomers_for_ever_and_begins_at_once() -> None:
    story = events(visitors=None, seed=1, start_ms=START_MS, speed=20.0)
    first = next(story)
    later = [next(story) for _ in range(600)]
    assert first.at_ms - START_MS < 1000
    a_second = 600 / ((later[-1].at_ms - first.at_ms) / 1000)
    assert 0.5 < a_second < 3


def test_events_are_as_large_as_midbounds(story: list[ScheduledEvent]) -> None:
    sizes = [len(encode(s.event)) for s in story if s.event["type"] == "identity.enriched"]
    assert 6000 < sum(sizes) / len(sizes) < 8000
    whole = [
        len(encode(s.event))
        for s in story
        if s.event["type"] == "identity.session.finalized" and s.event["data"]["enrichment"]
    ]
    assert 6500 < sum(whole) / len(whole) < 9000


def test_people_return_and_use_two_browsers(story: list[ScheduledEvent]) -> None:
    visits, browsers = Counter[str](), defaultdict(set)
    for vid, identity in identities(story):
        if identity["linkedinUrl"]:
            key = profile_key(identity["linkedinUrl"])
            visits[key] += 1
            browsers[key].add(vid)
    assert sum(1 for number in visits.values() if number > 1) > 50
    assert sum(1 for found in browsers.values() if len(found) > 1) > 20


def test_some_browsers_are_shared_by_colleagues(story: list[ScheduledEvent]) -> None:
    users, firms = defaultdict(set), defaultdict(set)
    for vid, identity in identities(story):
        if identity["linkedinUrl"]:
            key = profile_key(identity["linkedinUrl"])
            users[vid].add(key)
            firms[identity["professional"]["companyName"]].add(key)
    assert sum(1 for found in users.values() if len(found) > 1) >= 3
    assert sum(1 for firm, found in firms.items() if firm and len(found) > 1) > 30


def test_one_profile_is_spelled_in_several_ways(story: list[ScheduledEvent]) -> None:
    spellings = defaultdict(set)
    for _, identity in identities(story):
        if identity["linkedinUrl"]:
            spellings[profile_key(identity["linkedinUrl"])].add(identity["linkedinUrl"])
    assert sum(1 for found in spellings.values() if len(found) > 1) > 20


def test_some_are_known_by_address_only_and_some_by_a_role(story: list[ScheduledEvent]) -> None:
    nameless = [identity for _, identity in identities(story) if not identity["linkedinUrl"]]
    addresses = [mail["value"] for identity in nameless for mail in identity["emails"]]
    assert all(identity["emails"] for identity in nameless)
    assert len(nameless) > 50
    assert any(address.startswith(("info@", "sales@", "office@")) for address in addresses)


def test_some_enrichments_lack_the_person_or_everything(story: list[ScheduledEvent]) -> None:
    found = [s.event["data"]["enrichment"] for s in story if s.event["type"] == "identity.enriched"]
    assert any(block is None for block in found)
    assert any(block and block["person"] is None and block["companies"] for block in found)
    assert any(block and block["person"] and not block["companies"] for block in found)


def test_every_verdict_occurs_and_an_error_stands_for_a_missing_one(
    story: list[ScheduledEvent],
) -> None:
    checks = [
        check
        for s in story
        if s.event["type"] == "identity.validated"
        for check in s.event["data"]["validations"]
    ]
    shares = Counter(check["validity"] for check in checks)
    assert shares.keys() == {"valid", "catch_all", "valid_catch_all", "invalid", None}
    assert shares["valid"] > len(checks) / 2
    assert all((check["validity"] is None) == (check["error"] is not None) for check in checks)


def test_nothing_in_it_can_be_real(story: list[ScheduledEvent]) -> None:
    for scheduled in story:
        data = scheduled.event["data"]
        mails = [mail["value"] for mail in data.get("identity", {}).get("emails", [])]
        mails += [check["email"] for check in data.get("validations", [])]
        assert all(mail.lower().endswith(".example") for mail in mails)
        for company in (data.get("enrichment") or {}).get("companies", []):
            assert company["domain"].endswith(".example")


def test_time_zone_and_country_agree(story: list[ScheduledEvent]) -> None:
    zones = defaultdict(set)
    for scheduled in story:
        session = scheduled.event["data"]["session"]
        if session:
            zones[session["timezone"]].add(session["network"]["country"])
    assert {len(found) for found in zones.values()} == {1}


@pytest.mark.parametrize(
    "how", [{"speed": 0.0}, {"arrivals_per_minute": 0.0}, {"visitors": -1}], ids=str
)
def test_senseless_numbers_are_refused(how: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must"):
        events(**{"visitors": 1, "seed": 1, "start_ms": START_MS, **how})


def test_bodies_are_compact_utf8() -> None:
    body = encode({"name": "Łódź 東京", "n": [1, 2]})
    assert body == '{"name":"Łódź 東京","n":[1,2]}'.encode()
    assert json.loads(body) == {"name": "Łódź 東京", "n": [1, 2]}
