"""`kill -9` of a receiver under load, repeatedly: what was answered 200 is there, and right."""

import asyncio
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from models.storage.database import Database
from tests.desk import expected, exported, without_errors
from tests.processes import Running
from tests.receiver.midbound import Posting, as_reference, deliver, ledger, story

pytestmark = [pytest.mark.xdist_group("crash"), pytest.mark.long_on("postgres")]

KILLS = 3


@dataclass(slots=True)
class Wreck:
    """What three killed receivers and their last successor left."""

    database: Database
    statuses: set[int] = field(default_factory=set)
    accepted: set[str] = field(default_factory=set)
    cut_off: list[int] = field(default_factory=list)
    """How many postings nobody answered, by receiver."""


def only(receiver: Running) -> Callable[[Posting], list[str]]:
    """Send everything to one receiver."""
    return lambda _posting: [receiver.receiver]


def kill_after(receiver: Running, enough: int) -> Callable[[int], None]:
    """Kill a receiver once it has answered enough."""

    def kill(answered: int) -> None:
        if answered >= enough:
            receiver.process.kill()

    return kill


@pytest.fixture(scope="module")
def wreck(wrecked_url: str, start_receiver: Callable[..., Running]) -> Iterator[Wreck]:
    """Every posting is answered in the end; before that, three receivers are killed at work."""
    left: list[Posting] = story(visitors=100, seed=21)
    random.Random(21).shuffle(left)
    share = len(left) // (KILLS + 1)
    wreck = Wreck(Database(wrecked_url))
    for life in range(KILLS + 1):
        receiver = start_receiver(wrecked_url)
        enough = share if life < KILLS else len(left) + 1
        answers = asyncio.run(deliver(only(receiver), left, on_answer=kill_after(receiver, enough)))
        left = answers.left
        wreck.statuses |= answers.by_status.keys()
        wreck.accepted |= answers.accepted
        wreck.cut_off.append(len(left))
    yield wreck
    wreck.database.close()


def test_receivers_were_killed_at_work_and_the_last_one_took_all_that_was_left(
    wreck: Wreck,
) -> None:
    *killed, last = wreck.cut_off
    assert (min(killed) > 0, last) == (True, 0)


def test_nothing_but_200_was_answered(wreck: Wreck) -> None:
    assert wreck.statuses == {200}


def test_everything_answered_200_is_in_the_ledger(wreck: Wreck) -> None:
    assert wreck.accepted <= ledger(wreck.database).keys()


def test_exports_are_what_the_reference_says_of_the_ledger(wreck: Wreck) -> None:
    kept = as_reference(ledger(wreck.database).values())
    assert without_errors(exported(wreck.database)) == expected(kept)
