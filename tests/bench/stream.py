"""What is sent: unique events of the simulator's people, as signed HTTP requests."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from simulator.delivery import encode, sign
from simulator.visits import events
from tests.conftest import SECRET

PATH = "/webhooks/midbound"
MIXES = ("full", "rich", "story")

_SEED = 7
_START_MS = 1_790_000_000_000
# So busy that events of one visit are many others apart: a batch seldom holds two of them.
_ARRIVALS_PER_MINUTE = 600.0
_ENRICHED, _FINALIZED = "identity.enriched", "identity.session.finalized"
_TYPES = {
    "full": (_ENRICHED, _FINALIZED),
    "rich": ("identity.resolved", _ENRICHED, _FINALIZED),
}
# Of each newcomer, at least, in any mix.
_EVENTS_A_PERSON = 1.2


@dataclass(frozen=True, slots=True)
class Prepared:
    """An event before it is signed."""

    webhook_id: str
    body: bytes


def prepare(count: int, mix: str) -> list[Prepared]:
    """Give `count` different events in the order of their story, the same ones every time.

    Mix `story` is the simulator's own, of about 3 kB. The others leave of it the visits that reach
    enrichment: `full` with their enriched and finalized events, of about 7 kB, `rich` with the
    resolved ones, too, of about 5 kB.
    """
    story = events(
        visitors=int(count / _EVENTS_A_PERSON),
        seed=_SEED,
        start_ms=_START_MS,
        arrivals_per_minute=_ARRIVALS_PER_MINUTE,
    )
    payloads = [scheduled.event for scheduled in story]
    if types := _TYPES.get(mix):
        enriched = {_sid(event) for event in payloads if event["type"] == _ENRICHED}
        payloads = [
            event for event in payloads if event["type"] in types and _sid(event) in enriched
        ]
    # Whole visits: the first events alone would be the small ones.
    sizes = Counter(_sid(event) for event in payloads)
    kept: set[str | None] = set()
    total = 0
    for sid, size in sizes.items():
        if total < count:
            kept.add(sid)
            total += size
    found = [Prepared(e["id"], encode(e)) for e in payloads if _sid(e) in kept][:count]
    if len({event.webhook_id for event in found}) < count:
        raise ValueError(f"the story gave {len(found)} events, not {count} different ones")
    return found


def _sid(event: dict[str, Any]) -> str | None:
    session = event["data"].get("session") or {}
    attribution = event["data"].get("attribution") or {}
    sid: str | None = session.get("sid") or attribution.get("sessionId")
    return sid


def signed(prepared: Sequence[Prepared], host: str) -> list[bytes]:
    """Give each event as one whole HTTP/1.1 request to `host`, signed now (good for 5 minutes)."""
    requests = []
    for event in prepared:
        headers = sign(SECRET, event.webhook_id, event.body)
        head = [
            f"POST {PATH} HTTP/1.1",
            f"host: {host}",
            "user-agent: visitor-desk-bench",
            "accept: */*",
            f"content-length: {len(event.body)}",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        requests.append("\r\n".join([*head, "", ""]).encode() + event.body)
    return requests
