"""The live feed: one watcher a process, one text a data version, server-sent events to everyone.

Events: the feed (unnamed), `beat` (the server's clock, and that the line is alive) and `away` (the
database can't be read, in plain words). A viewer gets the newest one and skips what it missed.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from functools import partial

import structlog
from anyio import to_thread
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from dashboard import words
from dashboard.queries import live as queries
from models.database import Database

PROBE_S = 0.25
"""Between two looks for something new; a new row is on the screens within about this time."""

BEAT_S = 15.0
"""Between two signs of life, so that proxies keep the line and viewers notice a dead one."""

PATIENCE_S = 5.0
"""How long a look may take before the database counts as away."""

LIMIT = 100

AWAY = "The database can't be reached. What you see is the last known; it goes on by itself."

_log = structlog.get_logger("feed")


def feed_text(rows: list[queries.Row], data_version: int) -> str:
    """The feed as JSON, words included; times in ms, UTC."""
    return json.dumps(
        {"version": data_version, "limit": LIMIT, "leads": [_shown(row) for row in rows]},
        ensure_ascii=False,
        separators=(",", ":"),
    )


def _shown(row: queries.Row) -> queries.Row:
    visited_from = words.place(row["visit_city"], row["visit_country"])
    return {
        "key": row["key"],
        "who": words.who(row),
        "known": bool(row["full_name"]),
        "title": row["job_title"],
        "company": row["company"],
        "email": row["email"],
        "validity": (row["email_validity"] or "unchecked") if row["email"] else None,
        "page": row["landing_page"],
        "page_title": row["landing_title"],
        "source": words.campaign_source(row),
        "place": visited_from or words.place(row["city"], row["country"]),
        "stage": row["stage"],
        "visit": words.visits(row["sessions"]),
        "heard_at": row["heard_at"],
        "started_at": row["started_at"],
    }


def _event(data: str, name: str | None = None) -> str:
    return f"event: {name}\ndata: {data}\n\n" if name else f"data: {data}\n\n"


class Feed:
    """Watches the database while somebody looks, and hands the same text to all of them.

    All its state belongs to the event loop; only `_look` runs in a thread.
    """

    def __init__(
        self, source: Callable[[], Database], *, probe_s: float = PROBE_S, beat_s: float = BEAT_S
    ) -> None:
        """Take what gives the database; nothing is opened until somebody looks."""
        self._source = source
        self._probe_s = probe_s
        self._beat_s = beat_s
        self._viewers = 0
        self._watcher: asyncio.Task[None] | None = None
        self._seen: int | None = None
        self._message: str | None = None
        self._changed = asyncio.Event()
        self._closed = False

    @property
    def is_watching(self) -> bool:
        """Whether it probes the database just now."""
        return self._watcher is not None

    def close(self) -> None:
        """End all streams and the watcher. Call it on the event loop."""
        self._closed = True
        self._changed.set()
        self._rest()

    async def stream(self) -> AsyncIterator[str]:
        """Server-sent events for one viewer, until they leave or the feed closes."""
        self._viewers += 1
        if self._watcher is None and not self._closed:
            self._watcher = asyncio.create_task(self._watch())
        sent: str | None = None
        try:
            yield "retry: 1000\n" + self._beat()
            while not self._closed:
                changed = self._changed
                if self._message is not None and self._message is not sent:
                    sent = self._message
                    yield sent
                    continue
                try:
                    async with asyncio.timeout(self._beat_s):
                        await changed.wait()
                except TimeoutError:
                    yield self._beat()
        finally:
            self._viewers -= 1
            if self._viewers == 0:
                self._rest()

    def _beat(self) -> str:
        return _event(str(int(time.time() * 1000)), "beat")

    def _rest(self) -> None:
        if self._watcher:
            self._watcher.cancel()
            self._watcher = None
        # Whoever comes next must not be shown what was true when the last one left.
        self._seen = self._message = None

    def _tell(self, message: str) -> None:
        if message != self._message:
            self._message = message
            self._changed.set()
            self._changed = asyncio.Event()

    async def _watch(self) -> None:
        """Look again and again; outlive whatever the database does."""
        look: asyncio.Task[tuple[int, str | None]] | None = None
        while True:
            # A database that hangs gets one look, not one more thread each time.
            look = look or asyncio.create_task(self._look_in_thread(self._seen))
            try:
                await asyncio.wait({look}, timeout=PATIENCE_S)
            except asyncio.CancelledError:
                look.cancel()
                raise
            if not look.done():
                self._be_away("no answer")
                continue
            try:
                found, text = look.result()
            except SQLAlchemyError as error:
                self._be_away(type(error).__name__)
            except Exception as error:  # noqa: BLE001 - a dead watcher would freeze every screen
                self._be_away(type(error).__name__)
            else:
                if text is not None:
                    self._seen = found
                    self._tell(_event(text))
            look = None
            await asyncio.sleep(self._probe_s)

    def _be_away(self, reason: str) -> None:
        if self._seen is not None or self._message is None:
            _log.warning("feed_away", error=reason)
        self._seen = None
        self._tell(_event(AWAY, "away"))

    async def _look_in_thread(self, seen: int | None) -> tuple[int, str | None]:
        # Abandoned, or a database that hangs would hold up the end of the process.
        return await to_thread.run_sync(partial(self._look, seen), abandon_on_cancel=True)

    def _look(self, seen: int | None) -> tuple[int, str | None]:
        """The data version, and the feed's text if the version is another than `seen`."""
        with self._source().read() as db:
            # The version first: rows that commit in between are then told again, never missed.
            found = queries.version(db)
            if found == seen:
                return found, None
            return found, feed_text(queries.feed(db, LIMIT), found)

    async def respond(self, _request: Request) -> Response:
        """The route: an endless stream that nobody may keep."""
        return StreamingResponse(
            self.stream(),
            media_type="text/event-stream",
            headers={"cache-control": "no-store", "x-accel-buffering": "no"},
        )
