"""Rules are found by what they ask: nobody who fulfils one is passed over."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from models import migrations
from models.filters.names import FILTERS
from models.filters.query import OF_TIME, Filters, Question
from models.filters.times import FilterError, When
from models.rules.index import Index, asked
from models.rules.judging import fulfilling, matching
from models.rules.rules import Rule
from models.rules.subjects import look_beside, subjects
from models.storage.database import Database
from models.tables import COMPANY, LEAD, SESSION, SESSION_PAGE
from tests.desk import catch_up, take_in, this_moment
from tests.receiver.midbound import story
from tests.reference.events import Delivery

ZONE = ZoneInfo("UTC")
RULE = Rule("r", "s", "visit", ("team",))


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    folder: Path = tmp_path_factory.mktemp("index")
    database = Database(f"sqlite:///{folder}/desk.db")
    migrations.upgrade(database)
    posted = story(60, 5)
    take_in(database, [Delivery(one.webhook_id, 1_760_000_000_000, one.body) for one in posted])
    catch_up(database)
    with database.read() as db:
        yield db


@lru_cache(maxsize=1)
def values(db: Connection) -> dict[str, list[str]]:
    """Values that rows have, by the filter that asks for them."""
    columns = {
        **{f"utm_{n}": SESSION.c[f"utm_{n}"] for n in ("source", "medium", "campaign", "content")},
        "channel": SESSION.c.channel,
        "device": SESSION.c.device,
        "pid": SESSION.c.pid,
        "country": SESSION.c.country,
        "page": SESSION_PAGE.c.path,
        "referrer_host": SESSION.c.referrer_host,
        "job_title": LEAD.c.job_title,
        "seniority": LEAD.c.seniority,
        "department": LEAD.c.department,
        "company": COMPANY.c.name,
        "industry": COMPANY.c.industry,
        "funding": COMPANY.c.last_round_type,
        "company_country": COMPANY.c.country,
    }
    found = {
        name: sorted(str(value) for value in db.execute(select(column).distinct()).scalars()
                     if value is not None)
        for name, column in columns.items()
    }  # fmt: skip
    words = {"hot": ["yes", "no"], "min_employees": ["10", "200"], "touch": ["first", "last"]}
    stages = {"stage": ["resolved", "enriched", "finalized"], "bots": ["show", "only"]}
    return {name: its for name, its in found.items() if its} | words | stages


@st.composite
def queries(draw: st.DrawFn, known: dict[str, list[str]]) -> Filters:
    pairs = []
    for name in draw(st.lists(st.sampled_from(sorted(known)), min_size=1, max_size=4)):
        operator = draw(st.sampled_from(FILTERS[name].operators))
        most = 3 if FILTERS[name].is_several else 1
        for value in draw(st.lists(st.sampled_from(known[name]), min_size=1, max_size=most)):
            text = value[:4] if operator == "has" else draw(st.sampled_from([value, value.upper()]))
            pairs.append((name if operator == "is" else f"{name}.{operator}", text))
    try:
        return Filters.parse(pairs)
    except FilterError:
        return Filters.parse([("hot", "yes")])


def test_what_means_something_else_at_another_moment_is_said_to(db: Connection) -> None:
    known = values(db) | {
        "since": ["-7d"], "until": ["today"], "new_since": ["yesterday"], "live": ["yes"],
        "intent_min": ["10"], "grade": ["A1"], "fit_min": ["10"], "status": ["new"],
        "owner": ["(none)"], "q": ["a"], "validity": ["valid"],
    }  # fmt: skip

    def written(chosen: Filters, ms: int) -> str:
        question = Question(Filters.parse({"segment": "s"}), When(ms, ZONE), (("s", chosen),))
        queries = (fulfilling(question, by_lead=by_lead) for by_lead in (True, False))
        compiled = [query.compile(db.engine) for query in queries]
        return str([(str(one), sorted(map(str, one.params.values()))) for one in compiled])

    changing = set()
    for name, some in known.items():
        for operator in FILTERS[name].operators:
            parameter = name if operator == "is" else f"{name}.{operator}"
            chosen = Filters.parse({parameter: some[0]})
            if written(chosen, 1_700_000_000_000) != written(chosen, 1_800_000_000_000):
                changing.add(name)
    assert changing == OF_TIME


@hypothesis(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data(), by_lead=st.booleans())
def test_whoever_fulfils_a_segment_is_found(
    db: Connection,
    data: st.DataObject,
    by_lead: bool,  # noqa: FBT001 - drawn
) -> None:
    chosen = data.draw(queries(values(db)))
    # As rules ask: by a segment's name.
    question = Question(Filters.parse({"segment": "s"}), this_moment(), (("s", chosen),))
    sids = set(db.execute(select(SESSION.c.sid)).scalars())
    index = Index([asked(question, [RULE], by_lead=by_lead)])
    every = subjects(db, sids)
    look_beside(db, every, with_pages=True)
    found = {one.sid for one in every if list(index.asked_of(one))}
    bots = {one.sid for one in every if one.row["is_bot"]}
    fulfil = matching(db, question, sids, by_lead=by_lead)
    if not chosen.sets("bots"):
        fulfil -= bots
    assert fulfil <= found
