"""Reading ahead: the next batch is understood while the database is busy with the one at hand."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from sqlalchemy.exc import SQLAlchemyError

from models import ledger
from models.database import Database
from models.ledger import Kept
from models.projection import Batch, understand

_Read = tuple[Sequence[Kept], Batch]


class Ahead:
    """`projection.understand` for one batch after the other, the next one in a thread meanwhile.

    Worth it on Postgres only, which works in processes of its own: SQLite works in ours, and would
    ask for Python's lock again at every row.
    """

    def __init__(self, database: Database, limit: int) -> None:
        """Read at most `limit` deliveries ahead: as many as batches have."""
        self._database = database
        self._limit = limit
        self._thread = ThreadPoolExecutor(1, "ahead")
        self._next: Future[_Read] | None = None

    def understand(self, deliveries: Sequence[Kept]) -> Batch:
        """What they say; begins with those that come after them, if they were as many as may be."""
        batch = self._known(deliveries) or understand(deliveries)
        if len(deliveries) == self._limit:
            self._next = self._thread.submit(self._read, deliveries[-1].seq)
        return batch

    def _known(self, deliveries: Sequence[Kept]) -> Batch | None:
        """What was read ahead, if it is these: others may have come, or some may be gone."""
        reading, self._next = self._next, None
        if reading is None:
            return None
        try:
            read, batch = reading.result()
        except SQLAlchemyError:
            return None
        return batch if [one.seq for one in read] == [one.seq for one in deliveries] else None

    def _read(self, after: int) -> _Read:
        with self._database.read() as db:
            read = ledger.pending(db, self._limit, after)
        return read, understand(read)
