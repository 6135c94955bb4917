"""What a definition would change is what it changes once it is in force."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

import pytest
from sqlalchemy import Connection, select

from models.scoring import anew, keeping, preview, versions
from models.scoring.asking import GRADE, WITH_SCORE, at
from models.scoring.definition import Definition
from models.scoring.grade import intent_of
from models.scoring.intent import DAY_MS, Look
from models.storage.database import Database
from models.tables import LEAD, LEAD_SCORE
from tests.dashboard.deliveries import put, worker
from tests.dashboard.screens.live.visitors import guest, lately, left
from tests.models.scoring.test_scores import DEFINITION, by, in_pieces
from tests.reference.pools import START
from tests.reference.streams import random_stream, stream_of_large_leads, without_conflicts

SHOP = "https://www.example.com"
OTHERS = (
    DEFINITION.replace("weight = 25,", "weight = 80,"),
    DEFINITION.replace("points = 20", "points = 3").replace("return_visit = 5", "return_visit = 9"),
    "[intent]\npages = [{ path = '/a', points = 50 }]\n",
)


def _grades(db: Connection, moment: int) -> Counter[str]:
    query = select(at(GRADE, moment)).select_from(LEAD.join(LEAD_SCORE, WITH_SCORE))
    return Counter(db.execute(query).scalars())


@pytest.mark.parametrize("text", OTHERS)
def test_the_effect_is_what_comes_of_it(database: Database, text: str) -> None:
    by(database, DEFINITION.replace("half_life_days = 0.02", "half_life_days = 7"))
    text = text.replace("half_life_days = 0.02", "half_life_days = 7")
    put(
        database,
        *(
            worker(n, employeeCount=(5, 30, 90, None)[n % 4], industry=("Banking", None)[n % 2])
            for n in range(12)
        ),
        *(lately(guest(20 + n, country="PT", page=f"{SHOP}/{'ab'[n % 2]}"), 50) for n in range(6)),
        *(lately(left(30 + n, (f"{SHOP}/a", n), (f"{SHOP}/c", 4)), 60 * n + 60) for n in range(6)),
    )
    definition = Definition.parse(text)
    with database.read() as db:
        moment = versions.newest(db).at + 1_000
        before = _grades(db, moment)
        found = preview.effect(db, preview.sample_of(db), definition, moment, part=5)
        whole = preview.fits(db, definition)
    by(database, text)
    with database.read() as db:
        after = _grades(db, moment)
    assert (found.leads, found.looked_at) == (24, 24)
    assert (found.before, found.after) == (before, after)
    assert (whole.before, whole.after) == (preview.marks(before)[0], preview.marks(after)[0])
    assert (whole.unknown, whole.lacking) == (found.unknown, found.lacking)
    assert all(one.by > 0 for one in found.rising)
    assert all(one.by < 0 for one in found.falling)


SOME_FADED = (4_000_000 - 2_000) / (0.02 * DAY_MS)


@pytest.mark.parametrize("halvings", [20, SOME_FADED, 0])
@pytest.mark.long_on("postgres")
def test_what_has_faded_away_needs_no_second_look(
    database: Database, halvings: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of every lead the intent is the one that is kept by the definition once it is in force."""
    streams = random_stream(8, 400), stream_of_large_leads(2, 500)
    in_pieces(database, without_conflicts([*streams[0], *streams[1]]), 8)
    moment = START + 4_000_000
    looked: list[int] = []

    def counted(db: Connection, sids: Collection[str]) -> dict[str, list[Look]]:
        looked.append(len(sids))
        return keeping.looks_of(db, sids)

    monkeypatch.setattr(anew, "looks_of", counted)
    with database.read() as db:
        heard = _heard(db)
        found = anew.intents_by(db, Definition.parse(DEFINITION), heard, moment, halvings=halvings)
    by(database, DEFINITION)
    with database.read() as db:
        kept = {
            row.lead: intent_of(row.intent_key, moment, 0.02 * DAY_MS)
            for row in db.execute(select(LEAD_SCORE).where(LEAD_SCORE.c.version == 2))
        }
    assert {lead: found.get(lead, 0) for lead in heard} == kept
    assert len(set(kept.values())) > 10
    first, again = looked
    assert (first > 0, again > 0) == (halvings > 0, halvings < 20)


def _heard(db: Connection) -> dict[str, anew.Heard]:
    rows = db.execute(select(LEAD.c.key, LEAD.c.sessions, LEAD.c.heard_at))
    return {key: anew.Heard(sessions, at) for key, sessions, at in rows}


@pytest.mark.long_on("postgres")
def test_whose_visits_are_all_long_ago_is_not_looked_at(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_pieces(database, without_conflicts(random_stream(9, 400)), 8)
    by(database, DEFINITION)
    half_life = int(0.02 * DAY_MS)
    asked: list[int] = []

    def counted(db: Connection, leads: Mapping[str, int]) -> Iterator[tuple[str, anew._Story]]:
        asked.append(len(leads))
        return stories(db, leads)

    stories = anew._stories
    monkeypatch.setattr(anew, "_stories", counted)
    with database.read() as db:
        heard = _heard(db)
        newest = max(its.at for its in heard.values())
        kept = {
            row.lead: row.intent_key
            for row in db.execute(select(LEAD_SCORE).where(LEAD_SCORE.c.version == 2))
        }
        moments = [newest + halvings * half_life for halvings in range(14)]
        for moment in moments:
            found = anew.intents_by(db, Definition.parse(DEFINITION), heard, moment)
            right = {key: intent_of(its, moment, half_life) for key, its in kept.items()}
            assert {lead: found.get(lead, 0) for lead in heard} == right, moment
            assert not all(right.values()) or asked[-1] == len(heard)
    assert asked[-1] == 0 < asked[0]
    assert asked == sorted(asked, reverse=True)


def test_of_many_always_the_same_ones_are_looked_at() -> None:
    many = [f"linkedin.com/in/n-{n}" for n in range(2_000)]
    some = preview.fixed(many, 50)
    assert len(set(some)) == 50
    assert preview.fixed(many[::-1], 50) == some
    assert preview.fixed(some, 50) == some
