"""Many large deliveries at once: the projector takes as many as fit into its memory."""

from models.facts.ignored import Ignoring
from models.ledger.deliveries import Delivery, keep
from models.projector.deriving import derive_batch
from models.storage.database import Database

LARGE = 7_900_000
MOST = 128 * 1024 * 1024


def test_a_batch_is_bounded_in_bytes(database: Database) -> None:
    body = b'{"id":"evt","type":"identity.imagined","created":1,"data":{}}'.ljust(LARGE)
    keep(database, [Delivery(f"evt_{number}", 0, "0", "v1,", body) for number in range(40)])
    derived = derive_batch(database, Ignoring())
    assert derived is not None
    assert derived.deliveries * LARGE <= MOST
