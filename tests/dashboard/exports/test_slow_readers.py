"""Downloads whose readers are slow, hang up or never end: flat memory, and nobody held up."""

import asyncio
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection
from starlette.types import Message

from dashboard.exports.disk_buffer import BufferClosedError, DiskBuffer
from dashboard.exports.download import Bounds
from dashboard.exports.order import Order
from models.storage.database import Database
from tests.dashboard.exports.client import Client, get, held, nothing_held
from tests.dashboard.exports.conftest import MANY
from tests.dashboard.exports.test_csv_text import _many
from tests.desk import catch_up, eventually, take_in
from tests.models.test_audit import entries
from tests.processes import Running

Run = Callable[..., Running]


def _peak(database: Database) -> int:
    """Most bytes that Python held while a download of sessions went out."""
    tracemalloc.start()
    client = get(database, "sessions.csv")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert client.is_whole
    return peak


def test_memory_stays_flat_however_many_rows_there_are(database: Database) -> None:
    deliveries = _many(12_000)
    take_in(database, deliveries[:4000])
    catch_up(database)
    get(database, "sessions.csv")  # what is loaded once
    few = _peak(database)
    take_in(database, deliveries[4000:])
    catch_up(database)
    assert _peak(database) < 1.3 * few


def test_who_hangs_up_midway_frees_the_connection(large: Database) -> None:
    async def story() -> Client:
        client = Client(large, bounds=Bounds(ahead_bytes=100_000))
        client.takes.clear()
        getting = asyncio.create_task(client.get("sessions.csv"))
        await asyncio.to_thread(eventually, lambda: client.size > 0)
        assert held(large) == 1
        client.gone.set()
        await asyncio.wait_for(getting, 5)
        await asyncio.to_thread(nothing_held, large)
        return client

    assert not asyncio.run(story()).is_whole


@pytest.mark.usefixtures("endless")
def test_who_hangs_up_before_the_first_row_ends_the_query(database: Database) -> None:
    async def story() -> None:
        client = Client(database)
        getting = asyncio.create_task(client.get())
        await asyncio.to_thread(eventually, lambda: held(database) == 1)
        await asyncio.sleep(0.3)
        client.gone.set()
        await asyncio.wait_for(getting, 5)
        await asyncio.to_thread(nothing_held, database)

    asyncio.run(story())


def test_who_takes_nothing_for_long_loses_the_download(large: Database) -> None:
    async def story() -> None:
        client = Client(large, bounds=Bounds(stall_s=0.3))
        client.takes.clear()
        getting = asyncio.create_task(client.get("sessions.csv"))
        with pytest.raises(ConnectionError, match="too slowly"):
            await asyncio.wait_for(getting, 30)
        await asyncio.to_thread(nothing_held, large)
        assert not client.is_whole

    asyncio.run(story())


def test_who_is_slow_holds_no_connection_and_the_log_has_all_rows(large: Database) -> None:
    async def story() -> Client:
        client = Client(large)
        client.takes.clear()
        getting = asyncio.create_task(client.get("sessions.csv"))
        await asyncio.to_thread(eventually, lambda: client.size > 0)
        await asyncio.to_thread(nothing_held, large)
        await asyncio.to_thread(eventually, lambda: entries(large)[0][3] == MANY, 5)
        client.takes.set()
        await asyncio.wait_for(getting, 10)
        return client

    assert asyncio.run(story()).is_whole


def test_who_takes_a_little_now_and_then_loses_the_download(
    large: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    bounds = Bounds(stall_s=0.5, least_bytes_a_s=10_000_000, piece_bytes=10_000)

    async def story() -> None:
        client = Client(large, bounds=bounds)
        take = client._take

        async def slowly(message: Message) -> None:
            await asyncio.sleep(0.1)
            await take(message)

        monkeypatch.setattr(client, "_take", slowly)
        with pytest.raises(ConnectionError, match="too slowly"):
            await asyncio.wait_for(client.get("sessions.csv"), 20)
        assert client.size > 0

    asyncio.run(story())


def test_nobody_takes_the_places_of_others(large: Database) -> None:
    async def story() -> None:
        first = Client(large, bounds=Bounds(each=2))
        first.takes.clear()
        others = [Client(large) for _ in range(2)]
        for other in others:
            other._app = first._app
        others[0].takes.clear()
        under_way = [
            asyncio.create_task(client.get("sessions.csv")) for client in (first, others[0])
        ]
        await asyncio.to_thread(eventually, lambda: first.size > 0 and others[0].size > 0)
        await others[1].get()
        assert (others[1].status, "Your earlier downloads" in others[1].detail) == (503, True)
        stranger = Client(large, who="mia@example.com")
        stranger._app = first._app
        await stranger.get()
        assert stranger.is_whole
        for client in (first, others[0]):
            client.takes.set()
        await asyncio.gather(*under_way)

    asyncio.run(story())


def test_two_downloads_at_once_never_give_the_same_rows_as_new(large: Database) -> None:
    async def story() -> None:
        first = Client(large)
        first.takes.clear()
        under_way = asyncio.create_task(first.get("sessions.csv?since_last=new"))
        await asyncio.to_thread(eventually, lambda: first.size > 0)
        for target, status in (
            ("sessions.csv?since_last=new", 503),
            ("sessions.csv?since_last=all", 503),
            ("leads.csv?since_last=new", 200),
            ("sessions.csv", 200),
        ):
            other = Client(large)
            other._app = first._app
            await other.get(target)
            assert other.status == status, target
            assert status == 200 or "would contain the same rows" in other.detail
        first.takes.set()
        await under_way
        last = Client(large)
        last._app = first._app
        await last.get("sessions.csv?since_last=new")
        assert first.is_whole
        assert last.body.count("\n") == 1  # the head

    asyncio.run(story())


def test_what_waits_for_a_reader_is_bounded_and_for_nobody_else(tmp_path: Path) -> None:
    buffer, taken = DiskBuffer(tmp_path), bytearray()
    pieces = [bytes([number]) * 3_000_000 for number in range(10)]
    writing = threading.Thread(
        target=lambda: [*map(buffer.write, pieces), buffer.end()]  # type: ignore[func-returns-value]
    )
    writing.start()
    while piece := buffer.read(1_000_000):
        assert not [*tmp_path.iterdir()]
        taken += piece
    writing.join()
    assert bytes(taken) == b"".join(pieces)
    buffer.close()
    with pytest.raises(BufferClosedError):
        buffer.write(b"more")


def test_a_download_that_breaks_is_not_taken_for_a_whole_one(
    large: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Order.stream

    def broken(order: Order, db: Connection, **how: Any) -> Iterator[str]:
        yield next(whole(order, db, **how))
        raise OSError("peter@midbound.ai could not be read")

    monkeypatch.setattr(Order, "stream", broken)

    async def story() -> Client:
        client = Client(large)
        with pytest.raises(ConnectionError, match="broke off"):
            await client.get("sessions.csv")
        return client

    client = asyncio.run(story())
    assert (client.status, client.is_whole) == (200, False)


@pytest.mark.usefixtures("endless")
def test_downloads_leave_connections_for_the_screens(sqlite_url: str) -> None:
    database = Database(sqlite_url)

    async def story() -> None:
        client = Client(database, bounds=Bounds(at_once=1))
        first = asyncio.create_task(client.get())
        await asyncio.to_thread(eventually, lambda: held(database) == 1)
        client.sent.clear()
        second = Client(database)
        second._app = client._app
        await second.get()
        assert (second.status, "still running" in second.detail) == (503, True)
        client.gone.set()
        await first
        await asyncio.to_thread(nothing_held, database)

    asyncio.run(story())
