"""Lags of committed deliveries, waiting to be written with a later commit."""

import threading
import time
from collections.abc import Iterable

from models.ledger.deliveries import Delivery
from models.ledger.lags import Lags, place

WRITE_S = 1.0
"""Time between two commits that include lags: under load, there is a commit every few milliseconds.
"""


class WaitingLags:
    """This process's counts that no commit has included yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting = Lags()
        self._taken_at = -WRITE_S

    def note(self, deliveries: Iterable[Delivery]) -> None:
        """Count deliveries that have just been committed."""
        now = int(time.time() * 1000)
        self.put_back(Lags(place(delivery.received_at, now) for delivery in deliveries))

    def take(self, *, at_once: bool = False) -> Lags:
        """What to write with the current commit.

        Nothing if some were written a moment ago, unless it must be `at_once`.
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
