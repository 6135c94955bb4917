"""The audit log: who exported data, looked at a raw event, derived again, or erased.

An entry is committed before the action: what can't be recorded is not done. How many rows it came
to is known only at the end, and is a row of its own, because no row ever changes: triggers in both
databases refuse that. What may name a human is stored from the start as a keyed hash
(`kept_out.names`), so that nothing has to be removed when somebody is forgotten.
"""

import os
import pwd
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote, urlencode

import structlog
from sqlalchemy import Connection, insert
from sqlalchemy.exc import SQLAlchemyError

from models.facts.keys import address_key, linkedin_key
from models.filters.names import names_a_human
from models.filters.query import Filters
from models.kept_out.names import KeyFileError, Names, address_name, url_name
from models.storage.database import Database
from models.storage.version import advance
from models.tables.access import AUDIT, AUDIT_ROWS

LOCAL = "local"
"""Whoever sits at this machine, where there is no login."""

RECEIVER = "receiver"
"""The receiver itself, when retention is due."""

SENDER = "sender"
"""The sender, when it switches a destination off."""

HASHED = "hash:"
"""Prefix of a keyed hash, of which 16 digits are kept: enough to tell one human from another."""

_DIGITS = 16
_log = structlog.get_logger("audit")


class AuditError(RuntimeError):
    """An entry can't be written; the message says that nothing was done, and what to do."""


@dataclass(slots=True)
class Entry:
    """An action in progress; `rows` so far: of a file, else deliveries."""

    rows: int = 0

    def count(self, more: int) -> None:
        """Count what else was done."""
        self.rows += more


@contextmanager
def recorded(
    database: Database,
    who: str,
    what: str,
    *,
    said: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
) -> Iterator[Entry]:
    """Record what is done within, including its rows if it breaks off.

    `said` is stored as it is, so it must not name a human; `names` are names as in `kept_out.names`
    and are stored as keyed hashes. Raises `AuditError` before anything is done.
    """
    key = _begin(database, who, what, said or {}, names or {})
    entry = Entry()
    try:
        yield entry
    finally:
        _end(database, key, entry.rows)


@contextmanager
def changing(
    database: Database,
    who: str,
    what: str,
    *,
    said: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
) -> Iterator[tuple[Connection, Entry]]:
    """Change what people keep, in one transaction: recorded beforehand, as `recorded` does, and
    afterwards every screen refreshes. Nothing changes if the block raises.
    """
    with recorded(database, who, what, said=said, names=names) as entry, database.write() as db:
        yield db, entry
        advance(db)


def record_rules_gift(barred: Names, db: Connection, rule: str, lead: str, owner: str) -> None:
    """Record, in the transaction that does it, that a rule gives a lead an owner.

    Raises `KeyFileError` and `OSError` when the key of names can't be used.
    """
    named = {"lead": name_in(lead), "owner": name_in(owner)}
    entry = _insert(db, f"rule:{rule}", "give lead", _hashed(db, barred, named))
    db.execute(insert(AUDIT_ROWS).values(entry=entry, rows=1))


def record_off(db: Connection, destination: str, reason: str) -> None:
    """Record, in the transaction that does it, that the sender switches a destination off."""
    said = {"name": destination, "reason": reason}
    entry = _insert(db, SENDER, "destination off", said)
    db.execute(insert(AUDIT_ROWS).values(entry=entry, rows=1))


def filters_said(filters: Filters) -> tuple[dict[str, str], dict[str, str]]:
    """Filters in the form an entry takes: what may be stored as it is, and names, for
    `recorded`.
    """
    readable: dict[str, str] = {}
    named: dict[str, str] = {}
    for one in filters:
        free = [value for value in one.values if names_a_human(one.name, value)]
        listed = [value for value in one.values if value not in free]
        if listed:
            readable[one.parameter] = ", ".join(listed)
        for place, value in enumerate(free, start=1):
            is_only = len(one.values) == 1
            named[one.parameter if is_only else f"{one.parameter} {place}"] = name_in(value)
    return readable, named


def name_in(text: str) -> str:
    """The name for a text, as in `kept_out.names`: the same however an address or profile is
    written.
    """
    address, url = address_key(text), linkedin_key(text)
    if address:
        return address_name(address)
    return url_name(url) if url else f"text:{text.strip().lower()}"


def system_user() -> str:
    """Who runs a command: `shell:` and the operating system's user name, else the user's number."""
    user = os.getuid()
    try:
        return f"shell:{pwd.getpwuid(user).pw_name}"
    except KeyError:  # in a container, where users have no names
        return f"shell:{user}"


def _begin(
    database: Database, who: str, what: str, said: Mapping[str, str], names: Mapping[str, str]
) -> int:
    try:
        with database.write() as db:
            hashed: Mapping[str, str] = {}
            if names:
                hashed = _hashed(db, Names(database.forgotten_file), names)
            return _insert(db, who, what, {**said, **hashed})
    except KeyFileError as error:
        raise AuditError(f"Nothing was done, because it can't be recorded: {error}.") from None
    except (SQLAlchemyError, OSError) as error:
        _log.warning("audit_not_written", error=type(error).__name__)
        raise AuditError(
            "Nothing was done, because the audit log can't be written right now. Try again in a "
            "moment."
        ) from None


def _hashed(db: Connection, barred: Names, names: Mapping[str, str]) -> dict[str, str]:
    return {name: HASHED + barred.hashed(db, its)[:_DIGITS] for name, its in names.items()}


def _insert(db: Connection, who: str, what: str, filters: Mapping[str, str]) -> int:
    row = {
        "at": int(time.time() * 1000),
        "who": who,
        "what": what,
        "filters": urlencode(sorted(filters.items()), safe=":,", quote_via=quote),
    }
    return int(db.execute(insert(AUDIT).values(row).returning(AUDIT.c.id)).scalar_one())


def _end(database: Database, key: int, rows: int) -> None:
    try:
        with database.write() as db:
            db.execute(insert(AUDIT_ROWS).values(entry=key, rows=rows))
    except (SQLAlchemyError, OSError) as error:
        # The entry stays, and it can be seen that its rows are unknown.
        _log.warning("audit_rows_not_written", error=type(error).__name__)
