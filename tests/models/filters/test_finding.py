"""Which conditions leave few visits, or people, is counted, up to a bound, by an index; what is
asked of these begins there.
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Connection, func, select

from models.annotations.ownership import mark, take_many
from models.filters.choosing import visits_match
from models.filters.finding import with_few
from models.filters.leads import leads_match
from models.filters.query import Filters, Question
from models.segments import lists, segments
from models.segments.asking import asked as ask
from models.segments.list_files import Entry
from models.storage.database import Database
from models.tables import LEAD, SESSION, SESSION_PAGE
from models.tables.visits import LONGEST_RARE
from tests.dashboard.exports.test_csv_text import vendors_examples
from tests.desk import catch_up, take_in, this_moment
from tests.reference.streams import random_stream

PEOPLE = (
    "grade=?&grade=D", "intent_min=0", "owner=ann@x.example",
    "status=working&status=meeting",
)  # fmt: skip
NAMED = ("country", "utm_term", "utm_content", "utm_campaign", "referrer_host", "page")


@pytest.fixture(scope="module")
def db(shared: Database) -> Iterator[Connection]:
    """Visits from here and there."""
    take_in(shared, random_stream(seed=5, size=250))
    take_in(shared, vendors_examples())
    catch_up(shared)
    with shared.write() as connection:
        keys = list(connection.execute(select(LEAD.c.key).order_by(LEAD.c.key).limit(9)).scalars())
        take_many(connection, keys[:4], "ann@x.example", "ann")
        mark(connection, keys[2:], "working", "ann")
        lists.keep(
            connection, "guests", {f"x{n}.example": Entry(f"x{n}.example") for n in range(3)}
        )
    with shared.read() as connection:
        yield connection


def of(db: Connection, query: str) -> Question:
    return ask(db, Filters.from_text(query), this_moment())


def values(db: Connection, name: str) -> list[str]:
    column = SESSION_PAGE.c.path if name == "page" else SESSION.c[name]
    return list(db.execute(select(column).where(column.is_not(None)).distinct()).scalars())


def count(db: Connection, asked: Question) -> int:
    """How many visits there are, by no index of rare values."""
    plain = replace(asked, few=frozenset())
    query = select(func.count()).select_from(SESSION).where(visits_match(plain))
    return int(db.execute(query).scalar_one())


@pytest.mark.parametrize("name", NAMED)
def test_a_condition_is_of_few_up_to_the_bound(db: Connection, name: str) -> None:
    tried = 0
    for value in values(db, name):
        asked = ask(db, Filters.parse([(name, value)]), this_moment())
        number = count(db, asked)
        is_indexed = name != "country" or len(value) == 2
        for few in (number - 1, number):
            found = with_few(db, asked, few=few)
            # A visit that saw two pages below the one that is asked for is counted twice.
            if name != "page" or few < number:
                assert found.finds_few() == (is_indexed and few == number), (value, few)
            assert count(db, found) == number
            tried += 1
    assert tried > 4


def test_a_condition_on_people_is_of_few_up_to_the_bound(db: Connection) -> None:
    for query in PEOPLE:
        asked = of(db, query)
        people = select(func.count()).select_from(LEAD)
        number = db.execute(people.where(leads_match(replace(asked, few=frozenset())))).scalar_one()
        assert number > 1, query
        for few in (number - 1, number):
            found = with_few(db, asked, few=few)
            assert found.finds_few() == (few == number), query
            assert db.execute(people.where(leads_match(found))).scalar_one() == number


def test_a_list_is_of_few_by_its_own_length(db: Connection) -> None:
    asked = of(db, "list=guests")
    assert [with_few(db, asked, few=few).finds_few() for few in (2, 3)] == [False, True]


@pytest.mark.parametrize(
    "query",
    ["grade=1", "grade=A&grade=2", "grade.not=A", "owner.not=ann@x.example", "owner=(none)",
     "status=new&status=working", "list.not=guests", "fit_min=20",
     "country.not=PT", "country=(none)", "country.has=p", "country=Portugalia", "page=(none)",
     f"utm_term={'x' * (LONGEST_RARE + 1)}", "device=desktop", "utm_source=google", "q=x"],
)  # fmt: skip
def test_what_no_index_counts_is_not_of_few(db: Connection, query: str) -> None:
    assert not of(db, query).few


def test_conditions_of_segments_are_counted_too(database: Database) -> None:
    take_in(database, vendors_examples())
    catch_up(database)
    with database.write() as db:
        segments.save(db, "rare", "country=PT&page=/pricing", who="shell:ann", is_shared=True)
    with database.read() as db:
        assert {one.name for one in of(db, "segment=rare").few} == {"country", "page"}
        assert not of(db, "segment=rare").finds_few()


@pytest.mark.parametrize("name", ["country", "utm_term", "utm_content"])
def test_sqlite_takes_the_index_only_where_few_are_found(db: Connection, name: str) -> None:
    if db.dialect.name != "sqlite":
        return  # Postgres decides by its statistics
    column = name if name == "country" else f"folded_{name}"
    value = values(db, name)[0]
    asked = ask(db, Filters.parse([(name, value)]), this_moment())
    for few in (0, 1_000):
        found = with_few(db, asked, few=few)
        query = select(SESSION.c.sid).where(visits_match(found))
        sql = query.compile(db, compile_kwargs={"literal_binds": True})
        plan = " ".join(row.detail for row in db.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}"))
        assert (f"ix_session_{column}" in plan) == bool(few)
