"""A human is told of once, whatever becomes of leads; nobody is passed over, no replay rings."""

import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tried
from hypothesis import strategies as st
from sqlalchemy import text

from models.facts.facts import Facts
from models.facts.ignored import Ignoring
from models.ledger import deliveries as ledger
from models.personal_data.forgetting import Who, WhoError, forget
from models.projection.withdrawal import remove
from models.projector import deriving
from models.projector.replay import replay
from models.projector.rescoring import rescore
from models.rules import judging
from models.scoring import versions
from models.storage.database import Database
from models.tables.rules import ROLLED
from tests.desk import catch_up
from tests.effort import examples
from tests.models.projection.test_convergence import _emptied, _in_pieces
from tests.models.rules.desk import rule
from tests.models.rules.lives import lives
from tests.models.rules.plain import Books, Moment
from tests.reference.events import Delivery
from tests.reference.pools import START
from tests.reference.streams import streams, without_conflicts

NOW = START + 70_000
"""The time at which the streams are judged."""

SCORES = tuple(
    f'[fit]\nseniority = {{ weight = 30, any = ["{word}"] }}\n'
    "employees = { weight = 20, full = [5, 50], zero = [1, 100] }\n"
    for word in ("c_level", "vp")
)

RULES: tuple[dict[str, Any], ...] = (
    {"name": "each", "query": "page=/1", "cooldown_hours": 0, "cap_per_hour": 3},
    {"name": "visit", "query": "page=/1&page=/2", "to": ("team", "other")},
    {"name": "stage", "query": "stage=enriched&stage=finalized"},
    {"name": "once", "query": "job_title.has=c", "when": "once"},
    {"name": "again", "query": "page=/0&page=/1&page=/2&page=/3", "when": "return"},
    {"name": "firm", "query": "bots=hide", "when": "company", "people": 2},
    {"name": "sized", "query": "min_employees=5&job_title.not=ceo", "when": "company"},
    {"name": "not", "query": "job_title.not=ceo&country=PT"},
    {"name": "score", "query": "fit_min=50"},
    {"name": "scored", "query": "fit_min=50", "when": "once"},
)
"""Every occasion, and all that may become true of somebody by another one's visit."""


@pytest.fixture
def desk(database: Database) -> Database:
    """A desk with rules."""
    for one in RULES:
        rule(database, **one)
    return database


@tried(
    max_examples=examples(20),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(stream=streams(), seed=st.integers(0, 2**32), dice=st.randoms(use_true_random=False))
@pytest.mark.long_on("postgres")
def test_each_human_is_told_of_once_whatever_happens(
    desk: Database, stream: list[Delivery], seed: int, dice: random.Random
) -> None:
    with _emptied(desk).write() as db:
        for name in ("outbox", "rung", "rule_hour", "barred"):
            db.execute(text(f"DELETE FROM {name}"))
    books, judge = Books(), judging.judge
    wrong: list[AssertionError] = []
    with desk.read() as db:
        before = [Moment.of(db)]

    def judged(db: Any, facts: Sequence[Facts], changed: Any, record: Any, _now: int) -> Any:
        found = judge(db, facts, changed, record, NOW)
        after = Moment.of(db)
        try:
            assert not found.outcomes["failed"]
            books.take_in(before[0], after, {fact.sid for fact in facts}, NOW)
        except AssertionError as error:
            # Deriving would take it for a batch that the database refuses.
            wrong.append(error)
        before[0] = after
        return found

    rest = [*without_conflicts(stream), *lives(seed, 24)]
    dice.shuffle(rest)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(deriving, "judge", judged)
        while rest:
            some, rest = rest[: (size := dice.randint(1, 8))], rest[size:]
            _in_pieces(desk, some, dice)
            change_something(desk, dice, books, before)
            if wrong:
                raise wrong[0]
        catch_up(desk)
        replay(desk)
    if wrong:
        raise wrong[0]
    with desk.read() as db:
        last = Moment.of(db)
    assert [row["key"] for row in last.outbox] == [row["key"] for row in before[0].outbox]
    roll_ups = {row["key"] for row in last.outbox if row["kind"] == "roll-up"}
    assert roll_ups == {row["rolled_into"] for row in last.outbox if row["state"] == ROLLED}


def change_something(
    database: Database, dice: random.Random, books: Books, before: list[Moment]
) -> None:
    """Replay, withdraw, score anew, or forget somebody; nothing of that makes a message."""
    chosen = dice.randint(0, 8)
    if chosen > 4:
        return
    catch_up(database)
    match chosen:
        case 0:
            replay(database)
        case 1:
            withdraw(database, dice)
        case 2 | 3:
            versions.save(database, dice.choice(SCORES), "a test")
            rescore(database)
        case _:
            forget_somebody(database, dice)
    was = before[0]
    with database.read() as db:
        before[0] = Moment.of(db)
    assert {row["key"] for row in before[0].outbox} <= {row["key"] for row in was.outbox}
    if chosen == 4:
        books.forget(_visits(was) - _visits(before[0]))


def _visits(moment: Moment) -> set[str]:
    return {visit["sid"] for visit in moment.world.visits}


def withdraw(database: Database, dice: random.Random) -> None:
    """Some deliveries go from the ledger, as those do that are too old."""
    with database.deriving() as db:
        seqs = list(db.execute(text("SELECT seq FROM delivery ORDER BY seq")).scalars())
        gone = dice.sample(seqs, min(len(seqs), 3))
        remove(db, [one for one in ledger.some(db, "true", {"limit": 10_000}) if one.seq in gone])


def forget_somebody(database: Database, dice: random.Random) -> None:
    """Forget a lead; nothing is left that names it, but for visits that `withdraw` took: retention
    takes their messages back before it does.
    """
    with database.read() as db:
        leads = sorted(db.execute(text("SELECT key FROM lead")).scalars())
        there = set(db.execute(text("SELECT sid FROM session")).scalars())
    if not leads:
        return
    try:
        erased = forget(database, Who.of_lead(dice.choice(leads)), Ignoring())
    except WhoError:
        return
    with database.read() as db:
        told = db.execute(text("SELECT lead, sid FROM outbox WHERE lead IS NOT NULL")).all()
    assert not erased.leads.keys() & {lead for lead, sid in told if sid in there}
