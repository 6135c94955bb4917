"""The live feed: one watcher a process, one text a data version, server-sent events to everyone.

Events: the feed (unnamed), `pulse` (the strip above it), `beat` (the server's clock, and that the
line is alive) and `away` (the database can't be read, in plain words). A viewer gets the newest of
each and skips what it missed. Viewers with the same filters share one text of the feed, and
`offers` (what the filters may be) is everybody's.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import NamedTuple

import structlog
from anyio import to_thread
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from dashboard.access.account import account, claims_of
from dashboard.access.roles import Role
from dashboard.data.silence import silence
from dashboard.errors import log_error
from dashboard.screens.live.pulse import Pulse
from dashboard.screens.live.queries import WINDOW, Fitting, fitting, hot_among
from dashboard.screens.live.rows import feed_text, offers_text
from dashboard.screens.live.sieve import MOST_CHANGED, SLACK_MS, Look, Sieve, Sifted
from dashboard.screens.live.wanted import EVERYBODY, Wanted
from dashboard.screens.live.wanted import wanted as wanted_in
from dashboard.widgets.alarm import in_words
from models.filters.times import FilterError
from models.sayings.asking import LOOKED_UP
from models.storage.database import Database
from models.storage.passing import is_lost
from models.storage.version import version

PROBE_S = 0.25
"""Between two looks for something new; a new row is on the screens within about this time."""

BEAT_S = 15.0
"""Between two signs of life, so that proxies keep the line and viewers notice a dead one."""

PULSE_S = 3.0
"""Between two looks at the strip's numbers; they change with time alone, too."""

SIFT_S = 1.0
"""Between two looks for what filters leave: each different one costs a question of its own."""

PATIENCE_S = 5.0
"""How long a look may take before the database counts as away."""

LIMIT = 100

SIFT_SHARE = 5
"""A look for what filters leave may take one part in so many of the time."""

LOOK_S = 1.0
"""How long one look sifts anew; whoever is left then comes first in the next."""

AGAIN_S = 60.0
"""What time alone changes is looked for so often: who is in a segment of the last days, say."""

MOST_WANTED = 64
"""Different filters that are watched at a time, those without any aside: each has its own text."""

TOO_MANY = (
    f"Live is already watching {MOST_WANTED} different sets of filters. Remove a filter, or use "
    "the same ones as a colleague."
)

AWAY = "The database can't be reached. You see the last known state; Live continues by itself."

_log = structlog.get_logger("feed")


def _event(data: str, name: str | None = None) -> str:
    return f"event: {name}\ndata: {data}\n\n" if name else f"data: {data}\n\n"


class _Look(NamedTuple):
    """What a look found: the data version, and the texts that are to be told."""

    version: int
    feeds: dict[Wanted, str]
    pulse: str | None
    offers: str | None


def _as_sifted(sifted: Sifted, *_: object) -> Fitting:
    return sifted.fitting


class Feed:
    """Watches the database while somebody looks, and hands the same text to all of them.

    All its state belongs to the event loop; only `_look` runs in a thread.
    """

    def __init__(
        self,
        source: Callable[[], Database],
        *,
        probe_s: float = PROBE_S,
        beat_s: float = BEAT_S,
        pulse_s: float = PULSE_S,
    ) -> None:
        """Take what gives the database; nothing is opened until somebody looks."""
        self._source = source
        self._probe_s = probe_s
        self._beat_s = beat_s
        self._pulse_s = pulse_s
        self._pulse = Pulse()
        self._pulse_at = -pulse_s
        self._viewers: Counter[Wanted] = Counter()
        self._watcher: asyncio.Task[None] | None = None
        self._seen: int | None = None
        self._messages: dict[str | Wanted, str] = {}
        self._offered: int | None = None
        self._sifted: int | None = None
        self._sifted_at = self._whole_at = self._rest_s = -SIFT_S
        self._sieve = Sieve()
        self._told: dict[str, str] = {}
        self._told_at = 0
        self._again_at = time.monotonic()
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

    def has_room_for(self, wanted: Wanted) -> bool:
        """Whether one more viewer may have these filters."""
        filtered = {one for one in self._viewers if one != EVERYBODY}
        return wanted == EVERYBODY or wanted in filtered or len(filtered) < MOST_WANTED

    async def stream(
        self, is_let_in: Callable[[], bool] = lambda: True, wanted: Wanted = EVERYBODY
    ) -> AsyncIterator[str]:
        """Server-sent events for one viewer, until they leave or the feed closes.

        Whether they still may look is asked before each message, so at every beat at least.
        """
        self._viewers[wanted] += 1
        if self._watcher is None and not self._closed:
            self._watcher = asyncio.create_task(self._watch())
        sent: dict[str | Wanted, str] = {}
        try:
            yield "retry: 1000\n" + self._beat()
            while not self._closed and await to_thread.run_sync(is_let_in):
                changed = self._changed
                news = [
                    (kind, message)
                    for kind, message in self._messages.items()
                    if message is not sent.get(kind) and kind in {wanted, "pulse", "offers"}
                ]
                if news:
                    sent.update(news)
                    yield "".join(message for _, message in news)
                    continue
                try:
                    async with asyncio.timeout(self._beat_s):
                        await changed.wait()
                except TimeoutError:
                    yield self._beat()
        finally:
            self._viewers[wanted] -= 1
            if not self._viewers[wanted]:
                del self._viewers[wanted]
                self._sieve.drop(wanted)
                self._messages.pop(wanted, None)
            if not self._viewers:
                self._rest()

    def _beat(self) -> str:
        return _event(str(int(time.time() * 1000)), "beat")

    def _rest(self) -> None:
        if self._watcher:
            self._watcher.cancel()
            self._watcher = None
        # Whoever comes next must not be shown what was true when the last one left.
        self._seen = None
        self._offered = self._sifted = None
        self._sieve, self._told = Sieve(), {}
        self._pulse_at = -self._pulse_s
        self._messages = {}

    def _tell(self, kind: str | Wanted, message: str) -> None:
        if message != self._messages.get(kind):
            self._messages[kind] = message
            self._changed.set()
            self._changed = asyncio.Event()

    async def _watch(self) -> None:
        """Look again and again; outlive whatever the database does."""
        look: asyncio.Task[_Look] | None = None
        while True:
            # A database that hangs gets one look, not one more thread each time.
            if look is None:
                look = asyncio.create_task(self._look_in_thread())
            try:
                await asyncio.wait({look}, timeout=PATIENCE_S)
            except asyncio.CancelledError:
                look.cancel()
                raise
            if not look.done():
                self._be_away("no answer")
                continue
            try:
                found = look.result()
            except Exception as error:  # noqa: BLE001 - a dead watcher would freeze every screen
                if not is_lost(error) and self._seen is not None:
                    log_error(error)
                self._be_away(type(error).__name__)
            else:
                self._seen = found.version
                for wanted, told in found.feeds.items():
                    if wanted in self._viewers:
                        self._tell(wanted, _event(told))
                if found.offers is not None:
                    self._offered = found.version
                    self._tell("offers", _event(found.offers, "offers"))
                if found.pulse is not None:
                    self._pulse_at = time.monotonic()
                    self._tell("pulse", _event(found.pulse, "pulse"))
            look = None
            await asyncio.sleep(self._probe_s)

    def _be_away(self, reason: str) -> None:
        if self._seen is not None or not self._is_away():
            _log.warning("feed_away", error=reason)
        self._seen = self._sifted = None
        for wanted in list(self._viewers):
            self._tell(wanted, _event(AWAY, "away"))

    def _is_away(self) -> bool:
        return bool(self._viewers) and all(one in self._messages for one in self._viewers)

    async def _look_in_thread(self) -> _Look:
        at = time.monotonic()
        due = at - self._pulse_at >= self._pulse_s
        # Filters that somebody has chosen just now have no text yet.
        new = {wanted for wanted in self._viewers if wanted not in self._messages}
        is_again = at - self._again_at >= AGAIN_S
        if is_again:
            self._again_at = at
        whole = is_again or at - self._whole_at >= max(SIFT_S, self._rest_s)
        seen = {EVERYBODY: None if is_again else self._seen}
        if whole or at - self._sifted_at >= SIFT_S:
            sifted = None if is_again else self._sifted
            seen |= dict.fromkeys(self._viewers.keys() - seen, sifted)
        offered = self._offered if due else None
        look = partial(self._look, seen, new, offered, due=due, whole=whole)
        # Abandoned, or a database that hangs would hold up the end of the process.
        found = await to_thread.run_sync(look, abandon_on_cancel=True)
        if len(seen) > 1:
            self._sifted, self._sifted_at = found.version, at
        if whole:
            self._whole_at, self._rest_s = at, SIFT_SHARE * (time.monotonic() - at)
        return found

    def _look(
        self,
        seen: dict[Wanted, int | None],
        new: set[Wanted],
        offered: int | None,
        *,
        due: bool,
        whole: bool,
    ) -> _Look:
        """What is new since the data versions in `seen`, and all that `new` filters leave; with the
        pulse, and what there is to filter by, when they are `due`. `whole`: all are sifted anew,
        for rows change also without being heard of.
        """
        with self._source().read() as db:
            # The version first: rows that commit in between are then told again, never missed.
            found = version(db)
            stale = {wanted for wanted, known in seen.items() if known != found}
            if whole:  # who was sifted in part only when the last news came is not done with it
                stale |= {wanted for wanted in seen if not self._sieve.is_whole(wanted)}
            return _Look(
                found,
                dict(self._texts(db, found, stale | new, new, whole=whole)),
                self._pulse.text(db, int(time.time() * 1000)) if due else None,
                offers_text(db) if due and found != offered else None,
            )

    def _texts(
        self, db: Connection, found: int, stale: set[Wanted], new: set[Wanted], *, whole: bool
    ) -> Iterator[tuple[Wanted, str]]:
        if not stale:
            return
        until = time.monotonic() + LOOK_S
        look = Look(db)
        # What is said of a lead stays until they are heard of, or who shows them is sifted whole.
        changed = look.changed(self._told_at - SLACK_MS)
        if max(len(changed), len(self._told) // MOST_WANTED) > MOST_CHANGED:
            self._told = {}
        for key in changed:
            self._told.pop(key, None)
        self._told_at, fresh = look.heard_at, dict[str, str]()
        # Those whose whole look is longest ago come first; who has none yet is the most urgent.
        for wanted in sorted(stale, key=self._sieve.looked_at):
            is_late = time.monotonic() > until
            if is_late and wanted in new:
                continue  # in the next look
            sift: Callable[[Wanted], Fitting] = partial(self._sieve.whole, look)
            told = fresh
            if is_late or (not whole and wanted not in new):
                with suppress(FilterError):
                    sifted = self._sieve.newest(look, wanted)
                    if not sifted.is_other and wanted != EVERYBODY:
                        continue
                    told = fresh if wanted == EVERYBODY else self._told
                    sift = partial(_as_sifted, sifted)
            yield wanted, feed_text(db, found, LIMIT, wanted, sift, told=told)
        self._told |= fresh

    async def respond(self, request: Request) -> Response:
        """The route: an endless stream that nobody may keep.

        400 with a sentence for a filter that is none of Live's; 503 for one more than are watched.
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

        400 with a sentence as above, and for a `since` that is no time in Unix ms; 503 when the
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
            keys = fitting(db, asked, since).keys
            quiet = silence(db, int(time.time() * 1000))
            return {
                "people": len(keys),
                "most": WINDOW,
                "hot": hot_among(db, keys),
                "silent": in_words(quiet) if quiet else None,
            }

    async def _wanted(self, given: list[tuple[str, str]], request: Request) -> Wanted:
        """What somebody asks for. Raises `FilterError`, also for a segment or list there is not."""
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
