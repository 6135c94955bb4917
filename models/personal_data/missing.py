"""Why is somebody missing? What became of everything that came in under a name."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from sqlalchemy import Connection, func, select

from models.facts.keys import address_key, is_role, linkedin_key
from models.filters.leads import leads_match
from models.filters.lists import is_heard
from models.filters.query import Filters, Question
from models.kept_out.erasing import bearers
from models.kept_out.names import (
    FORGOTTEN,
    Bar,
    Names,
    address_name,
    session_name,
    url_name,
    visitor_name,
)
from models.kept_out.sweeping import unread
from models.kept_out.unreadable import names_anywhere
from models.ledger.deliveries import exact_body
from models.storage.rows import Row, load
from models.tables import EVENT, LEAD, LIST, PENDING, QUARANTINE, SESSION

MOST_UNREAD = 5_000
"""How many unreadable deliveries are searched for a name."""

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Sought:
    """A name as typed: an email address, a LinkedIn profile, else the id of a browser or visit."""

    url: str | None
    address: str | None
    id: str | None

    @classmethod
    def parse(cls, text: str) -> "Sought":
        """Read it, whatever it is."""
        text = text.strip()
        address, url = address_key(text), linkedin_key(text)
        if address:
            return cls(None, address, None)
        return cls(url, None, None if url else text.removeprefix("vid:"))

    def names(self) -> set[str]:
        """As the list of barred names has them."""
        if self.url:
            return {url_name(self.url)}
        if self.address:
            return {address_name(self.address)}
        return {session_name(self.id or ""), visitor_name(self.id or "")}


@dataclass(slots=True)
class Trace:
    """What became of a name. Times are Unix ms.

    `leads` are those whose visits have it, by key; `aside` are deliveries that contain it and could
    not be understood; `waiting` is how many are still to be derived. `reason`: why events with it
    are dropped. `is_shared`: a role address, which names nobody.
    """

    deliveries: int = 0
    first: int | None = None
    last: int | None = None
    leads: list[Row] = field(default_factory=list)
    aside: list[Row] = field(default_factory=list)
    waiting: int = 0
    reason: str | None = None
    is_shared: bool = False


def trace(db: Connection, names: Names, sought: Sought) -> Trace:
    """Follow a name through ledger, quarantine, kept-out names and leads.

    Raises `KeyFileError` when people are kept out and the key is gone.
    """
    found = Trace(is_shared=sought.address is not None and is_role(sought.address))
    borne = bearers(
        db,
        urls={sought.url: Bar(FORGOTTEN, sure=True)} if sought.url else {},
        addresses=[sought.address] if sought.address else [],
        vids=[sought.id] if sought.id else [],
    )
    of_visit = {row["lead"] for row in load(db, SESSION, "sid", [sought.id or ""], ("lead",))}
    keys = borne.leads | of_visit
    found.leads = load(db, LEAD, "key", keys, ("key", "full_name", "email", "is_bot"))
    sids = {row["sid"] for row in load(db, SESSION, "lead", keys, ("sid",))} | set(borne.grounds)
    received = [row["received_at"] for row in load(db, EVENT, "sid", sids, ("received_at",))]
    found.deliveries = len(received)
    found.first, found.last = min(received, default=None), max(received, default=None)
    found.aside = list(_aside(db, sought))
    found.waiting = db.execute(select(func.count()).select_from(PENDING)).scalar_one()
    if names.any(db):
        bars = names.bars(db, sought.names())
        found.reason = min((bar.reason for bar in bars.values()), default=None)
    return found


def _aside(db: Connection, sought: Sought) -> Iterator[Row]:
    wanted = sought.names()
    naming = (
        one.webhook_id
        for one in islice(unread(db), MOST_UNREAD)
        if names_anywhere(exact_body(one.packed)) & wanted
    )
    ids = list(islice(naming, _SHOWN))
    yield from load(db, QUARANTINE, "webhook_id", ids, ("webhook_id", "received_at", "error"))


def left_out(db: Connection, key: str, asked: Question) -> list[str]:
    """Which of a list's filters leave a lead out, as written in its address.

    Several filters on a visit may together leave out somebody whom none does alone; then all of
    them are returned.
    """

    def matches(filters: Filters) -> bool:
        its = leads_match(asked.asking(filters), nearby=True)
        return db.execute(select(LEAD.c.key).where(LEAD.c.key == key, its)).first() is not None

    alone = [one for one in asked.filters if one.name != "touch"]
    missed = [one for one in alone if not matches(Filters((one,)))]
    if not missed and not matches(asked.filters):
        missed = alone
    return [f"{one.parameter}={value}" for one in missed for value in one.values]


def on_quiet_list(db: Connection, key: str, asked: Question) -> bool:
    """Whether a quiet list keeps a lead out of Live and of messages."""
    if db.execute(select(LIST.c.name).where(LIST.c.quiet).limit(1)).first() is None:
        return False
    shown = select(LEAD.c.key).where(LEAD.c.key == key, is_heard(LEAD, asked))
    return db.execute(shown).first() is None
