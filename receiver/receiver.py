"""One receiver process: the parts an event passes through, and what is counted about it."""

import re
from collections import Counter
from contextlib import suppress

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from models.kept_out.intake_filter import IntakeFilter
from models.kept_out.names import barred_names
from models.payloads.events import EVENTS
from models.projector.deriving import Derived
from models.settings import Settings
from models.storage.database import Database
from receiver.inbox import ROOM, Inbox, Room
from receiver.metrics import Metrics
from receiver.projector_process import ProjectorProcess
from receiver.spool import Spool
from receiver.verify import Verifier

ANSWER_S = 5.0
"""How long Postgres may leave a query unanswered before deliveries go to the spool."""

_TYPE = re.compile(rb'"type"\s*:\s*"([a-z.]{1,64})"')
_KNOWN = {name.encode(): name for name in EVENTS}


class Receiver:
    """One receiver process: verifier, inbox and projector around one database."""

    def __init__(self, settings: Settings, room: Room = ROOM) -> None:
        """Put the parts together; `room` is for deliveries that wait for the database.

        Raises `SecretError` without a usable secret, `DatabaseUrlError` for an unusable URL.
        """
        self.settings = settings
        self.metrics = Metrics()
        self.verifier = Verifier(
            [secret.get_secret_value() for secret in settings.midbound_cloud_webhook_secret]
        )
        self.database = Database(
            settings.database_url, answer_s=ANSWER_S, forgotten_file=settings.forgotten_file
        )
        self.projector = ProjectorProcess(settings, self._count_derived, self._count_death)
        self.spool = Spool(
            settings.spool_folder(),
            settings.database_url,
            settings.spool_max_bytes,
            lambda kind: self.metrics.spool_troubles.labels(kind).inc(),
        )
        intake_filter = IntakeFilter(barred_names(self.database, settings.ignoring()))
        self.inbox = Inbox(
            self.database,
            self.spool,
            self.metrics,
            self.projector.wake,
            intake_filter,
            hot_paths=settings.hot_paths(),
            room=room,
        )
        self.seen: Counter[str] = Counter()

    def count(self, body: bytes, outcome: str) -> None:
        """Count a verified delivery, by its type and by what became of it."""
        found = _TYPE.search(body)
        known = _KNOWN.get(found[1], "other") if found else "other"
        self.metrics.deliveries.labels(known, outcome).inc()
        self.seen[outcome] += 1

    def refuse(self, reason: str) -> None:
        """Count a refusal; one log line per request would let anybody fill the disk."""
        self.metrics.refused.labels(reason).inc()
        self.seen[f"refused_{reason}"] += 1

    def _count_derived(self, derived: Derived) -> None:
        self.metrics.derived.inc(derived.deliveries)
        self.metrics.quarantined.inc(derived.quarantined)
        self.metrics.lag.set(derived.lag_ms / 1000)
        if derived.quarantined:
            self.count_quarantine()

    def _count_death(self, worker: str) -> None:
        self.metrics.deaths.labels(worker).inc()

    def failing(self) -> list[str]:
        """Names of threads that keep dying."""
        return [*self.inbox.failing(), *self.projector.failing()]

    def count_quarantine(self) -> None:
        """Say how many deliveries are set aside."""
        with suppress(SQLAlchemyError):  # away: counted when something is derived
            with self.database.read() as db:
                size = db.execute(text("SELECT count(*) FROM quarantine")).scalar() or 0
            self.metrics.quarantine.set(size)
