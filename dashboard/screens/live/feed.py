"""The live feed: one watcher per process, one text per change, server-sent events to everybody.

Events: the feed (unnamed), `pulse` (the strip above it), `beat` (the server's clock, and that the
line is alive) and `away` (the database can't be read, in plain words). A viewer gets the newest of
each and skips what it missed. Viewers with the same filters share the bytes of one feed, and
everybody shares `offers` (possible values of filters).
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from functools import partial

import structlog
from anyio import to_thread
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from dashboard.access.account import account, claims_of
from dashboard.access.roles import Role
from dashboard.data.silence import silence
from dashboard.errors import log_error
from dashboard.screens.live.looking import AGAIN_S, PULSE_S, Found, Looking
from dashboard.screens.live.queries import WINDOW, hot_among, matching
from dashboard.screens.live.wanted import EVERYBODY, Wanted
from dashboard.screens.live.wanted import wanted as wanted_in
from dashboard.widgets.intake_alarm import in_words
from models.filters.times import FilterError
from models.segments.asking import LOOKED_UP
from models.storage.database import Database
from models.storage.transient import is_lost

PROBE_S = 0.25
"""Time between two checks for news; a new row is on the screens within about this time."""

BEAT_S = 15.0
"""Time between two signs of life, so that proxies keep the connection and viewers notice a dead
one."""

PATIENCE_S = 5.0
"""How long a check may take before the database counts as away."""

MOST_WANTED = 64
"""How many different sets of filters are watched at a time, not counting none at all: each has its
own text."""

TOO_MANY = (
    f"Live is already watching {MOST_WANTED} different sets of filters. Remove a filter, or use "
    "the same ones as a colleague."
)

AWAY = "The database can't be reached. You see the last known state; Live continues by itself."

_log = structlog.get_logger("feed")

Kind = str | Wanted
"""Of a message: the name of an event, or whose feed it is."""


def _event(data: str, name: str | None = None) -> bytes:
    return (f"event: {name}\ndata: {data}\n\n" if name else f"data: {data}\n\n").encode()


_AWAY = _event(AWAY, "away")


class Feed:
    """Watches the database while somebody is looking, and hands the same bytes to all of them.

    All its state belongs to the event loop; only the checks run in a thread.
    """

    def __init__(
        self,
        source: Callable[[], Database],
        *,
        probe_s: float = PROBE_S,
        beat_s: float = BEAT_S,
        pulse_s: float = PULSE_S,
        again_s: float = AGAIN_S,
        patience_s: float = PATIENCE_S,
    ) -> None:
        """Take a function that gives the database; nothing is opened until somebody looks."""
        self._source = source
        self._probe_s = probe_s
        self._beat_s = beat_s
        self._patience_s = patience_s
        self._pulse_s, self._again_s = pulse_s, again_s
        self._viewers: Counter[Wanted] = Counter()
        self._watcher: asyncio.Task[None] | None = None
        self._looking = self._fresh()
        self._is_well = False
        self._messages: dict[Kind, bytes] = {}
        self._changed = asyncio.Event()
        self._closed = False

    @property
    def is_watching(self) -> bool:
        """Whether it is probing the database right now."""
        return self._watcher is not None

    def close(self) -> None:
        """End all streams and the watcher. Call it on the event loop."""
        self._closed = True
        self._changed.set()
        self._rest()

    def has_room_for(self, wanted: Wanted) -> bool:
        """Whether one more viewer may have these filters."""
        filtered = {one for one in self._viewers if one != EVERYBODY}
        return wanted == EVERYBODY or wanted in filtered or len(filtered) < MOST_WANTED

    async def stream(
        self, is_let_in: Callable[[], bool] = lambda: True, wanted: Wanted = EVERYBODY
    ) -> AsyncIterator[bytes]:
        """Server-sent events for one viewer, until they leave or the feed closes.

        Whether they may still look is checked before each message, so at least at every beat.
        """
        self._viewers[wanted] += 1
        if self._watcher is None and not self._closed:
            self._watcher = asyncio.create_task(self._watch())
        sent: dict[Kind, bytes] = {}
        try:
            yield b"retry: 1000\n" + self._beat()
            while not self._closed:
                await self._something(wanted, sent)
                if self._closed or not await to_thread.run_sync(is_let_in):
                    return
                # The newest, for more may have come while that was asked.
                news = self._news(wanted, sent)
                sent |= news
                yield b"".join(news.values()) or self._beat()
        finally:
            self._viewers[wanted] -= 1
            if not self._viewers[wanted]:
                del self._viewers[wanted]
                self._messages.pop(wanted, None)
            if not self._viewers:
                self._rest()

    def _fresh(self) -> Looking:
        return Looking(pulse_s=self._pulse_s, again_s=self._again_s)

    def _news(self, wanted: Wanted, sent: dict[Kind, bytes]) -> dict[Kind, bytes]:
        """The messages that a viewer who wants this has not received yet."""
        return {
            kind: message
            for kind in (wanted, "pulse", "offers")
            if (message := self._messages.get(kind)) is not None and message is not sent.get(kind)
        }

    async def _something(self, wanted: Wanted, sent: dict[Kind, bytes]) -> None:
        """Wait until there is news for them, or it is time for a sign of life."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._beat_s):
                while not self._closed and not self._news(wanted, sent):
                    await self._changed.wait()

    def _beat(self) -> bytes:
        return _event(str(int(time.time() * 1000)), "beat")

    def _rest(self) -> None:
        if self._watcher:
            self._watcher.cancel()
            self._watcher = None
        # The next viewer must not be shown what was true when the last one left.
        self._looking, self._is_well = self._fresh(), False
        self._messages = {}

    def _tell(self, kind: Kind, message: bytes) -> None:
        if message != self._messages.get(kind):
            self._messages[kind] = message
            self._changed.set()
            self._changed = asyncio.Event()

    async def _watch(self) -> None:
        """Check again and again; survive whatever the database does."""
        look: asyncio.Task[Found] | None = None
        while True:
            # A database that hangs gets one check, not another thread each time.
            if look is None:
                look = asyncio.create_task(self._look_in_thread())
            try:
                await asyncio.wait({look}, timeout=self._patience_s)
            except asyncio.CancelledError:
                look.cancel()
                raise
            if not look.done():
                self._be_away("no answer")
                continue
            try:
                found = look.result()
            except Exception as error:  # noqa: BLE001 - a dead watcher would freeze every screen
                if not is_lost(error) and self._is_well:
                    log_error(error)
                # Nobody knows what of this look was: all is looked for anew.
                self._looking = self._fresh()
                self._be_away(type(error).__name__)
            else:
                self._is_well = True
                for wanted, text in found.feeds.items():
                    if wanted in self._viewers:
                        self._tell(wanted, _event(text))
                for name, said in (("offers", found.offers), ("pulse", found.pulse)):
                    if said is not None:
                        self._tell(name, _event(said, name))
            look = None
            await asyncio.sleep(self._probe_s)

    def _be_away(self, reason: str) -> None:
        if self._is_well or not self._is_away():
            _log.warning("feed_away", error=reason)
        self._is_well = False
        for wanted in list(self._viewers):
            self._tell(wanted, _AWAY)

    def _is_away(self) -> bool:
        return bool(self._viewers) and all(one in self._messages for one in self._viewers)

    async def _look_in_thread(self) -> Found:
        # Filters that somebody has chosen just now have no text yet; others it may have left.
        every = set(self._viewers)
        new = {one for one in every if self._messages.get(one) in {None, _AWAY}}
        look = partial(self._look, self._looking, every, new)
        # Abandoned, or a database that hangs would hold up the end of the process.
        return await to_thread.run_sync(look, abandon_on_cancel=True)

    def _look(self, looking: Looking, every: set[Wanted], new: set[Wanted]) -> Found:
        with self._source().read() as db:
            return looking.look(db, every, new)

    async def respond(self, request: Request) -> Response:
        """The route: an endless stream that must not be cached.

        400 with a sentence for a filter that Live does not have; 503 if too many different filters
        are watched.
        """
        try:
            asked = await self._wanted(request.query_params.multi_items(), request)
        except FilterError as error:
            return JSONResponse({"detail": str(error)}, 400)
        if not self.has_room_for(asked):
            return JSONResponse({"detail": TOO_MANY}, 503, {"retry-after": "60"})
        claims = await to_thread.run_sync(claims_of, request)
        return StreamingResponse(
            self.stream(lambda: account(claims).may(Role.VIEWER), asked),
            media_type="text/event-stream",
            headers={"cache-control": "no-store", "x-accel-buffering": "no"},
        )

    async def respond_missed(self, request: Request) -> Response:
        """The route of what somebody missed since they looked last: how many people, how many of
        them hot, and whether intake has stopped since.

        400 with a sentence as above, and for a `since` that is not a time in Unix ms; 503 if the
        database is away.
        """
        since = request.query_params.get("since", "")
        if not (since.isascii() and since.isdigit() and len(since) <= _LONGEST_MS):
            return JSONResponse({"detail": "since must be a time in Unix ms"}, 400)
        try:
            given = [pair for pair in request.query_params.multi_items() if pair[0] != "since"]
            asked = await self._wanted(given, request)
            told = await to_thread.run_sync(self._missed, asked, int(since))
        except FilterError as error:
            return JSONResponse({"detail": str(error)}, 400)
        except SQLAlchemyError as error:
            if not is_lost(error):
                raise
            return JSONResponse({"detail": AWAY}, 503, {"retry-after": "5"})
        return JSONResponse(told, headers={"cache-control": "no-store"})

    def _missed(self, asked: Wanted, since: int) -> dict[str, object]:
        with self._source().read() as db:
            keys = matching(db, asked, since).keys
            quiet = silence(db, int(time.time() * 1000))
            return {
                "people": len(keys),
                "most": WINDOW,
                "hot": hot_among(db, keys),
                "silent": in_words(quiet) if quiet else None,
            }

    async def _wanted(self, given: list[tuple[str, str]], request: Request) -> Wanted:
        """What somebody asks for. Raises `FilterError`, also for an unknown segment or list."""
        asked = wanted_in(given, getattr(request.state, "who", None))
        if asked.filters.sets(*LOOKED_UP):
            await to_thread.run_sync(self._check, asked)
        return asked

    def _check(self, asked: Wanted) -> None:
        try:
            with self._source().read() as db:
                asked.asked(db)
        except SQLAlchemyError as error:  # while it is away the stream says so
            if not is_lost(error):
                raise


_LONGEST_MS = 15
