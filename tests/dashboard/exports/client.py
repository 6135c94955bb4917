"""A client at the other end of the route for downloads, who may be slow, or hang up."""

import asyncio
import json

from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import Message

from dashboard.exports.download import BOUNDS, Bounds
from dashboard.exports.route import Downloads
from models.storage.database import Database
from tests.desk import eventually


class Client:
    """A client at the other end of the route, who may be slow, or hang up."""

    def __init__(
        self, database: Database, who: str = "ops@example.com", bounds: Bounds = BOUNDS
    ) -> None:
        self._who = who
        downloads = Downloads(lambda: database, bounds=bounds)
        route = Route("/api/export/{name}.csv", downloads.respond)
        self._app = Starlette(routes=[route])
        self.gone = asyncio.Event()
        self.takes = asyncio.Event()
        self.takes.set()
        self.sent: list[Message] = []
        self.size = 0

    async def get(self, target: str = "leads.csv", method: str = "GET") -> None:
        path, _, query = f"/api/export/{target}".partition("?")
        scope = {
            "type": "http", "method": method, "path": path, "raw_path": path.encode(),
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


def get(database: Database, target: str = "leads.csv", bounds: Bounds = BOUNDS) -> Client:
    async def story() -> Client:
        client = Client(database, bounds=bounds)
        await client.get(target)
        return client

    return asyncio.run(story())


def held(database: Database) -> int:
    """Connections that are in use."""
    return int(database.engine.pool.checkedout())  # type: ignore[attr-defined] # a QueuePool


def nothing_held(database: Database) -> None:
    eventually(lambda: held(database) == 0)
