"""Lags of committed deliveries that wait to be written along with a later commit."""

import threading
import time
from collections.abc import Iterable

from models.ledger.deliveries import Delivery
from models.ledger.lags import Lags, place

WRITE_S = 1.0
"""Between two commits that take lags along: under load a commit comes every few milliseconds."""


class WaitingLags:
    """Counts of this process that no commit has taken along yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting = Lags()
        self._taken_at = -WRITE_S

    def note(self, deliveries: Iterable[Delivery]) -> None:
        """Count deliveries that are committed now."""
        now = int(time.time() * 1000)
        self.put_back(Lags(place(delivery.received_at, now) for delivery in deliveries))

    def take(self, *, at_once: bool = False) -> Lags:
        """What is to be written with the commit at hand.

        Nothing when some were a moment ago, unless it must be `at_once`.
        """
        with self._lock:
            if not at_once and time.monotonic() - self._taken_at < WRITE_S:
                return Lags()
            self._taken_at = time.monotonic()
            taken, self._waiting = self._waiting, Lags()
        return taken

    def put_back(self, lags: Lags) -> None:
        """Keep what was taken for a commit that failed."""
        with self._lock:
            self._waiting.update(lags)
