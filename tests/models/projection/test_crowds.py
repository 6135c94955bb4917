"""Who hangs together by too many addresses is not joined: a function of the deliveries alone."""

import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tried
from hypothesis import strategies as st

from models.ledger.deliveries import by_id
from models.projection import addresses, holders, joining, large_leads
from models.projection.withdrawal import remove
from models.projector.replay import replay
from models.storage import rows as reading
from models.storage.database import Database
from models.storage.rows import fetch
from tests.desk import catch_up, expected, exported, take_in, without_errors
from tests.effort import examples
from tests.models.people import visit
from tests.models.projection.test_convergence import _emptied, _in_pieces
from tests.reference.events import Delivery
from tests.reference.streams import without_conflicts

MANY = joining.MOST // 4 + 1
"""Four times so many addresses are too many, three times are not."""


def many(name: str) -> list[str]:
    """Addresses that only come together."""
    return [f"{name}-{number:03}@x.io" for number in range(MANY)]


URLS = [None, None, None, None, "linkedin.com/in/a", "linkedin.com/in/b"]


@st.composite
def visits(draw: st.DrawFn) -> list[Delivery]:
    """Visits of few visitors, each with so many addresses that crowds form, grow together and fall
    apart.
    """
    number = draw(st.integers(1, 16))
    names = st.lists(st.sampled_from("abcdefgh"), max_size=2)
    return [
        visit(
            at,
            f"v{draw(st.integers(0, 7))}",
            f"s{draw(st.integers(0, 11))}",
            *(one for name in draw(names) for one in many(name)),
            url=draw(st.sampled_from(URLS)),
        )
        for at in range(number)
    ]


@tried(
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
@given(stream=visits(), order=st.randoms(use_true_random=False))
@pytest.mark.long_on("postgres")
def test_crowds_are_the_same_in_any_order_and_after_any_withdrawal(
    database: Database, stream: list[Delivery], order: random.Random
) -> None:
    stream = without_conflicts(stream)
    order.shuffle(stream)
    _in_pieces(_emptied(database), stream, order)
    assert without_errors(exported(database)) == expected(stream)
    gone = set(order.sample(stream, order.randint(1, len(stream))))
    with database.deriving() as db:
        remove(db, by_id(db, {one.webhook_id for one in gone}))
    left = [one for one in stream if one not in gone]
    assert without_errors(exported(database)) == expected(left)
    if order.random() < 0.2:  # a replay takes longer than all before it
        assert replay(database).changed == {}


def chain(length: int, *, first: int = 0) -> list[Delivery]:
    """Visitors each of whom shares an address with the next, and has many of their own."""
    return [
        visit(n, f"v{n:05}", f"s{n:05}", f"a{n:05}@x.io", f"a{n + 1:05}@x.io", *many(f"own{n:05}"))
        for n in range(first, first + length)
    ]


@pytest.fixture
def rows_read(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many rows deriving has read, under `rows`."""
    counted: Counter[str] = Counter()

    def counting(*asked: Any) -> Any:
        rows = fetch(*asked)
        counted["rows"] += len(rows)
        return rows

    for module in (reading, joining, holders, addresses, large_leads):
        monkeypatch.setattr(module, "fetch", counting)
    return counted


def test_what_an_event_costs_does_not_grow_with_the_chain_that_it_lengthens(
    database: Database, rows_read: Counter[str]
) -> None:
    costs = []
    for length in (4, 40):
        take_in(_emptied(database), chain(length))
        catch_up(database)
        rows_read.clear()
        take_in(database, chain(1, first=length))
        catch_up(database)
        costs.append(rows_read["rows"])
    assert 0 < costs[1] <= costs[0]


def test_when_a_crowd_is_cut_in_the_middle_each_small_part_is_one_human_again(
    database: Database,
) -> None:
    stream = chain(5)
    take_in(database, stream)
    assert leads_of(database) == [f"v{n:05}" for n in range(5)]
    with database.deriving() as db:
        remove(db, by_id(db, {stream[2].webhook_id}))
    assert leads_of(database) == ["a00000@x.io", "a00003@x.io"]
    take_in(database, [stream[2]])
    assert leads_of(database) == [f"v{n:05}" for n in range(5)]


@pytest.mark.long_on("postgres")
def test_a_thousand_who_share_a_mailbox_are_one_human_and_one_more_is_none(
    database: Database,
) -> None:
    every = [visit(n, f"v{n:05}", f"s{n:05}", "all-of-us@x.io") for n in range(joining.MOST + 1)]
    take_in(database, every)
    assert leads_of(database) == [f"v{n:05}" for n in range(joining.MOST + 1)]
    with database.deriving() as db:
        remove(db, by_id(db, {every[0].webhook_id}))
    assert leads_of(database) == ["all-of-us@x.io"]
    take_in(database, [every[0]])
    assert leads_of(database) == [f"v{n:05}" for n in range(joining.MOST + 1)]
    assert without_errors(exported(database)) == expected(every)


def leads_of(database: Database) -> list[str]:
    return [line.split(",")[0] for line in exported(database)["leads"].splitlines()[1:]]
