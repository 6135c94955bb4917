"""Pages of lists: each row on one page, forwards and backwards, in any order, of any search."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, select

from dashboard.data.paging import MOST_SORTED, Order, Page, Place, count
from dashboard.data.place_words import from_word, to_word
from dashboard.screens.companies import queries as companies
from dashboard.screens.emails import queries as emails
from dashboard.screens.leads import queries
from dashboard.screens.tables import TABLES
from dashboard.table.definition import Piece, Sort, TableDefinition
from models.audit import recorded
from models.filters.leads import leads_match
from models.filters.query import Filters
from models.storage.database import Database
from models.tables import LEAD
from tests.dashboard.deliveries import put, visitor
from tests.desk import catch_up, question, take_in
from tests.effort import IS_FULL
from tests.reference.streams import random_stream, without_conflicts

SIZE = 29 if IS_FULL else 61
"""Rows a page: no number of rows is a multiple of it by chance."""

Ask = Callable[[Connection, Place | None], Page]

LISTS: dict[str, Ask] = {
    **{
        f"{one.name} by {sort}": lambda db, place, one=one, sort=sort: one.ask(  # type: ignore[misc]
            db, question(), Piece(one.order(one.sort(sort)), place, 0, SIZE), {}
        )
        for one in TABLES.values()
        for column in one.columns
        if (name := one.sort_of(column))
        for sort in ((f"{name}.asc", f"{name}.desc") if IS_FULL else (f"{name}.asc",))
    },
    "companies": lambda db, place: companies.companies(db, question(), place=place, size=SIZE),
    "companies, past employers too": lambda db, place: companies.companies(
        db, question(), silent=True, place=place, size=SIZE
    ),
    "emails": lambda db, place: emails.emails(db, question(), place=place, size=SIZE),
    **{
        f"leads found by {q}, by {name}, {most} read": lambda db, place, q=q, order=order: (  # type: ignore[misc]
            queries.leads(db, question(q=q), order=order, place=place, size=SIZE)
        )
        for q in ("a", "a e")
        for name in queries.ORDERS
        for most in (MOST_SORTED, 10)
        for order in [queries.ORDERS[name]._replace(near=1, most_read=most)]
    },
}


@pytest.fixture(scope="module")
def stream(shared: Database) -> Database:
    """A database of many strange deliveries, and of some entries in the audit log."""
    take_in(shared, without_conflicts(random_stream(11, 500)))
    catch_up(shared)
    for number in range(25):
        with recorded(shared, f"user {number}", "replay"):
            pass
    return shared


def test_each_row_is_on_one_page_and_the_way_back_is_the_same(stream: Database) -> None:
    with stream.read() as db:
        for name, ask in LISTS.items():
            pages = [ask(db, None)]
            while after := pages[-1].after:
                pages.append(ask(db, after))
            rows = [repr(row) for page in pages for row in page.rows]
            assert len(rows) == len(set(rows)), name
            assert [page.first for page in pages] == list(range(1, len(rows) + 1, SIZE)), name
            back = pages[-1]
            for earlier in reversed(pages[:-1]):
                assert back.before, name
                back = ask(db, back.before)
                assert (back.rows, back.first) == (earlier.rows, earlier.first), name
            assert back.before is None, name


@pytest.mark.parametrize("near", [1, 3, 1000])
def test_a_search_finds_the_same_near_and_far(database: Database, near: int) -> None:
    names = ("Ana Lima", "Ane Lund", "Bo Analyst", "Al Lima", "Zoë Án", "Susana Lima")
    put(database, *(visitor(n, first=name) for n, name in enumerate(names)))
    order = queries.ORDERS["name"]._replace(near=near)
    with database.read() as db:
        found = queries.leads(db, question(q="an"), order=order, size=10)
        assert [row["full_name"] for row in found.rows] == [
            "Ana Lima", "Ane Lund", "Bo Analyst", "Zoë Án",
        ]  # fmt: skip
        assert queries.count(db, question(q="an")) == 4


WORDS = ("a", "ann", "a e", "a a", "a b c", "!!!", "  ", "a b c d e f g h i j k l")


def test_a_search_is_counted_as_it_is_listed(stream: Database) -> None:
    with stream.read() as db:
        for q in WORDS:
            found = queries.leads(db, question(q=q), size=1000).rows
            assert queries.count(db, question(q=q)) == len(found), q


@pytest.mark.parametrize("near", [1, 30, 1000])
def test_what_a_search_finds_is_counted_the_same_near_and_far(stream: Database, near: int) -> None:
    order = queries.ORDERS["last_seen"]._replace(near=near)
    with stream.read() as db:
        for q in WORDS:
            every, nearby = (
                select(LEAD.c.key).where(leads_match(question(q=q), nearby=is_near))
                for is_near in (False, True)
            )
            assert count(db, every, order, nearby) == count(db, every), q


def test_a_long_list_is_counted_so_far_only(database: Database) -> None:
    put(database, *(visitor(n, first="Ana") for n in range(4)))
    every = select(LEAD.c.key)
    with database.read() as db:
        assert count(db, every, most=3) == 3
        assert count(db, every, queries.ORDERS["last_seen"], every, most=3) == 3
        assert count(db, every.where(LEAD.c.key == "bo"), most=3) == 0


ORDER = Order((LEAD.c.last_seen, LEAD.c.key))


def test_a_place_survives_its_way_through_the_url() -> None:
    place = Place(301, (1_700_000_000_000, "a@b.example/ü"), is_back=True)
    assert from_word(to_word(place, Filters()), Filters(), ORDER) == place


@pytest.mark.parametrize(
    "word",
    [
        "", "x", "99", "é", "A" * 10_000, "bnVsbA", "WzFd",
        to_word(Place(1, (1, "a")), Filters.parse({"q": "another list"})),
        to_word(Place(1, ("1", "a")), Filters()),
        to_word(Place(1, (1,)), Filters()),
        to_word(Place(1, (2**70, "a")), Filters()), to_word(Place(1, (1, "a\0")), Filters()),
        to_word(Place(1, (1, "\udfff")), Filters()),
    ],
)  # fmt: skip
def test_a_word_that_is_no_place_of_the_list_is_its_begin(word: str) -> None:
    assert from_word(word, Filters(), ORDER) is None


@pytest.mark.parametrize("definition", TABLES.values(), ids=lambda one: one.name)
@pytest.mark.long_on("postgres")
def test_every_order_of_a_list_has_all_its_rows_and_skips_as_many_as_asked(
    stream: Database, definition: TableDefinition
) -> None:
    with stream.read() as db:

        def keys(sort: str, skip: int = 0) -> list[str]:
            piece = Piece(definition.order(definition.sort(sort)), None, skip, 1_000)
            found = definition.ask(db, question(), piece, {})
            assert found.first == skip + 1
            return [definition.shown(row)[definition.key] for row in found.rows]

        every = keys(definition.usual.text)
        assert len(every) == len(set(every)) > 20
        for column in definition.columns:
            name = definition.sort_of(column)
            if name is None:
                continue
            assert definition.sort(f"{name}.desc") == Sort(name, descending=True)
            there, back = keys(f"{name}.asc"), keys(f"{name}.desc")
            assert sorted(there) == sorted(every), column
            assert sorted(back) == sorted(every), column
            assert keys(f"{name}.asc", skip=13) == there[13:], column


def test_rows_without_a_value_come_last_either_way_and_capitals_count_as_small_letters(
    database: Database,
) -> None:
    put(database, *(visitor(n, first=name, company=company) for n, (name, company) in enumerate(
        [("Ana", "beta"), ("Bo", None), ("Cy", "Alpha"), ("Di", "Gamma")]
    )))  # fmt: skip
    leads = TABLES["leads"]
    with database.read() as db:
        found = {
            way: [
                row["full_name"]
                for row in leads.ask(
                    db, question(), Piece(leads.order(leads.sort(f"company.{way}")), None, 0, 9), {}
                ).rows
            ]
            for way in ("asc", "desc")
        }
    assert found == {"asc": ["Cy", "Ana", "Di", "Bo"], "desc": ["Di", "Ana", "Cy", "Bo"]}
