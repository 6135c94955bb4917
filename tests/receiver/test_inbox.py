"""The bounded queue: a sender that comes when it is full is told to come again.

In process and with little room: thousands of requests would have to wait otherwise.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import product
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import select

from models.ledger.deliveries import Delivery
from models.settings import Settings
from models.storage.database import Database
from models.tables import COMMIT_LAG
from receiver.app import create_app
from receiver.inbox import ROOM, Room
from receiver.receiver import Receiver
from tests.conftest import SECRET, fresh
from tests.desk import eventually
from tests.receiver.midbound import PATH, Posting, headers, ledger, no_writes

BODY = b" " * 1000
MANY = 40
HELD_S = 0.3
"""How long nothing can be written."""


def desk(database_url: str, spool: Path, room: Room = ROOM) -> FastAPI:
    """A receiver in this process."""
    return create_app(
        Settings(
            database_url=database_url,
            midbound_cloud_webhook_secret=(SecretStr(SECRET),),
            spool_dir=spool,
        ),
        room,
    )


@asynccontextmanager
async def client(database_url: str, room: Room) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a receiver in this process."""
    spool = tempfile.TemporaryDirectory()
    app = desk(database_url, Path(spool.name), room)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://desk") as opened,
    ):
        yield opened
    spool.cleanup()


async def while_nothing_can_be_written(database_url: str, room: Room) -> list[httpx.Response]:
    """The answers to many deliveries that come while none can be written."""
    database = Database(database_url)
    try:
        async with client(database_url, room) as sender:
            posted = []
            with no_writes(database):
                for number in range(MANY):
                    posting = Posting(f"evt_{number}", BODY)
                    posted.append(
                        asyncio.create_task(
                            sender.post(PATH, content=BODY, headers=headers(posting))
                        )
                    )
                await asyncio.sleep(HELD_S)
            return await asyncio.gather(*posted)
    finally:
        database.close()


FIVE = Room(deliveries=5), Room(size=5 * len(BODY))
"""Five deliveries, or their bytes, may wait."""


@pytest.fixture(scope="module", params=list(product(FIVE, ["sqlite", "postgres"])))
def overrun_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Room, str]]:
    """Little room, and a database to overrun it with."""
    room, kind = request.param
    with fresh(kind, request, tmp_path_factory.mktemp("overrun")) as url:
        yield room, url


@pytest.fixture(scope="module")
def overrun(overrun_url: tuple[Room, str]) -> Iterator[Database]:
    opened = Database(overrun_url[1])
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def answers(overrun_url: tuple[Room, str]) -> list[httpx.Response]:
    """Answers when more come than may wait."""
    room, url = overrun_url
    return asyncio.run(while_nothing_can_be_written(url, room))


def test_a_full_queue_refuses_with_503(answers: list[httpx.Response]) -> None:
    # Those in the writer's hands and five that wait are kept.
    assert 503 in {answer.status_code for answer in answers}


def test_a_full_queue_says_when_to_come_again(answers: list[httpx.Response]) -> None:
    refused = [answer for answer in answers if answer.status_code == 503]
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in refused)


def test_a_full_queue_says_why(answers: list[httpx.Response]) -> None:
    refused = [answer for answer in answers if answer.status_code == 503]
    assert {tuple(answer.json()) for answer in refused} == {("detail",)}


def test_the_ledger_holds_what_was_answered_200_and_nothing_that_was_refused(
    answers: list[httpx.Response], overrun: Database
) -> None:
    stored = {f"evt_{place}" for place, answer in enumerate(answers) if answer.status_code == 200}
    assert ledger(overrun).keys() == stored


def test_each_commit_s_lag_is_counted(answers: list[httpx.Response], overrun: Database) -> None:
    with overrun.read() as db:
        counts = {row.within_ms: row.deliveries for row in db.execute(select(COMMIT_LAG))}
    assert sum(counts.values()) == sum(answer.status_code == 200 for answer in answers)
    assert min(counts) >= HELD_S * 1000 / 2


# Its threads


@contextmanager
def running(database_url: str, spool: Path) -> Iterator[tuple[Receiver, httpx.Client]]:
    """A receiver at work and a client of it."""
    app = desk(database_url, spool)
    with TestClient(app, base_url="http://127.0.0.1") as opened:
        yield app.state.receiver, opened


def post(sender: httpx.Client, name: str) -> httpx.Response:
    posting = Posting(name, BODY)
    return sender.post(PATH, content=BODY, headers=headers(posting))


def test_what_is_spooled_after_the_database_was_found_to_be_back_is_drained(
    database_url: str, database: Database, tmp_path: Path
) -> None:
    with running(database_url, tmp_path) as (receiver, sender):
        assert post(sender, "evt_stored").json() == {"status": "stored"}
        # As by a writer that had looked before.
        receiver.spool.append([Delivery("evt_late", 1, "1", "v1,x", BODY)])
        eventually(lambda: ledger(database).keys() == {"evt_stored", "evt_late"})


@pytest.mark.long_on("postgres")
def test_a_drain_that_fails_is_not_the_database_away(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> int:
        raise OSError

    with running(database_url, tmp_path) as (receiver, sender):
        monkeypatch.setattr(receiver.spool, "drain", fail)
        receiver.spool.append([Delivery("evt_waits", 1, "1", "v1,x", BODY)])
        failures = "visitor_desk_drain_failures_total"
        eventually(lambda: (receiver.metrics.registry.get_sample_value(failures) or 0) >= 1)
        assert post(sender, "evt_next").json() == {"status": "stored"}
        assert sender.get("/readyz").json()["database"] == "ok"


def test_a_writer_that_dies_lives_on_and_nobody_waits_for_it_in_vain(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(sqlite_url, tmp_path) as (receiver, sender):
        keep = receiver.inbox._store_or_spool

        def die(*_: object) -> None:
            monkeypatch.setattr(receiver.inbox, "_store_or_spool", keep)
            raise RuntimeError

        monkeypatch.setattr(receiver.inbox, "_store_or_spool", die)
        assert post(sender, "evt_refused").status_code == 503
        assert post(sender, "evt_taken").json() == {"status": "stored"}
        its = {"worker": "inbox"}
        name = "visitor_desk_worker_deaths_total"
        assert receiver.metrics.registry.get_sample_value(name, its) == 1


def test_a_thread_that_can_t_be_kept_alive_makes_it_unready(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise RuntimeError

    with running(sqlite_url, tmp_path) as (receiver, sender):
        assert sender.get("/readyz").status_code == 200
        monkeypatch.setattr(receiver.inbox, "_watch_once", die)
        receiver.spool.append([Delivery("evt_waits", 1, "1", "v1,x", BODY)])
        eventually(lambda: sender.get("/readyz").status_code == 503)
        assert "spool" in sender.get("/readyz").json()["detail"]
