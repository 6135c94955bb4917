"""After an upgrade: what older merge rules derived is derived again, beside everything else."""

import time

import structlog
from sqlalchemy.exc import SQLAlchemyError

from models.kept_out.names import KeyFileError
from models.kept_out.sweeping import erase_barred
from models.projector.rebuilt import ReplayRunsError
from models.projector.replay import is_outdated, replay
from models.storage.database import Database
from models.worker import Worker

AGAIN_S = 10.0
"""How long to wait when it can't be done yet: the schema is not migrated, the database is away, or
another process is at it."""

LONGEST_RESTART_S = 600.0
"""How long to wait, at most, after one that died of what nobody expected."""

_log = structlog.get_logger("refresh")


def refresh(database: Database) -> None:
    """Return when the derived rows are of this version's merge rules; replay if they are not.

    What the new rules take for one human may be somebody who is kept out: they go at once.
    """
    while True:
        try:
            if not is_outdated(database):
                return
            _log.info("deriving_again", reason="merge rules of an older version")
            done = replay(database)
            gone = erase_barred(database)
            _log.info("derived_again", deliveries=done.deliveries, erased=len(gone.leads))
        except (SQLAlchemyError, ReplayRunsError, TimeoutError, KeyFileError) as error:
            _log.info("deriving_again_waits", reason=type(error).__name__)
            time.sleep(AGAIN_S)


def refresh_beside(database: Database) -> Worker:
    """`refresh` in a thread that ends with the process: a replay cut off leaves all as it was."""
    # Each attempt may read the whole ledger.
    worker = Worker("refresh", lambda _: refresh(database), longest_restart_s=LONGEST_RESTART_S)
    worker.start()
    return worker
