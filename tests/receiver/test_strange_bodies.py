"""Nothing verified is refused for its content: it is kept, then derived or set aside alone."""

import asyncio
import csv
import json
import random
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from models.ledger.packing import unpack
from models.tables import DELIVERY, EVENT, QUARANTINE, UNKNOWN
from tests.desk import expected, exported, without_errors
from tests.effort import examples
from tests.receiver.conftest import Desk
from tests.receiver.midbound import (
    Answers,
    Json,
    Posting,
    as_reference,
    deliver,
    example,
    ledger,
    payload,
    post,
    waiting_to_be_derived,
)

pytestmark = pytest.mark.xdist_group("strange_bodies")

KINDS = (
    "identity.resolved",
    "identity.qualified",
    "identity.enriched",
    "identity.validated",
    "identity.session.finalized",
)
DEEP = 100_000
HUGE = int("9" * 400)


def changed(kind: str, place: str, value: object) -> bytes:
    """The vendor's example of a type as another visit, one field of it replaced.

    `place` is dotted; list places are numbers.
    """
    event: Any = payload(kind)
    event["id"] = f"evt_{place}"
    sid = f"sid of {place}"
    if event["data"].get("attribution"):
        event["data"]["attribution"]["sessionId"] = sid
    event["data"]["session"]["sid"] = sid
    *way, last = [int(step) if step.isdecimal() else step for step in place.split(".")]
    at = event
    for step in way:
        at = at[step]
    at[last] = value
    # Python writes NaN, and lone surrogates as escapes, just as a careless sender would.
    return json.dumps(event).encode()


def deep(body: bytes) -> bytes:
    """A body whose text `deep` is replaced by that many lists, each in the one before."""
    return body.replace(b'"deep"', b"[" * DEEP + b"]" * DEEP)


RESOLVED, QUALIFIED, FINALIZED = KINDS[0], KINDS[1], KINDS[4]
RANDOM = random.Random(1)

SET_ASIDE = {
    "empty": b"",
    "blank": b"  \n",
    "not JSON": b"hello",
    "cut": example(RESOLVED).body[:-1],
    "two values": b"{}{}",
    "null": b"null",
    "number": b"1",
    "text": b'"text"',
    "array": b"[" + example(RESOLVED).body + b"]",
    "NaN": b"NaN",
    "NUL": b"\0",
    "empty object": b"{}",
    "deep array": b"[" * DEEP + b"]" * DEEP,
    "deep object": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "unclosed deep array": b"[" * DEEP,
    "deep data": deep(changed(RESOLVED, "data", "deep")),
    "deep options": deep(changed(RESOLVED, "data.session.options", "deep")),
    "created is NaN": changed(RESOLVED, "created", float("nan")),
    "created is infinite": changed(RESOLVED, "created", float("inf")),
    "created has 400 digits": changed(RESOLVED, "created", HUGE),
    "created is negative": changed(RESOLVED, "created", -1),
    "created after 9999": changed(RESOLVED, "created", 253_402_300_800_000),
    "created is text": changed(RESOLVED, "created", "1739571911460"),
    "created is a list": changed(RESOLVED, "created", [1]),
    "id is null": changed(RESOLVED, "id", None),
    "id is empty": changed(RESOLVED, "id", ""),
    "type is an array": changed(RESOLVED, "type", ["identity.resolved"]),
    "data is null": changed(RESOLVED, "data", None),
    "no visit": json.dumps(payload(RESOLVED) | {"data": {}}).encode(),
    "page events are text": changed(FINALIZED, "data.session.events", "none"),
    "page event at NaN": changed(FINALIZED, "data.session.events.0.ts", float("nan")),
    "endless session": changed(FINALIZED, "data.session.endedAt", HUGE),
}
"""Bodies of which nothing can be told; each is quarantined."""

DERIVED = {
    "session null": changed(QUALIFIED, "data.session", None),
    "identity null": changed(QUALIFIED, "data.identity", None),
    "identity is text": changed(QUALIFIED, "data.identity", "Peter"),
    "score is NaN": changed(QUALIFIED, "data.session.network.botManagement.score", float("nan")),
    "score has 400 digits": changed(QUALIFIED, "data.session.network.botManagement.score", HUGE),
    "screen has 400 digits": changed(QUALIFIED, "data.session.screen.width", -HUGE),
    "surrogate in a name": changed(QUALIFIED, "data.identity.demographics.firstName", "P\ud800"),
    "NUL in a name": changed(QUALIFIED, "data.identity.demographics.lastName", "T\0th"),
    "NUL in an address": changed(QUALIFIED, "data.identity.emails.0.value", "p\0@midbound.ai"),
    "NUL in an unknown field": changed(QUALIFIED, "data.session.options", {"\0": "\0"}),
    "surrogate in an unknown field": changed(QUALIFIED, "data.identity.\udfff", "\ud800"),
    "large title": changed(QUALIFIED, "data.session.landingTitle", "T" * 7_000_000),
    "large title of a page": changed(FINALIZED, "data.session.events.0.title", "T" * 7_000_000),
    "longest address": changed(
        QUALIFIED,
        "data.identity.emails.1.value",
        "".join(RANDOM.choices(string.ascii_lowercase, k=5000)) + "@example.com",
    ),
    "longest URL": changed(
        QUALIFIED,
        "data.identity.linkedinUrl",
        "linkedin.com/in/" + "".join(RANDOM.choices(string.ascii_lowercase, k=100_000)),
    ),
    "longest campaign": changed(
        QUALIFIED,
        "data.session.utm.campaign",
        "".join(chr(RANDOM.randrange(0x10000, 0x20000)) for _ in range(500)),
    ),
    "an unknown field": changed(QUALIFIED, "data.novelty", {"a": [1]}),
    "emails and more": changed(QUALIFIED, "data.identity.emails", []),
    "formula": changed(QUALIFIED, "data.identity.professional.jobTitle", "=1+1"),
    "UTF-8 mark before": b"\xef\xbb\xbf" + changed(QUALIFIED, "data.session.referrer", None),
    "a field twice": changed(QUALIFIED, "data.session.gclid", None)[:-1] + b',"created":1}',
}
"""Bodies that cost at most a field."""

UNKNOWN_TYPES = {
    "unknown type": changed(RESOLVED, "type", "identity.imagined"),
    "NUL type": changed(RESOLVED, "type", "identity.\0"),
    "surrogate type": changed(RESOLVED, "type", "\ud800"),
    "long type": changed(RESOLVED, "type", "x" * 1_000_000),
}
"""Envelopes of a type that this version does not know: kept and noted, nothing wrong with them."""

STRANGE = SET_ASIDE | DERIVED | UNKNOWN_TYPES


@dataclass(slots=True)
class Outcome:
    """What became of the strange bodies and of the good ones between them."""

    answers: Answers
    pending: int
    exports: dict[str, str]
    reference: dict[str, str]
    events: set[str]
    quarantined: dict[str, str]
    unknown: set[tuple[str, str]]

    def rows(self, name: str) -> list[dict[str, str]]:
        """The rows of an export."""
        return list(csv.DictReader(StringIO(self.exports[name], newline="")))

    def session(self, sid: str) -> dict[str, str]:
        """A session's row."""
        (row,) = (row for row in self.rows("sessions") if row["sid"] == sid)
        return row


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def desk(
    request: pytest.FixtureRequest, open_desk: Callable[..., Iterator[Desk]]
) -> Iterator[Desk]:
    yield from open_desk(request.param)


@pytest.fixture(scope="module")
def outcome(desk: Desk) -> Outcome:
    """Everything strange was sent, good deliveries between, and everything derived."""
    good = [example(kind) for kind in KINDS]
    postings = [Posting(name, body) for name, body in STRANGE.items()]
    for place, posting in enumerate(good):
        postings.insert(place * len(postings) // len(good), posting)
    answers = asyncio.run(deliver(lambda _: [desk.url], postings, connections=8))
    pending = waiting_to_be_derived(desk.database, for_s=20)
    with desk.database.read() as db:
        events = set(db.execute(select(EVENT.c.webhook_id)).scalars())
        quarantined = {
            row.webhook_id: row.error
            for row in db.execute(select(QUARANTINE.c.webhook_id, QUARANTINE.c.error))
        }
        unknown = {(row.type, row.path) for row in db.execute(select(UNKNOWN))}
    return Outcome(
        answers,
        pending,
        without_errors(exported(desk.database)),
        expected(as_reference(ledger(desk.database).values())),
        events,
        quarantined,
        unknown,
    )


def test_everything_is_answered_200(outcome: Outcome) -> None:
    assert outcome.answers.accepted == {*STRANGE, *(example(kind).webhook_id for kind in KINDS)}


def test_nothing_holds_up_the_projector(outcome: Outcome) -> None:
    assert outcome.pending == 0


@pytest.mark.parametrize("name", SET_ASIDE)
def test_what_can_not_be_read_is_quarantined(outcome: Outcome, name: str) -> None:
    assert (name in outcome.quarantined, name in outcome.events) == (True, False)


@pytest.mark.parametrize("name", SET_ASIDE)
def test_the_quarantine_says_why_without_a_class_name(outcome: Outcome, name: str) -> None:
    assert "Error" not in outcome.quarantined[name]


@pytest.mark.parametrize("name", DERIVED)
def test_what_costs_a_field_at_most_is_derived(outcome: Outcome, name: str) -> None:
    assert (name in outcome.quarantined, name in outcome.events) == (False, True)


@pytest.mark.parametrize("name", UNKNOWN_TYPES)
def test_an_unknown_type_is_no_error_and_counted(outcome: Outcome, name: str) -> None:
    assert (name in outcome.quarantined, name in outcome.events) == (False, True)


@pytest.mark.parametrize(
    "kind", ["identity.imagined", "identity.\N{REPLACEMENT CHARACTER}", "\N{REPLACEMENT CHARACTER}"]
)
def test_an_unknown_type_is_noted(outcome: Outcome, kind: str) -> None:
    assert (kind, "type") in outcome.unknown


def test_an_unknown_field_is_noted(outcome: Outcome) -> None:
    assert ("identity.qualified", "data.novelty") in outcome.unknown


@pytest.mark.parametrize("name", STRANGE)
def test_the_ledger_has_the_exact_bytes(outcome: Outcome, desk: Desk, name: str) -> None:
    assert name in outcome.answers.accepted
    assert body_of(desk, name) == STRANGE[name]


def body_of(desk: Desk, webhook_id: str) -> bytes:
    with desk.database.read() as db:
        found = db.execute(
            select(DELIVERY.c.body).where(DELIVERY.c.webhook_id == webhook_id)
        ).scalar_one()
    return unpack(found)


@pytest.mark.parametrize("export", ["leads", "sessions", "companies", "emails", "quarantine"])
def test_exports_are_what_the_reference_says(outcome: Outcome, export: str) -> None:
    assert outcome.exports[export] == outcome.reference[export]


def test_neighbours_are_derived(outcome: Outcome) -> None:
    assert {example(kind).webhook_id for kind in KINDS} <= outcome.events


def test_a_good_session_between_is_whole(outcome: Outcome) -> None:
    sid = payload(FINALIZED)["data"]["session"]["sid"]
    assert outcome.session(sid)["stage"] == "finalized"


def test_a_score_that_is_no_number_costs_only_itself(outcome: Outcome) -> None:
    row = outcome.session("sid of data.session.network.botManagement.score")
    assert (row["bot_score"], row["device"] != "") == ("", True)


def test_nul_and_surrogates_are_replaced_in_names(desk: Desk) -> None:
    event = payload(RESOLVED)
    vid = "vid of a name"
    event["data"]["attribution"] |= {"sessionId": vid, "vid": vid}
    event["data"]["identity"] = {"demographics": {"firstName": "N\0l", "lastName": "S\udc00r"}}
    event["data"]["session"] = None
    post(desk.url, Posting(vid, json.dumps(event).encode()))
    leads = csv.DictReader(StringIO(exported(desk.database)["leads"], newline=""))
    (name,) = (row["full_name"] for row in leads if row["lead"] == vid)
    assert name == "N\N{REPLACEMENT CHARACTER}l S\N{REPLACEMENT CHARACTER}r"


# Whatever there is

LEAF = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**30), 10**30)
    | st.floats()
    | st.text(st.characters(), max_size=20)
    | st.sampled_from(["\0", "\ud800", "a@b", "linkedin.com/in/x", "2025-01-01T00:00:00Z", 1, 0])
)
ANY_JSON = st.recursive(
    LEAF,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(), max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=examples(150), deadline=None)
@given(value=ANY_JSON)
def test_any_json_is_kept(desk: Desk, value: object) -> None:
    posting = Posting(str(uuid4()), json.dumps(value).encode())
    assert post(desk.url, posting).json() == {"status": "stored"}


def places(value: object) -> Iterator[tuple[Any, Any]]:
    """Every container of an event with every key or place in it."""
    keys = (
        value.keys()
        if isinstance(value, dict)
        else range(len(value))
        if isinstance(value, list)
        else ()
    )
    for key in keys:
        yield value, key
        yield from places(value[key])  # type: ignore[index]


@st.composite
def bent_events(draw: st.DrawFn) -> Json:
    """An example with up to three fields replaced by any JSON, or gone, or joined by others."""
    event = payload(draw(st.sampled_from(KINDS)))
    for _ in range(draw(st.integers(1, 3))):
        container, key = draw(st.sampled_from(list(places(event))))
        change = draw(st.sampled_from(["replace", "remove", "add"]))
        if change == "remove":
            del container[key]
        elif change == "add" and isinstance(container, dict):
            container[draw(st.text(st.characters(), max_size=8))] = draw(ANY_JSON)
        else:
            container[key] = draw(ANY_JSON)
        if not event:
            break
    return event


def test_any_bent_event_is_kept_and_none_stops_the_projector(desk: Desk) -> None:
    @settings(max_examples=examples(150), deadline=None)
    @given(event=bent_events())
    def keeps(event: Json) -> None:
        posting = Posting(str(uuid4()), json.dumps(event).encode())
        assert post(desk.url, posting).json() == {"status": "stored"}

    keeps()
    assert waiting_to_be_derived(desk.database, for_s=60) == 0


def test_bent_events_are_derived_as_the_reference_says(desk: Desk) -> None:
    # Over all that the tests before have sent to this receiver, whatever it was.
    kept = as_reference(ledger(desk.database).values())
    assert without_errors(exported(desk.database)) == expected(kept)
