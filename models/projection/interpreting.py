"""What deliveries mean: facts, what is set aside, what is unknown. No database."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from models.facts.facts import Facts, facts
from models.facts.ranks import SEPARATOR, believed
from models.facts.row import Row
from models.ledger.deliveries import Delivery, Kept
from models.payloads.events import Envelope
from models.payloads.reading import UnreadableError, read
from models.payloads.wire import LONGEST_ID
from models.projection.deadly import DEADLY, REASON

DAMAGED = "the ledger's copy of its body is damaged; a backup may have it intact"

LONGEST_PATH = 300
"""Characters kept of an unknown field's path: its names come from outside."""


@dataclass(slots=True)
class Batch:
    """What some deliveries mean: facts, what can't be read, what is unknown."""

    facts: list[Facts] = field(default_factory=list)
    quarantined: list[Row] = field(default_factory=list)
    unknown: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    """Rows of table `event`, including those of an unknown type."""
    webhook_ids: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    """Ids of those set aside because the ledger's copy is damaged."""

    def refuse(self, delivery: Kept, reason: str) -> "Batch":
        """A batch that sets aside a delivery whose rows the database refused."""
        error = f"the database refused what it says: {reason}"
        row = set_aside(delivery, error, self.facts[0].type if self.facts else None)
        return Batch(quarantined=[row], webhook_ids=[delivery.webhook_id])


def interpret(deliveries: Iterable[Delivery | Kept]) -> Batch:
    """Read deliveries; each one that can't be read is set aside by itself, with the reason.

    So is one whose body is damaged in the ledger. Whoever rebuilds what was derived from it before
    must not treat it as one that never said anything (`withdrawal.refuse_damaged`).
    """
    batch = Batch()
    for delivery in deliveries:
        batch.webhook_ids.append(delivery.webhook_id)
        if isinstance(delivery, Kept) and (delivery.deaths or 0) >= DEADLY:
            batch.quarantined.append(set_aside(delivery, REASON, None))
            continue
        try:
            body = delivery.body
        except zlib.error:
            batch.damaged.append(delivery.webhook_id)
            batch.quarantined.append(set_aside(delivery, DAMAGED, None))
            continue
        event_type: str | None = None
        try:
            reading = read(body)
            envelope = reading.envelope
            event_type = envelope.type
            created = believed(int(envelope.created), delivery.received_at)
            batch.unknown += [
                {
                    "type": envelope.type[:LONGEST_ID],
                    "path": path[:LONGEST_PATH],
                    "first_created": created,
                    "rank": f"{created:015d}{SEPARATOR}{delivery.webhook_id}",
                }
                for path in reading.unknown
            ]
            if reading.event:
                fact = facts(reading.event, delivery.webhook_id, delivery.received_at)
                batch.facts.append(fact)
                batch.events.append(fact.event_row())
            else:
                batch.events.append(_event_of_unknown_type(delivery, envelope))
        except UnreadableError as error:
            batch.quarantined.append(set_aside(delivery, str(error), error.event_type))
        except Exception as error:  # noqa: BLE001 - a bug in meaning must not lose an event
            # Its text may quote the payload; the class and the ledger say enough.
            batch.quarantined.append(
                set_aside(delivery, f"failed to derive: {type(error).__name__}", event_type)
            )
    return batch


def _event_of_unknown_type(delivery: Delivery | Kept, envelope: Envelope) -> Row:
    said = int(envelope.created)
    created = believed(said, delivery.received_at)
    return {
        "webhook_id": delivery.webhook_id,
        "event_id": envelope.id,
        "type": envelope.type[:LONGEST_ID],
        "sid": None,
        "vid": None,
        "created": created,
        "said_created": None if said == created else said,
        "received_at": delivery.received_at,
    }


def set_aside(delivery: Delivery | Kept, error: str, event_type: str | None) -> Row:
    """The row of table `quarantine` for a delivery that can't be derived."""
    return {
        "webhook_id": delivery.webhook_id,
        "type": event_type,
        "received_at": delivery.received_at,
        "error": error,
    }
