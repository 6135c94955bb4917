"""Reading ahead: what the next batch says is known when its turn comes, and never another's."""

import threading
from collections.abc import Sequence

import pytest

from models import ahead, ledger
from models.ahead import Ahead
from models.database import Database
from models.ledger import Kept
from models.projection import Batch, understand
from models.projector import catch_up, derive_batch
from models.rows import delete
from models.tables import DELIVERY, PENDING
from tests.desk import exported
from tests.models.days import story

LIMIT = 3


@pytest.fixture
def read_by(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Which thread understood a delivery, by `webhook-id`."""
    read: dict[str, str] = {}

    def noting(deliveries: Sequence[Kept]) -> Batch:
        for one in deliveries:
            read[one.webhook_id] = threading.current_thread().name
        return understand(deliveries)

    monkeypatch.setattr(ahead, "understand", noting)
    return read


def _kept(database: Database, count: int) -> list[str]:
    deliveries = story(seed=1, visitors=20)[:count]
    ledger.keep(database, deliveries)
    with database.read() as db:
        return [one.webhook_id for one in ledger.pending(db, count)]


def _next(database: Database) -> list[Kept]:
    with database.read() as db:
        return ledger.pending(db, LIMIT)


def _done(database: Database, deliveries: Sequence[Kept]) -> None:
    with database.write() as db:
        delete(db, PENDING, "seq", [one.seq for one in deliveries], kind="bigint")


def test_the_next_batch_is_understood_while_this_one_is_at_hand(
    database: Database, read_by: dict[str, str]
) -> None:
    ids = _kept(database, 2 * LIMIT)
    reader = Ahead(database, LIMIT)
    for batch in (ids[:LIMIT], ids[LIMIT:]):
        deliveries = _next(database)
        assert reader.understand(deliveries).webhook_ids == batch
        _done(database, deliveries)
    main = threading.current_thread().name
    assert {read_by[one] for one in ids[:LIMIT]} == {main}
    assert main not in {read_by[one] for one in ids[LIMIT:]}


def test_what_has_gone_meanwhile_is_not_derived(
    database: Database, read_by: dict[str, str]
) -> None:
    ids = _kept(database, 2 * LIMIT)
    reader = Ahead(database, LIMIT)
    deliveries = _next(database)
    reader.understand(deliveries)
    reader._next.result()  # type: ignore[union-attr]
    with database.read() as db:
        gone = ledger.by_id(db, [ids[LIMIT]])
    _done(database, [*deliveries, *gone])
    assert reader.understand(_next(database)).webhook_ids == ids[LIMIT + 1 :]
    assert len(read_by) == len(ids)


def test_everything_is_derived_as_without_it(database: Database) -> None:
    _kept(database, 50)
    reader = Ahead(database, 7)
    while (done := derive_batch(database, limit=7, understand=reader.understand)) and (
        done.deliveries
    ):
        pass
    so_far = exported(database)
    with database.write() as db:  # all of it once more, by the usual way
        db.execute(
            PENDING.insert().from_select(
                ["seq"], DELIVERY.select().with_only_columns(DELIVERY.c.seq)
            )
        )
    catch_up(database)
    assert exported(database) == so_far
    assert len(so_far["sessions"].splitlines()) > 5
