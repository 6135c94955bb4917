"""When a message that was not accepted is tried again."""

import random
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

AFTER_S = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds from each failed try to the next: 5 s, 5 min, 30 min, 2, 5, 10, 14, 20, 24 h."""

JITTER = 0.2
"""The largest random addition to a wait, as a share of it, so that not all come back at the same
moment."""

LONGEST_WAIT_S = 86_400
"""A `Retry-After` counts up to a day."""


def next_try(now: int, failed: int, retry_after_s: float | None = None) -> int | None:
    """When (Unix ms) a message is tried again after this many failed tries (from 1); None: that was
    the last.

    Waits as long as the destination asked for, but not less than the schedule.
    """
    if failed > len(AFTER_S):
        return None
    wait_s = max(AFTER_S[failed - 1], retry_after_s or 0)
    return now + round(wait_s * (1 + random.uniform(0, JITTER)) * 1000)  # noqa: S311 - no secret


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds that an answer's `Retry-After` asks for, as a number or a date; None for none that
    can be read.
    """
    given = headers.get("retry-after", "").strip()
    if given.isascii() and given.isdigit():
        return float(min(int(given[:9]), LONGEST_WAIT_S))
    try:
        at = parsedate_to_datetime(given)
    except (TypeError, ValueError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    wait_s = (at - (now or datetime.now(UTC))).total_seconds()
    return float(min(max(wait_s, 0), LONGEST_WAIT_S))
