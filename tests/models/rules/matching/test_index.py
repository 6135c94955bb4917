"""Rules are found by what they ask: nobody who fulfils one is passed over."""

from collections.abc import Iterator
from functools import lru_cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from models.annotations.ownership import take
from models.filters.names import FILTERS, NONE
from models.filters.query import OF_TIME, Filters, Question
from models.filters.times import FilterError, When
from models.rules.judging import fulfilling, matching
from models.rules.matching.index import Index, asked
from models.rules.matching.subjects import look_at_quiet, look_beside, subjects
from models.rules.rules import Rule
from models.segments import lists
from models.segments.list_files import Entry
from models.storage.database import Database
from models.tables import COMPANY, LEAD, LEAD_IDENTIFIER, SESSION, SESSION_PAGE
from tests.desk import catch_up, take_in, this_moment
from tests.effort import examples
from tests.receiver.midbound import story
from tests.reference.events import Delivery

ZONE = ZoneInfo("UTC")
RULE = Rule("r", "s", "visit", ("team",))


@pytest.fixture(scope="module")
def db(shared: Database) -> Iterator[Connection]:
    """Sixty people's visits; what is known of some is owned, of some on a quiet list."""
    posted = story(60, 5)
    take_in(shared, [Delivery(one.webhook_id, 1_760_000_000_000, one.body) for one in posted])
    catch_up(shared)
    with shared.write() as db:
        leads = sorted(db.execute(select(LEAD.c.key).where(LEAD.c.owner.is_(None))).scalars())
        take(db, leads[0], "ann@example.com", "a test")
        db.execute(LEAD.update().where(LEAD.c.key == leads[1]).values(status="won"))
        named = select(LEAD_IDENTIFIER.c.value).where(LEAD_IDENTIFIER.c.lead.in_(leads[::7]))
        meant = {value: Entry(value) for value in db.execute(named).scalars()}
        lists.add(db, "silent", meant)
        lists.hush(db, "silent", quiet=True)
    with shared.read() as db:
        yield db


@lru_cache(maxsize=2)
def values(db: Connection) -> dict[str, list[str]]:
    """Values that rows have, by the filter that asks for them."""
    columns = {
        **{f"utm_{n}": SESSION.c[f"utm_{n}"] for n in ("source", "medium", "campaign", "content")},
        **{name: SESSION.c[name] for name in ("channel", "device", "pid", "country")},
        **{name: SESSION.c[name] for name in ("referrer_host", "referrer", "landing_page")},
        "page": SESSION_PAGE.c.path,
        **{name: LEAD.c[name] for name in ("job_title", "seniority", "department", "owner")},
        "validity": LEAD.c.email_validity,
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
    found["company"] += [NONE, *db.execute(select(COMPANY.c.domain)).scalars()]
    found["validity"] += ["sendable", "unchecked", "error"]
    found["country"] += ["Atlantis", "Côte d'Ivoire"]
    words = {
        "hot": ["yes", "no"], "visit": ["new", "returning"], "touch": ["first", "last"],
        "click_id": ["gclid", "fbclid", "any"], "status": ["new", "won"],
        "stage": ["resolved", "enriched", "finalized"], "bots": ["show", "only"],
        "leads": ["identified", "qualified"], "list": ["silent"],
    }  # fmt: skip
    sizes = {name: ["10", "200"] for name in ("min_employees", "max_employees")}
    least = {name: ["0", "20"] for name in ("min_growth", "fit_min", "min_pages", "min_duration")}
    known = {name: [one for one in its if one] for name, its in found.items() if its}
    return known | words | sizes | least


@st.composite
def queries(draw: st.DrawFn, known: dict[str, list[str]]) -> Filters:
    pairs = []
    for name in draw(st.lists(st.sampled_from(sorted(known)), min_size=1, max_size=4)):
        operator = draw(st.sampled_from(FILTERS[name].operators))
        most = 3 if FILTERS[name].is_several else 1
        its = known[name] + [NONE] * FILTERS[name].may_be_missing
        for value in draw(st.lists(st.sampled_from(its), min_size=1, max_size=most)):
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


@hypothesis(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
    max_examples=examples(400),
)
@given(data=st.data(), by_lead=st.booleans())
@pytest.mark.long_on("postgres")
def test_whoever_fulfils_a_segment_is_found_and_by_rows_alone_nobody_else(
    db: Connection,
    data: st.DataObject,
    by_lead: bool,  # noqa: FBT001 - drawn
) -> None:
    chosen, inner = (data.draw(queries(values(db))) for _ in range(2))
    if data.draw(st.integers(0, 4)) == 0:
        chosen = chosen.also("segment", "inner")
    # As rules ask: by a segment's name.
    segments = (("inner", inner), ("s", chosen))
    question = Question(Filters.parse({"segment": "s"}), this_moment(), segments)
    sids = set(db.execute(select(SESSION.c.sid)).scalars())
    one = asked(question, [RULE], by_lead=by_lead)
    index = Index([one])
    every = subjects(db, sids)
    look_beside(db, every, with_pages=True)
    look_at_quiet(db, every)
    found = {each.sid for each in every if list(index.asked_of(each))}
    fulfil = matching(db, question, sids, by_lead=by_lead)
    if not one.bots:
        fulfil -= {each.sid for each in every if each.row["is_bot"]}
    assert fulfil <= found
    told = {each.sid for each in every if one.tells(each)}
    quiet = {each.sid for each in every if each.is_quiet}
    assert found & told - quiet == fulfil & told


@pytest.mark.parametrize(
    "query",
    [
        "page=/pricing&min_employees=200",
        "hot=yes&seniority=c_level",
        "channel=Paid+Search&job_title.not=student",
        "country=US&department=marketing",
        "utm_campaign.has=spring&company=acme.com&industry.not=retail",
        "owner=(none)&validity=sendable&visit=returning",
    ],
)
def test_what_most_rules_ask_is_told_without_a_question(query: str) -> None:
    question = Question(
        Filters.parse({"segment": "s"}), this_moment(), (("s", Filters.from_text(query)),)
    )
    assert asked(question, [RULE], by_lead=True).is_told
