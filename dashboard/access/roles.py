"""Roles: who has which, and what each may see and take away."""

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
"""The least role that sees a page."""

EXPORTS = {
    # About firms, with how many came from each: no row of it is a human.
    "companies": Role.MARKETER,
    "leads": Role.OPS,
    "sessions": Role.OPS,
    "emails": Role.OPS,
    "audit": Role.OPS,
}
"""The least role that may take an export away."""

CAMPAIGN_FILES = Role.MARKETER
"""Counts of sessions and leads, by campaign: no row of them is a human."""

RAW_EVENTS = Role.OPS
"""A raw event says what no screen does: network address, coordinates, household."""

REPLAY = Role.OPS

SEGMENTS = Role.OPS
"""Lock a shared segment, change a locked one; import, hush and delete lists. Saving one's own and
shared ones takes no more than seeing leads."""


RULES = Role.MARKETER
"""Adding, pausing and removing rules."""

DESTINATIONS = Role.OPS
"""Saying where messages may go, and seeing what was sent."""

FORGET = Role.OPS
"""Also to have all that is held on somebody as a file."""

_SETTINGS = {"role_viewer": Role.VIEWER, "role_marketer": Role.MARKETER, "role_ops": Role.OPS}


def role_of(address: str) -> Role | None:
    """The role of whoever has this email address, as the settings say now; None for no role.

    The furthest of those given to the address and to its domain. The environment is what it was
    when the process started; `.env` is read again as soon as it has changed, so that whom it no
    longer names is out.
    """
    known = _as_of(_stamp())
    address = _normal(address)
    given = [known.get(address), known.get(f"@{address.rpartition('@')[2]}")]
    return max((role for role in given if role), default=None)


def granted(roles: Roles) -> dict[str, Role]:
    """The furthest role of each address and `@domain` that the settings name."""
    found: dict[str, Role] = {}
    for name, role in _SETTINGS.items():  # from the least to the furthest
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
    """An address to compare by, its letters small.

    Not those of other scripts: the Kelvin sign's small letter is an ordinary k, and would make
    somebody else's address of it.
    """
    parts = address.strip().split("@")
    return "@".join(part.lower() if part.isascii() else part for part in parts)


def _stamp() -> tuple[int, ...] | None:
    """What is another one as soon as `.env` is; None while there is none."""
    try:
        stat = ENV_FILE.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


@lru_cache(maxsize=1)
def _as_of(_stamp: tuple[int, ...] | None) -> dict[str, Role]:
    return granted(Roles())
