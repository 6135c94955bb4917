"""Scores against the oracle, over generated streams: in any order, both databases, any moment."""

import csv
import io
import random
from collections import defaultdict
from collections.abc import Iterable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from dashboard.exports.order import Order
from models.exports.cells import time as iso
from models.facts.ignored import Ignoring
from models.projector.deriving import derive_batch
from models.projector.replay import replay
from models.projector.rescoring import FEWEST, MOST, PIECE_S, Pace, rescore, rescore_batch
from models.scoring import versions
from models.scoring.companies import scores_of
from models.scoring.grade import GRADES, LEAST_KEYS, intent_of, intent_of_raw
from models.scoring.intent import (
    Point,
    key_at,
    key_of,
    raw_of_key,
)
from models.scoring.reasons.breakdown import breakdowns
from models.storage.database import Database
from models.tables import LEAD_SCORE, SESSION, SESSION_POINTS
from tests.dashboard.deliveries import put, worker
from tests.desk import catch_up, take_in, this_moment
from tests.effort import IS_FULL, examples
from tests.models.scoring.oracle import Oracle
from tests.reference.events import Delivery
from tests.reference.pools import START
from tests.reference.streams import random_stream, stream_of_large_leads, without_conflicts

DEFINITION = """
[fit]
seniority  = { weight = 30, any = ["c_level", "vp", "head", "Director"] }
department = { weight = 10, any = ["marketing", "sales"] }
title      = { weight = 10, has = ["Engineer", "größe"] }
employees  = { weight = 25, full = [50, 500], zero = [10, 5000] }
industry   = { weight = 15, any = ["software development"] }
country    = { weight = 10, any = ["US", "Germany", "pt"] }
growth     = { weight = 5.5, full = [10, 1000], zero = [-10, 1000] }
funding    = { weight = 5, any = ["Series A", "Series B"] }

[intent]
half_life_days = 0.02
return_visit = 5
signals = { click = 25 }
pages = [
  { path = "/a", points = 20, min_seconds = 1 },
  { path = "/", points = 7 },
  { path = "/%62", points = 2.5 },
  { path = "*", points = 1 },
]
"""
MOMENTS = (START - 1, START + 1_000, START + 3_500, START + 61_000, START + 4_000_000)


def by(database: Database, text: str) -> None:
    versions.save(database, text, "a test")
    rescore(database)


def in_pieces(database: Database, deliveries: list[Delivery], seed: int) -> None:
    pieces, rest = random.Random(seed), list(deliveries)
    pieces.shuffle(rest)
    while rest:
        size = pieces.randint(1, 60)
        take_in(database, rest[:size])
        rest = rest[size:]
        derive_batch(database, Ignoring(), limit=pieces.randint(1, 60))
    catch_up(database)


def exported(database: Database, moment: int, **filters: str) -> dict[str, list[str]]:
    order = Order.parse(
        "leads",
        {"columns": "lead,fit,fit_known,intent,grade", "at": iso(moment), **filters},
        this_moment(),
    )
    with database.read() as db:
        text = "".join(order.stream(db))
    rows = list(csv.reader(io.StringIO(text, newline="")))[1:]
    return {row[0].lstrip("'"): row[1:] for row in rows}


def cells(numbers: Iterable[object]) -> list[str]:
    return ["" if number is None else str(number) for number in numbers]


def scored(database: Database) -> set[tuple[object, ...]]:
    with database.read() as db:
        return {
            tuple(row)
            for table in (LEAD_SCORE, SESSION_POINTS)
            for row in db.execute(table.select())
        }


@pytest.mark.parametrize("seed", [1, 2] if IS_FULL else [1])
def test_leads_are_scored_as_the_formulas_say(database: Database, seed: int) -> None:
    by(database, DEFINITION)
    in_pieces(database, without_conflicts(random_stream(seed, 600)), seed)
    with database.read() as db:
        oracle = Oracle(db, DEFINITION)
    seen = set()
    for moment in MOMENTS:
        want = {}
        for lead in oracle.leads:
            said = oracle.scored(lead, moment)
            want[lead.lstrip("'")] = cells((said.fit, said.known, said.intent, said.grade))
        assert exported(database, moment) == want
        for asked in ("A", "?", "B3", "2", "?1"):
            fitting = {
                lead for lead, said in want.items() if all(mark in said[3] for mark in asked)
            }
            assert exported(database, moment, grade=asked).keys() == fitting
        least = {lead for lead, said in want.items() if int(said[2]) >= 12}
        assert exported(database, moment, intent_min="12").keys() == least
        seen |= {said[3] for said in want.values()}
    assert len(seen) > 6


@pytest.mark.parametrize("later_days", [0, 30])
def test_a_company_has_the_points_of_its_people_together(
    database: Database, later_days: int
) -> None:
    by(database, DEFINITION)
    in_pieces(database, without_conflicts(random_stream(1, 400)), 1)
    # Beside somebody who came 1,500 half-lives later, nothing is left of the others.
    newest = worker(1, hour=24 * later_days)
    put(database, newest)
    with database.read() as db:
        oracle = Oracle(db, DEFINITION)
        moment = max(newest["created"], MOMENTS[-1])
        found = scores_of(db, oracle.companies, moment)
    people = defaultdict[str, list[str]](list)
    for lead, row in oracle.leads.items():
        people[row["company_key"]].append(lead)
    for company in oracle.companies:
        raw = sum(oracle.raw(lead, moment) for lead in people[company])
        assert found[company].intent == intent_of_raw(raw), company
    colleagues = {key for key, its in people.items() if len(its) > 1 and key in found}
    assert later_days or any(found[key].intent for key in colleagues)


@pytest.mark.long_on("postgres")
def test_a_lead_of_very_many_visits_counts_its_newest(database: Database) -> None:
    by(database, DEFINITION)
    in_pieces(database, without_conflicts(stream_of_large_leads(1, 900)), 1)
    with database.read() as db:
        oracle = Oracle(db, DEFINITION)
    assert max(map(len, oracle.visits.values())) > 50
    for moment in MOMENTS:
        found = exported(database, moment)
        for lead in oracle.leads:
            said = oracle.scored(lead, moment)
            want = cells((said.fit, said.known, said.intent, said.grade))
            assert found[lead.lstrip("'")] == want


@pytest.mark.long_on("postgres")
def test_another_version_gives_what_it_would_have_given_from_the_start(
    database: Database,
) -> None:
    deliveries = without_conflicts(random_stream(5, 250))
    in_pieces(database, deliveries[:200], 5)
    versions.save(database, DEFINITION, "a test")
    pieces = 0
    for delivery in deliveries[200:]:
        take_in(database, [delivery])
        derive_batch(database, Ignoring())
        pieces += bool(rescore_batch(database))
    assert pieces > 3
    rescore(database)
    while rescore_batch(database):
        pass
    beside = scored(database)
    assert {row[0] for row in beside} == {2}
    assert replay(database).changed == {}
    assert scored(database) == beside
    with database.read() as db:
        oracle = Oracle(db, DEFINITION)
    found = exported(database, MOMENTS[-1])
    for lead in oracle.leads:
        assert found[lead.lstrip("'")][2] == str(oracle.scored(lead, MOMENTS[-1]).intent)


def test_a_piece_has_as_many_rows_as_it_has_time_for() -> None:
    pace = Pace(rows=300)
    pace.took(PIECE_S / 10)
    assert pace.rows == 600  # twice as many at most
    pace.took(PIECE_S * 2)
    assert pace.rows == 300
    for seconds, rows in ((0.0, MOST), (10.0, FEWEST)):
        for _ in range(20):
            pace.took(seconds)
        assert pace.rows == rows


def test_all_is_shown_by_the_version_before_until_the_next_is_whole(database: Database) -> None:
    in_pieces(database, without_conflicts(random_stream(6, 300)), 6)
    before = exported(database, MOMENTS[-1])
    versions.save(database, DEFINITION, "a test")
    assert rescore_batch(database)
    while True:
        with database.read() as db:
            now = versions.in_force(db).version
        if now == 2:
            break
        assert exported(database, MOMENTS[-1]) == before
        assert rescore_batch(database)
    assert exported(database, MOMENTS[-1]) != before


def test_a_replay_across_a_switch_leaves_the_newer_scores_right(database: Database) -> None:
    in_pieces(database, without_conflicts(random_stream(7, 200)), 7)

    def switch(done: int, total: int) -> None:
        if done < total:
            return
        with database.read() as db:
            is_first = versions.newest(db).number == 1
        if is_first:
            by(database, DEFINITION)
            with database.write() as db:
                db.exec_driver_sql("UPDATE lead SET stage = 0")

    assert replay(database, switch).changed
    rescore(database)
    with database.read() as db:
        oracle = Oracle(db, DEFINITION)
    found = exported(database, MOMENTS[-1])
    assert found.keys() == {lead.lstrip("'") for lead in oracle.leads}
    for lead in oracle.leads:
        assert found[lead.lstrip("'")][2] == str(oracle.scored(lead, MOMENTS[-1]).intent)


POINTS = st.lists(
    st.builds(
        Point,
        at=st.integers(1_700_000_000_000, 1_700_000_000_000 + 10**10),
        points=st.floats(0.001, 1_000_000),
        what=st.just("*"),
    ),
    max_size=8,
)


@settings(max_examples=examples(200), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    several=st.lists(POINTS, min_size=2, max_size=6),
    moments=st.lists(st.integers(0, 10**12), min_size=2, max_size=4),
    days=st.floats(0.01, 3650),
)
def test_time_alone_never_changes_who_is_ahead(
    several: list[list[Point]], moments: list[int], days: float
) -> None:
    half_life = days * 86_400_000
    keys = [key_of(points, half_life) for points in several]
    newest = max((point.at for points in several for point in points), default=0)
    for later in moments:
        moment = newest + later
        shown = [intent_of(key, moment, half_life) for key in keys]
        assert [key_at(points, moment, half_life) for points in several] == keys
        by_key = [intent for _, intent in sorted(zip(keys, shown, strict=True))]
        assert by_key == sorted(shown)


@given(raw=st.floats(0.0, 500))
def test_an_intent_read_off_its_key_is_the_formulas(raw: float) -> None:
    moment, half_life = 1_800_000_000_000, 604_800_000.0
    key = key_of([Point(moment, raw, "*")] if raw > 1e-300 else [], half_life)
    found = intent_of(key, moment, half_life)
    assert abs(raw_of_key(key, moment, half_life) - raw) <= 1e-9 * max(raw, 1)
    near = 100 * (1 - 2 ** (-raw / 20)) % 1
    assert found == intent_of_raw(raw) or abs(near - 0.5) < 1e-6


def test_every_percent_has_its_least_sum() -> None:
    assert list(LEAST_KEYS) == sorted(LEAST_KEYS)
    assert len(GRADES) == 29


def test_a_lead_without_a_visit_has_a_grade_and_no_intent(database: Database) -> None:
    take_in(database, random_stream(seed=3, size=20))
    catch_up(database)
    with database.write() as db:
        key = db.execute(select(SESSION.c.lead).order_by(SESSION.c.lead).limit(1)).scalar_one()
        db.execute(delete(SESSION).where(SESSION.c.lead == key))
    with database.read() as db:
        found = breakdowns(db, [key], START)[key]
    assert (found.intent, found.given) == (0, [])
    assert found.grade in GRADES
