"""Ranks: sortable text that decides which of two facts is newer."""

SEPARATOR = "\x01"
"""Separates the parts of a rank: below every character that an id may contain, so that comparing
the text compares part by part."""

AHEAD_MS = 86_400_000
"""How far after its receipt a time may lie. A clock that is further ahead is wrong, and what it
dates would remain the newest for years."""


def rank(as_of: int, created: int, event_id: str, webhook_id: str) -> str:
    """Sortable text of a fact's as-of time (ms) and its event's place in the order of events."""
    return SEPARATOR.join((f"{as_of:015d}", f"{created:015d}", event_id, webhook_id))


def event_rank(created: int, event_id: str, webhook_id: str) -> str:
    """Sortable text of an event's place in the order of events; `created` in ms."""
    return SEPARATOR.join((f"{created:015d}", event_id, webhook_id))


def delivery_of(any_rank: str) -> str:
    """The `webhook-id` of the delivery that a ranked fact came from."""
    return any_rank.rpartition(SEPARATOR)[2]


def created_of(any_event_rank: str) -> int:
    """The `created` time, in ms, that an event rank begins with."""
    return int(any_event_rank.partition(SEPARATOR)[0])


def believed(said: float, received_at: int) -> int:
    """The time, in ms, that a stated time counts as: the time of receipt, if it lies more than a
    day after that (docs/merge-rules.md, "Order").
    """
    return received_at if said > received_at + AHEAD_MS else int(said)
