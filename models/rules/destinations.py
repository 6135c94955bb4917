"""Destinations: where messages go, with their secrets sealed. Callers audit each change first."""

import base64
import binascii
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, delete, insert, select, update

from models.exports.columns import EXPORTS
from models.rules.reach import address_in, refusal
from models.rules.sealing import seal, unseal
from models.tables.rules import DESTINATION, FAILED, OUTBOX, RULE, WAITING

SECRETS: dict[str, tuple[str, ...]] = {"slack": ("url",), "webhook": ("url", "secret")}
"""The secrets of each kind, in the order in which they are asked for."""

KINDS = tuple(SECRETS)

ASKS = {
    "url": "URL that messages are posted to",
    "secret": "Signing secret, whsec_…",
}
"""The prompt for each secret."""

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""What a destination or a rule may be called: its name appears in commands, URLs and logs."""

NOTHING = "(none)"
"""The word for a list without anything in it."""

LEFT_OUT = {"slack": ("email", "phone"), "webhook": ()}
"""Columns of a lead left out by default for a kind: a channel has many readers."""

FAILING_MS = 3 * 86_400_000
"""A destination that fails for this long is switched off."""

GONE = "it answered 410, gone"
FAILING = "it accepted no message for three days"

_LEAST_KEY_BYTES, _MOST_KEY_BYTES = 24, 64
"""Bytes of a signing secret, as Standard Webhooks has it."""


class DestinationError(ValueError):
    """A destination can't be added, used or removed; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Destination:
    """A destination; times in Unix ms (`tables.rules.Destination`)."""

    name: str
    kind: str
    sealed: str
    leaves_out: tuple[str, ...]
    owner: str
    created_at: int
    failing_since: int | None
    off_since: int | None
    off_reason: str | None
    resume_at: int | None

    def secrets(self, file: Path) -> dict[str, str]:
        """Its secrets, by name. Raises `SealError`."""
        return unseal(file, self.sealed)

    def is_open(self, now: int) -> bool:
        """Whether messages may be sent to it at a moment (Unix ms)."""
        return self.off_since is None and (self.resume_at or 0) <= now

    def state(self) -> str:
        """Its state, in words."""
        if self.off_since is not None:
            return f"switched off: {self.off_reason}"
        return "failing" if self.failing_since is not None else "on"


def add(
    db: Connection,
    file: Path,
    *,
    name: str,
    kind: str,
    secrets: Sequence[str],
    owner: str,
    leaves_out: Sequence[str] | None = None,
    allow_private: bool = False,
) -> Destination:
    """Add a destination; `secrets` are those of `SECRETS`, in that order, `file` has the key.

    Raises `DestinationError` for a name that is taken or not allowed, an unknown kind or column, or
    an unusable address; `SealError` if it can't be sealed.
    """
    check(db, name, kind, secrets, leaves_out=leaves_out, allow_private=allow_private)
    row = {
        "name": name,
        "kind": kind,
        "sealed": seal(file, dict(zip(SECRETS[kind], secrets, strict=False))),
        "leaves_out": ",".join(_columns(kind, leaves_out)),
        "owner": owner,
        "created_at": time.time_ns() // 1_000_000,
    }
    db.execute(insert(DESTINATION).values(row))
    found = find(db, name)
    assert found is not None  # noqa: S101 - it was just inserted
    return found


def check(
    db: Connection,
    name: str,
    kind: str,
    secrets: Sequence[str],
    *,
    leaves_out: Sequence[str] | None = None,
    allow_private: bool = False,
) -> None:
    """Return if such a destination can be added. Raises `DestinationError`."""
    if not NAME.fullmatch(name):
        raise DestinationError(
            "A destination's name must have at most 64 characters: letters, digits, dots, dashes "
            "and underscores"
        )
    if kind not in SECRETS:
        raise DestinationError(f"The kind must be one of {', '.join(KINDS)}")
    if find(db, name):
        raise DestinationError(f"There is already a destination named {name}. Remove it first")
    told = dict(zip(SECRETS[kind], secrets, strict=False))
    for secret in SECRETS[kind]:
        _check(secret, told.get(secret, ""), allow_private=allow_private)
    _columns(kind, leaves_out)


def _columns(kind: str, chosen: Sequence[str] | None) -> Sequence[str]:
    if chosen is None:
        return LEFT_OUT[kind]
    names = [name.strip() for name in chosen if name.strip() not in {"", NOTHING}]
    known = [column.name for column in EXPORTS["leads"].columns]
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise DestinationError(
            f"{unknown[0][:50]} is not a column of a lead. Available: {', '.join(known)}"
        )
    return sorted(set(names), key=known.index)


def _check(secret: str, value: str, *, allow_private: bool) -> None:
    if not value:
        raise DestinationError(f"{ASKS[secret]}: nothing was given")
    if secret == "url":  # noqa: S105 - which secret it is, not one
        check_address(value, allow_private=allow_private)
        return
    encoded = value.removeprefix("whsec_")
    try:
        key = base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error):
        key = b""
    if encoded == value or not _LEAST_KEY_BYTES <= len(key) <= _MOST_KEY_BYTES:
        raise DestinationError(
            f"The signing secret must be whsec_ followed by base64 of {_LEAST_KEY_BYTES} to "
            f"{_MOST_KEY_BYTES} bytes"
        )


def check_address(url: str, *, allow_private: bool) -> None:
    """Return if messages can be posted to an address as written; what a host name resolves to shows
    only when the sender looks it up.

    Raises `DestinationError`, which quotes nothing from the address: it is a secret.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise DestinationError("That is not a web address") from None
    schemes = {"https", "http"} if allow_private else {"https"}
    if parts.scheme not in schemes or not parts.hostname or port == 0:
        also = "" if allow_private else "; SENDER_ALLOW_PRIVATE=1 also allows http"
        raise DestinationError(f"The address must begin with https:// and name a host{also}")
    if parts.username is not None or parts.fragment:
        raise DestinationError("The address must not contain a user, password or fragment")
    if not url.isascii() or any(mark.isspace() or not mark.isprintable() for mark in url):
        raise DestinationError("The address must be ASCII without spaces, as copied from a browser")
    address = address_in(parts.hostname)
    refused = address and refusal(address, allow_private=allow_private)
    if refused:
        raise DestinationError(f"Nothing is sent to {refused}")


def seal_anew(db: Connection, file: Path, name: str, secrets: Sequence[str]) -> None:
    """Give a destination new secrets, in the order of `SECRETS`; this also switches it on.

    Raises `SealError` if they can't be sealed.
    """
    found = find(db, name)
    if found is not None:
        sealed = seal(file, dict(zip(SECRETS[found.kind], secrets, strict=True)))
        db.execute(update(DESTINATION).where(DESTINATION.c.name == name).values(sealed=sealed))
        switch_on(db, name)


def find(db: Connection, name: str) -> Destination | None:
    """A destination by its name; None when there is none."""
    row = db.execute(select(DESTINATION).where(DESTINATION.c.name == name)).mappings().first()
    return _read(dict(row)) if row else None


def listed(db: Connection) -> list[Destination]:
    """All destinations, by name."""
    rows = db.execute(select(DESTINATION).order_by(DESTINATION.c.name)).mappings()
    return [_read(dict(row)) for row in rows]


def _read(row: dict[str, Any]) -> Destination:
    return Destination(**row | {"leaves_out": tuple(filter(None, row["leaves_out"].split(",")))})


def refuse_used(db: Connection, name: str) -> None:
    """Raise `DestinationError` while a rule names a destination."""
    for rule, names in db.execute(select(RULE.c.name, RULE.c.destinations).order_by(RULE.c.name)):
        if name in names.split(","):
            raise DestinationError(f"The rule {rule} sends to {name}. Remove the rule first")


def remove(db: Connection, name: str) -> bool:
    """Remove a destination, and give up its waiting messages; False if there is none of this name.

    Raises `DestinationError` while a rule names it.
    """
    refuse_used(db, name)
    waits = (OUTBOX.c.destination == name, OUTBOX.c.state == WAITING)
    gone = {"state": FAILED, "answer": "the destination was removed"}
    db.execute(update(OUTBOX).where(*waits).values(gone))
    return db.execute(delete(DESTINATION).where(DESTINATION.c.name == name)).rowcount > 0


def switch_on(db: Connection, name: str) -> bool:
    """Switch a destination on again; its waiting messages are tried at once. False: there is
    none.
    """
    on = dict.fromkeys(("failing_since", "off_since", "off_reason", "resume_at"))
    return db.execute(update(DESTINATION).where(DESTINATION.c.name == name).values(on)).rowcount > 0
