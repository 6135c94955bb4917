"""How long deliveries took from receipt to commit: counts by hour of receipt.

A lag is counted under a bound that it does not exceed: 1, 2, 3, 5 or 7 times a power of ten, in ms.
So it is known which share of deliveries was committed within a bound, however many came.
"""

from collections import Counter

from sqlalchemy import Connection, text

HOUR_MS = 3_600_000
_STEPS = (1, 2, 3, 5, 7, 10)

Lags = Counter[tuple[int, int]]
"""Deliveries by the hour they were received in (its begin, Unix ms) and the bound, in ms."""


def place(received_at: int, committed_at: int) -> tuple[int, int]:
    """Where a delivery of these times (Unix ms) counts: hour and bound."""
    return received_at // HOUR_MS * HOUR_MS, bound(committed_at - received_at)


def bound(lag_ms: int) -> int:
    """The smallest bound, in ms, that a lag does not exceed; a clock that was set back makes no
    lag."""
    power = 1
    while lag_ms > 10 * power:
        power *= 10
    return next(step * power for step in _STEPS if lag_ms <= step * power)


def add_lags(db: Connection, lags: Lags) -> None:
    """Add counts to what is written. The caller commits."""
    add = text(
        "INSERT INTO commit_lag (hour, within_ms, deliveries)"
        " VALUES (:hour, :within_ms, :deliveries)"
        " ON CONFLICT (hour, within_ms)"
        " DO UPDATE SET deliveries = commit_lag.deliveries + excluded.deliveries"
    )
    # In order; otherwise two receivers adding to the same two rows would wait for each other.
    rows = [
        {"hour": hour, "within_ms": within_ms, "deliveries": count}
        for (hour, within_ms), count in sorted(lags.items())
    ]
    db.execute(add, rows)
