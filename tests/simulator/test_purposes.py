"""Why people come: what each purpose does, and that what is sent tells it only by that."""

from collections import Counter, defaultdict
from statistics import mean, median
from typing import Any

import pytest

from simulator.delivery import encode
from simulator.people import Person
from simulator.purposes import Purpose
from simulator.visits import ScheduledEvent, events

START_MS = 1_760_000_000_000
FINALIZED = "identity.session.finalized"
Sessions = dict[Purpose, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def story() -> list[ScheduledEvent]:
    return list(events(visitors=1500, seed=7, start_ms=START_MS, arrivals_per_minute=1.0))


@pytest.fixture(scope="module")
def people(story: list[ScheduledEvent]) -> list[Person]:
    return list({id(s.person): s.person for s in story if s.person}.values())


@pytest.fixture(scope="module")
def sessions(story: list[ScheduledEvent]) -> Sessions:
    """Finalized sessions by the purpose of whoever's they are."""
    found = defaultdict(list)
    for scheduled in story:
        if scheduled.event["type"] == FINALIZED and scheduled.person:
            found[scheduled.person.purpose].append(scheduled.event["data"]["session"])
    return found


def paths(session: dict[str, Any]) -> list[str]:
    pages = [page for page in session["events"] if page["signal"] == "pageview"]
    return [page["url"].removeprefix("https://www.example.com") for page in pages]


def test_most_look_around_and_some_buy(people: list[Person]) -> None:
    shares = Counter(person.purpose for person in people)
    assert len(people) == 1500
    assert shares[Purpose.LOOKER] > 0.6 * len(people)
    assert 0.06 * len(people) < shares[Purpose.BUYER] < 0.18 * len(people)
    assert 0.05 * len(people) < shares[Purpose.STUDENT] < 0.2 * len(people)
    assert shares[Purpose.COMPETITOR] >= 5
    assert shares[Purpose.BOT] >= 15


def test_the_truth_is_the_same_for_the_same_seed_and_not_in_what_is_sent(
    story: list[ScheduledEvent],
) -> None:
    again = events(visitors=1500, seed=7, start_ms=START_MS, arrivals_per_minute=1.0)
    for one, other in zip(story[:300], again, strict=False):
        assert one.person
        assert other.person
        assert one.person.purpose is other.person.purpose
        assert b"purpose" not in encode(one.event)


def test_buyers_come_back_and_ask_for_a_demo(people: list[Person], sessions: Sessions) -> None:
    visits = defaultdict(list)
    for person in people:
        visits[person.purpose].append(person.visits)
    assert mean(visits[Purpose.BUYER]) > 1.5 * mean(visits[Purpose.LOOKER])
    asked = {
        why: sum(
            page["signal"] == "form_submit" and page["props"] == {"form": "demo-request"}
            for session in found
            for page in session["events"]
        )
        for why, found in sessions.items()
    }
    assert asked[Purpose.BUYER] > 5 * asked[Purpose.LOOKER] > 0
    assert asked[Purpose.STUDENT] == asked[Purpose.COMPETITOR] == asked[Purpose.BOT] == 0
    noted = [person for person in people if person.asked_for_demo_ms is not None]
    assert len(noted) <= sum(asked.values())
    assert {Purpose.BUYER, Purpose.LOOKER} >= {person.purpose for person in noted}


def test_buyers_are_of_the_right_kind_more_often_but_not_always(people: list[Person]) -> None:
    def is_right(person: Person) -> bool:
        return person.level >= 2 and 50 <= person.company.size <= 2000

    right = [person for person in people if is_right(person)]
    wrong = [person for person in people if not is_right(person)]

    def buying(some: list[Person]) -> float:
        return mean(person.purpose is Purpose.BUYER for person in some)

    assert buying(right) > 3 * buying(wrong) > 0
    assert buying(right) < 0.8


def test_buyers_bring_colleagues(people: list[Person]) -> None:
    def with_another_buyer(some: list[Person]) -> float:
        buyers = Counter(
            person.company.handle for person in people if person.purpose is Purpose.BUYER
        )
        return mean(
            buyers[person.company.handle] > (person.purpose is Purpose.BUYER) for person in some
        )

    buyers = [person for person in people if person.purpose is Purpose.BUYER]
    lookers = [person for person in people if person.purpose is Purpose.LOOKER]
    assert with_another_buyer(buyers) > 1.5 * with_another_buyer(lookers)


def test_students_read_the_blog_and_never_ask_for_a_demo(sessions: Sessions) -> None:
    seen = [path for session in sessions[Purpose.STUDENT] for path in paths(session)]
    reading = [path for path in seen if path.startswith(("/blog", "/docs"))]
    assert len(reading) > len(seen) / 2
    assert not any(path == "/demo" for path in seen)


def test_a_competitor_reads_every_page_once(people: list[Person], sessions: Sessions) -> None:
    every = {path for found in sessions.values() for session in found for path in paths(session)}
    for session in sessions[Purpose.COMPETITOR]:
        assert sorted(paths(session)) == sorted(every)
    competitors = [person for person in people if person.purpose is Purpose.COMPETITOR]
    assert {person.visits for person in competitors} == {1}


def test_bots_are_scored_as_bots_and_stay_nowhere(sessions: Sessions) -> None:
    def seconds(session: dict[str, Any]) -> float:
        spent_ms: int = session["lastActivity"] - session["createdAt"]
        return spent_ms / 1000 / len(session["events"])

    for session in sessions[Purpose.BOT]:
        score = session["network"]["botManagement"]["score"]
        assert score is None or score < 30
        assert seconds(session) < 2
    assert median(seconds(session) for session in sessions[Purpose.LOOKER]) > 10
    verdicts = {s["network"]["botManagement"]["verifiedBot"] for s in sessions[Purpose.BOT]}
    assert verdicts >= {True, False}


def test_campaigns_draw_people_of_different_purposes(sessions: Sessions) -> None:
    def buyers_of(campaign: str) -> float:
        came = [
            why
            for why, found in sessions.items()
            for session in found
            if session["utm"]["campaign"] == campaign
        ]
        return came.count(Purpose.BUYER) / len(came)

    assert buyers_of("ops_leaders_emea") > 2 * buyers_of("q1_brand_awareness")
