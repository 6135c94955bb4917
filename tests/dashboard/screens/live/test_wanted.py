"""Live's filters, asked of the database: whoever matches is there, however many came after them."""

import asyncio
import json
import time
from collections.abc import AsyncIterator

import pytest
from starlette.requests import Request

from dashboard.screens.live.feed import MOST_WANTED, Feed
from dashboard.screens.live.looking import LIMIT
from dashboard.screens.live.rows import offers_text
from dashboard.screens.live.wanted import EVERYBODY, Wanted, wanted
from models.audit import changing
from models.filters.query import Filters
from models.filters.times import FilterError
from models.segments import lists, segments
from models.segments.asking import asked
from models.segments.list_files import read_list
from models.segments.members import count
from models.storage.database import Database
from tests.dashboard.deliveries import put
from tests.dashboard.screens.live.visitors import asking, employee, feed_of, guest, lately, left
from tests.desk import this_moment


def live(*pairs: tuple[str, str]) -> Wanted:
    return wanted(pairs)


def names(database: Database, *pairs: tuple[str, str]) -> list[str]:
    return [lead["who"] for lead in feed_of(database, live(*pairs))["leads"]]


def test_a_crowd_hides_nobody_from_a_filter(database: Database) -> None:
    put(database, guest(0, first="Dia", company="Bolt", country="DE", score=None))
    put(database, *(guest(n, first=f"G{n}", country="PT", score=44) for n in range(1, LIMIT + 20)))
    everybody = feed_of(database)
    assert "Dia" not in [lead["who"] for lead in everybody["leads"]]
    assert (everybody["matching"], everybody["of"]) == (LIMIT + 20, LIMIT + 20)
    for one in (
        live(("country", "DE")),
        live(("company", "bolt")),
        live(("country.not", "PT")),
        live(("country", "DE"), ("country", "ES"), ("stage", "resolved")),
        live(("company.has", "ol"), ("pid", "mdb_pxl_one")),
    ):
        told = feed_of(database, one)
        assert [lead["who"] for lead in told["leads"]] == ["Dia"], one
        assert (told["matching"], told["of"]) == (1, LIMIT + 20)
    for one in (live(("utm_campaign", "spring")), live(("hot", "yes"))):
        assert feed_of(database, one)["leads"] == []
    with database.read() as db:
        offers = json.loads(offers_text(db))
    assert offers["country"] == [["PT", LIMIT + 19], ["DE", 1]]
    assert offers["stage"] == [["resolved", LIMIT + 20]]


def test_likely_bots_are_hidden_and_counted_until_they_are_asked_for(database: Database) -> None:
    put(database, *(guest(n, first=f"B{n}", score=4) for n in range(3)), guest(9, first="Ann"))
    told = feed_of(database)
    assert ([lead["who"] for lead in told["leads"]], told["bots"]) == (["Ann"], 3)
    assert len(names(database, ("bots", "show"))) == 4
    assert sorted(names(database, ("bots", "only"))) == ["B0", "B1", "B2"]


def test_a_segment_chooses_the_same_people_as_elsewhere(database: Database) -> None:
    put(database, guest(1, first="Ana", country="PT"), guest(2, first="Bea", country="ES"))
    again = guest(1, first="Ana", country="DE") | {"id": "evt_again"}
    again["data"]["session"]["sid"] = again["data"]["attribution"]["sessionId"] = "01AGAIN"
    put(database, again)
    with database.write() as db:
        segments.save(db, "south", "country=PT&device=desktop", who="shell:a", is_shared=True)
    # Her visit of now is from elsewhere: the segment asks for any one visit.
    assert names(database, ("segment", "south")) == ["Ana"]
    assert names(database, ("segment.not", "SOUTH")) == ["Bea"]
    with database.read() as db:
        assert count(db, asked(db, Filters.parse({"segment": "south"}), this_moment())) == 1


def test_people_on_a_quiet_list_stay_out_unless_asked_for(database: Database) -> None:
    put(database, employee(1, "acme.com"), employee(2, "other.com"))
    entries = read_list(b"acme.com\n", this_moment()).entries
    with database.write() as db:
        lists.keep(db, "customers", entries, quiet=True)
        segments.save(db, "ours", "list=customers", who="shell:a", is_shared=True)
    assert names(database) == ["Employee 2"]
    assert names(database, ("list", "customers")) == ["Employee 1"]
    assert names(database, ("segment", "ours")) == ["Employee 1"]
    assert names(database, ("list.not", "customers")) == ["Employee 2"]
    with database.write() as db:
        lists.hush(db, "customers", quiet=False)
    assert len(names(database)) == 2


def test_a_segment_that_is_gone_is_said_and_shows_nobody(database: Database) -> None:
    put(database, guest(1, first="Ana"))
    told = feed_of(database, live(("segment", "gone")))
    assert (told["leads"], told["refused"]) == ([], "there is no segment named gone.")


def test_what_somebody_missed_is_counted_among_those_who_fit(database: Database) -> None:
    put(database, guest(1, first="Old", country="PT"), received_at=1_000)
    put(database, guest(2, first="Ana", country="PT", page="https://www.example.com/pricing"))
    put(database, guest(3, first="Bea", country="ES"), guest(4, first="Bot", country="PT", score=1))
    feed = Feed(lambda: database)
    told = asyncio.run(_missed(feed, "since=2000&country=PT"))
    assert (told["people"], told["hot"]) == (1, 1)
    assert asyncio.run(_missed(feed, "since=2000"))["people"] == 2


def test_by_grade_who_asked_comes_first_and_then_the_best(database: Database) -> None:
    shop = "https://www.example.com"
    warm = ((f"{shop}/pricing", 5), (f"{shop}/demo", 5), (f"{shop}/contact", 5))
    at = int(time.time() * 1000) - 1_000
    for place, event in enumerate(
        (
            lately(left(1, *warm), 60),
            lately(asking(left(2, (f"{shop}/", 5))), 90),
            lately(guest(3), 20),
            asking(left(4, *warm)),  # last year
        )
    ):
        put(database, event, received_at=at + place)
    assert _keys(database, ("sort", "time")) == _keys(database) == [4, 3, 2, 1]
    assert _keys(database, ("sort", "grade")) == [2, 1, 3, 4]
    assert _keys(database, ("sort", "grade"), limit=1) == [2]
    assert _keys(database, ("sort", "grade"), ("stage", "finalized")) == [2, 1, 4]


def _keys(database: Database, *pairs: tuple[str, str], limit: int = LIMIT) -> list[int]:
    told = feed_of(database, live(*pairs), limit=limit)
    assert [lead["key"] for lead in told["leads"] if lead.get("asks")] in ([], ["01VIS0002"])
    return [int(lead["key"].removeprefix("01VIS")) for lead in told["leads"]]


async def _missed(feed: Feed, query: str) -> dict[str, object]:
    scope = {"type": "http", "method": "GET", "query_string": query.encode(), "headers": []}
    answer = await feed.respond_missed(Request(scope))
    assert answer.status_code == 200
    return dict(json.loads(bytes(answer.body)))


@pytest.mark.parametrize(
    "query",
    [
        ("colour", "red"),
        ("stage", "nonsense"),
        ("since", "today"),
        ("country", "\0"),
        ("sort", "name"),
    ],
)
def test_what_is_no_filter_is_refused_in_a_sentence(query: tuple[str, str]) -> None:
    with pytest.raises(FilterError, match=f"^{query[0]} "):
        wanted([query])
    text = f"{query[0]}={query[1]}".replace("\0", "%00").encode()
    scope = {"type": "http", "method": "GET", "query_string": text, "headers": []}
    answer = asyncio.run(Feed(lambda: Database("sqlite://")).respond(Request(scope)))
    assert answer.status_code == 400
    assert json.loads(bytes(answer.body))["detail"].startswith(query[0])


def test_a_list_shows_at_once_and_what_time_alone_changes_a_little_later(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    put(database, employee(1, "acme.com"), employee(2, "other.com"))

    async def story() -> None:
        hub = Feed(lambda: database, probe_s=0.02)
        streams = [hub.stream(wanted=one) for one in (EVERYBODY, live(("company", "acme")))]
        await _until(streams[0], {"Employee 1", "Employee 2"})
        await _until(streams[1], {"Employee 1"})
        # Right after a look, when all are not sifted anew yet; and no event comes.
        with changing(database, "x", "list import") as (db, _):
            lists.keep(
                db,
                "customers",
                read_list(b"acme.com\n", this_moment()).entries,
                quiet=True,
            )
        await _until(streams[0], {"Employee 2"})
        await _until(streams[1], set())
        hub.close()
        hub = Feed(lambda: database, probe_s=0.02, again_s=0.2)
        stream = hub.stream(wanted=live(("company", "acme")))
        await _until(stream, set())
        with database.write() as db:  # without a word to anybody, as the clock does it
            lists.hush(db, "customers", quiet=False)
        await _until(stream, {"Employee 1"})
        hub.close()

    asyncio.run(story())
    database.close()


async def _until(stream: AsyncIterator[bytes], names: set[str]) -> None:
    """Read until these people are told, and nobody else."""
    async with asyncio.timeout(20):
        async for chunk in stream:
            for line in chunk.decode().splitlines():
                told = json.loads(line[6:]) if line.startswith("data: {") else {}
                if "leads" in told and names == {
                    lead["who"] for lead in told["leads"] if lead["who"].startswith("Employee")
                }:
                    return


def test_only_so_many_different_filters_are_watched(sqlite_url: str) -> None:
    database = Database(sqlite_url)

    async def story() -> None:
        hub = Feed(lambda: database)
        many = [live(("country", f"C{n}")) for n in range(MOST_WANTED)]
        streams = [hub.stream(wanted=one) for one in (EVERYBODY, *many)]
        for stream in streams:
            await anext(stream)
        assert hub.has_room_for(EVERYBODY)
        assert hub.has_room_for(many[0])
        assert not hub.has_room_for(live(("country", "ZZ")))
        await streams[-1].aclose()  # type: ignore[attr-defined] # a generator, told as an iterator
        assert hub.has_room_for(live(("country", "ZZ")))
        hub.close()

    asyncio.run(story())
    database.close()


def test_who_fits_is_pushed_to_who_asked_for_them(sqlite_url: str) -> None:
    database = Database(sqlite_url)

    async def story() -> None:
        hub = Feed(lambda: database, probe_s=0.02)
        stream, others = hub.stream(wanted=live(("country", "DE"))), hub.stream()
        put(database, guest(1, first="Ana", country="PT"))
        async with asyncio.timeout(20):
            async for chunk in others:  # who is told of her beside it
                if b"Ana" in chunk:
                    break
        await asyncio.to_thread(put, database, guest(2, first="Dia", country="DE"))
        async with asyncio.timeout(20):
            async for chunk in stream:
                assert b"Ana" not in chunk
                if b"Dia" in chunk:
                    break
        await asyncio.to_thread(put, database, guest(3, first="Eva", country="DE"))
        async with asyncio.timeout(20):
            async for chunk in stream:
                assert b"Ana" not in chunk
                if b"Eva" in chunk:
                    break
        hub.close()

    asyncio.run(story())
    database.close()
