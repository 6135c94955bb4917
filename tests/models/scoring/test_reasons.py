"""Reasons to call somebody: the best one, kept with the scores, is the first of all of theirs."""

import random
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, insert, select, update

from models.projector.replay import replay
from models.scoring import versions
from models.scoring.fit import Fit
from models.scoring.intent import (
    DAY_MS,
    Point,
    raw_at,
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
from tests.models.scoring.test_scores import DEFINITION, MOMENTS, by, in_pieces
from tests.reference.pools import START
from tests.reference.streams import random_stream, without_conflicts


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
