"""The projector's process: batch after batch, as long as its receiver lives."""

import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass

import structlog

from models import audit
from models.logs import configure_logs
from models.memory import calm_collector
from models.projection import hot_pages, summaries
from models.projector.deriving import BATCH, ELSEWHERE_S, Care, Derived, derive_batch, mark_batch
from models.projector.refresh import refresh_beside
from models.projector.rescoring import Pace, rescore_batch
from models.projector.retention import Pruned, cutoff, prune, reason_to_ask
from models.settings import Settings
from models.storage.database import Database
from models.storage.outage import log_fields

IDLE_S = 0.25
"""How long the projector sleeps if nobody wakes it: at most this late, it takes up other receivers'
deliveries after the lock's holder dies."""

RETENTION_S = 86_400.0
"""How often it looks for visits older than `RETENTION_DAYS`."""

LOOK_S = 5.0
"""How long it stops looking for days to sum up after finding none."""

TROUBLE_S = 1.0
"""How long it waits after a batch that failed."""

ONE_BY_ONE = "PROJECTOR_ONE_BY_ONE"
"""The environment variable that tells a projector that its predecessors died, so that it derives
one by one at first."""

_log = structlog.get_logger("projector")


@dataclass(frozen=True, slots=True)
class Beside:
    """The state of the process that derives everything again after an upgrade, next to the
    projector: how often it died, and whether it keeps dying.
    """

    worker: str = "refresh"
    deaths: int = 0
    failing: bool = False


class Projector:
    """Derives batch after batch and survives whatever goes wrong; also keeps the marks of hot
    visits up to date, and scores everything again for a new version.
    """

    def __init__(
        self,
        database: Database,
        chosen: Settings,
        on_derived: Callable[[Derived], None],
        *,
        one_by_one: bool = False,
    ) -> None:
        """Take the database, the settings of which `HOT_PAGES` and `TIME_ZONE` are to be in force,
        and who is told.

        `one_by_one`: others died, so the first deliveries of a batch are derived each alone.
        """
        self._care = Care(left=BATCH if one_by_one else 0)
        self._database = database
        self._ignored = chosen.ignoring()
        self._retention_days = chosen.retention_days
        self._to_put_in_force: list[Callable[[Database], bool]] = [
            lambda database: hot_pages.put_in_force(database, chosen.hot_paths()),
            lambda database: summaries.put_in_force(database, chosen.zone()),
        ]
        self._marking = True
        self._rescoring = True
        self._pace = Pace()
        self._on_derived = on_derived
        self._sum_up_at = 0.0
        self._trouble: str | None = None
        self._pruning: Iterator[object] | None = None
        self._prune_at = float("-inf")

    def step(self) -> float:
        """Derive one batch; returns the seconds to rest after it."""
        try:
            # Each is set once: another receiver may start with different ones.
            self._to_put_in_force = [
                put for put in self._to_put_in_force if not put(self._database)
            ]
            derived = derive_batch(self._database, self._ignored, care=self._care)
            if derived and (self._marking or not derived.deliveries):
                self._marking = mark_batch(self._database) > 0
            if derived and (self._rescoring or not derived.deliveries):
                self._rescoring = rescore_batch(self._database, self._pace) > 0
            pruned = derived is not None and self._prune()
            if derived and not derived.deliveries and time.monotonic() >= self._sum_up_at:
                pause = IDLE_S if summaries.sum_up(self._database) else LOOK_S
                self._sum_up_at = time.monotonic() + pause
        except Exception as error:  # noqa: BLE001 - a dead projector would be noticed by nobody
            trouble = type(error).__name__
            if trouble != self._trouble:  # once, not every second of an outage
                _log.error("projection_paused", **log_fields(error))
            self._trouble = trouble
            return TROUBLE_S
        if self._trouble:
            _log.info("projection_resumed")
            self._trouble = None
        if derived is None:
            return ELSEWHERE_S
        if derived.deliveries:
            self._on_derived(derived)
        is_busy = derived.deliveries or self._marking or self._rescoring or pruned
        return 0.0 if is_busy else IDLE_S

    def _prune(self) -> bool:
        """Delete the next piece of what retention removes, so that incoming events need not wait
        for all of it; whether there was one.
        """
        days = self._retention_days
        if days and self._pruning is None and time.monotonic() >= self._prune_at:
            self._prune_at = time.monotonic() + RETENTION_S
            self._pruning = _prune_and_record(self._database, days)
        if self._pruning is None:
            return False
        try:
            next(self._pruning)
        except StopIteration:
            self._pruning = None
        except Exception:
            self._pruning, self._prune_at = None, float("-inf")
            raise
        return True


def _prune_and_record(database: Database, days: int) -> Iterator[Pruned]:
    """`prune`, once it is in the audit log; nothing if somebody has to be asked first."""
    why = reason_to_ask(database, days)
    if why:
        _log.warning("retention_waits", reason=why)
        return
    with ExitStack() as stack:
        entries: list[audit.Entry] = []

        def record() -> None:
            if not entries:
                said = {"days": str(days)}
                recorded = audit.recorded(database, audit.RECEIVER, "prune", said=said)
                entries.append(stack.enter_context(recorded))

        for pruned in prune(database, cutoff(days), record):
            for entry in entries:
                entry.count(pruned.deliveries)
            yield pruned


def main() -> None:
    """Derive for the receiver that started this process (`receiver.projector_process`) as long as
    it lives.

    A byte on standard input says that something came in; end of input, that the receiver is gone,
    for whatever reason. The result of a batch (`Derived`), and the state of the refreshing process
    (`Beside`) when it changes, go to standard output, one JSON object per line.
    """
    for number in (signal.SIGINT, signal.SIGTERM):  # the receiver gets them, and tells us
        signal.signal(number, signal.SIG_IGN)
    chosen = Settings()
    configure_logs(chosen.log_level)
    database = Database(chosen.database_url, forgotten_file=chosen.forgotten_file)
    careful = ONE_BY_ONE in os.environ
    projector = Projector(database, chosen, _tell, one_by_one=careful)
    refreshing = refresh_beside(database)
    calm_collector()
    reported = Beside()
    with suppress(BrokenPipeError):
        while _receiver_lives(projector.step()):
            fares = Beside(refreshing.name, refreshing.deaths, refreshing.is_failing())
            if fares != reported:
                _tell(fares)
                reported = fares


def _tell(what: Derived | Beside) -> None:
    os.write(sys.stdout.fileno(), f"{json.dumps(asdict(what))}\n".encode())


def _receiver_lives(wait_s: float) -> bool:
    """Wait for something to come in, at most `wait_s` seconds; False if the receiver is gone."""
    said, _, _ = select.select([sys.stdin], [], [], wait_s)
    return not said or bool(os.read(sys.stdin.fileno(), 4096))


if __name__ == "__main__":
    main()
