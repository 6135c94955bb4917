"""The back-test on a history in which the truth is known: outcomes are drawn from a hidden rule."""

import json
import random
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.backtest.backtest import BacktestError, backtest, lines
from models.backtest.figures import Known, figures, share
from models.ledger.deliveries import Delivery, keep
from models.projector.rescoring import rescore
from models.scoring.intent import DAY_MS
from models.scoring.versions import save
from models.segments.list_files import Entry
from models.segments.lists import keep as keep_list
from models.storage.database import Database
from tests.dashboard.deliveries import Json, payload
from tests.desk import catch_up

CUT = 1_740_000_000_000
DEFINITION = """
[fit]
title = { weight = 1, has = ["vp"] }
[intent]
half_life_days = 7
return_visit = 5
pages = [{ path = "/pricing", points = 30 }, { path = "*", points = 1 }]
"""
VISITORS = 300


def visit(number: int, at: int, page: str, title: str) -> Json:
    event = deepcopy(payload("resolved"))
    event["id"], event["created"] = f"evt_{number}_{at}", at
    data = event["data"]
    names = {"sid": f"S{number}_{at}", "vid": f"V{number}"}
    data["session"] |= names | {"landingPage": f"https://www.example.com{page}", "createdAt": at}
    data["attribution"] |= {"sessionId": names["sid"], "vid": names["vid"]}
    data["identity"] = {
        "emails": [{"value": f"p{number}@firm{number}.example", "type": "professional"}],
        "professional": {"jobTitle": title},
    }
    return event


@pytest.fixture
def truth(database: Database) -> set[int]:
    """A history of visitors before the cut; whoever looked at prices mostly buys after it."""
    dice = random.Random(1)
    events, buyers = [], set()
    for number in range(VISITORS):
        at = CUT - dice.randrange(1, 3 * DAY_MS)
        page = dice.choice(("/pricing", "/blog", "/blog", "/"))
        title = dice.choice(("VP Sales", "Student"))
        events.append(visit(number, at, page, title))
        if dice.random() < (0.6 if page == "/pricing" else 0.05):
            buyers.add(number)
    keep(
        database,
        [Delivery(e["id"], e["created"], "1", "v1,t", json.dumps(e).encode()) for e in events],
    )
    catch_up(database)
    save(database, DEFINITION, "a test")
    rescore(database)
    return buyers


def won(database: Database, dated: dict[str, int]) -> None:
    entries = {value: Entry(value, at) for value, at in dated.items()}
    with database.write() as db:
        keep_list(db, "won", entries)


def test_lift_and_precision_are_those_of_the_hidden_rule(
    database: Database, truth: set[int]
) -> None:
    won(database, {f"firm{number}.example": CUT + DAY_MS for number in truth})
    found = backtest(database, "won", CUT, calls=40)
    everybody = found.figures.everybody
    assert (everybody.of, everybody.won) == (VISITORS, len(truth))
    assert not found.figures.proves_nothing
    assert sum(its.of for its in found.figures.by_grade.values()) == VISITORS
    by = {way.name: way for way in found.figures.ways}
    assert by["grade"].first.rate > 0.4
    assert by["grade"].lift is not None
    assert by["grade"].lift > 2
    assert by["fit alone"].lift is not None
    assert by["fit alone"].lift < 1.7
    for its in [everybody, *found.figures.by_grade.values()]:
        assert its.low <= its.rate <= its.high
    assert backtest(database, "won", CUT, calls=40) == found
    assert any("lift" in line for line in lines(found))


def test_what_lies_on_the_wrong_side_of_the_cut_is_not_used(
    database: Database, truth: set[int]
) -> None:
    some = sorted(truth)
    before, after = some[:10], some[10:40]
    won(
        database,
        {f"firm{n}.example": CUT - DAY_MS for n in before}
        | {f"firm{n}.example": CUT + DAY_MS for n in after},
    )
    found = backtest(database, "won", CUT)
    assert found.figures.everybody.of == VISITORS - len(before)
    assert found.figures.everybody.won == len(after)
    # Whoever won looks at prices again, which was received after the cut.
    late = [visit(n, CUT + 2 * DAY_MS, "/pricing", "VP Sales") for n in after]
    late += [visit(VISITORS + 1, CUT + DAY_MS, "/pricing", "VP Sales")]
    keep(
        database,
        [Delivery(e["id"], e["created"], "1", "v1,t", json.dumps(e).encode()) for e in late],
    )
    # One that claims to be of before, and came after.
    early = visit(VISITORS + 2, CUT - DAY_MS, "/pricing", "VP Sales")
    keep(database, [Delivery(early["id"], CUT + 5, "1", "v1,t", json.dumps(early).encode())])
    catch_up(database)
    assert backtest(database, "won", CUT).figures == found.figures


def test_few_outcomes_prove_nothing(database: Database, truth: set[int]) -> None:
    won(database, {f"firm{number}.example": CUT + DAY_MS for number in sorted(truth)[:5]})
    found = backtest(database, "won", CUT)
    assert found.figures.proves_nothing
    text = "\n".join(lines(found))
    assert "prove nothing" in text
    assert "%" not in text
    with pytest.raises(BacktestError, match="there is no list customers; there are won"):
        backtest(database, "customers", CUT)


def test_without_a_list_it_asks_who_came_back(database: Database, truth: set[int]) -> None:
    again = [visit(n, CUT + 3 * DAY_MS, "/blog", "VP Sales") for n in sorted(truth)[:30]]
    again += [visit(n, CUT + 20 * DAY_MS, "/blog", "VP Sales") for n in range(5)]
    keep(
        database,
        [Delivery(e["id"], e["created"], "1", "v1,t", json.dumps(e).encode()) for e in again],
    )
    catch_up(database)
    assert backtest(database, None, CUT).figures.everybody.won == 30


def test_wilsons_interval_is_the_published_one() -> None:
    its = share(8, 10)
    assert (round(its.low, 4), round(its.high, 4)) == (0.4902, 0.9433)
    assert share(0, 10).low == 0
    assert share(10, 10).high == 1
    assert share(0, 0).high == 1


@given(st.integers(0, 200), st.integers(0, 200))
def test_an_interval_holds_its_rate(won_ones: int, others: int) -> None:
    its = share(won_ones, won_ones + others)
    assert 0 <= its.low <= its.rate <= its.high <= 1


def test_ways_to_choose_are_told_apart() -> None:
    leads = [
        Known(str(n), "A1", float(n % 7), n % 4, n % 5, n, n if n % 3 else None, n >= 50)
        for n in range(100)
    ]
    found = figures(leads, 50)
    by = {way.name: way.first.won for way in found.ways}
    assert by["newest first"] == 50
    assert by["grade"] < 40
