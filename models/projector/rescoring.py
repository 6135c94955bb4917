"""A new version of the scores' definition: all is scored by it beside what is shown, a piece at a
time between batches, and then shown at once.

Visits first, then leads; what is derived meanwhile is scored by both versions (`versions.read`). A
version that is saved before the last one was whole takes its place.
"""

import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, select, text, update

from models.scoring import versions
from models.scoring.keeping import (
    Visits,
    keep_points,
    known_of,
    looks_of,
    points_rows,
    score_rows,
)
from models.scoring.versions import Scoring
from models.storage.database import Database, Lease
from models.storage.rows import execute_many, fetch, placeholder, upsert
from models.storage.version import advance
from models.tables import LEAD, LEAD_SCORE, NEVER, PROJECTION

PIECE_S = 0.1
"""How long a piece takes, in seconds: what comes in meanwhile waits no longer for the screens, and
for the write lock only some milliseconds of it. With 0.06, 300,000 leads beside 100 events/s took
150 seconds instead of 117, and rows were on Live no sooner.
"""

FEWEST, MOST = 200, 2_000

STALE = 2_000
"""Rows of older versions removed in one transaction."""

_POLL_S = 0.05
_VISIT_COLUMNS = ("sid", "is_bot", "known_at", "last_activity")
"""What the points of a finalized visit need of it."""


@dataclass(slots=True)
class Pace:
    """How many visits or leads the next piece has, so that it takes `PIECE_S` or so."""

    rows: int = 300

    def took(self, seconds: float) -> None:
        """Hear how long a piece of so many took."""
        fitting = int(self.rows * PIECE_S / max(seconds, 0.001))
        self.rows = max(FEWEST, min(fitting, 2 * self.rows, MOST))


def rescore_batch(database: Database, pace: Pace | None = None, *, wait_s: float = 0) -> int:
    """Do the next piece of work for a newer version; returns how many rows it was, 0 if there is
    nothing to do or another process holds the projection's lock for longer than `wait_s` seconds.
    Raises SQLAlchemy's errors when the database is away.
    """
    pace = pace or Pace()
    with database.lease(wait_s=wait_s) as lease:
        if lease is None:
            return 0
        with lease.read() as db:
            now, wanted = _projection(db), versions.newest(db).number
        if wanted not in {now["scoring_version"], now["next_scoring"]}:
            with lease.write() as db:
                _begin(db, wanted)
            return 1
        if now["next_scoring"] is None:
            return _remove_stale(lease, now["scoring_version"])
        began = time.monotonic()
        score = _score_leads if now["rescoring_leads"] else _score_visits
        count = score(lease, now, pace.rows)
        pace.took(time.monotonic() - began)
        return count


def rescore(database: Database) -> None:
    """Return when the newest version is complete and in force, by us or by another process.

    Raises SQLAlchemy's errors when the database is away.
    """
    pace = Pace()
    while True:
        with database.read() as db:
            now, wanted = _projection(db), versions.newest(db).number
        if now["scoring_version"] == wanted and now["next_scoring"] is None:
            return
        if not rescore_batch(database, pace, wait_s=1.0):
            time.sleep(_POLL_S)


def begin_anew(db: Connection, live: str, *, has_switched: bool) -> None:
    """After a replay that changed something: what is being prepared is prepared again.

    `has_switched`: another version came in force while it ran, so the replay knows nothing of that
    one's scores; they are made again in their place, and every lead has a row until then.
    """
    prepared = "coalesce(next_scoring, scoring_version)" if has_switched else "next_scoring"
    prepared = f"(SELECT {prepared} FROM {live}.projection)"
    for table, column, whole, key in (
        ("lead_score", "lead", "lead", "key"),
        ("session_points", "sid", "session", "sid"),
    ):
        its = f"SELECT 1 FROM {live}.{whole} w WHERE w.{key} = {live}.{table}.{column}"
        gone = f"version = {prepared} AND NOT EXISTS ({its})"
        db.execute(text(f"DELETE FROM {live}.{table} WHERE {gone}"))
    if has_switched:
        version = f"(SELECT scoring_version FROM {live}.projection)"
        has_none = (
            f"NOT EXISTS (SELECT 1 FROM {live}.lead_score s"
            f" WHERE s.version = {version} AND s.lead = l.key)"
        )
        db.execute(
            text(
                f"INSERT INTO {live}.lead_score (version, lead, letter, intent_key,"
                " newest_point)"
                f" SELECT {version}, l.key, 0, {NEVER}, 0 FROM {live}.lead l WHERE {has_none}"
            )
        )
    db.execute(
        text(
            f"UPDATE {live}.projection SET next_scoring = {prepared},"
            " rescoring_leads = false, rescored_until = NULL"
        )
    )


def _projection(db: Connection) -> RowMapping:
    return db.execute(select(PROJECTION)).mappings().one()


def _begin(db: Connection, version: int) -> None:
    _note(db, next_scoring=version, rescoring_leads=False, rescored_until=None)


def _note(db: Connection, **values: Any) -> None:
    db.execute(update(PROJECTION).values(**values))


def _next_scoring(db: Connection, now: RowMapping) -> Scoring:
    return next(one for one in versions.read(db) if one.version == now["next_scoring"])


def _score_visits(lease: Lease, now: RowMapping, limit: int) -> int:
    with lease.read() as db:
        scoring = _next_scoring(db, now)
        visits = _visits_after(db, now["rescored_until"], limit)
    rows = points_rows([scoring], visits)
    with lease.write() as db:
        keep_points(db, [scoring], visits.keys(), rows)
        if len(visits) < limit:
            _note(db, rescoring_leads=True, rescored_until=None)
        else:
            _note(db, rescored_until=max(visits))
    return max(1, len(visits))


def _visits_after(db: Connection, sid: str | None, limit: int) -> Visits:
    """The finalized visits that come next after this one's id (None: the first of all)."""
    after = "" if sid is None else f" AND sid > {placeholder(db)}"
    sql = (
        f"SELECT {', '.join(_VISIT_COLUMNS)} FROM session WHERE finalized{after}"
        f" ORDER BY sid LIMIT {limit}"
    )
    rows = fetch(db, sql, *(() if sid is None else (sid,)))
    visits = {row[0]: dict(zip(_VISIT_COLUMNS, row, strict=True)) for row in rows}
    looks = looks_of(db, visits.keys())
    return {sid: (visit, looks[sid]) for sid, visit in visits.items()}


def _score_leads(lease: Lease, now: RowMapping, limit: int) -> int:
    query = select(LEAD.c.key)
    if now["rescored_until"] is not None:
        query = query.where(LEAD.c.key > now["rescored_until"])
    with lease.read() as db:
        scoring = _next_scoring(db, now)
        leads = list(db.execute(query.order_by(LEAD.c.key).limit(limit)).scalars())
        rows = score_rows(db, [scoring], known_of(db, leads))
    with lease.write() as db:
        upsert(db, LEAD_SCORE, rows)
        if len(leads) < limit:
            _put_in_force(db, scoring)
        else:
            _note(db, rescored_until=leads[-1])
    return max(1, len(leads))


def _put_in_force(db: Connection, scoring: Scoring) -> None:
    """The one commit from which on everything is shown, sorted and exported by this version."""
    _note(
        db,
        scoring_version=scoring.version,
        half_life_ms=scoring.half_life_ms,
        next_scoring=None,
        rescoring_leads=False,
        rescored_until=None,
    )
    advance(db)


def _remove_stale(lease: Lease, version: int) -> int:
    for table, column in (("lead_score", "lead"), ("session_points", "sid")):
        with lease.read() as db:
            mark = placeholder(db)
            sql = (
                f"SELECT version, {column} FROM {table} WHERE version < {mark}"
                f" OR version > {mark} LIMIT {STALE}"
            )
            stale = [(row[0], row[1]) for row in fetch(db, sql, version, version)]
        if stale:
            with lease.write() as db:
                gone = f"DELETE FROM {table} WHERE version = {mark} AND {column} = {mark}"
                execute_many(db, gone, stale)
            return len(stale)
    return 0
