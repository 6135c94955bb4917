"""Scores against the oracle, over generated streams: in any order, both databases, any moment."""

import csv
import io
import random
import re
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, insert, select, update

from dashboard.exports.order import Order
from models.exports.cells import time as iso
from models.facts.ignored import Ignoring
from models.projector.deriving import derive_batch
from models.projector.replay import replay
from models.projector.rescoring import FEWEST, MOST, PIECE_S, Pace, rescore, rescore_batch
from models.scoring import versions
from models.scoring.fit import Fit
from models.scoring.grade import GRADES, LEAST_KEYS, intent_of, intent_of_raw
from models.scoring.intent import (
    DAY_MS,
    Point,
    key_at,
    key_of,
    raw_at,
    raw_of_key,
    telling,
    written,
)
from models.scoring.keeping import keep_leads, known_of
from models.scoring.reasons.best import Best, best, who_ask
from models.scoring.reasons.breakdown import Breakdown, Given, breakdowns
from models.scoring.reasons.words import reasons
from models.storage.database import Database
from models.tables import LEAD, LEAD_SCORE, PAGE_EVENT, SESSION, SESSION_POINTS
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


def test_the_best_reason_is_the_first_of_all(database: Database) -> None:
    take_in(database, without_conflicts(random_stream(seed=5, size=300)))
    by(database, DEFINITION.replace("= 0.02", "= 7"))
    catch_up(database)
    dice = random.Random(5)
    given = ("*", "/a", "signal:form_x", "signal:click")
    pages = (None, "https://acme.test/demo", "https://acme.test/contact", "https://acme.test/a?b=c")
    with database.write() as db:
        moment = db.execute(select(func.max(SESSION.c.last_activity))).scalar_one()
        version = db.execute(select(func.max(LEAD_SCORE.c.version))).scalar_one()
        db.execute(update(SESSION).where(SESSION.c.sid > "s2").values(finalized=True))
        db.execute(delete(SESSION_POINTS))
        db.execute(delete(PAGE_EVENT))
        for sid in db.execute(select(SESSION.c.sid).where(SESSION.c.finalized)).scalars().all():
            # One in four lies in the future; some points are of an event that is not there.
            whats = sorted(dice.sample(given, dice.randrange(5)))
            at = [moment + dice.randrange(-9, 3) * 3_600_000 for _ in whats]
            points = [
                Point(at[n], dice.choice([1, 20]), what, dice.choice([0, 1, 2, None]))
                for n, what in enumerate(whats)
            ]
            db.execute(
                insert(SESSION_POINTS).values(version=version, sid=sid, points=written(points))
            )
            for place in range(2):
                event = {"sid": sid, "place": place, "ts": moment, "url": dice.choice(pages)}
                db.execute(insert(PAGE_EVENT).values(event))
        keys = list(db.execute(select(SESSION.c.lead).distinct()).scalars())
        keep_leads(db, versions.read(db), known_of(db, keys))
    words = set()
    for when in (moment, moment - 4 * 3_600_000, moment + 30 * 86_400_000):
        words |= {told.partition(" on ")[0] for told in best_of_all(database, when)}
    assert {"Asked for a demo", "Sent a form"} <= words
    assert len(words) > 3


def best_of_all(database: Database, moment: int) -> set[str]:
    """All leads' best reasons at a moment, which must be the first of all of theirs."""
    with database.read() as db:
        keys = list(db.execute(select(LEAD.c.key)).scalars())
        every = breakdowns(db, keys, moment)
        found = best(db, keys, moment)
        asking = who_ask(db, keys, moment)
    assert found.keys() == every.keys() == set(keys)
    for key, of in every.items():
        first = (next(iter(reasons(of, timed=timed)), None) for timed in (False, True))
        assert found[key] == Best(of.grade, of.asks, *first)
    assert asking == {key for key, of in every.items() if of.asks}
    return {of.reason for of in found.values() if of.reason}


@pytest.mark.long_on("postgres")
@pytest.mark.parametrize("seed", [8, 9] if IS_FULL else [8])
def test_the_best_reason_is_kept_after_any_stream(database: Database, seed: int) -> None:
    signals = "signals = { click = 9, form_a = 4, form_b = 3 }"
    text = DEFINITION.replace("signals = { click = 25 }", signals).replace("0.02", "0.1")
    by(database, text.replace("return_visit = 5", "return_visit = 2"))
    dice = random.Random(seed)
    names = (b'"pageview"', b'"click"', b'"form_a"', b'"form_b"')
    deliveries = [
        replace(one, body=re.sub(b'"(click|pageview)"', lambda _: dice.choice(names), one.body))
        for one in without_conflicts(random_stream(seed, 500))
    ]
    in_pieces(database, deliveries, seed)
    words: set[str] = set()
    for moment in (*MOMENTS, this_moment().ms):
        words |= best_of_all(database, moment)
    assert {word.partition(" ")[0] for word in words} >= {"Came", "Looked", "Sent"}
    assert len(words) > 5
    assert replay(database).changed == {}


KINDS = st.lists(
    st.tuples(
        st.sampled_from(("s1", "s2", "s3")),
        st.builds(
            Point,
            at=st.sampled_from([START + n * DAY_MS // 2 for n in range(8)]),
            points=st.sampled_from((0.1, 1, 2, 4, 8)),
            what=st.sampled_from(("*", "/a", "/b", "return_visit", "signal:click")),
        ),
    ),
    min_size=1,
    unique_by=lambda one: (one[0], one[1].what),
)


@settings(max_examples=examples(200), deadline=None)
@given(points=KINDS, later=st.integers(0, 10**11), seed=st.integers(0, 10))
def test_near_ties_come_out_the_same_at_any_moment(
    points: list[tuple[str, Point]], later: int, seed: int
) -> None:
    half_life = DAY_MS / 2
    newest = max(point.at for _, point in points)
    shuffled = random.Random(seed).sample(points, len(points))
    told = telling([(sid, [point]) for sid, point in points], newest, half_life)
    assert told == telling([(sid, [point]) for sid, point in shuffled], newest, half_life)
    of = Breakdown(
        1, newest + later, half_life, Fit(None, None, ()), 0, "?4", [
            Given(
                point.what, point.at, point.points,
                raw_at([point], newest + later, half_life), sid, None, None, None,
            )
            for sid, point in shuffled
        ], None, None,
    )  # fmt: skip
    [best_one] = told
    its = [one for one in of.given if one.what == best_one.what]
    assert reasons(of)[0] == reasons(of._replace(given=its))[0]
    assert (best_one.times, best_one.at) == (len(its), max(one.at for one in its))
