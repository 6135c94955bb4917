"""Story time and real time.

The story is told in milliseconds since it began and knows nothing of real time. Whatever time goes
into a payload (`created`, `ts`, `createdAt`, `lastActivity`, `enrichedAt`, the time in a ULID) goes
through one clock. So the gaps shrink together, stay consistent with each other, and no time lies
after the moment its event is sent.
"""

from bisect import bisect_left
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

# A payload looks back at most over its own visit, which is far shorter than this.
_LOOK_BACK_MS = 12 * 3_600_000
_PRUNE_ABOVE = 100_000


class Clock(Protocol):
    """Maps story time to unix milliseconds, never turning the order of two moments round."""

    def send(self, story_ms: int) -> int:
        """Give the unix ms at which the next event goes out; called once an event, in order."""

    def at(self, story_ms: int) -> int:
        """Give the unix ms of a moment not later than the last event sent."""


class SpeedClock:
    """Plays `speed` story seconds in a real one."""

    def __init__(self, start_ms: int, speed: float) -> None:
        """Start at `start_ms` (unix ms); `speed` must be above 0."""
        self._start_ms = start_ms
        self._speed = speed

    def send(self, story_ms: int) -> int:
        """See `Clock`."""
        return self.at(story_ms)

    def at(self, story_ms: int) -> int:
        """See `Clock`."""
        return self._start_ms + int(story_ms / self._speed)


class RateClock:
    """Bends the story so that `rate` events leave in a second, however quiet it is.

    Every event sent pins its story moment to its turn; moments between two pins are interpolated.
    """

    def __init__(
        self, start_ms: int, rate: float, now_ms: Callable[[], float] | None = None
    ) -> None:
        """Start at `start_ms` (unix ms); `rate` is in events per second, above 0, may be infinite.

        With `now_ms` (unix ms) a sender that can't keep the rate does not fall behind: no pin lies
        before the moment it is asked for. Without it the same story has the same times again.
        """
        self._story: list[int] = [0]
        self._real: list[float] = [float(start_ms)]
        self._gap_ms = 1000 / rate
        self._now_ms = now_ms

    def send(self, story_ms: int) -> int:
        """See `Clock`."""
        if len(self._story) > _PRUNE_ABOVE and self._story[-1] - self._story[0] > _LOOK_BACK_MS:
            # One pin before the bound stays, for what lies between it and the next.
            kept = max(bisect_left(self._story, story_ms - _LOOK_BACK_MS) - 1, 0)
            del self._story[:kept]
            del self._real[:kept]
        turn = self._real[-1] + self._gap_ms
        self._story.append(story_ms)
        self._real.append(max(turn, self._now_ms()) if self._now_ms else turn)
        return int(self._real[-1])

    def at(self, story_ms: int) -> int:
        """See `Clock`."""
        # The first of several pins on one moment, so that a later pin does not move it.
        after = min(bisect_left(self._story, story_ms), len(self._story) - 1)
        before = max(after - 1, 0)
        span = self._story[after] - self._story[before]
        if span <= 0:
            return int(self._real[after])
        share = min(max(story_ms - self._story[before], 0) / span, 1.0)
        return int(self._real[before] + share * (self._real[after] - self._real[before]))


def iso(unix_ms: int) -> str:
    """Write unix ms as Midbound writes `enrichedAt`: UTC, whole seconds (rounded down), `Z`."""
    return datetime.fromtimestamp(unix_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
