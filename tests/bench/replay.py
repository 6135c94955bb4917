"""`replay` of many deliveries, next to the rate at which a receiver takes the same ones in."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models.facts.ignored import Ignoring
from models.ledger import deliveries as ledger
from models.ledger.deliveries import Delivery
from models.projector.deriving import derive_batch
from models.storage.database import Database
from tests.bench.export import run
from tests.bench.intake import WARM_UP, play
from tests.bench.peers.peers import OURS, fresh_database
from tests.bench.stream import Prepared

_BATCH = 4096


@dataclass(frozen=True, slots=True)
class Replayed:
    """A replay of so many deliveries: a second (the command's start counted), peak memory in MB.

    `intake_rate` is what a receiver took in and derived a second, of the same events.
    """

    database: str
    deliveries: int
    rate: float
    memory: float
    intake_rate: float


def measure(
    prepared: Sequence[Prepared], intake_events: int, server: str | None, folder: Path
) -> Replayed:
    """Replay these events on a database where nothing is wrong: all is read, nothing changed."""
    some = prepared[: intake_events + WARM_UP]
    taken = play(OURS, some, server=server, folder=folder)
    with fresh_database(server, folder) as url:
        database = Database(url)
        for start in range(0, len(prepared), _BATCH):
            batch = prepared[start : start + _BATCH]
            ledger.keep(
                database,
                [
                    Delivery(event.webhook_id, start + place, "1", "v1,bench", event.body)
                    for place, event in enumerate(batch)
                ],
            )
            while (
                derived := derive_batch(database, Ignoring(), limit=_BATCH)
            ) and derived.deliveries:
                pass
        if database.is_postgres:  # as autovacuum would do in its time
            with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
                db.exec_driver_sql("VACUUM ANALYZE")
        database.close()
        ran = run(["replay"], url)
    return Replayed(
        "Postgres" if server else "SQLite",
        len(prepared),
        len(prepared) / ran.seconds,
        ran.memory,
        taken.derived_rate,
    )
