"""Who owns a lead, and its status: set by one person, visible to all."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from models.annotations.mentions import lock_mentions, now_called
from models.annotations.statements import NOTE, OWNER, STATUS, say
from models.facts.keys import LONGEST_ADDRESS, address_key
from models.filters.names import STATUSES
from models.segments.naming import NotSavedError
from models.storage.rows import load
from models.tables import LEAD

LONGEST_NOTE = 4_000
"""Characters of a note."""


class Taken(NamedTuple):
    """The result of taking leads: how many are the taker's now, and who has the others."""

    taken: int
    owners: dict[str, str]
    """The owner, by the key of each lead that somebody else has."""


def take(db: Connection, key: str, owner: str, by: str) -> str:
    """Give an unowned lead an owner; returns who has it now, which may be somebody else.

    `owner` and `by` are names as in the audit log. Written in the caller's transaction, which has
    recorded it. Raises `NoLeadError` if there is no such lead.
    """
    lock_mentions(db)
    key = now_called(db, key)
    taken = take_many(db, [key], owner, by)
    return taken.owners.get(key, owner_name(owner))


def take_many(db: Connection, keys: Sequence[str], owner: str, by: str) -> Taken:
    """The same for many leads, those that exist; a lead that has an owner keeps it."""
    lock_mentions(db)
    name = owner_name(owner)
    has = _owners(db, keys)
    free = [key for key, its in has.items() if its is None]
    say(db, free, OWNER, name, by)
    others = {key: its for key, its in has.items() if its not in {None, name}}
    return Taken(len(has) - len(others), {key: str(its) for key, its in others.items()})


def give(db: Connection, keys: Sequence[str], owner: str | None, by: str) -> int:
    """Give leads another owner, or none, whoever has them; returns how many changed.

    Only people who may take leads away from others may do this with leads that are not their own.
    """
    lock_mentions(db)
    name = owner_name(owner) if owner else None
    changed = [key for key, its in _owners(db, keys).items() if its != name]
    say(db, changed, OWNER, name, by)
    return len(changed)


def let_go(db: Connection, keys: Sequence[str], by: str) -> Taken:
    """Release one's own leads; returns how many there were, and who has the others."""
    lock_mentions(db)
    name = owner_name(by)
    has = _owners(db, keys)
    own = [key for key, its in has.items() if its == name]
    say(db, own, OWNER, None, by)
    return Taken(len(own), {key: its for key, its in has.items() if its not in {None, name}})


def mark(db: Connection, keys: Sequence[str], status: str, by: str) -> int:
    """Set the status of leads; returns how many. Raises `NotSavedError` for a word that is not a
    status."""
    if status not in STATUSES:
        raise NotSavedError(f"A status must be one of {', '.join(STATUSES)}")
    lock_mentions(db)
    there = list(_owners(db, keys))
    say(db, there, STATUS, status, by)
    return len(there)


def note(db: Connection, key: str, text: str, by: str) -> None:
    """Write a note on a lead. Raises `NoLeadError`, and `NotSavedError` for an empty or too
    long one.
    """
    text = note_text(text)
    lock_mentions(db)
    say(db, [now_called(db, key)], NOTE, text, by)


def note_text(text: str) -> str:
    """A note in the form in which it is saved. Raises `NotSavedError` for an empty or too long
    one.
    """
    text = "".join("\ufffd" if one == "\0" or "\ud800" <= one <= "\udfff" else one for one in text)
    if not text.strip() or len(text) > LONGEST_NOTE:
        raise NotSavedError(f"A note must have between 1 and {LONGEST_NOTE:,} characters")
    return text.strip()


def owner_name(who: str) -> str:
    """An owner in the form in which it is saved: an address in its one spelling, else the name in
    the audit log."""
    return address_key(who) or who.strip()[:LONGEST_ADDRESS]


def owner_of(db: Connection, key: str) -> str | None:
    """Who has a lead; None for nobody."""
    found: str | None = db.execute(select(LEAD.c.owner).where(LEAD.c.key == key)).scalar()
    return found


def _owners(db: Connection, keys: Sequence[str]) -> dict[str, str | None]:
    """Who has each of these leads, those that exist, in their order."""
    has = {row["key"]: row["owner"] for row in load(db, LEAD, "key", keys, ("key", "owner"))}
    return {key: has[key] for key in dict.fromkeys(keys) if key in has}
