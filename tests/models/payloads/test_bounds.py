"""What is derived of hostile deliveries has bounds; the ledger keeps the whole."""

import json
import tracemalloc
from contextlib import suppress
from typing import Any

import pytest

from models.facts.facts import Facts, facts
from models.facts.search import LONGEST_FOLDED, fold
from models.payloads.reading import MOST_ITEMS, UnreadableError, read
from models.storage.database import Database
from tests.desk import exported, take_in
from tests.effort import IS_FULL
from tests.processes import ROOT
from tests.reference.events import Delivery

EXAMPLES = ROOT / "models" / "payloads" / "examples"
RECEIVED = 1_739_571_900_000
MB = 1_000_000


def _example(kind: str) -> dict[str, Any]:
    example: dict[str, Any] = json.loads((EXAMPLES / f"identity.{kind}.json").read_text())
    return example


def _facts(event: dict[str, Any]) -> Facts:
    found = read(json.dumps(event).encode()).event
    assert found is not None
    return facts(found, "w", RECEIVED)


def test_long_texts_are_cut_by_what_they_are() -> None:
    event = _example("session.finalized")
    session = event["data"]["session"]
    session.update(landingPage="u" * 9000, referrer="r" * 9000, landingTitle="t" * 9000)
    session.update(userAgent="a" * 9000, gclid="g" * 9000)
    session["events"][0].update(url="p" * 9000, title="t" * 9000)
    person = event["data"]["enrichment"]["person"]
    person.update(fullName="n" * 9000, headline="h" * 9000)
    found = _facts(event)
    assert found.session is not None
    assert found.person is not None
    lengths = {name: len(found.session[name]) for name in (
        "landing_page", "referrer", "landing_title", "user_agent", "gclid",
    )}  # fmt: skip
    assert lengths == {
        "landing_page": 8192, "referrer": 8192, "landing_title": 500, "user_agent": 1024,
        "gclid": 8192,
    }  # fmt: skip
    page = found.page_events[0]
    assert (len(page["url"]), len(page["title"])) == (8192, 500)
    assert (len(found.person["full_name"]), len(found.person["headline"])) == (500, 500)


@pytest.mark.parametrize("blank", ["", " ", "\t\n", "\u200b", "\u3164\u2800 ", "\u00ad\ufeff"])
def test_text_of_which_nothing_can_be_seen_is_null(blank: str) -> None:
    event = _example("resolved")
    event["data"]["identity"]["demographics"].update(firstName=blank, lastName="Lee")
    found = _facts(event)
    assert "first_name" not in found.identity
    assert found.identity["last_name"] == "Lee"


@pytest.mark.parametrize("more", [0, 1, 5_000])
def test_a_long_list_loses_the_rest(more: int) -> None:
    event = _example("session.finalized")
    page = {"signal": "pageview", "ts": 1, "url": "/"}
    event["data"]["session"]["events"] = [page] * MOST_ITEMS + [{"ts": "broken"}] * more
    assert len(_facts(event).page_events) == MOST_ITEMS


def _with(kind: str, path: str, value: str) -> bytes:
    event = _example(kind)
    *way, last = path.split(".")
    place = event["data"]
    for step in way:
        place = place[step]
    place[last] = "@@"
    return json.dumps(event).replace('"@@"', value).encode()


PART = 1 if IS_FULL else 6
"""Of what a body may hold at most: one part in so many, in as small a part of the memory."""


def _list(item: str, many: int) -> str:
    return f"[{','.join([item] * (many // PART))}]"


WRONG = {
    "items": ("resolved", "identity.phones", _list("1", 3_900_000)),
    "essential": ("session.finalized", "session.events", _list("1", 3_900_000)),
    "objects": ("resolved", "identity.phones", _list("[]", 2_500_000)),
    "fields": (
        "resolved", "session.screen", json.dumps({f"{n:x}": 1 for n in range(600_000 // PART)}),
    ),
    "letters": (
        "resolved",
        "identity.demographics.firstName",
        json.dumps("\ufdfa" * (1_200_000 // PART)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", WRONG)
def test_a_delivery_full_of_what_is_wrong_is_read_or_set_aside_in_little_memory(kind: str) -> None:
    body = _with(*WRONG[kind])
    tracemalloc.start()
    with suppress(UnreadableError):
        event = read(body).event
        assert event is not None
        facts(event, "w", RECEIVED)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 400 * MB / PART


def test_its_neighbours_are_derived(database: Database) -> None:
    poison = _with("resolved", "identity.phones", f"[{','.join(['1'] * 300_000)}]")
    aside = _with("session.finalized", "session.events", f"[{','.join(['1'] * 300_000)}]")
    good = (EXAMPLES / "identity.enriched.json").read_bytes()
    bodies = enumerate((poison, aside, good))
    take_in(database, [Delivery(f"msg_{n}", RECEIVED, body) for n, body in bodies])
    found = exported(database)
    assert "Peter" in found["leads"]
    assert [row.partition(",")[0] for row in found["quarantine"].splitlines()[1:]] == ["msg_1"]


def test_of_a_long_name_the_beginning_is_folded() -> None:
    assert len(fold("\ufdfa" * 2_500_000)) <= LONGEST_FOLDED
