"""Live's filters, asked of the database: whoever fits is there, however many came after them."""

import asyncio
import json

import pytest
from starlette.requests import Request

from dashboard.screens.live.feed import LIMIT, MOST_WANTED, Feed
from dashboard.screens.live.rows import feed_text, offers_text
from dashboard.screens.live.wanted import EVERYBODY, Wanted, wanted
from models.filters.times import FilterError
from models.storage.database import Database
from tests.dashboard.deliveries import put
from tests.dashboard.screens.live.visitors import guest


def test_a_crowd_hides_nobody_from_a_filter(database: Database) -> None:
    put(database, guest(0, first="Dia", company="Bolt", country="DE", score=None))
    put(database, *(guest(n, first=f"G{n}", country="PT", score=4) for n in range(1, LIMIT + 20)))
    with database.read() as db:
        everybody = json.loads(feed_text(db, 1, LIMIT))
        offers = json.loads(offers_text(db))
        assert "Dia" not in [lead["who"] for lead in everybody["leads"]]
        for one in (
            Wanted(country="DE"),
            Wanted(company="Bolt"),
            Wanted(min_bot_score=30),
            Wanted(country="DE", stage="resolved", pid="mdb_pxl_one"),
        ):
            told = json.loads(feed_text(db, 1, LIMIT, one))
            assert ([lead["who"] for lead in told["leads"]], told["of"]) == (["Dia"], LIMIT + 20)
        nobody = (Wanted(utm_campaign="spring"), Wanted(hot=True))
        assert [json.loads(feed_text(db, 1, LIMIT, one))["leads"] for one in nobody] == [[], []]
    assert offers["country"] == [["PT", LIMIT + 19], ["DE", 1]]
    assert offers["stage"] == [["resolved", LIMIT + 20]]


@pytest.mark.parametrize(
    "query", [("colour", "red"), ("stage", "nonsense"), ("min_bot_score", "x"), ("country", "\0")]
)
def test_what_is_no_filter_is_refused_in_a_sentence(query: tuple[str, str]) -> None:
    with pytest.raises(FilterError, match=f"^{query[0]} "):
        wanted([query])
    text = f"{query[0]}={query[1]}".replace("\0", "%00").encode()
    scope = {"type": "http", "method": "GET", "query_string": text, "headers": []}
    answer = asyncio.run(Feed(lambda: Database("sqlite://")).respond(Request(scope)))
    assert answer.status_code == 400
    assert json.loads(bytes(answer.body))["detail"].startswith(query[0])


def test_only_so_many_different_filters_are_watched(sqlite_url: str) -> None:
    database = Database(sqlite_url)

    async def story() -> None:
        hub = Feed(lambda: database)
        many = [Wanted(country=f"C{n}") for n in range(MOST_WANTED)]
        streams = [hub.stream(wanted=one) for one in (EVERYBODY, *many)]
        for stream in streams:
            await anext(stream)
        assert hub.has_room_for(EVERYBODY)
        assert hub.has_room_for(many[0])
        assert not hub.has_room_for(Wanted(country="ZZ"))
        await streams[-1].aclose()  # type: ignore[attr-defined] # a generator, told as an iterator
        assert hub.has_room_for(Wanted(country="ZZ"))
        hub.close()

    asyncio.run(story())
    database.close()


def test_who_fits_is_pushed_to_who_asked_for_them(sqlite_url: str) -> None:
    database = Database(sqlite_url)

    async def story() -> None:
        hub = Feed(lambda: database, probe_s=0.02)
        stream = hub.stream(wanted=Wanted(country="DE"))
        put(database, guest(1, first="Ana", country="PT"))
        await asyncio.to_thread(put, database, guest(2, first="Dia", country="DE"))
        async with asyncio.timeout(20):
            async for chunk in stream:
                assert "Ana" not in chunk
                if "Dia" in chunk:
                    break
        await asyncio.to_thread(put, database, guest(3, first="Eva", country="DE"))
        async with asyncio.timeout(20):
            async for chunk in stream:
                assert "Ana" not in chunk
                if "Eva" in chunk:
                    break
        hub.close()

    asyncio.run(story())
    database.close()
