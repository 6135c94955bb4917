"""Roles: who has which, and what each may see and export."""

from enum import IntEnum
from functools import lru_cache

from models.settings import ENV_FILE, Roles


class Role(IntEnum):
    """What somebody may do; each may do what the ones before it may."""

    VIEWER = 1
    MARKETER = 2
    OPS = 3


PAGES = {
    "live": Role.VIEWER,
    "leads": Role.VIEWER,
    "sessions": Role.VIEWER,
    "companies": Role.VIEWER,
    "segments": Role.VIEWER,
    "emails": Role.MARKETER,
    "campaigns": Role.MARKETER,
    "scoring": Role.MARKETER,
    "dictionary": Role.MARKETER,
    "rules": Role.MARKETER,
    "operations": Role.OPS,
}
"""The lowest role that sees a page."""

EXPORTS = {
    # About companies, with how many people came from each: no row is a human.
    "companies": Role.MARKETER,
    "leads": Role.OPS,
    "sessions": Role.OPS,
    "emails": Role.OPS,
    "audit": Role.OPS,
}
"""The lowest role that may have an export."""

CAMPAIGN_FILES = Role.MARKETER
"""Counts of sessions and leads by campaign: no row is a human."""

RAW_EVENTS = Role.OPS
"""A raw event contains what no screen shows: network address, coordinates, household."""

REPLAY = Role.OPS

SEGMENTS = Role.OPS
"""Lock a shared segment, change a locked one; import, silence and delete lists. Everybody who sees
leads may save personal and shared segments."""


RULES = Role.MARKETER
"""Adding, pausing and removing rules."""

DESTINATIONS = Role.OPS
"""Adding and removing destinations, and seeing what was sent."""

FORGET = Role.OPS
"""Also for the file with everything held on somebody."""

_SETTINGS = {"role_viewer": Role.VIEWER, "role_marketer": Role.MARKETER, "role_ops": Role.OPS}


def role_of(address: str) -> Role | None:
    """The role of this email address by the current settings; None for no role.

    The highest of those given to the address and to its domain. The environment is as it was when
    the process started; `.env` is read again as soon as it has changed, so that people it no longer
    names lose access.
    """
    known = _as_of(_stamp())
    address = _normal(address)
    given = [known.get(address), known.get(f"@{address.rpartition('@')[2]}")]
    return max((role for role in given if role), default=None)


def granted(roles: Roles) -> dict[str, Role]:
    """The highest role of each address and `@domain` in the settings."""
    found: dict[str, Role] = {}
    for name, role in _SETTINGS.items():  # from the lowest to the highest
        found |= dict.fromkeys(filter(_is_entry, _entries(roles, name)), role)
    return found


def misspelt(roles: Roles) -> str | None:
    """The first setting with an entry that is neither an address nor a domain; None if all are."""
    for name in _SETTINGS:
        if not all(map(_is_entry, _entries(roles, name))):
            return name.upper()
    return None


def _entries(roles: Roles, name: str) -> list[str]:
    given: str = getattr(roles, name)
    return [_normal(entry) for entry in given.split(",") if entry.strip()]


def _is_entry(entry: str) -> bool:
    domain = entry.rpartition("@")[2]
    return entry.count("@") == 1 and bool(domain) and len(entry.split()) == 1


def _normal(address: str) -> str:
    """An address for comparing, in lower case.

    Only ASCII letters: the Kelvin sign's lower case is an ordinary k, which would turn it into
    somebody else's address.
    """
    parts = address.strip().split("@")
    return "@".join(part.lower() if part.isascii() else part for part in parts)


def _stamp() -> tuple[int, ...] | None:
    """Changes as soon as `.env` does; None while there is none."""
    try:
        stat = ENV_FILE.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


@lru_cache(maxsize=1)
def _as_of(_stamp: tuple[int, ...] | None) -> dict[str, Role]:
    return granted(Roles())
