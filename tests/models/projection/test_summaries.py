"""Days summed up: always what the rows say, kept, outdated or not there yet."""

import json
import random

import pytest
from sqlalchemy import event, text

from dashboard.data.activity import Range, activity
from dashboard.screens.campaigns import queries
from models.days import DAY_MS
from models.facts.ignored import Ignoring
from models.ledger import deliveries as ledger
from models.ledger.deliveries import Delivery
from models.projection import summaries
from models.projection.hot_pages import put_in_force
from models.projector.deriving import derive_batch, mark_batch
from models.projector.process import Projector
from models.projector.replay import replay
from models.settings import Settings
from models.storage.database import Database
from tests.dashboard.deliveries import payload, put, visitor
from tests.desk import catch_up, take_in
from tests.models.projection.days import (
    LATER,
    START,
    as_the_rows_say,
    days_kept,
    events_as_the_rows_say,
    heard_as_the_rows_say,
    story,
    sum_up,
)
from tests.reference.pools import START as STREAM
from tests.reference.streams import random_stream, without_conflicts


def _sid(delivery: Delivery) -> str:
    data = json.loads(delivery.body)["data"]
    return str((data.get("session") or {}).get("sid") or data["attribution"]["sessionId"])


def test_figures_are_those_of_the_rows_however_much_is_summed_up(database: Database) -> None:
    dice = random.Random(5)
    deliveries = story(5)
    sids = sorted({_sid(d) for d in deliveries})
    # Whole visits, so that people's first and last ones are among them, and parts of others.
    later = set(dice.sample(sids, len(sids) // 4))
    late = [d for d in deliveries if _sid(d) in later or dice.random() < 0.1]
    ledger.keep(database, [d for d in deliveries if d not in late])
    catch_up(database)
    as_the_rows_say(database, dice)  # nothing is
    summaries.sum_up(database, now=LATER)
    as_the_rows_say(database, dice)  # some days are
    sum_up(database)
    before = days_kept(database)
    as_the_rows_say(database, dice)  # all are
    ledger.keep(database, late)
    catch_up(database)
    assert sum(days_kept(database)) < sum(before)
    as_the_rows_say(database, dice)  # many are outdated
    sum_up(database)
    as_the_rows_say(database, dice)


@pytest.mark.parametrize("seed", [1, 2])
def test_no_change_leaves_an_outdated_summary_behind(database: Database, seed: int) -> None:
    dice = random.Random(seed)
    rest = without_conflicts(random_stream(seed, 300))
    dice.shuffle(rest)
    while rest:
        some, rest = rest[:20], rest[20:]
        take_in(database, some)
        catch_up(database)
        assert summaries.check(database) == {}
        # All of a stream happens at one time, but for a few bad clocks.
        sum_up(database, now=STREAM + 3 * DAY_MS, most_days=5)
        assert all(days_kept(database))


def test_a_visit_that_goes_on_past_midnight_leaves_the_day_it_was_of(database: Database) -> None:
    begun, ended = payload("resolved"), payload("session.finalized")
    ids = {name: ended["data"]["session"][name] for name in ("sid", "vid")}
    begun["data"]["session"] |= ids | {"createdAt": START}
    ended["data"]["session"] |= {"createdAt": START, "lastActivity": START + DAY_MS}
    put(database, begun, received_at=START)
    sum_up(database)
    put(database, ended, received_at=START + DAY_MS)
    assert summaries.check(database) == {}
    with database.read() as db:
        assert activity(db, Range(None, None)).days.tolist() == [START // DAY_MS + 1]


def test_a_visit_that_turns_out_to_be_somebody_elses_outdates_its_day(database: Database) -> None:
    first, second = (visitor(number, email="sam@acme.example") for number in (1, 2))
    second["data"]["identity"]["emails"].append(
        {"value": "al@acme.example", "type": "professional"}
    )
    first["data"]["session"]["createdAt"] = START
    second["data"]["session"]["createdAt"] = START + 2 * DAY_MS
    put(database, first, received_at=START)
    sum_up(database)
    put(database, second, received_at=START + 2 * DAY_MS)
    assert summaries.check(database) == {}


def test_events_are_counted_as_the_rows_say(database: Database) -> None:
    ledger.keep(database, story(3, 20))
    catch_up(database)
    sum_up(database)
    events_as_the_rows_say(database, START + 3 * DAY_MS)


def test_visits_heard_of_are_counted_as_the_rows_say(database: Database) -> None:
    ledger.keep(database, story(11, 20))
    catch_up(database)
    heard_as_the_rows_say(database, START + 2 * DAY_MS)  # nothing is summed up
    sum_up(database)
    heard_as_the_rows_say(database, START + 2 * DAY_MS)


def test_a_report_over_all_days_that_are_over_reads_no_session(database: Database) -> None:
    ledger.keep(database, story(4, 20))
    catch_up(database)
    sum_up(database)
    asked: list[str] = []
    with database.read() as db:
        last = db.execute(text("SELECT max(last_activity) FROM session")).scalar_one()
        first = db.execute(text("SELECT min(last_activity) FROM session")).scalar_one()
        event.listen(db, "before_cursor_execute", lambda *args: asked.append(args[2]))
        midnight = first // DAY_MS * DAY_MS
        span = Range(midnight, (last // DAY_MS + 1) * DAY_MS - 1)
        assert queries.visits(activity(db, span), None)[()].sessions > 20
    assert not [sql for sql in asked if "FROM session " in sql]


def test_today_is_not_summed_up(database: Database) -> None:
    first, *_ = story(1, 3)
    ledger.keep(database, [first])
    catch_up(database)
    assert summaries.sum_up(database, now=first.received_at) == 0
    tomorrow = first.received_at + DAY_MS
    assert summaries.sum_up(database, now=tomorrow) == len(summaries.KINDS)


def test_a_batch_that_fails_leaves_the_summaries_as_they_were(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliveries = story(6, 20)
    ledger.keep(database, deliveries[:-20])
    catch_up(database)
    sum_up(database)
    before = days_kept(database)
    ledger.keep(database, deliveries[-20:])

    def cut(*_: object) -> None:
        raise KeyboardInterrupt  # the process dies before the commit

    with monkeypatch.context() as patch:
        patch.setattr("models.projector.deriving.advance", cut)
        with pytest.raises(KeyboardInterrupt):
            derive_batch(database, Ignoring())
    assert (days_kept(database), summaries.check(database)) == (before, {})


def test_marking_hot_visits_anew_outdates_their_days(database: Database) -> None:
    ledger.keep(database, story(7, 20))
    catch_up(database)
    sum_up(database)
    assert put_in_force(database, ("/features",))
    while mark_batch(database):
        pass
    assert summaries.check(database) == {}


@pytest.mark.long_on("postgres")
def test_replay_mends_a_summary_that_is_wrong(database: Database) -> None:
    ledger.keep(database, story(8, 20))
    catch_up(database)
    sum_up(database)
    kept = days_kept(database)
    assert replay(database).changed == {}
    assert days_kept(database) == kept
    with database.write() as db:
        db.execute(text("UPDATE session_day SET runs = '[]' WHERE runs <> '[]'"))
    assert list(replay(database).changed) == ["session_day"]
    sum_up(database)
    as_the_rows_say(database, random.Random(8))


def test_rows_that_replay_mends_outdate_their_days(database: Database) -> None:
    ledger.keep(database, story(9, 20))
    catch_up(database)
    with database.write() as db:
        db.execute(text("UPDATE session SET utm_campaign = 'made up'"))
    sum_up(database)
    changed = replay(database).changed
    assert "session" in changed
    assert "session_day" not in changed  # it was outdated by the change itself, not found wrong
    assert summaries.check(database) == {}
    as_the_rows_say(database, random.Random(9))


def test_the_projector_sums_up_when_it_has_nothing_to_derive(database: Database) -> None:
    ledger.keep(database, story(10, 10))
    projector = Projector(database, Settings(), lambda _derived: None)
    while not projector.step():
        assert not any(days_kept(database))  # deriving comes first
    assert all(days_kept(database))
    assert summaries.check(database) == {}
