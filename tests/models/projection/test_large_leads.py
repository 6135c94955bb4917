"""Leads of many visits: made of their parts they are what they are made of all their visits."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as tried
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.engine import Engine

from models.facts.row import Row
from models.ledger.deliveries import by_id
from models.projection import addresses, holders, joining, large_leads
from models.projection.large_leads import Part, grown, leaves, merged, of_session, of_text, place
from models.projection.leads import _lead, _summed
from models.projection.withdrawal import remove
from models.projector.replay import replay
from models.storage import rows as reading
from models.storage.database import Database
from models.storage.rows import fetch
from tests.desk import catch_up, expected, exported, take_in, without_errors
from tests.effort import IS_FULL, examples
from tests.models.people import ANN, visit
from tests.models.projection.test_convergence import _in_pieces
from tests.reference.events import Delivery
from tests.reference.streams import stream_of_large_leads, without_conflicts

times = st.integers(0, 4)
texts = st.sampled_from([None, "", "a", "b"])
blocks = st.dictionaries(
    st.sampled_from(["first_name", "city", "job_title", "company_name"]), texts, max_size=3
)
phones = st.sampled_from([["+351913168884"], ["0170 1234567"], ["no number"], []])


@st.composite
def visits(draw: st.DrawFn) -> list[Row]:
    """Visits of one lead, of few times and texts, so that ties are common."""
    return [_visit(draw, number) for number in range(draw(st.integers(1, 12)))]


def _visit(draw: st.DrawFn, number: int) -> Row:
    said = {
        f"{draw(times)}|msg_{number}_{block}": draw(blocks) | {"phones": draw(phones)}
        for block in range(draw(st.integers(0, 2)))
    }
    stages = draw(st.integers(1, 31))
    return {
        "lead": "linkedin.com/in/ann",
        "sid": f"s{number}",
        "started_at": draw(times),
        "last_activity": draw(times),
        "stage": stages.bit_length() - 1,
        "stages": stages,
        "pageviews": draw(st.none() | st.integers(0, 3)),
        "heard_at": draw(times),
        "is_bot": draw(st.booleans()),
        "company_key": (employer := draw(st.sampled_from([None, "a.io", "b.io"]))),
        "company_rank": employer and f"{draw(times)}|msg_{number}",
        "identity": json.dumps(said) if said else None,
        "country": draw(st.sampled_from([None, "PT", "DE"])),
        "landing_page": draw(texts),
        "last_page": (page := draw(texts)),
        "last_page_ts": draw(times) if page else None,
        "last_page_place": draw(times) if page else None,
        "channel": draw(texts),
        **{name: draw(texts) for name in large_leads.UTM},
    }


@tried(max_examples=examples(300), deadline=None)
@given(sessions=visits(), order=st.randoms(use_true_random=False))
def test_a_lead_is_the_same_of_its_parts_however_they_are_merged(
    sessions: list[Row], order: random.Random
) -> None:
    pieces = [of_session(session) for session in sessions]
    while len(pieces) > 1:
        order.shuffle(pieces)
        some = order.randint(2, len(pieces))
        pieces = [of_text(merged(pieces[:some]).text()), *pieces[some:]]
    (whole,) = pieces
    chosen = [session for session in sessions if session["sid"] in whole.chosen()]
    want = _lead("linkedin.com/in/ann", sessions, None)
    assert _lead("linkedin.com/in/ann", chosen, None) | _summed(whole) == want


@tried(max_examples=examples(100), deadline=None)
@given(sessions=visits(), order=st.randoms(use_true_random=False))
def test_parts_that_grew_bit_by_bit_are_those_made_at_once(
    sessions: list[Row], order: random.Random
) -> None:
    kept: dict[str, Part] = {}
    for session in order.sample(sessions, len(sessions)):
        at = place(session["sid"])
        sids = {*(kept[at].sids if at in kept else ()), session["sid"]}
        its = [one for one in sessions if one["sid"] in sids]
        kept |= grown(leaves(its), dict(kept))
    assert kept == grown(leaves(sessions), {})
    assert {len(at) for at in kept} == set(range(large_leads.LEVELS + 1))


@pytest.mark.parametrize("seed", [1, 2] if IS_FULL else [1])
@pytest.mark.long_on("postgres")
def test_large_leads_are_what_the_reference_says_in_any_order_and_after_any_withdrawal(
    database: Database, seed: int
) -> None:
    order = random.Random(seed)
    stream = without_conflicts(stream_of_large_leads(seed, 300))
    order.shuffle(stream)
    _in_pieces(database, stream, order)
    assert without_errors(exported(database)) == expected(stream)
    assert _largest(database) > large_leads.LARGE
    while stream:
        gone = set(stream[: order.choice([1, 40, 80])])
        with database.deriving() as db:
            remove(db, by_id(db, {one.webhook_id for one in gone}))
        stream = [one for one in stream if one not in gone]
        assert without_errors(exported(database)) == expected(stream)
        if order.random() < 0.3:
            assert replay(database).changed == {}
    assert _largest(database) == 0


def _largest(database: Database) -> int:
    with database.read() as db:
        kept = fetch(db, "SELECT part FROM lead_part WHERE place = ''")
    return max((of_text(part).sessions for (part,) in kept), default=0)


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """What the database does: `rows` that it gives, and `steps` of SQLite's machine, in tens."""
    done: Counter[str] = Counter()

    def counting(*asked: Any) -> Any:
        rows = fetch(*asked)
        done["rows"] += len(rows)
        return rows

    for module in (reading, holders, joining, addresses, large_leads):
        monkeypatch.setattr(module, "fetch", counting)

    def watch(connection: Any, *_others: Any) -> None:
        if hasattr(connection, "set_progress_handler"):
            connection.set_progress_handler(lambda: done.update(steps=1), 10)

    event.listen(Engine, "checkout", watch)
    yield done
    event.remove(Engine, "checkout", watch)


@pytest.mark.long_on("postgres")
def test_an_event_of_a_lead_of_3000_visits_costs_at_most_twice_what_it_does_at_300(
    database: Database, work: Counter[str]
) -> None:
    costs = []
    first = 0
    for size in (300, 3000):
        take_in(database, [one for n in range(first, size, 2) for one in _two_browsers(n)])
        catch_up(database)
        assert _largest(database) == size
        take_in(database, _two_browsers(size))
        work.clear()
        catch_up(database)
        costs.append(dict(work))
        first = size + 2
    assert costs[0]["rows"] > 0
    assert ("steps" in costs[0]) == (not database.is_postgres)
    assert all(costs[1][what] <= 2 * costs[0][what] for what in costs[0])


def _two_browsers(number: int) -> list[Delivery]:
    """A visit of each of two browsers of one human, one of which never says whose it is."""
    return [
        visit(number, "v-ann", f"s{number:05}", "ann@acme.com", url=ANN),
        visit(number + 1, "v-other", f"s{number + 1:05}", "ann@acme.com", "ann@x.io"),
    ]
