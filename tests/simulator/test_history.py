"""Three weeks of visits: how many, when they come, and who bought in the end."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from simulator.delivery import encode
from simulator.history import DAY_MS, SPAN_MS, History
from simulator.purposes import Purpose
from simulator.visits import ScheduledEvent

END_MS = 1_760_000_400_000


@pytest.fixture(scope="module")
def history() -> History:
    return History(end_ms=END_MS, seed=5, newcomers=1500)


@pytest.fixture(scope="module")
def story(history: History) -> list[ScheduledEvent]:
    return list(history.events())


def test_it_lies_between_its_beginning_and_its_end_in_order(story: list[ScheduledEvent]) -> None:
    at = [scheduled.at_ms for scheduled in story]
    assert at == sorted(at)
    assert END_MS - SPAN_MS <= at[0] < END_MS - SPAN_MS + DAY_MS
    assert END_MS - DAY_MS / 4 < at[-1] <= END_MS


def test_about_as_many_come_as_were_asked_for(story: list[ScheduledEvent]) -> None:
    people = {scheduled.person.seed for scheduled in story if scheduled.person}
    assert len(people) == pytest.approx(1500, rel=0.08)


def test_the_same_arguments_tell_the_same(story: list[ScheduledEvent]) -> None:
    again = History(end_ms=END_MS, seed=5, newcomers=1500).events()
    assert [encode(s.event) for s in story[:200]] == [encode(next(again).event) for _ in range(200)]


def test_people_come_by_day_and_on_weekdays_and_ever_more(story: list[ScheduledEvent]) -> None:
    begun = [
        datetime.fromtimestamp(scheduled.at_ms / 1000, UTC)
        for scheduled in story
        if scheduled.event["type"] == "identity.resolved"
    ]
    days = Counter("weekend" if at.weekday() >= 5 else "weekday" for at in begun)
    assert days["weekday"] / 5 > 1.5 * days["weekend"] / 2
    hours = Counter("night" if at.hour < 6 else "day" for at in begun)
    assert hours["day"] / 18 > 2 * hours["night"] / 6
    middle = datetime.fromtimestamp((END_MS - SPAN_MS / 2) / 1000, UTC)
    assert sum(at > middle for at in begun) > 1.1 * len(begun) / 2


def test_buyers_alone_have_bought_after_they_came(
    history: History, story: list[ScheduledEvent]
) -> None:
    deals = history.deals()
    assert deals == history.deals()
    assert 20 <= len(deals) <= 80
    assert len({deal.domain for deal in deals}) == len(deals)
    came: dict[str, int] = {}
    for scheduled in story:
        person = scheduled.person
        if person and person.purpose is Purpose.BUYER:
            came.setdefault(person.company.domain, scheduled.at_ms)
    assert all(came[deal.domain] < deal.won_ms <= END_MS for deal in deals)
