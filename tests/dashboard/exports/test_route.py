"""Downloads as the route serves them: the command's bytes, flat memory, every way to end."""

import asyncio
import json
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, text
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import Message

from dashboard.exports import disk_buffer
from dashboard.exports import route as export_route
from dashboard.exports.disk_buffer import BufferClosedError, DiskBuffer
from dashboard.exports.order import Order
from dashboard.exports.route import Downloads
from models.projector.deriving import catch_up
from models.storage.database import Database
from tests.commands.test_command_line import desk
from tests.dashboard.deliveries import put, visitor
from tests.dashboard.exports.test_tables import _many, vendors_examples
from tests.desk import eventually, exported, take_in
from tests.models.test_audit import entries
from tests.processes import Running

Run = Callable[..., Running]


class Client:
    """A client at the other end of the route, who may be slow, or hang up."""

    def __init__(self, database: Database, who: str = "ops@example.com") -> None:
        self._who = who
        route = Route("/api/export/{name}.csv", Downloads(lambda: database).respond)
        self._app = Starlette(routes=[route])
        self.gone = asyncio.Event()
        self.takes = asyncio.Event()
        self.takes.set()
        self.sent: list[Message] = []
        self.size = 0

    async def get(self, target: str = "leads.csv") -> None:
        path, _, query = f"/api/export/{target}".partition("?")
        scope = {
            "type": "http", "method": "GET", "path": path, "raw_path": path.encode(),
            "query_string": query.encode(), "headers": [], "asgi": {"spec_version": "2.3"},
            "state": {"who": self._who},
        }  # fmt: skip
        asked = False

        async def receive() -> Message:
            nonlocal asked
            if not asked:
                asked = True
                return {"type": "http.request", "body": b"", "more_body": False}
            await self.gone.wait()
            return {"type": "http.disconnect"}

        await self._app(scope, receive, self._take)

    async def _take(self, message: Message) -> None:
        self.size += len(message.get("body", b""))
        self.sent.append({**message, "body": None} if self.size > 100_000 else message)
        if self.size:
            await self.takes.wait()

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def body(self) -> str:
        return b"".join(message.get("body") or b"" for message in self.sent).decode()

    @property
    def detail(self) -> str:
        return str(json.loads(self.body)["detail"])

    @property
    def is_whole(self) -> bool:
        return self.sent[-1].get("more_body") is False


def _get(database: Database, target: str = "leads.csv") -> Client:
    async def story() -> Client:
        client = Client(database)
        await client.get(target)
        return client

    return asyncio.run(story())


def _held(database: Database) -> int:
    """Connections that are in use."""
    return int(database.engine.pool.checkedout())  # type: ignore[attr-defined] # a QueuePool


def _nothing_held(database: Database) -> None:
    eventually(lambda: _held(database) == 0, within_s=5)


@pytest.fixture
def filled(database: Database) -> Database:
    take_in(database, vendors_examples())
    put(database, *(visitor(n, first="=Ann", last=str(n), email=f"{n}@x.org") for n in range(20)))
    return database


@pytest.fixture
def large(database: Database) -> Database:
    take_in(database, _many(6000))
    catch_up(database)
    return database


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exports whose query would take a minute."""

    def stream(_order: Order, db: Connection, **_options: Any) -> Iterator[str]:
        if db.dialect.name == "postgresql":
            db.execute(text("SELECT pg_sleep(60)"))
        db.execute(
            text(
                "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)"
                " SELECT max(x) FROM n WHERE x < 0 LIMIT 1"
            )
        )
        yield ""

    monkeypatch.setattr(Order, "stream", stream)


@pytest.mark.usefixtures("filled")
def test_a_download_is_the_commands_file_byte_for_byte(
    database_url: str, run: Run, tmp_path: Any
) -> None:
    running = run("dashboard", database_url=database_url)
    for name, filters in (
        ("leads", {"validity": "unchecked", "since": "2025-02-14"}),
        ("sessions", {"utm_source": "google"}),
        ("emails", {"q": "x.org"}),
        ("leads", {"preset": "hubspot"}),
    ):
        answer = httpx.get(f"{running.dashboard}/api/export/{name}.csv", params=filters)
        options = [part for k, v in filters.items() for part in (f"--{k.replace('_', '-')}", v)]
        out = tmp_path / "out.csv"
        command = ("export", name, "--out", str(out), *options)
        assert desk(*command, cwd=tmp_path, DATABASE_URL=database_url).returncode == 0
        assert answer.content == out.read_bytes(), (name, filters)


def test_a_download_is_a_file_with_a_name_that_nobody_may_keep(filled: Database) -> None:
    client = _get(filled)
    headers = {name.decode(): value.decode() for name, value in client.sent[0]["headers"]}
    day = time.strftime("%Y-%m-%d", time.gmtime())
    assert headers == {
        "content-type": "text/csv; charset=utf-8",
        "content-disposition": f'attachment; filename="leads-{day}.csv"',
        "cache-control": "no-store",
        "x-accel-buffering": "no",
    }


def test_a_download_stands_in_the_audit_log(filled: Database) -> None:
    rows = _get(filled, "leads.csv?stage=resolved").body.count("\r\n") - 1
    assert rows == 20
    assert entries(filled) == [("ops@example.com", "export leads", "stage=resolved", rows)]


def test_a_download_that_cannot_be_recorded_is_refused_in_words(filled: Database) -> None:
    with filled.write() as db:
        db.execute(text("DROP TABLE audit_rows"))
        db.execute(text("DROP TABLE audit"))
    client = _get(filled)
    assert (client.status, client.detail.partition(":")[0]) == (503, "Nothing was done")


@pytest.mark.parametrize(
    ("target", "status", "said"),
    [
        ("leads.csv?since=soon", 400, "since must be an ISO date"),
        ("leads.csv?color=red", 400, "color is no filter"),
        ("leads.csv?columns=salary", 400, "columns must be some of"),
        ("companies.csv?preset=hubspot", 400, "preset must be one of linkedin-companies"),
        ("leads.csv?min_pages.not=2", 400, "min_pages.not is no filter"),
        ("leads.csv?q=%00", 400, "characters"),
        ("quarantine.csv", 404, "leads, sessions, companies, emails"),
        ("secrets.csv", 404, "no such export"),
    ],
)
def test_what_can_t_be_had_is_said_in_a_sentence(
    sqlite_url: str, target: str, status: int, said: str
) -> None:
    client = _get(Database(sqlite_url), target)
    assert client.status == status
    assert said in client.detail


def test_a_database_that_is_away_is_said_before_the_first_byte() -> None:
    client = _get(Database("postgresql://nobody@127.0.0.1:1/none"))
    assert (client.status, "can't be reached" in client.detail) == (503, True)


def test_a_query_that_fails_is_said_before_the_first_byte(database: Database) -> None:
    with database.write() as db:
        db.execute(text("ALTER TABLE lead_address RENAME TO elsewhere"))
    client = _get(database, "emails.csv")
    assert (client.status, "can't be reached" in client.detail) == (503, True)
    _nothing_held(database)


def test_it_waits_for_what_was_acknowledged_before(database: Database) -> None:
    take_in(database, vendors_examples())
    receiver = threading.Timer(0.5, catch_up, (database,))
    receiver.start()
    client = _get(database)
    receiver.join()
    assert client.body == exported(database)["leads"]
    assert client.body.count("\r\n") == 2


def test_it_does_not_wait_for_ever(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_route, "CATCH_UP_S", 0.2)
    put(database, visitor(1))
    take_in(database, vendors_examples())
    assert _get(database).body.count("\r\n") == 2
    with database.read() as db:
        assert db.execute(text("SELECT count(*) FROM pending")).scalar() == 5


def _peak(database: Database) -> int:
    """Most bytes that Python held while a download of sessions went out."""
    tracemalloc.start()
    client = _get(database, "sessions.csv")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert client.is_whole
    return peak


def test_memory_stays_flat_however_many_rows_there_are(database: Database) -> None:
    deliveries = _many(12_000)
    take_in(database, deliveries[:4000])
    catch_up(database)
    _get(database, "sessions.csv")  # what is loaded once
    few = _peak(database)
    take_in(database, deliveries[4000:])
    catch_up(database)
    assert _peak(database) < 1.3 * few


def test_who_hangs_up_midway_frees_the_connection(
    large: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk_buffer, "AHEAD_BYTES", 100_000)

    async def story() -> Client:
        client = Client(large)
        client.takes.clear()
        getting = asyncio.create_task(client.get("sessions.csv"))
        await asyncio.to_thread(eventually, lambda: client.size > 0)
        assert _held(large) == 1
        client.gone.set()
        await asyncio.wait_for(getting, 5)
        await asyncio.to_thread(_nothing_held, large)
        return client

    assert not asyncio.run(story()).is_whole


@pytest.mark.usefixtures("endless")
def test_who_hangs_up_before_the_first_row_ends_the_query(database: Database) -> None:
    async def story() -> None:
        client = Client(database)
        getting = asyncio.create_task(client.get())
        await asyncio.to_thread(eventually, lambda: _held(database) == 1)
        await asyncio.sleep(0.3)
        client.gone.set()
        await asyncio.wait_for(getting, 5)
        await asyncio.to_thread(_nothing_held, database)

    asyncio.run(story())


def test_who_takes_nothing_for_long_loses_the_download(
    large: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_route, "STALL_S", 0.3)

    async def story() -> None:
        client = Client(large)
        client.takes.clear()
        getting = asyncio.create_task(client.get("sessions.csv"))
        with pytest.raises(ConnectionError, match="too slowly"):
            await asyncio.wait_for(getting, 30)
        await asyncio.to_thread(_nothing_held, large)
        assert not client.is_whole

    asyncio.run(story())


def test_who_is_slow_holds_no_connection_and_the_log_has_all_rows(large: Database) -> None:
    async def story() -> Client:
        client = Client(large)
        client.takes.clear()
        getting = asyncio.create_task(client.get("sessions.csv"))
        await asyncio.to_thread(eventually, lambda: client.size > 0)
        await asyncio.to_thread(_nothing_held, large)
        await asyncio.to_thread(eventually, lambda: entries(large)[0][3] == 6000, 5)
        client.takes.set()
        await asyncio.wait_for(getting, 10)
        return client

    assert asyncio.run(story()).is_whole


def test_who_takes_a_little_now_and_then_loses_the_download(
    large: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_route, "STALL_S", 0.5)
    monkeypatch.setattr(export_route, "LEAST_BYTES_A_S", 10_000_000)
    monkeypatch.setattr(export_route, "_CHUNK", 10_000)

    async def story() -> None:
        client = Client(large)
        take = client._take

        async def slowly(message: Message) -> None:
            await asyncio.sleep(0.1)
            await take(message)

        monkeypatch.setattr(client, "_take", slowly)
        with pytest.raises(ConnectionError, match="too slowly"):
            await asyncio.wait_for(client.get("sessions.csv"), 20)
        assert client.size > 0

    asyncio.run(story())


def test_nobody_takes_the_places_of_others(
    large: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_route, "EACH", 2)

    async def story() -> None:
        first = Client(large)
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
        assert (others[1].status, "Your own downloads" in others[1].detail) == (503, True)
        stranger = Client(large, who="mia@example.com")
        stranger._app = first._app
        await stranger.get()
        assert stranger.is_whole
        for client in (first, others[0]):
            client.takes.set()
        await asyncio.gather(*under_way)

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
def test_downloads_leave_connections_for_the_screens(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_route, "AT_ONCE", 1)
    database = Database(sqlite_url)

    async def story() -> None:
        client = Client(database)
        first = asyncio.create_task(client.get())
        await asyncio.to_thread(eventually, lambda: _held(database) == 1)
        client.sent.clear()
        second = Client(database)
        second._app = client._app
        await second.get()
        assert (second.status, "still running" in second.detail) == (503, True)
        client.gone.set()
        await first
        await asyncio.to_thread(_nothing_held, database)

    asyncio.run(story())


def test_asking_for_the_head_reads_nothing(sqlite_url: str) -> None:
    app = Starlette(routes=[Route("/{name}.csv", Downloads(lambda: Database(sqlite_url)).respond)])

    async def story() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
            return await client.head("/leads.csv")

    answer = asyncio.run(story())
    assert (answer.status_code, answer.content) == (200, b"")
    assert "attachment" in answer.headers["content-disposition"]


def test_the_event_loop_goes_on_while_a_download_runs(large: Database) -> None:
    async def story() -> float:
        client = Client(large)
        getting = asyncio.create_task(client.get("sessions.csv"))
        longest, before = 0.0, time.monotonic()
        while not getting.done():
            await asyncio.sleep(0.001)
            longest, before = max(longest, time.monotonic() - before), time.monotonic()
        return longest

    assert asyncio.run(story()) < 0.25
