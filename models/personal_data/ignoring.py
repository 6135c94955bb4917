"""The `IGNORE_…` lists applied to what is already kept: who matches, and their erasure.

Incoming events are checked when they are derived. Only here does a list that is set later apply to
what was kept before.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from models.facts.ignored import Ignoring
from models.kept_out.erasing import Bearers, Erased, erase_bearers
from models.kept_out.names import Bar, barred_names
from models.ledger import deliveries as ledger
from models.projection.withdrawal import interpret_whole
from models.projector.deriving import catch_up
from models.storage.database import Database
from models.storage.rows import load
from models.storage.version import advance
from models.tables import LEAD, SESSION

_CHUNK = 500
_SESSIONS = 50
"""Visits erased in one transaction, with the leads they belong to."""

Progress = Callable[[int], None]
"""Called with the deliveries looked at."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A lead that matches a list; `reason` is the setting with its entry."""

    lead: str
    full_name: str | None
    reason: str


def hits(
    database: Database, lists: Ignoring, on_progress: Progress = lambda _done: None
) -> Iterator[Hit]:
    """The kept leads that match the lists, each once, by key.

    Reads the whole ledger. Raises `TimeoutError` if what was acknowledged does not get derived.
    """
    grounds = _grounds(database, lists, on_progress)
    with database.read() as db:
        hit: dict[str, str] = {}
        for row in load(db, SESSION, "sid", grounds, ("sid", "lead")):
            reason = grounds[row["sid"]].reason
            hit[row["lead"]] = min(reason, hit.get(row["lead"], reason))
        names = {r["key"]: r["full_name"] for r in load(db, LEAD, "key", hit, ("key", "full_name"))}
    for lead in sorted(hit):
        yield Hit(lead, names.get(lead), hit[lead])


def erase_hits(
    database: Database, lists: Ignoring, on_progress: Progress = lambda _done: None
) -> Erased:
    """Erase everybody who matches the lists, and keep them out for as long as the lists stay.

    Raises what `forgetting.forget` raises.
    """
    grounds = _grounds(database, lists, on_progress)
    names, total = barred_names(database, lists), Erased()
    sids = sorted(grounds)
    for start in range(0, len(sids), _SESSIONS):
        some = {sid: grounds[sid] for sid in sids[start : start + _SESSIONS]}
        with database.deriving() as db:
            leads = {row["lead"] for row in load(db, SESSION, "sid", some, ("lead",))}
            total.add(erase_bearers(db, names, Bearers(leads, some)))
            advance(db)
    return total


def _grounds(database: Database, lists: Ignoring, on_progress: Progress) -> dict[str, Bar]:
    """Visits with an event that matches a list."""
    catch_up(database, lists)
    grounds: dict[str, Bar] = {}
    after = done = 0
    while True:
        with database.read() as db:
            some = ledger.some(db, "d.seq > :after", {"after": after, "limit": _CHUNK})
            facts = interpret_whole(db, some).facts
        if not some:
            return grounds
        after, done = some[-1].seq, done + len(some)
        for fact in facts:
            if reason := lists.reason(fact):
                grounds[fact.sid] = Bar(reason, sure=True)
        on_progress(done)
