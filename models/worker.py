"""A thread that has to survive whatever goes wrong in it.

If a plain thread dies, its work stops and nobody notices. Here it is restarted, each death is
logged and counted, and callers can ask whether it keeps dying.
"""

import threading
import time
from collections.abc import Callable

import structlog

RESTART_S, LONGEST_RESTART_S = 1.0, 30.0
"""How long to wait before restarting work that died; twice as long after each further death, up to
the longest."""

STEADY_S = 10.0
"""Work that runs for this long counts as healthy again, whatever happened before."""

TOO_MANY = 3
"""Deaths without steady work in between after which it counts as failing."""

Work = Callable[[threading.Event], None]
"""The work, done until it returns. It should check the event: once set, the work must end."""

_log = structlog.get_logger("worker")


class Worker:
    """One thread for one piece of work. Started by `start`, and only once."""

    def __init__(
        self,
        name: str,
        work: Work,
        on_death: Callable[[], None] = lambda: None,
        *,
        restart_s: float = RESTART_S,
        longest_restart_s: float = LONGEST_RESTART_S,
        steady_s: float = STEADY_S,
    ) -> None:
        """Take one of our words as its name, its work, and a function that hears of each death."""
        self.name = name
        self.deaths = 0
        self._work = work
        self._on_death = on_death
        self._longest_restart_s = longest_restart_s
        self._restart_s = restart_s
        self._steady_s = steady_s
        self._ending = threading.Event()
        self._in_a_row = 0
        self._begun_at: float | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def tell_to_end(self) -> None:
        """Tell the work to end. Work that pauses after a death is started once more, to end in
        order."""
        self._ending.set()

    def join(self, timeout_s: float | None = None) -> bool:
        """Wait until it has ended; returns whether it has."""
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def is_failing(self) -> bool:
        """Whether it keeps dying."""
        return self._in_a_row >= TOO_MANY and not self._is_steady()

    def _is_steady(self) -> bool:
        begun_at = self._begun_at
        return begun_at is not None and time.monotonic() - begun_at >= self._steady_s

    def _run(self) -> None:
        while True:
            is_last = self._ending.is_set()
            self._begun_at = time.monotonic()
            try:
                self._work(self._ending)
            except BaseException as error:  # noqa: BLE001 - whatever it is, the thread must live on
                self._note(error)
            else:
                self._in_a_row = 0
                return
            if is_last:
                return
            pause_s = self._restart_s * 2 ** min(self._in_a_row - 1, 10)
            self._ending.wait(min(pause_s, self._longest_restart_s))

    def _note(self, error: BaseException) -> None:
        self._in_a_row = 1 if self._is_steady() else self._in_a_row + 1
        self._begun_at = None
        self.deaths += 1
        _log.error("worker_died", worker=self.name, error=type(error).__name__)
        self._on_death()
