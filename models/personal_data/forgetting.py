"""Forgetting a human, for good: preview, erasure, and doing so again over a restored backup."""

from dataclasses import dataclass

from sqlalchemy import Connection

from models.annotations.forgotten import forget_mentions
from models.facts.ignored import Ignoring
from models.facts.keys import LINKEDIN_PREFIX, address_key, is_role, linkedin_key, visitor_key
from models.kept_out.erasing import Bearers, Erased, bearers, erase_bearers
from models.kept_out.names import (
    FORGOTTEN,
    Bar,
    Names,
    address_name,
    barred_names,
    url_name,
    visitor_name,
)
from models.kept_out.sweeping import erase_barred, unread
from models.personal_data.said import erase_barred_said
from models.projector.deriving import catch_up
from models.projector.replay import is_outdated, replay
from models.segments.people_named import erase_said
from models.storage.database import Database
from models.storage.version import advance

_GIVEN = Bar(FORGOTTEN, sure=True)


class WhoError(ValueError):
    """The input names nobody; the message says what would."""


@dataclass(frozen=True, slots=True)
class Who:
    """How a human is named by whoever asks, in the form of keys."""

    url: str | None = None
    address: str | None = None
    vid: str | None = None

    @classmethod
    def parse(
        cls, *, email: str | None = None, linkedin: str | None = None, vid: str | None = None
    ) -> "Who":
        """Read one or more of an email address, a LinkedIn URL and a visitor's id.

        Raises `WhoError` if there is none, or if one names nobody.
        """
        url, address = linkedin_key(linkedin), address_key(email)
        if linkedin and not url:
            raise WhoError(
                "--linkedin must be the URL of a profile, such as https://linkedin.com/in/name"
            )
        if email and not address:
            raise WhoError("--email must be an email address")
        if address and is_role(address):
            raise WhoError(
                f"{address} is a role address: it names nobody, so name the person in another way"
            )
        if not (url or address or vid):
            raise WhoError("say who: --email, --linkedin or --vid")
        return cls(url, address, vid or None)

    @classmethod
    def of_lead(cls, key: str) -> "Who":
        """The human of a lead, by its key."""
        if key.startswith(LINKEDIN_PREFIX):
            return cls(url=key)
        vid = key.removeprefix("vid:")
        if vid != key and visitor_key(vid) == key:
            return cls(vid=vid)
        return cls(address=key) if "@" in key else cls(vid=key)

    def keys(self) -> set[str]:
        """The keys that a lead with these names may have."""
        visitor = visitor_key(self.vid) if self.vid else None
        return {key for key in (self.url, self.address, visitor) if key}

    def names(self) -> list[str]:
        """As the list of barred names has them."""
        return list(self.named().values())

    def named(self) -> dict[str, str]:
        """The same, by option: `linkedin`, `email`, `vid`."""
        return {
            **({"linkedin": url_name(self.url)} if self.url else {}),
            **({"email": address_name(self.address)} if self.address else {}),
            **({"vid": visitor_name(self.vid)} if self.vid else {}),
        }

    def bearers(self, db: Connection) -> Bearers:
        """Leads and visits that have any of these names."""
        return bearers(
            db,
            urls={self.url: _GIVEN} if self.url else {},
            addresses=[self.address] if self.address else [],
            vids=[self.vid] if self.vid else [],
        )


def preview(database: Database, who: Who, lists: Ignoring) -> Erased:
    """What `forget` would erase: it is done, reported and rolled back.

    Raises what `forget` raises.
    """
    _bring_up_to_date(database, lists)
    with database.deriving() as db:
        undone = db.begin_nested()
        erased = _forget(db, barred_names(database, lists, rehearsing=True), who)
        undone.rollback()
    return erased


def forget(database: Database, who: Who, lists: Ignoring) -> Erased:
    """Erase a human everywhere, and keep them out from now on.

    When this returns, everything derived is gone, and so are the bodies; `Database.scrub` then
    removes it from the files. Raises `KeyFileError` when people are kept out and the key is gone,
    `TimeoutError` when the projection's lock can't be taken.
    """
    _bring_up_to_date(database, lists)
    with database.deriving() as db:
        erased = _forget(db, barred_names(database, lists), who)
        advance(db)
    return erased


def _forget(db: Connection, names: Names, who: Who) -> Erased:
    names.add(db, who.names(), _GIVEN)
    found = who.bearers(db)
    found.unread = unread(db)
    erase_said(db, {name for name in (who.address, who.url) if name})
    # What was said about somebody whose data is already gone can be found only by their names.
    forget_mentions(db, (), (), who.keys())
    erased = erase_bearers(db, names, found)
    erase_barred_said(db, names)
    return erased


def forget_again(database: Database, lists: Ignoring) -> tuple[int, Erased]:
    """Erase everybody who was ever forgotten, after an older backup was restored.

    The names come from the file next to the database. Returns how many there are, and what was
    erased. Raises what `forget` raises.
    """
    names = barred_names(database, lists)
    with database.deriving() as db:
        count = names.restore(db)
    _bring_up_to_date(database, lists)
    erased = erase_barred(database, lists)
    with database.deriving() as db:
        erase_barred_said(db, names)
    return count, erased


def _bring_up_to_date(database: Database, lists: Ignoring) -> None:
    """Rows derived by older merge rules do not show everything that somebody contributed to."""
    if is_outdated(database):
        replay(database)
    catch_up(database, lists)
