"""Durations by the clock: a machine that is busy with others' work adds to them, not each time."""

from collections.abc import Callable


def quickest(duration_s: Callable[[], float], most_s: float, times: int = 5) -> float:
    """The least of up to `times` durations (seconds); asked no more once one is below `most_s`."""
    least = duration_s()
    for _ in range(times - 1):
        if least < most_s:
            break
        least = min(least, duration_s())
    return least
