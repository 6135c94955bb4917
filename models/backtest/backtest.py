"""The back-test: leads as of a cut, from what had been received before it, scored by the version in
force; then what a list says happened to them afterwards or, without a list, whether they came back.

The past is derived again, by the projection's own code, in a separate database that only this
process can read and that is deleted at the end.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection, func, select, text, update

from models import migrations
from models.backtest.figures import Figures, Known, figures
from models.ledger import deliveries as ledger
from models.projection.hot_pages import hot_paths
from models.projection.interpreting import interpret
from models.projection.projecting import project
from models.scoring import versions
from models.scoring.asking import WITH_SCORE
from models.scoring.grade import grade, intent_of
from models.scoring.intent import DAY_MS
from models.storage.database import Database
from models.storage.rows import load
from models.tables import (
    LEAD,
    LEAD_IDENTIFIER,
    LEAD_SCORE,
    LIST,
    LIST_ENTRY,
    PROJECTION,
    SCORING,
    SESSION,
)

CUT_DAYS = 30
"""How long ago the cut is if none is given (`usual_cut`)."""

RETURN_DAYS = 14
"""Without a list: whoever came back within this many days after the cut has won."""

CALLS = 50
"""How many leads a team can call, unless told otherwise."""

_BATCH = 250

Progress = Callable[[int, int], None]
"""Called with deliveries done and deliveries in all."""


class BacktestError(ValueError):
    """The test can't be done as requested; the message says why."""


@dataclass(frozen=True, slots=True)
class Backtest:
    """The result. `cut` is Unix ms; `notes` are sentences on what was left out."""

    version: int
    cut: int
    outcome: str
    figures: Figures
    notes: tuple[str, ...]


def usual_cut(db: Connection, now: int) -> int:
    """The default cut (Unix ms): `CUT_DAYS` days ago; on a younger desk, half way back to its first
    visit.
    """
    usual = now - CUT_DAYS * DAY_MS
    first: int | None = db.execute(select(func.min(LEAD.c.first_seen))).scalar()
    return usual if first is None or first < usual else (first + now) // 2


def backtest(
    database: Database,
    won: str | None = None,
    cut: int | None = None,
    *,
    calls: int = CALLS,
    on_progress: Progress = lambda _done, _total: None,
) -> Backtest:
    """Test the scores in force as of a cut (Unix ms), against the list `won` or, without one, who
    came back. Raises `BacktestError`, and SQLAlchemy's errors when the database is away.
    """
    now = int(time.time() * 1000)
    if cut is None:
        with database.read() as db:
            cut = usual_cut(db, now)
    if cut >= now:
        raise BacktestError("the cut must lie in the past: what happened after it is the test")
    with database.read() as db:
        scoring = versions.in_force(db)
        outcomes = None if won is None else _dated(db, won)
    out: set[str] = set()
    notes: list[str] = []
    with _as_of(database, cut, on_progress) as then, then.read() as db:
        half_life = scoring.half_life_ms
        if outcomes is None:
            has_won = _came_back(database, db, cut, now)
            outcome = f"came back within {RETURN_DAYS} days"
        else:
            has_won, out, notes = _won(db, outcomes, cut)
            outcome = f"on the list {won}, dated after the cut"
        looked = text("SELECT lead, max(started_at) FROM session WHERE hot GROUP BY lead")
        hot: dict[str, int] = {row[0]: row[1] for row in db.execute(looked)}
        query = (
            select(*LEAD.c["key", "last_seen"], *LEAD_SCORE.c["fit", "letter", "intent_key"])
            .select_from(LEAD.join(LEAD_SCORE, WITH_SCORE))
            .where(~LEAD.c.is_bot)
        )
        known = [
            Known(
                row.key,
                grade(row.fit, intent_of(row.intent_key, cut, half_life)),
                row.intent_key,
                row.letter,
                row.fit,
                row.last_seen,
                hot.get(row.key),
                row.key in has_won,
            )
            for row in db.execute(query)
            if row.key not in out
        ]
    return Backtest(scoring.version, cut, outcome, figures(known, calls), tuple(notes))


@contextmanager
def _as_of(database: Database, cut: int, on_progress: Progress) -> Iterator[Database]:
    """What was known at the cut, derived from what had been received before it."""
    with TemporaryDirectory(prefix="visitor-desk-backtest-") as folder:
        then = Database(f"sqlite:///{Path(folder) / 'then.db'}")
        try:
            migrations.upgrade(then)
            with database.read() as db, then.write() as past:
                _settle(db, past)
            with database.read() as db:
                total = db.execute(
                    text("SELECT count(*) FROM delivery WHERE received_at < :cut"), {"cut": cut}
                ).scalar_one()
            done, after = 0, 0
            condition = "d.seq > :after AND d.received_at < :cut"
            while True:
                with database.read() as db:
                    told = {"after": after, "cut": cut, "limit": _BATCH}
                    deliveries = ledger.some(db, condition, told)
                if not deliveries:
                    break
                after = deliveries[-1].seq
                with then.write() as past:
                    project(past, interpret(deliveries))
                done += len(deliveries)
                on_progress(done, total)
            yield then
        finally:
            then.close()


def _settle(db: Connection, past: Connection) -> None:
    """The definition and the hot pages in force now: they are what is tested."""
    scoring = versions.version(db, versions.in_force(db).version)
    past.execute(update(SCORING).values(text=scoring.text))
    stored = ",".join(path.replace(",", "%2C") for path in hot_paths(db))
    past.execute(
        update(PROJECTION).values(hot_pages=stored, half_life_ms=versions.in_force(db).half_life_ms)
    )


Dated = list[tuple[str, int | None]]
"""Values of a list, each with its date (Unix ms)."""


def _dated(db: Connection, won: str) -> Dated:
    name = db.execute(select(LIST.c.name).where(LIST.c.name == won)).scalar()
    if name is None:
        known = sorted(db.execute(select(LIST.c.name)).scalars())
        there_are = f"there are {', '.join(known)}" if known else "there is none yet"
        raise BacktestError(f"there is no list {won[:60]}; {there_are}")
    query = select(*LIST_ENTRY.c["value", "date"]).where(LIST_ENTRY.c.list == name)
    return [(row.value, row.date) for row in db.execute(query)]


def _won(db: Connection, dated: Dated, cut: int) -> tuple[set[str], set[str], list[str]]:
    """Leads whose outcome lies after the cut; leads that had won before and are left out; and
    notes."""
    leads: dict[str, set[str]] = defaultdict(set)
    for row in load(db, LEAD_IDENTIFIER, "value", [value for value, _ in dated]):
        leads[row["value"]].add(row["lead"])
    before = {lead for value, at in dated if at is not None and at <= cut for lead in leads[value]}
    after = {lead for value, at in dated if at is not None and at > cut for lead in leads[value]}
    undated = sum(at is None for _, at in dated)
    unmet = sum(at is not None and at > cut and not leads[value] for value, at in dated)
    notes = []
    if undated:
        notes.append(f"{undated:,} rows of the list have no date and were not used")
    if before:
        notes.append(f"{len(before):,} leads had won before the cut and were left out")
    if unmet:
        notes.append(f"{unmet:,} rows of the list match nobody who was known at the cut")
    return after - before, before, notes


def _came_back(database: Database, then: Connection, cut: int, now: int) -> set[str]:
    """Leads of the past with a visit within `RETURN_DAYS` after the cut, by their visits then."""
    if now < cut + RETURN_DAYS * DAY_MS:
        raise BacktestError(
            f"the cut must lie at least {RETURN_DAYS} days back: until then nobody knows who will "
            "come back"
        )
    whose: dict[str, set[str]] = defaultdict(set)
    back: set[str] = set()
    visits = then.execute(select(*SESSION.c["sid", "lead"])).all()
    end = cut + RETURN_DAYS * DAY_MS
    with database.read() as db:
        for begin in range(0, len(visits), _BATCH):
            its = {row.sid: row.lead for row in visits[begin : begin + _BATCH]}
            for row in load(db, SESSION, "sid", its.keys(), ("sid", "lead")):
                whose[row["lead"]].add(its[row["sid"]])
        returned = select(SESSION.c.lead).where(
            SESSION.c.started_at > cut, SESSION.c.started_at <= end, ~SESSION.c.is_bot
        )
        for lead in db.execute(returned.distinct()).scalars():
            back |= whose.get(lead, set())
    return back


def lines(of: Backtest) -> list[str]:
    """The whole result as lines of text, for a terminal."""
    found = of.figures
    said = [
        f"Scores of version {of.version} as of {_day(of.cut)}; won: {of.outcome}.",
        f"{found.everybody.of:,} leads, {found.everybody.won:,} won.",
        *(f"{note}." for note in of.notes),
        "",
    ]
    if found.proves_nothing:
        said += ["Fewer than 20 won: these are only counts and prove nothing.", ""]
        said += [f"{'grade':<7}{'n':>7}{'won':>7}"]
        said += [f"{mark:<7}{its.of:>7,}{its.won:>7,}" for mark, its in found.by_grade.items()]
        return said
    said += [f"{'grade':<7}{'n':>7}{'won':>7}{'rate':>8}   95 %"]
    for mark, its in found.by_grade.items():
        said.append(
            f"{mark:<7}{its.of:>7,}{its.won:>7,}{its.rate:>8.1%}   {its.low:.1%} to {its.high:.1%}"
        )
    said += ["", f"{f'first {found.calls}, by':<20}{'won':>5}{'rate':>8}{'lift':>7}   95 %"]
    for way in found.ways:
        its, lift = way.first, "" if way.lift is None else f"{way.lift:.1f}"
        said.append(
            f"{way.name:<20}{its.won:>5,}{its.rate:>8.1%}{lift:>7}"
            f"   {its.low:.1%} to {its.high:.1%}"
        )
    return said


def _day(ms: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(ms / 1000))
