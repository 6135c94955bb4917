"""The bounded queue: a sender that comes when it is full is told to come again.

In process, for thousands of requests would have to wait before the real bounds are reached.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import select

from models.database import Database
from models.settings import Settings
from models.tables import COMMIT_LAG
from receiver import inbox
from receiver.app import create_app
from tests.conftest import SECRET
from tests.receiver.midbound import PATH, Posting, headers, ledger, no_writes

BODY = b" " * 1000
MANY = 40
HELD_S = 0.3
"""How long nothing can be written."""


@asynccontextmanager
async def client(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a receiver in this process."""
    spool = tempfile.TemporaryDirectory()
    app = create_app(
        Settings(
            database_url=database_url,
            midbound_cloud_webhook_secret=(SecretStr(SECRET),),
            spool_dir=Path(spool.name),
        )
    )
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://desk") as opened,
    ):
        yield opened
    spool.cleanup()


async def while_nothing_can_be_written(database_url: str) -> list[httpx.Response]:
    """The answers to many deliveries that come while none can be written."""
    database = Database(database_url)
    try:
        async with client(database_url) as sender:
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


@pytest.fixture(params=["CAPACITY", "CAPACITY_BYTES"])
def answers(
    request: pytest.FixtureRequest, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> list[httpx.Response]:
    """Answers when five deliveries, or their bytes, may wait."""
    monkeypatch.setattr(
        inbox, request.param, {"CAPACITY": 5, "CAPACITY_BYTES": 5000}[request.param]
    )
    return asyncio.run(while_nothing_can_be_written(database_url))


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
    answers: list[httpx.Response], database_url: str
) -> None:
    database = Database(database_url)
    stored = {f"evt_{place}" for place, answer in enumerate(answers) if answer.status_code == 200}
    assert ledger(database).keys() == stored
    database.close()


def test_each_commit_s_lag_is_counted(answers: list[httpx.Response], database_url: str) -> None:
    database = Database(database_url)
    with database.read() as db:
        counts = {row.within_ms: row.deliveries for row in db.execute(select(COMMIT_LAG))}
    database.close()
    assert sum(counts.values()) == sum(answer.status_code == 200 for answer in answers)
    assert min(counts) >= HELD_S * 1000 / 2
