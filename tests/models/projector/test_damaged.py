"""A body that is damaged in the ledger before it was derived costs only itself."""

import zlib
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from models.facts.ignored import Ignoring
from models.ledger import deliveries as ledger
from models.ledger.packing import pack
from models.personal_data.forgetting import Who, forget
from models.personal_data.subject import subject
from models.projection.interpreting import DAMAGED
from models.projector.deriving import replay_quarantined
from models.projector.replay import replay
from models.storage.database import Database
from tests.desk import exported, take_in
from tests.models.people import ANN, ann, bob
from tests.reference.events import Delivery

SPOILT = ann()[0]
REST = [*ann()[1:], *bob()]


def _spoil(database: Database, body: bytes) -> None:
    with database.write() as db:
        spoil = text("UPDATE delivery SET body = :body WHERE webhook_id = :id")
        assert db.execute(spoil, {"body": body, "id": SPOILT.webhook_id}).rowcount == 1


def _damages() -> Iterator[tuple[str, bytes]]:
    whole = pack(SPOILT.body)
    yield "cut off", whole[:20]
    yield "of no packer of ours", b"\x01\x02\x03\x04\x05"
    yield "by another dictionary", _packed_with(b"another")
    yield "by zstd", b"\x28\xb5\x2f\xfd" + whole
    yield "one bit", whole[:-1] + bytes([whole[-1] ^ 1])


def _packed_with(dictionary: bytes) -> bytes:
    packer = zlib.compressobj(zdict=dictionary)
    return packer.compress(SPOILT.body) + packer.flush()


def _set_aside(database: Database) -> dict[str, str]:
    with database.read() as db:
        return dict(map(tuple, db.execute(text("SELECT webhook_id, error FROM quarantine"))))


@pytest.mark.parametrize(
    "body", [pytest.param(body, id=name.replace(" ", "-")) for name, body in _damages()]
)
@pytest.mark.long_on("postgres")
def test_it_is_set_aside_and_all_others_are_derived(database: Database, body: bytes) -> None:
    take_in(database, [SPOILT, *REST])
    _spoil(database, body)
    exports = exported(database)
    assert _set_aside(database) == {SPOILT.webhook_id: DAMAGED}
    assert "Bob" in exports["leads"]
    # It fed nothing, so that nothing is lost by deriving all again.
    assert replay(database).changed == {}
    assert replay_quarantined(database, Ignoring()) == (1, 1)


@pytest.fixture
def spoilt(database: Database) -> Database:
    """A database in which it was set aside."""
    take_in(database, [SPOILT, *REST])
    _spoil(database, b"\x01\x02\x03")
    exported(database)
    return database


def test_what_a_backup_held_whole_is_derived_once_it_is_put_back(spoilt: Database) -> None:
    _spoil(spoilt, pack(SPOILT.body))
    assert replay_quarantined(spoilt, Ignoring()) == (1, 0)
    assert _set_aside(spoilt) == {}
    assert replay(spoilt).changed == {}


def test_humans_are_forgotten_and_told_what_is_held_beside_it(spoilt: Database) -> None:
    who = Who(url=ANN)
    assert {one["webhook_id"] for one in subject(spoilt, who, Ignoring())["deliveries"]} == {
        delivery.webhook_id for delivery in ann()[1:]
    }
    assert forget(spoilt, who, Ignoring()).leads
    assert "Ann" not in exported(spoilt)["leads"]
    assert _set_aside(spoilt) == {SPOILT.webhook_id: DAMAGED}


def test_one_that_comes_again_differs_from_it_and_others_beside_are_kept(spoilt: Database) -> None:
    again = [
        ledger.Delivery(d.webhook_id, 2, "1", "v1,test", d.body)
        for d in (SPOILT, REST[0], Delivery("new", 1, b"{}"))
    ]
    assert ledger.keep(spoilt, again) == ["conflict", "duplicate", "stored"]
