"""Forgetting a human, for good: preview, erasure, and doing so again over a restored backup."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, text

from models import ledger
from models.barred import (
    FORGOTTEN,
    Bar,
    Names,
    address_name,
    names_of_database,
    url_name,
    visitor_name,
)
from models.database import Database
from models.identity import LINKEDIN_PREFIX, address_key, is_role, linkedin_key, visitor_key
from models.keeping_out import Bearers, Erased, bearers, erase_bearers
from models.ledger import Kept
from models.projection import advance, understand
from models.projector import catch_up
from models.replay import is_outdated, replay
from models.settings import settings

_CHUNK = 500

_GIVEN = Bar(FORGOTTEN, sure=True)


class WhoError(ValueError):
    """What was given names nobody; the message says what would."""


@dataclass(frozen=True, slots=True)
class Who:
    """How a human is named by the one who asks, in the forms that keys have."""

    url: str | None = None
    address: str | None = None
    vid: str | None = None

    @classmethod
    def parse(
        cls, *, email: str | None = None, linkedin: str | None = None, vid: str | None = None
    ) -> "Who":
        """Read one or more of an e-mail address, a LinkedIn URL and a visitor's id.

        Raises `WhoError` for none, or for one that names nobody.
        """
        url, address = linkedin_key(linkedin), address_key(email)
        if linkedin and not url:
            raise WhoError(
                "--linkedin must be a profile's URL such as https://linkedin.com/in/name"
            )
        if email and not address:
            raise WhoError("--email must be an e-mail address")
        if address and is_role(address):
            raise WhoError(f"{address} is a desk's address: it names nobody, so give another name")
        if not (url or address or vid):
            raise WhoError("say who: --email, --linkedin or --vid")
        return cls(url, address, vid or None)

    @classmethod
    def of_lead(cls, key: str) -> "Who":
        """The human who is a lead, by its key."""
        if key.startswith(LINKEDIN_PREFIX):
            return cls(url=key)
        vid = key.removeprefix("vid:")
        if vid != key and visitor_key(vid) == key:
            return cls(vid=vid)
        return cls(address=key) if "@" in key else cls(vid=key)

    def names(self) -> list[str]:
        """As the list of barred names has them."""
        return list(self.named().values())

    def named(self) -> dict[str, str]:
        """The same, by how they were given: `linkedin`, `email`, `vid`."""
        return {
            **({"linkedin": url_name(self.url)} if self.url else {}),
            **({"email": address_name(self.address)} if self.address else {}),
            **({"vid": visitor_name(self.vid)} if self.vid else {}),
        }

    def bearers(self, db: Connection) -> Bearers:
        """Leads and visits that bear any of these."""
        return bearers(
            db,
            urls={self.url: _GIVEN} if self.url else {},
            addresses=[self.address] if self.address else [],
            vids=[self.vid] if self.vid else [],
        )


def preview(database: Database, who: Who) -> Erased:
    """What `forget` would erase: it is done, told, and undone.

    Raises what `forget` raises.
    """
    _bring_up_to_date(database)
    with database.deriving() as db:
        undone = db.begin_nested()
        erased = _forget(db, _names(database, rehearsing=True), who)
        undone.rollback()
    return erased


def forget(database: Database, who: Who) -> Erased:
    """Erase a human everywhere, and keep them out from now on.

    What is derived is gone when this returns, and so are the bodies; `Database.scrub` then takes it
    out of the files. Raises `KeyFileError` when people are kept out and the key is gone,
    `TimeoutError` when the projection's lock is not to be had.
    """
    _bring_up_to_date(database)
    with database.deriving() as db:
        erased = _forget(db, _names(database), who)
        advance(db)
    return erased


def _forget(db: Connection, names: Names, who: Who) -> Erased:
    names.add(db, who.names(), _GIVEN)
    found = who.bearers(db)
    found.unread = unread(db)
    return erase_bearers(db, names, found)


def forget_again(database: Database) -> tuple[int, Erased]:
    """Erase everybody who was ever forgotten, after an older backup was restored.

    The names come from the file beside the database. Gives how many there are, and what went.
    Raises what `forget` raises.
    """
    names = _names(database)
    with database.deriving() as db:
        count = names.restore(db)
    _bring_up_to_date(database)
    return count, erase_barred(database)


def erase_barred(database: Database) -> Erased:
    """Erase whoever bears a name that is barred already: when names came from a file, or when merge
    rules changed and what two names were is one. Raises what `forget` raises.
    """
    names = _names(database)
    with database.read() as db:
        if not names.any(db):
            return Erased()
    after = 0
    while deliveries := _some(database, after):
        after = deliveries[-1].seq
        with database.deriving() as db:
            names.translate(db, understand(deliveries).facts)
    total = Erased()
    key: str | None = ""
    while key is not None:
        with database.deriving() as db:
            keys = db.execute(_LEADS, {"after": key, "limit": _CHUNK}).scalars().all()
            total.add(erase_bearers(db, names, Bearers(leads=set(keys))))
            key = keys[-1] if keys else None
            advance(db)
    with database.deriving() as db:
        total.add(erase_bearers(db, names, Bearers(unread=unread(db))))
    return total


def _some(database: Database, after: int) -> list[Kept]:
    with database.read() as db:
        return ledger.some(db, "d.seq > :after", {"after": after, "limit": _CHUNK})


def _bring_up_to_date(database: Database) -> None:
    """What older merge rules derived does not tell all that somebody fed."""
    if is_outdated(database):
        replay(database)
    catch_up(database)


_LEADS = text("SELECT key FROM lead WHERE key > :after ORDER BY key LIMIT :limit")


def unread(db: Connection) -> Iterator[Kept]:
    """Deliveries that no event was read from: set aside, or of an unknown type."""
    sql = (
        "SELECT webhook_id FROM delivery d WHERE erased IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM event e WHERE e.webhook_id = d.webhook_id"
        " AND e.sid IS NOT NULL)"
        " AND NOT EXISTS (SELECT 1 FROM pending p WHERE p.seq = d.seq)"
    )
    ids = db.execute(text(sql)).scalars().all()
    for start in range(0, len(ids), _CHUNK):
        yield from ledger.by_id(db, ids[start : start + _CHUNK])


def _names(database: Database, *, rehearsing: bool = False) -> Names:
    return names_of_database(database, settings(), rehearsing=rehearsing)
