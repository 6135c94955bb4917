"""The live feed's hub: one watcher, one text, every viewer."""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import pytest

from dashboard.screens.live import looking, rows
from dashboard.screens.live.feed import Feed
from models.storage.database import Database
from tests.dashboard.deliveries import payload, put, visitor
from tests.quickest import quickest

WITHIN_S = 30


def _parsed(message: str) -> tuple[str, Any]:
    lines = [line.partition(": ") for line in message.strip().splitlines()]
    fields = {name: value for name, _, value in lines}
    return fields.get("event", "message"), fields["data"]


async def _next(stream: AsyncIterator[bytes], kind: str) -> str:
    async with asyncio.timeout(WITHIN_S):
        async for chunk in stream:
            for message in chunk.decode().strip().split("\n\n"):
                name, data = _parsed(message)
                if name == kind:
                    return str(data)
    raise AssertionError(f"the stream ended without a {kind}")


def _keys(data: str) -> list[str]:
    return [lead["key"] for lead in json.loads(data)["leads"]]


def test_a_new_row_is_pushed_within_a_second(database: Database) -> None:
    numbers = count(1)

    async def story() -> float:
        hub = Feed(lambda: database)
        stream = hub.stream()
        before = _keys(await _next(stream, "message"))
        await asyncio.to_thread(put, database, visitor(next(numbers)))
        derived = time.monotonic()
        assert len(_keys(await _next(stream, "message"))) == len(before) + 1
        hub.close()
        return time.monotonic() - derived

    assert quickest(lambda: asyncio.run(story()), 1) < 1


def test_who_is_no_longer_let_in_gets_nothing_more(database: Database) -> None:
    async def story() -> None:
        let_in = True
        hub = Feed(lambda: database)
        stream = hub.stream(lambda: let_in)
        await _next(stream, "message")
        let_in = False
        await asyncio.to_thread(put, database, visitor(1))
        with pytest.raises(AssertionError, match="ended"):
            await _next(stream, "message")
        hub.close()

    asyncio.run(story())


def test_row_says_everything_in_words(database: Database) -> None:
    put(database, payload("resolved"), payload("validated"))

    async def story() -> dict[str, Any]:
        hub = Feed(lambda: database)
        data = await _next(hub.stream(), "message")
        hub.close()
        lead: dict[str, Any] = json.loads(data)["leads"][0]
        return lead

    lead = asyncio.run(story())
    assert lead["who"] == "Peter Toth"
    assert lead["source"] == "google / cpc · q1_brand_awareness"
    assert (lead["stage"], lead["validity"], lead["hot"]) == (4, "valid", "/pricing")
    assert (lead["place"], lead["device"]) == ("Lisbon, PT", "desktop")
    assert "visit" not in lead


def test_the_pulse_comes_along_and_grows_with_what_comes_in(database: Database) -> None:
    async def story() -> None:
        hub = Feed(lambda: database, pulse_s=0.05)
        stream = hub.stream()
        assert json.loads(await _next(stream, "pulse"))["now"] == 0
        await asyncio.to_thread(put, database, visitor(1))
        async with asyncio.timeout(WITHIN_S):  # one that was counted before may come first
            while json.loads(await _next(stream, "pulse"))["now"] != 1:
                pass
        hub.close()

    asyncio.run(story())


def test_all_viewers_share_one_text_and_one_look(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(sqlite_url)
    put(database, visitor(1))
    made: list[str] = []

    def counted(*arguments: Any, **named: Any) -> str:
        made.append(rows.feed_text(*arguments, **named))
        return made[-1]

    monkeypatch.setattr(looking, "feed_text", counted)

    async def story() -> None:
        hub = Feed(lambda: database, probe_s=0.01)
        streams = [hub.stream() for _ in range(50)]
        messages = await asyncio.gather(*(_next(stream, "message") for stream in streams))
        await asyncio.sleep(0.2)
        hub.close()
        assert len(set(messages)) == 1

    asyncio.run(story())
    database.close()
    assert len(made) == 1


def test_it_watches_only_while_somebody_looks(sqlite_url: str) -> None:
    database = Database(sqlite_url)

    async def story() -> list[bool]:
        hub = Feed(lambda: database)
        seen = [hub.is_watching]
        stream = hub.stream()
        await _next(stream, "message")
        seen.append(hub.is_watching)
        await stream.aclose()  # type: ignore[attr-defined] # a generator, told as an iterator
        return [*seen, hub.is_watching]

    assert asyncio.run(story()) == [False, True, False]
    database.close()


def test_the_line_beats_with_the_servers_clock(sqlite_url: str) -> None:
    database = Database(sqlite_url)

    async def story() -> None:
        hub = Feed(lambda: database, beat_s=0.05)
        stream = hub.stream()
        await _next(stream, "message")
        assert abs(int(await _next(stream, "beat")) - time.time() * 1000) < 5_000
        hub.close()

    asyncio.run(story())
    database.close()


def test_a_database_that_is_away_is_said_in_words_and_recovers(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    put(database, visitor(1))
    away = threading.Event()

    def source() -> Database:
        return Database("postgresql://nobody@127.0.0.1:1/none") if away.is_set() else database

    async def story() -> None:
        hub = Feed(source, probe_s=0.02)
        stream = hub.stream()
        await _next(stream, "message")
        away.set()
        assert "can't be reached" in await _next(stream, "away")
        late = hub.stream()
        assert "can't be reached" in await _next(late, "away")
        away.clear()
        assert _keys(await _next(stream, "message")) == ["01VIS0001"]
        hub.close()

    asyncio.run(story())
    database.close()


def test_a_database_that_hangs_counts_as_away_and_holds_up_nothing() -> None:
    hanging = threading.Event()
    looks: list[int] = []

    def source() -> Database:
        looks.append(1)
        hanging.wait(WITHIN_S)
        raise RuntimeError("let go")

    async def story() -> float:
        hub = Feed(source, probe_s=0.01, patience_s=0.1)
        stream = hub.stream()
        assert "can't be reached" in await _next(stream, "away")
        await asyncio.sleep(0.5)
        began = time.monotonic()
        hub.close()
        with pytest.raises(StopAsyncIteration):
            await anext(stream)
        return time.monotonic() - began

    assert asyncio.run(story()) < WITHIN_S / 3  # it hangs for all of that
    hanging.set()
    assert len(looks) == 1
