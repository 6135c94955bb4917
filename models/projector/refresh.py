"""After an upgrade: what older merge rules derived is derived again, in the background.

In a process of its own (`main`), which the projector starts: whatever kills it was derived long
ago, and must not be blamed on what is being derived live at that moment (`projection.deadly`).
"""

import os
import signal
import subprocess
import sys
import threading
import time

import structlog
from sqlalchemy.exc import SQLAlchemyError

from models.facts.ignored import Ignoring
from models.kept_out.names import KeyFileError
from models.kept_out.sweeping import erase_barred
from models.logs import configure_logs
from models.memory import calm_collector
from models.projector.rebuilt import ReplayRunsError
from models.projector.replay import is_outdated, replay
from models.settings import Settings
from models.storage.database import Database
from models.worker import Worker

AGAIN_S = 10.0
"""How long to wait if it can't be done yet: the schema is not migrated, the database is away, or
another process is doing it."""

LONGEST_RESTART_S = 600.0
"""How long to wait, at most, after an unexpected death."""

NEVER_S = float("inf")
"""It counts as healthy only when it is done, not after a while: what kills it may come late."""

_log = structlog.get_logger("refresh")


def refresh(database: Database, lists: Ignoring) -> None:
    """Return when the derived rows follow this version's merge rules; replay if they don't.

    The new rules may recognise somebody as kept out: they are erased at once.
    """
    while True:
        try:
            if not is_outdated(database):
                return
            _log.info("deriving_again", reason="merge rules of an older version")
            done = replay(database)
            gone = erase_barred(database, lists)
            _log.info("derived_again", deliveries=done.deliveries, erased=len(gone.leads))
        except (SQLAlchemyError, ReplayRunsError, TimeoutError, KeyFileError) as error:
            _log.info("deriving_again_waits", reason=type(error).__name__)
            time.sleep(AGAIN_S)


class RefreshDiedError(RuntimeError):
    """The process that derives again ended before it was done."""


def refresh_beside(database: Database) -> Worker:
    """`refresh` in a process of its own, which a thread here starts, and restarts with growing
    pauses if it dies. It ends with this process: an interrupted replay changes nothing.
    """
    worker = Worker(
        "refresh",
        lambda _: _refresh_apart(database),
        longest_restart_s=LONGEST_RESTART_S,  # each attempt may read the whole ledger
        steady_s=NEVER_S,
    )
    worker.start()
    return worker


def _refresh_apart(database: Database) -> None:
    """Raises `RefreshDiedError`."""
    while not _is_new(database):
        # Our end of its standard input closes when we end, for whatever reason.
        with subprocess.Popen(
            [sys.executable, "-P", "-m", "models.projector.refresh"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        ) as process:
            status = process.wait()
        if status:
            _log.error("deriving_again_died", status=status)
            raise RefreshDiedError(f"it ended with status {status}")


def _is_new(database: Database) -> bool:
    """Whether nothing has to be derived again, as soon as the database can say so."""
    while True:
        try:
            return not is_outdated(database)
        except SQLAlchemyError as error:
            _log.info("deriving_again_waits", reason=type(error).__name__)
            time.sleep(AGAIN_S)


def main() -> None:
    """`refresh`, for the projector that started this process, as long as it lives."""
    for number in (signal.SIGINT, signal.SIGTERM):  # the receiver gets them, and tells the others
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_end_with_starter, daemon=True).start()
    chosen = Settings()
    configure_logs(chosen.log_level)
    calm_collector()
    try:
        database = Database(chosen.database_url, forgotten_file=chosen.forgotten_file)
        refresh(database, chosen.ignoring())
    except Exception as error:  # noqa: BLE001 - its text may quote a payload, as a traceback would
        _log.error("deriving_again_failed", reason=type(error).__name__)
        sys.exit(1)


def _end_with_starter() -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
