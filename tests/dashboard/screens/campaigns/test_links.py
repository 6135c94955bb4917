"""The sessions behind each number of Campaigns: its link's filters leave what the number counts."""

from datetime import UTC, datetime
from itertools import product
from statistics import median
from typing import Any, get_args

import pytest
from sqlalchemy import func, select

from dashboard.data.activity import Level, Range
from dashboard.screens.campaigns.queries import Key, Touch
from dashboard.screens.campaigns.report import Numbers, Question, behind, report, share
from dashboard.screens.sessions import queries
from models.facts.search import fold
from models.filters.comparing import as_value, spelled
from models.filters.names import NONE
from models.filters.query import Filters
from models.projector.rescoring import rescore
from models.scoring.asking import WITH_SCORE
from models.scoring.versions import save
from models.storage.database import Database
from models.tables import LEAD, LEAD_SCORE, SESSION
from tests.dashboard.deliveries import put
from tests.dashboard.screens.campaigns.test_queries import MIDNIGHT, play, visit
from tests.desk import question, take_in
from tests.effort import IS_FULL
from tests.models.scoring.test_scores import DEFINITION
from tests.reference.streams import random_stream

LEVELS = ("campaign", "source", "channel", "referring host")
NONES = (None, "(none)", "((none))", "(no campaign)")


def _counted(db: Any, asked: Question, key: Key) -> Numbers:
    """The numbers of a value, counted in the sessions that their links show."""
    rows = {name: _behind(db, asked, key, name) for name in Numbers._fields}
    people = {name: len({row["lead"] for row in found}) for name, found in rows.items()}
    lengths = [row["length"] for row in rows["median_dwell"]]
    fits = {row["lead"]: row["fit"] for row in rows["median_fit"]}
    return Numbers(
        visits=len(rows["visits"]),
        known_leads=people["known_leads"],
        new_leads=people["new_leads"],
        lead_companies=len({row["employer"] for row in rows["lead_companies"]}),
        qualified_leads=people["qualified_leads"],
        large_qualified=people["large_qualified"],
        qualified_share=share(people["qualified_share"], people["known_leads"]),
        sendable_share=share(people["sendable_share"], people["known_leads"]),
        hot_visits=len(rows["hot_visits"]),
        median_dwell=median(lengths) if lengths else None,
        large_leads=people["large_leads"],
        well_share=share(people["well_share"], people["known_leads"]),
        median_fit=median(fits.values()) if fits else None,
    )


def _behind(db: Any, asked: Question, key: Key, number: str) -> list[Any]:
    ends = {"since": asked.span.since, "until": asked.span.until}
    given = {name: _iso(ms) for name, ms in ends.items() if ms is not None}
    filters = question(given | (behind(number, key, asked.level, asked.touch) or {}))
    sids = [row["sid"] for row in queries.page(db, filters, size=100_000).rows]
    assert len(sids) == queries.extent(db, filters).total
    facts = (
        select(
            SESSION.c.lead,
            SESSION.c.duration_seconds.label("length"),
            func.coalesce(LEAD.c.company_key, LEAD.c.company_name).label("employer"),
            LEAD_SCORE.c.fit,
        )
        .join(LEAD, LEAD.c.key == SESSION.c.lead)
        .join(LEAD_SCORE, WITH_SCORE)
        .where(SESSION.c.sid.in_(sids))
    )
    return list(db.execute(facts).mappings())


def _iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds")


@pytest.fixture
def filled(database: Database) -> Database:
    """The simulator's people, and the hard cases of the merge rules beside them."""
    save(database, DEFINITION, "a test")
    rescore(database)
    take_in(database, random_stream(seed=11, size=250))
    play(database)
    return database


@pytest.mark.parametrize("level", LEVELS if IS_FULL else LEVELS[:1])
@pytest.mark.long_on("postgres-campaign")
def test_every_number_is_what_its_link_shows(filled: Database, level: Level) -> None:
    with filled.read() as db:
        begun = list(db.execute(select(SESSION.c.started_at).order_by(SESSION.c.started_at)))
        early, late = begun[len(begun) // 4][0], begun[3 * len(begun) // 4][0]
        spans = (Range(early, late), Range(late, None))
        for span, touch in product(spans, get_args(Touch)):
            asked = Question(level, span, touch, late)
            reported = report(db, asked)
            assert all(reported.total.now), "data with nothing to count holds nothing"
            unnamed = [line for line in reported.lines if None in line.key]
            # The largest and, of the many small ones, each ninth: all took minutes.
            some = reported.lines[:3] + reported.lines[3::9]
            for line in (reported.total, *unnamed, *some):
                assert _counted(db, asked, line.key) == line.now, (asked, line.key)


def test_a_campaign_called_none_is_not_no_campaign(database: Database) -> None:
    for number, name in enumerate(NONES):
        utm = {"campaign": name} if name else {}
        put(database, visit(number, MIDNIGHT + number, f"s{number}", **utm))
    with database.read() as db:
        for number, name in enumerate(NONES):
            filters = question({"utm_campaign": as_value(name)})
            assert [row["sid"] for row in queries.page(db, filters).rows] == [f"s{number}"]


@pytest.mark.parametrize("value", [*NONES, "spring", "none", "(((none)))", "((none)", "(none) "])
def test_what_avisitor_sends_can_be_written_in_a_filter(value: str | None) -> None:
    assert Filters.parse({"utm_campaign": as_value(value)}).values("utm_campaign") == (
        as_value(value).strip(),
    )
    given = as_value(value).strip()
    assert (None if given == NONE else fold(spelled(given))) == (value and fold(value))
