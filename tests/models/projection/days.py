"""Days summed up, held against a slow and obvious reading of the rows."""

import json
import random
from collections import defaultdict
from statistics import median
from typing import Any
from urllib.parse import unquote, urlsplit

from sqlalchemy import Connection, text

from dashboard.data.activity import LEVELS, Level, Range, activity
from dashboard.screens.campaigns import queries
from dashboard.screens.campaigns.queries import Key, Leads, Visits
from dashboard.screens.operations import queries as operations
from models.days import DAY_MS
from models.facts.search import fold
from models.ledger.deliveries import Delivery
from models.projection import summaries
from models.projection.summing import HOUR_MS
from models.storage.database import Database
from models.tables import EVENT, LEAD, SESSION
from simulator import visits

START = 1_770_000_000_000
"""2026-02-02, 02:40 UTC."""

LATER = START + 60 * DAY_MS
"""When the last of a story's days is over for a week: few empty ones are summed up, too."""


def story(seed: int, visitors: int = 60) -> list[Delivery]:
    """Some weeks of made-up visitors, many of whom come back."""
    scheduled = visits.events(
        visitors=visitors, seed=seed, start_ms=START, arrivals_per_minute=0.001
    )
    return [
        Delivery(one.event["id"], one.at_ms, "1", "v1,test", json.dumps(one.event).encode())
        for one in scheduled
    ]


def sum_up(database: Database, *, now: int = LATER, most_days: int = summaries.MOST_DAYS) -> None:
    """Sum up all days that are over at a moment (ms)."""
    while summaries.sum_up(database, now=now, most_days=most_days):
        pass


def days_kept(database: Database) -> list[int]:
    """How many days are summed up, of each kind."""
    with database.read() as db:
        return [
            db.execute(text(f"SELECT count(*) FROM {kind.days.name}")).scalar_one()
            for kind in summaries.KINDS
        ]


def _came_by(session: Any, level: Level) -> str | None:
    """What a visit came by, read from its row."""
    value: str | None
    match level:
        case "channel":
            value = session.channel
        case "referring host":
            value = session.referrer_host
        case "landing page":
            url = urlsplit(session.landing_page or "")
            path = "/" + "/".join(filter(None, unquote(url.path).split("/")))
            value = (url.hostname or "").removeprefix("www.") + path if url.hostname else None
        case _:
            tag = getattr(session, f"utm_{level}")
            value = None if tag is None else fold(tag)
    return value


def _plain_visits(sessions: list[Any], level: Level | None) -> dict[Key, Visits]:
    by_key: dict[Key, list[Any]] = defaultdict(list)
    for session in sessions:
        by_key[(_came_by(session, level),) if level else ()].append(session)
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
    tagged, every = defaultdict(list), defaultdict(list)
    for s in sorted(db.execute(SESSION.select()), key=lambda s: (s.started_at, s.sid)):
        utm = (s.utm_source, s.utm_medium, s.utm_campaign, s.utm_term, s.utm_content)
        if span.until is None or s.started_at <= span.until:
            every[s.lead].append(s)
            if any(utm):
                tagged[s.lead].append(s)
    found: dict[Key, list[Any]] = defaultdict(list)
    for lead in db.execute(LEAD.select()):
        if lead.key in active and (lead.full_name or lead.email or lead.linkedin_url):
            its = tagged[lead.key] or every[lead.key]
            value = _came_by(its[0 if touch == "first" else -1], level) if its else None
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


def as_the_rows_say(database: Database, dice: random.Random) -> None:
    """Campaigns tells what the rows say, for ranges of all sorts."""
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
                people = queries.people(db, known, active, span.until, level=level, touch=touch)
                assert queries.leads(people, level, span) == _plain_leads(
                    db, sessions, level, span, touch
                )


def events_as_the_rows_say(database: Database, since: int) -> None:
    """Operations counts events since about then (ms) as they are."""
    since = since // HOUR_MS * HOUR_MS
    plain: dict[tuple[int, str], int] = defaultdict(int)
    with database.read() as db:
        for row in db.execute(EVENT.select().where(EVENT.c.received_at >= since)):
            plain[row.received_at // HOUR_MS * HOUR_MS, row.type] += 1
        found = {(r["hour"], r["type"]): r["count"] for r in operations.intake(db, since)}
    assert found == plain


def heard_as_the_rows_say(database: Database, since: int) -> None:
    """Operations counts visits heard of since then (ms) by their stages as they are."""
    quiet = since + 2 * DAY_MS
    with database.read() as db:
        found = operations.stage_sets(db, since, quiet)
        heard = db.execute(SESSION.select().where(SESSION.c.heard_at >= since)).all()
    assert found == [
        {
            "stages": stages,
            "count": len(its),
            "backwards": sum(s.last_activity < s.started_at for s in its),
            "running": sum(s.heard_at >= quiet for s in its),
        }
        for stages in sorted({s.stages for s in heard})
        for its in [[s for s in heard if s.stages == stages]]
    ]
