"""Story time and real time.

The story counts milliseconds from its beginning and knows nothing of real time. Every time in a
payload (`created`, `ts`, `createdAt`, `lastActivity`, `enrichedAt`, the time in a ULID) comes from
one clock, so all gaps shrink by the same factor, stay consistent with each other, and no time is
later than the moment its event is sent.
"""

from bisect import bisect_left
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

# A payload names no time before its own visit, which is far shorter than this.
_LOOK_BACK_MS = 12 * 3_600_000
_PRUNE_ABOVE = 100_000


class Clock(Protocol):
    """Turns story time (ms) into Unix ms; never swaps the order of two moments."""

    def send(self, story_ms: int) -> int:
        """Return the Unix ms at which the next event is sent. Called once per event, in order."""

    def at(self, story_ms: int) -> int:
        """Return the Unix ms of a moment that is not later than the last event sent."""


class SpeedClock:
    """Plays `speed` seconds of the story in one real second."""

    def __init__(self, start_ms: int, speed: float) -> None:
        """Start at `start_ms` (Unix ms); `speed` must be above 0."""
        self._start_ms = start_ms
        self._speed = speed

    def send(self, story_ms: int) -> int:
        """See `Clock`."""
        return self.at(story_ms)

    def at(self, story_ms: int) -> int:
        """See `Clock`."""
        return self._start_ms + int(story_ms / self._speed)


class RateClock:
    """Stretches and compresses the story so that `rate` events are sent per second throughout.

    Each event sent ties its story time to its real time; times in between are interpolated.
    """

    def __init__(
        self, start_ms: int, rate: float, now_ms: Callable[[], float] | None = None
    ) -> None:
        """Start at `start_ms` (Unix ms). `rate`: events per second, above 0; it may be infinite.

        With `now_ms` (returns the present in Unix ms), events are never dated back when a sender
        can't keep up the rate. Without it, the same story always gets the same times.
        """
        self._story: list[int] = [0]
        self._real: list[float] = [float(start_ms)]
        self._gap_ms = 1000 / rate
        self._now_ms = now_ms

    def send(self, story_ms: int) -> int:
        """See `Clock`."""
        if len(self._story) > _PRUNE_ABOVE and self._story[-1] - self._story[0] > _LOOK_BACK_MS:
            # One pair before the bound stays, to interpolate between it and the next.
            kept = max(bisect_left(self._story, story_ms - _LOOK_BACK_MS) - 1, 0)
            del self._story[:kept]
            del self._real[:kept]
        turn = self._real[-1] + self._gap_ms
        self._story.append(story_ms)
        self._real.append(max(turn, self._now_ms()) if self._now_ms else turn)
        return int(self._real[-1])

    def at(self, story_ms: int) -> int:
        """See `Clock`."""
        # The first of several pairs with one story time, so that a later one does not move it.
        after = min(bisect_left(self._story, story_ms), len(self._story) - 1)
        before = max(after - 1, 0)
        span = self._story[after] - self._story[before]
        if span <= 0:
            return int(self._real[after])
        share = min(max(story_ms - self._story[before], 0) / span, 1.0)
        return int(self._real[before] + share * (self._real[after] - self._real[before]))


def iso(unix_ms: int) -> str:
    """Format Unix ms as Midbound does in `enrichedAt`: UTC, whole seconds (rounded down), `Z`."""
    return datetime.fromtimestamp(unix_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
