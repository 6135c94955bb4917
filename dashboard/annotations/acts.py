"""What somebody may say about leads, recorded before it is said: the same for screens and
routes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Select, select

from dashboard.access.account import Account
from dashboard.access.roles import Role
from dashboard.data.settings import now
from dashboard.data.source import primary
from dashboard.widgets.times import counted
from models.annotations import ownership
from models.annotations.mentions import now_called, tell
from models.annotations.ownership import Taken
from models.audit import name_in, recorded
from models.facts.keys import address_key
from models.filters.leads import leads_match
from models.filters.names import STATUSES
from models.filters.query import Filters
from models.segments import lists
from models.segments.asking import asked
from models.segments.list_files import Entry
from models.segments.naming import NotSavedError, checked_name
from models.storage.rows import load
from models.tables import LEAD

SAY = Role.VIEWER
"""The lowest role that may take, mark and note."""

TAKE_AWAY = Role.OPS
"""The lowest role that may take a lead away from somebody else."""

MOST = 10_000
"""Leads about which something can be said at once."""

_PIECE = 500
"""Of these, leads in one transaction: intake must not wait for all."""

_NAMED = 3


class NotAllowedError(NotSavedError):
    """It needs another role."""


@dataclass(frozen=True, slots=True)
class Whom:
    """Leads that were chosen: by their keys, by filters, or by a query of keys."""

    keys: tuple[str, ...] = ()
    filters: Filters | None = None
    query: Select[Any] | None = None

    def leads(self, db: Connection, who: str) -> list[str]:
        """Their keys, for whoever is asking. Raises `NotSavedError` for more than `MOST`,
        `NoLeadError` for a single one that is gone, `FilterError` for a segment or list that there
        is not.
        """
        query = self.query
        if self.filters is not None:
            query = select(LEAD.c.key).where(leads_match(asked(db, self.filters, now(), who=who)))
        if query is None:
            found = list(dict.fromkeys(self.keys))
            found = [now_called(db, found[0])] if len(found) == 1 else found
        else:
            found = list(db.execute(query.limit(MOST + 1)).scalars())
        if len(found) > MOST:
            raise NotSavedError(f"That is more than {MOST:,} leads at once. Choose fewer")
        return found


@dataclass(slots=True)
class Done:
    """The result: for how many leads it was done, and who has those that others have."""

    leads: int = 0
    owners: dict[str, str] = field(default_factory=dict)

    def sentence(self, did: str) -> str:
        """`37 leads taken; 2 are others': ann@x (2)`."""
        said = f"{counted(self.leads, 'lead')} {did}" if self.leads or not self.owners else ""
        names = sorted(set(self.owners.values()))
        if not names:
            return said
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        others = f"{counted(len(self.owners), 'lead')} {'has' if len(self.owners) == 1 else 'have'}"
        whose = f"{others} an owner already: {', '.join(names[:_NAMED])}{more}"
        return f"{said}; {whose}" if said else whose


def take(who: Account, whom: Whom) -> Done:
    """Take unowned leads. Raises what `audit.recorded` does, `NotSavedError`, and SQLAlchemy's
    errors.
    """
    return _say(who, whom, "take lead", {}, lambda db, keys: _taken(db, keys, who))


def _taken(db: Connection, keys: Sequence[str], who: Account) -> Taken:
    if len(keys) == 1:
        # By its present key, in case it has changed since it was shown.
        owner = ownership.take(db, keys[0], who.who, who.who)
        is_mine = owner == ownership.owner_name(who.who)
        return Taken(int(is_mine), {} if is_mine else {keys[0]: owner})
    return ownership.take_many(db, keys, who.who, who.who)


def let_go(who: Account, whom: Whom) -> Done:
    """Release leads: one's own or, for people who may take leads away, anybody's. Raises as
    `take`.
    """

    def give_back(db: Connection, keys: Sequence[str]) -> Taken:
        if who.may(TAKE_AWAY):
            return Taken(ownership.give(db, keys, None, who.who), {})
        return ownership.let_go(db, keys, who.who)

    return _say(who, whom, "let lead go", {}, give_back)


def give(who: Account, whom: Whom, owner: str) -> Done:
    """Give leads to somebody by email address, whoever has them; for people who may take leads
    away.

    Raises as `take`.
    """
    if not who.may(TAKE_AWAY):
        raise NotAllowedError(f"Giving leads away needs the role {TAKE_AWAY.name.lower()}")
    address = address_key(owner)
    if address is None:
        raise NotSavedError("An owner must be an email address")

    def hand_over(db: Connection, keys: Sequence[str]) -> Taken:
        return Taken(ownership.give(db, keys, address, who.who), {})

    return _say(who, whom, "give lead", {"owner": name_in(address)}, hand_over)


def mark(who: Account, whom: Whom, status: str) -> Done:
    """Set the status of leads. Raises as `take`."""
    if status not in STATUSES:
        raise NotSavedError(f"A status must be one of {', '.join(STATUSES)}")

    def say(db: Connection, keys: Sequence[str]) -> Taken:
        return Taken(ownership.mark(db, keys, status, who.who), {})

    return _say(who, whom, "mark lead", {}, say, status=status)


def note(who: Account, key: str, text: str) -> Done:
    """Write a note on a lead. Raises as `take`."""
    written = ownership.note_text(text)

    def say(db: Connection, keys: Sequence[str]) -> Taken:
        ownership.note(db, keys[0], written, who.who)
        return Taken(1, {})

    return _say(who, Whom((key,)), "note on lead", {}, say)


def add_to_list(who: Account, whom: Whom, name: str) -> Done:
    """Put leads on a list, each by its LinkedIn profile or its address; a new name makes one.

    For whoever may take away: a list may be a quiet one. Raises as `take`.
    """
    if not who.may(TAKE_AWAY):
        raise NotAllowedError(f"Adding to a list needs the role {TAKE_AWAY.name.lower()}")

    def put(db: Connection, keys: Sequence[str]) -> Taken:
        rows = load(db, LEAD, "key", keys, ("key", "email"))
        named = [row["key"] if "/" in row["key"] else row["email"] for row in rows]
        values = [value for value in named if value]
        lists.add(db, name, {value: Entry(value) for value in values})
        return Taken(len(values), {})

    done = _say(who, whom, "list add", {}, put, list=checked_name("list", name))
    with primary().write() as db:
        tell(db)
    return done


def _say(
    who: Account,
    whom: Whom,
    what: str,
    names: dict[str, str],
    act: Callable[[Connection, Sequence[str]], Taken],
    **said: str,
) -> Done:
    with primary().read() as db:
        keys = whom.leads(db, who.who)
    if len(keys) == 1:
        names = {**names, "lead": name_in(keys[0])}
    else:
        said["leads"] = str(len(keys))
    done = Done()
    with recorded(primary(), who.who, what, said=said, names=names) as entry:
        for start in range(0, len(keys), _PIECE):
            with primary().write() as db:
                taken = act(db, keys[start : start + _PIECE])
            done.leads += taken.taken
            done.owners |= taken.owners
            entry.count(taken.taken)
    return done
