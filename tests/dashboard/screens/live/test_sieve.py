"""What is sifted together, and a little at a time, is what each filter gives by itself."""

from urllib.parse import parse_qsl

import pytest
from sqlalchemy import select, update

from dashboard.screens.live.queries import Matching, matching
from dashboard.screens.live.sifting.sieve import Look, Sieve
from dashboard.screens.live.wanted import EVERYBODY, Wanted, wanted
from models.filters.leads import leads_match
from models.filters.query import Filters
from models.segments import lists, segments
from models.segments.asking import asked
from models.segments.list_files import Entry
from models.storage.database import Database
from models.storage.version import advance
from models.tables import COMPANY, LEAD
from tests.dashboard.deliveries import put
from tests.dashboard.screens.live.visitors import employee, guest
from tests.desk import this_moment

QUERIES = (
    "",
    "country=PT",
    "country.not=PT&bots=show",
    "bots=only",
    "segment=south",
    "segment.not=south",
    "segment=readers",
    "segment=firms&country=PT",
    "utm_campaign=nobody",
    "country.not=DE&sort=grade",
    "page=/pricing",
    "page.not=/pricing",
    "page=(none)",
    "company=acme.com",
    "company=bolt",
    "company.has=ol",
    "company.not=acme",
    "company=(none)",
    "list=customers",
    "list.not=customers",
    "live=yes",
    "grade=A&sort=grade",
    "new_since=today",
    "min_employees=1",
    "stage=resolved&device=desktop",
)
FILTERS = tuple(wanted(parse_qsl(query)) for query in QUERIES)


@pytest.fixture
def desk(database: Database) -> Database:
    with database.write() as db:
        for name, query in (
            ("south", "country=PT&device=desktop"),
            ("readers", "page=/pricing&bots=hide"),
            ("firms", "company=acme.com&company=bolt"),
        ):
            segments.save(db, name, query, who="x", is_shared=True)
        lists.keep(db, "customers", {"acme.com": Entry("acme.com")}, quiet=True)
    return database


def _put(database: Database, step: int) -> None:
    """One of ten people comes once more; some come late: received before what is known already."""
    country, score = ("PT", "ES", "DE")[step % 3], (90, 4)[step % 4 == 1]
    event = guest(
        step % 10,
        first=f"G{step % 10}",
        country=country,
        score=score,
        company=(None, "Bolt", "Acme")[step % 3],
        page=f"https://www.example.com/{('', 'pricing', 'pricing/eu')[step % 3]}",
    )
    if step % 7 == 3:
        event = employee(step % 10, "acme.com")
    event |= {"id": f"evt_step_{step}"}
    sid = f"01STEP{step}"
    event["data"]["attribution"]["sessionId"] = sid
    if event["data"].get("session"):
        event["data"]["session"]["sid"] = sid
    at = 1_700_000_000_000 + step * 1_000 - (15_000 if step % 5 == 4 else 0)
    put(database, event, received_at=at)


@pytest.mark.long_on("postgres")
def test_looks_at_what_changed_give_what_a_look_at_all_gives(desk: Database) -> None:
    sieve, known = Sieve(), dict[Wanted, Matching]()
    for step in range(24):
        _put(desk, step)
        with desk.read() as db:
            look = Look(db)
            for some in sieve.whole(look, FILTERS if not step else FILTERS[step : step + 2]):
                known |= {one: its.matching for one, its in some.items()}
            known |= {one: its.matching for one, its in sieve.newest(look).items()}
            for query, one in zip(QUERIES, FILTERS, strict=True):
                assert known[one] == matching(db, one), (step, query)


@pytest.mark.parametrize(
    "query",
    [
        "country=PT",  # by itself the lead's, in a segment, too
        "country=PT&device=desktop",
        "country.not=PT",
        "page=/pricing&country=DE",
        "page.not=/pricing",
        "company=acme.com",
        "touch=first&page=/pricing",
        "bots=only",
    ],
)
def test_a_segment_gives_on_live_whom_it_gives_elsewhere(database: Database, query: str) -> None:
    for step in range(12):
        _put(database, step)
    with database.write() as db:
        segments.save(db, "some", query, who="x", is_shared=True)
    with database.read() as db:
        asks = asked(db, Filters.parse({"segment": "some"}), this_moment())
        elsewhere = set(db.execute(select(LEAD.c.key).where(leads_match(asks))).scalars())
        on_live = matching(db, wanted([("segment", "some"), ("bots", "show")])).keys
    assert sorted(on_live) == sorted(elsewhere)


def test_few_questions_a_statement_give_the_same(desk: Database) -> None:
    for step in range(12):
        _put(desk, step)
    with desk.read() as db:
        alone = {one: matching(db, one) for one in FILTERS}
        for most, values in ((30, 3_000), (3, 3_000), (30, 2), (1, 1)):
            sieve = Sieve(most_together=most, most_values=values)
            found: dict[Wanted, Matching] = {}
            for some in sieve.whole(Look(db), FILTERS):
                found |= {one: its.matching for one, its in some.items()}
            assert found == alone


def test_who_is_gone_is_gone_at_once(database: Database) -> None:
    sieve, abroad = Sieve(), wanted([("country", "DE")])
    put(database, guest(1, country="DE", first="Ann"))
    assert len(_whole(database, sieve, abroad).keys) == 1
    put(database, guest(2, country="DE", first="Bob", email="ann@firm.example"))
    again = guest(1, country="DE", first="Ann", email="ann@firm.example") | {"id": "evt_same"}
    put(database, again)  # who turns out to be the same human
    with database.read() as db:
        assert sieve.newest(Look(db))[abroad].matching == matching(db, abroad)
        assert len(matching(db, abroad).keys) == 1


def test_a_segment_that_is_gone_refuses_until_it_is_there_again(database: Database) -> None:
    sieve, south = Sieve(), wanted([("segment", "south")])
    put(database, guest(1, country="PT"))
    with database.write() as db:
        segments.save(db, "south", "country=PT&device=desktop", who="x", is_shared=True)
    assert len(_whole(database, sieve, south).keys) == 1
    with database.write() as db:
        segments.remove(db, "south", who="x", may_manage=True)
    with database.read() as db:
        found = sieve.newest(Look(db))[south]
    assert (found.matching.keys, found.refused) == ([], "there is no segment named south.")
    with database.write() as db:
        segments.save(db, "south", "country=PT&device=desktop", who="x", is_shared=True)
    with database.read() as db:
        assert sieve.newest(Look(db))[south].refused is None
        assert sieve.is_stale()
        assert len(sieve.some(Look(db))[south].matching.keys) == 1
        assert not sieve.is_stale()


def _whole(database: Database, sieve: Sieve, one: Wanted) -> Matching:
    with database.read() as db:
        ((found,),) = [list(some.values()) for some in sieve.whole(Look(db), [one])]
    return found.matching


def test_what_is_as_before_is_said_to_be(database: Database) -> None:
    sieve, abroad = Sieve(), wanted([("country", "DE")])
    put(database, guest(1, country="PT"), guest(2, country="DE"))
    _whole(database, sieve, abroad)
    assert not _other(database, sieve, abroad)
    put(database, guest(3, country="PT"))
    assert not _other(database, sieve, abroad)
    put(database, guest(4, country="DE"))
    assert _other(database, sieve, abroad)
    assert not _other(database, sieve, abroad)


def test_what_nobody_wants_any_more_is_not_sifted(database: Database) -> None:
    sieve, abroad = Sieve(), wanted([("country", "DE")])
    put(database, guest(1, country="DE"), guest(2, country="PT"))
    with database.read() as db:
        list(sieve.whole(Look(db), [EVERYBODY, abroad]))
        sieve.keep({abroad})
        found = sieve.newest(Look(db))
        assert {one: its.matching for one, its in found.items()} == {abroad: matching(db, abroad)}
        sieve.keep(set())
        assert sieve.newest(Look(db)) == {}


def test_all_are_sifted_again_some_at_a_time(desk: Database) -> None:
    """As a look at all does it, however few at a time, and whoever arrives in between."""
    sieve, known = Sieve(some=3), dict[Wanted, Matching]()
    for step in range(12):
        _put(desk, step)
    with desk.read() as db:
        look = Look(db)
        for some in sieve.whole(look, FILTERS):
            known |= {one: its.matching for one, its in some.items()}
        assert (sieve.some(look), sieve.is_stale()) == ({}, False)
    # The employer is another for all who work there, of whom nothing is heard.
    with desk.write() as db:
        db.execute(update(COMPANY).values(industry="Shipbuilding", employee_count=4_321))
        advance(db)
    sieve.age()
    for step in range(12, 15):
        _put(desk, step)
        with desk.read() as db:
            look = Look(db)
            for found in (sieve.newest(look), sieve.some(look), sieve.some(look)):
                known |= {one: its.matching for one, its in found.items()}
    with desk.read() as db:
        look = Look(db, heard=Look(db).heard)
        while sieve.is_stale():
            known |= {one: its.matching for one, its in sieve.some(look).items()}
        for query, one in zip(QUERIES, FILTERS, strict=True):
            assert known[one] == matching(db, one), query


def _other(database: Database, sieve: Sieve, one: Wanted) -> bool:
    with database.read() as db:
        return sieve.newest(Look(db))[one].is_other
