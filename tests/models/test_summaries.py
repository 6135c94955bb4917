"""Days summed up: always what the rows say, kept, outdated or not there yet."""

import json
import random
from collections import defaultdict
from statistics import median
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from dashboard.queries import campaigns as queries
from dashboard.queries import operations
from dashboard.queries.activity import LEVELS, Level, Range, activity
from dashboard.queries.campaigns import Key, Leads, Visits
from models import ledger, summaries
from models.database import Database
from models.hot import put_in_force
from models.ledger import Delivery
from models.projector import Projector, catch_up, derive_batch, mark_batch
from models.replay import replay
from models.settings import settings
from models.summaries import DAY_MS, HOUR_MS
from models.tables import EVENT, LEAD, SESSION
from simulator import visits
from tests.dashboard.deliveries import payload, put, visitor
from tests.desk import take_in
from tests.reference.pools import START as STREAM
from tests.reference.streams import random_stream, without_conflicts

START = 1_770_000_000_000
"""2026-02-02, 02:40 UTC."""


def _story(seed: int, visitors: int = 60) -> list[Delivery]:
    """Some weeks of made-up visitors, many of whom come back."""
    told = visits.events(visitors=visitors, seed=seed, start_ms=START, arrivals_per_minute=0.001)
    return [
        Delivery(one.event["id"], one.at_ms, "1", "v1,test", json.dumps(one.event).encode())
        for one in told
    ]


@pytest.fixture(autouse=True)
def _soon_after(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last of the days is over for a week: none of the empty ones since must be summed up."""
    monkeypatch.setattr(summaries, "time", lambda: START / 1000 + 60 * 86_400)


def _sid(delivery: Delivery) -> str:
    data = json.loads(delivery.body)["data"]
    return str((data.get("session") or {}).get("sid") or data["attribution"]["sessionId"])


def _sum_up(database: Database) -> None:
    while summaries.sum_up(database):
        pass


def _kept(database: Database) -> list[int]:
    with database.read() as db:
        return [
            db.execute(text(f"SELECT count(*) FROM {kind.days.name}")).scalar_one()
            for kind in summaries.KINDS
        ]


def _plain_visits(sessions: list[Any], level: Level | None) -> dict[Key, Visits]:
    by_key: dict[Key, list[Any]] = defaultdict(list)
    for session in sessions:
        by_key[(getattr(session, f"utm_{level}"),) if level else ()].append(session)
    lengths = {
        key: [s.duration_seconds for s in its if s.duration_seconds is not None]
        for key, its in by_key.items()
    }
    return {
        key: Visits(
            len(its), median(lengths[key]) if lengths[key] else None, sum(s.hot for s in its)
        )
        for key, its in by_key.items()
    }


def _plain_leads(
    db: Connection, sessions: list[Any], level: Level, span: Range, touch: queries.Touch
) -> dict[Key, Leads]:
    """The slow, obvious form: every session of every lead that was active."""
    active = {session.lead for session in sessions}
    tagged = defaultdict(list)
    for s in sorted(db.execute(SESSION.select()), key=lambda s: (s.started_at, s.sid)):
        utm = (s.utm_source, s.utm_medium, s.utm_campaign, s.utm_term, s.utm_content)
        if any(utm) and (span.until is None or s.started_at <= span.until):
            tagged[s.lead].append(s)
    found: dict[Key, list[Any]] = defaultdict(list)
    for lead in db.execute(LEAD.select()):
        if lead.key in active and (lead.full_name or lead.email or lead.linkedin_url):
            its = tagged[lead.key]
            value = getattr(its[0 if touch == "first" else -1], f"utm_{level}") if its else None
            found[value,].append(lead)
    since, until = span.since or 0, 2**62 if span.until is None else span.until
    return {
        key: Leads(
            leads=len(its),
            new=sum(since <= lead.first_seen <= until for lead in its),
            companies=len({lead.company_key or lead.company_name for lead in its} - {None}),
            qualified=sum(lead.stages & 0b11100 != 0 for lead in its),
            sendable=sum(lead.email_validity in ("valid", "valid_catch_all") for lead in its),
        )
        for key, its in found.items()
    }


def _ranges(dice: random.Random, times: list[int]) -> list[Range]:
    """Ranges that begin and end just after and before a visit, or with a day."""
    one, other = sorted(dice.sample(times, 2))
    midnight = one // DAY_MS * DAY_MS
    return [
        Range(None, None),
        Range(one + 1, None),
        Range(None, other - 1),
        Range(one, other - 1),
        Range(midnight, midnight + 7 * DAY_MS - 1),
    ]


def _as_the_rows_say(database: Database, dice: random.Random) -> None:
    with database.read() as db:
        every = db.execute(SESSION.select()).all()
        for span in _ranges(dice, [s.last_activity for s in every]):
            sessions = [
                s
                for s in every
                if (span.since or 0) <= s.last_activity
                and (span.until is None or s.last_activity <= span.until)
            ]
            level, active = dice.choice(LEVELS), activity(db, span)
            assert queries.visits(active, level) == _plain_visits(sessions, level)
            for touch in ("first", "last"):
                known = queries.seen(db, span.since, touch)
                people = queries.people(db, known, span, touch)
                assert queries.leads(people, level, span) == _plain_leads(
                    db, sessions, level, span, touch
                )


def test_figures_are_those_of_the_rows_however_much_is_summed_up(database: Database) -> None:
    dice = random.Random(5)
    deliveries = _story(5)
    sids = sorted({_sid(d) for d in deliveries})
    # Whole visits, so that people's first and last ones are among them, and parts of others.
    later = set(dice.sample(sids, len(sids) // 4))
    late = [d for d in deliveries if _sid(d) in later or dice.random() < 0.1]
    ledger.keep(database, [d for d in deliveries if d not in late])
    catch_up(database)
    _as_the_rows_say(database, dice)  # nothing is
    summaries.sum_up(database)
    _as_the_rows_say(database, dice)  # some days are
    _sum_up(database)
    before = _kept(database)
    _as_the_rows_say(database, dice)  # all are
    ledger.keep(database, late)
    catch_up(database)
    assert sum(_kept(database)) < sum(before)
    _as_the_rows_say(database, dice)  # many are outdated
    _sum_up(database)
    _as_the_rows_say(database, dice)


@pytest.mark.parametrize("seed", [1, 2])
def test_no_change_leaves_an_outdated_summary_behind(
    database: Database, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice = random.Random(seed)
    # All of a stream happens at one time, but for a few bad clocks.
    monkeypatch.setattr(summaries, "time", lambda: (STREAM + 3 * DAY_MS) / 1000)
    monkeypatch.setattr(summaries, "MOST_DAYS", 5)
    rest = without_conflicts(random_stream(seed, 300))
    dice.shuffle(rest)
    while rest:
        some, rest = rest[:20], rest[20:]
        take_in(database, some)
        catch_up(database)
        assert summaries.check(database) == {}
        _sum_up(database)
        assert all(_kept(database))


def test_a_visit_that_goes_on_past_midnight_leaves_the_day_it_was_of(database: Database) -> None:
    begun, ended = payload("resolved"), payload("session.finalized")
    ids = {name: ended["data"]["session"][name] for name in ("sid", "vid")}
    begun["data"]["session"] |= ids | {"createdAt": START}
    ended["data"]["session"] |= {"createdAt": START, "lastActivity": START + DAY_MS}
    put(database, begun, received_at=START)
    _sum_up(database)
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
    _sum_up(database)
    put(database, second, received_at=START + 2 * DAY_MS)
    assert summaries.check(database) == {}


def test_events_are_counted_as_the_rows_say(database: Database) -> None:
    ledger.keep(database, _story(3, 20))
    catch_up(database)
    _sum_up(database)
    since = START // HOUR_MS * HOUR_MS + 3 * DAY_MS
    plain: dict[tuple[int, str], int] = defaultdict(int)
    with database.read() as db:
        for row in db.execute(EVENT.select().where(EVENT.c.received_at >= since)):
            plain[row.received_at // HOUR_MS * HOUR_MS, row.type] += 1
        told = {(r["hour"], r["type"]): r["count"] for r in operations.intake(db, since)}
    assert told == plain


def test_a_report_over_all_days_that_are_over_reads_no_session(database: Database) -> None:
    ledger.keep(database, _story(4, 20))
    catch_up(database)
    _sum_up(database)
    asked: list[str] = []
    with database.read() as db:
        last = db.execute(text("SELECT max(last_activity) FROM session")).scalar_one()
        first = db.execute(text("SELECT min(last_activity) FROM session")).scalar_one()
        event.listen(db, "before_cursor_execute", lambda *args: asked.append(args[2]))
        midnight = first // DAY_MS * DAY_MS
        span = Range(midnight, (last // DAY_MS + 1) * DAY_MS - 1)
        assert queries.visits(activity(db, span), None)[()].sessions > 20
    assert not [sql for sql in asked if "FROM session " in sql]


def test_today_is_not_summed_up(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    first, *_ = _story(1, 3)
    ledger.keep(database, [first])
    catch_up(database)
    monkeypatch.setattr(summaries, "time", lambda: first.received_at / 1000)
    assert summaries.sum_up(database) == 0
    monkeypatch.setattr(summaries, "time", lambda: (first.received_at + DAY_MS) / 1000)
    assert summaries.sum_up(database) == 3


def test_a_batch_that_fails_leaves_the_summaries_as_they_were(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliveries = _story(6, 20)
    ledger.keep(database, deliveries[:-20])
    catch_up(database)
    _sum_up(database)
    before = _kept(database)
    ledger.keep(database, deliveries[-20:])

    def cut(*_: object) -> None:
        raise KeyboardInterrupt  # the process dies before the commit

    with monkeypatch.context() as patch:
        patch.setattr("models.projector.advance", cut)
        with pytest.raises(KeyboardInterrupt):
            derive_batch(database)
    assert (_kept(database), summaries.check(database)) == (before, {})


def test_marking_hot_visits_anew_outdates_their_days(database: Database) -> None:
    ledger.keep(database, _story(7, 20))
    catch_up(database)
    _sum_up(database)
    assert put_in_force(database, ("/features",))
    while mark_batch(database):
        pass
    assert summaries.check(database) == {}
    assert settings().hot_paths() != ("/features",)


def test_replay_mends_a_summary_that_is_wrong(database: Database) -> None:
    ledger.keep(database, _story(8, 20))
    catch_up(database)
    _sum_up(database)
    kept = _kept(database)
    assert replay(database).changed == {}
    assert _kept(database) == kept
    with database.write() as db:
        db.execute(text("UPDATE session_day SET visits = '[]' WHERE visits <> '[]'"))
    assert list(replay(database).changed) == ["session_day"]
    _sum_up(database)
    _as_the_rows_say(database, random.Random(8))


def test_rows_that_replay_mends_outdate_their_days(database: Database) -> None:
    ledger.keep(database, _story(9, 20))
    catch_up(database)
    with database.write() as db:
        db.execute(text("UPDATE session SET utm_campaign = 'made up'"))
    _sum_up(database)
    changed = replay(database).changed
    assert "session" in changed
    assert "session_day" not in changed  # it was outdated by the change itself, not found wrong
    assert summaries.check(database) == {}
    _as_the_rows_say(database, random.Random(9))


def test_the_projector_sums_up_when_it_has_nothing_to_derive(database: Database) -> None:
    ledger.keep(database, _story(10, 10))
    projector = Projector(database, settings().hot_paths(), lambda _derived: None)
    while not projector.step():
        assert _kept(database) == [0, 0, 0]  # deriving comes first
    assert all(_kept(database))
    assert summaries.check(database) == {}
