"""A desk with somebody on it, destinations, and a sender at work."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from models.rules import destinations, outbox
from models.rules.outbox import LEAD, now_ms
from models.settings import Settings
from models.storage.database import Database
from models.storage.rows import Row
from sender.sender import Sender
from tests.desk import catch_up, eventually, take_in
from tests.models.people import ann
from tests.sender.stand_in import SECRET


def chosen(url: str, folder: Path) -> Settings:
    """Settings of a sender that may reach stand-ins."""
    return Settings(
        database_url=url,
        key_file=folder / "keys",
        sender_allow_private=True,
        dashboard_url="https://desk.example.com",
    )


def with_ann(database: Database) -> None:
    """Ann is on the desk."""
    take_in(database, ann())
    catch_up(database)


def add(database: Database, settings: Settings, name: str, url: str, kind: str = "webhook") -> None:
    """A destination of a stand-in."""
    assert settings.key_file
    with database.write() as db:
        destinations.add(
            db,
            settings.key_file,
            name=name,
            kind=kind,
            secrets=[url, SECRET] if kind == "webhook" else [url],
            owner="shell:test",
            allow_private=True,
        )


def post(database: Database, destination: str, *abouts: str, sid: str = "s-ann") -> list[str]:
    """Messages about a visit; gives their `webhook-id`s."""
    rows = [
        outbox.message(LEAD, "hot", destination, about, made_at=now_ms(), sid=sid)
        for about in abouts
    ]
    with database.write() as db:
        outbox.post(db, rows)
    return [str(row["webhook_id"]) for row in rows]


def messages(database: Database) -> list[Row]:
    """The outbox, oldest first."""
    with database.read() as db:
        return outbox.recent(db)[::-1]


@contextmanager
def sending(settings: Settings) -> Iterator[Sender]:
    """A sender at work in a thread of this process."""
    made: list[Sender] = []
    loops: list[asyncio.AbstractEventLoop] = []

    async def run() -> None:
        made.append(Sender(settings))
        loops.append(asyncio.get_running_loop())
        await made[0].run()

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    eventually(lambda: bool(loops))
    try:
        yield made[0]
    finally:
        loops[0].call_soon_threadsafe(made[0].stop)
        thread.join(30)
        assert not thread.is_alive()
