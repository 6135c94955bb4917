"""Tokens with which other servers read leads. Only a hash is kept; the token itself is shown
once.
"""

import re
import secrets
import time
from collections.abc import Sequence
from hashlib import sha256

from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from models.tables.access import SCOPES, TOKEN, Token

_BYTES = 32
_BEGINNING = "vd_"  # so that people, and scanners for secrets, recognise one
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")

LEAST = "visitor"
"""The default scope: what a website's own server needs."""


class TokenError(ValueError):
    """A token can't be made; the message says why."""


# Needed at each request of another server, so it is built once.
_FIND = select(TOKEN).where(TOKEN.c.hash == bindparam("shown"))


def add(db: Connection, name: str, scopes: Sequence[str] = (LEAST,)) -> str:
    """Make a token for some of `SCOPES` and return it: it can't be read again.

    Raises `TokenError` if the name is taken or invalid, or a scope is unknown.
    """
    if not scopes or not set(scopes) <= set(SCOPES):
        raise TokenError(f"a scope must be one of {', '.join(SCOPES)}")
    if not _NAME.fullmatch(name):
        raise TokenError("a name must have at most 60 characters: letters, digits, dots and dashes")
    token = _BEGINNING + secrets.token_urlsafe(_BYTES)
    row = {
        "name": name,
        "hash": _hash(token),
        "created_at": int(time.time() * 1000),
        "scopes": ",".join(scope for scope in SCOPES if scope in scopes),
    }
    try:
        db.execute(insert(TOKEN).values(row))
    except IntegrityError:
        raise TokenError(f"there is already a token named {name}. Revoke it first") from None
    return token


def listed(db: Connection) -> list[Token]:
    """Every token, by name."""
    return [Token(**row) for row in db.execute(select(TOKEN).order_by(TOKEN.c.name)).mappings()]


def of_old(db: Connection) -> list[str]:
    """Names of those made before scopes existed: they open everything."""
    query = select(TOKEN.c.name).where(TOKEN.c.scopes.is_(None)).order_by(TOKEN.c.name)
    return list(db.execute(query).scalars())


def revoke(db: Connection, name: str) -> bool:
    """Revoke a token, from its next use on; False if there is none of this name."""
    return db.execute(delete(TOKEN).where(TOKEN.c.name == name)).rowcount > 0


def find(db: Connection, token: str) -> Token | None:
    """The token that a request shows; None if it is unknown or was revoked."""
    row = db.execute(_FIND, {"shown": _hash(token)}).mappings().first()
    return Token(**row) if row else None


def note_use(db: Connection, name: str, day: str) -> None:
    """Record the day (ISO, UTC) on which a token was last used."""
    db.execute(update(TOKEN).where(TOKEN.c.name == name).values(last_used=day))


def _hash(token: str) -> str:
    # A plain hash is enough: nobody can try all of 256 random bits, and no salt is needed because
    # no two are alike.
    return sha256(token.encode("utf-8", "replace")).hexdigest()
