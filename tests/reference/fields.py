"""One field at a time: what counts as a value, and the normal forms of keys and addresses.

Part of the reference reading of `design.md`: written to be checked against its sentences, not to
be fast. Nothing of the product is imported here.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

Object = Mapping[str, object]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LAST_MS = 253_402_300_799_999  # 9999-12-31T23:59:59.999Z
LARGEST_INT = 2**63 - 1

# Rule "professional, personal, merely validated": a smaller kind is a better one.
PROFESSIONAL, PERSONAL, VALIDATED = 0, 1, 2

# Rule "Role addresses join and name nobody."
ROLES = frozenset(
    "info sales support contact hello office admin team marketing noreply".split()  # noqa: SIM905 - reads as the design writes it
)


class BrokenError(ValueError):
    """What the design quarantines: a broken envelope, id, time, list, `vid` or `sid`."""


def value(parent: Object | None, name: str) -> object:
    """Give one field; "NUL and lone surrogates become U+FFFD", "empty strings count as null"."""
    found = None if parent is None else parent.get(name)
    return clean(found) or None if isinstance(found, str) else found


def clean(text: str) -> str:
    return "".join("\ufffd" if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in text)


# Rule "Any other bad field costs just that field": these give null for what is not of their type.


def text_of(parent: Object | None, name: str, longest: int | None = None) -> str | None:
    found = value(parent, name)
    if not isinstance(found, str) or (longest is not None and len(found) > longest):
        return None
    return found


def number_of(parent: Object | None, name: str) -> float | None:
    found = value(parent, name)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    try:
        number = float(found)
    except OverflowError:
        return None
    return number if abs(number) < float("inf") else None  # false for NaN, too


def object_of(parent: Object | None, name: str) -> Object | None:
    found = value(parent, name)
    return found if isinstance(found, dict) else None


def texts_of(parent: Object | None, name: str) -> list[str]:
    found = value(parent, name)
    if not isinstance(found, list):
        return []
    return [clean(item) for item in found if isinstance(item, str) and item]


# Rule "Only a broken … id, time … or list … quarantines": these raise BrokenError.


def objects_of(parent: Object | None, name: str) -> list[Object]:
    found = value(parent, name)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise BrokenError(name)
    return found


def moment_of(parent: Object | None, name: str) -> int | None:
    """Give a time in ms since 1970, UTC; "outside the years 1970-9999" is broken."""
    found = value(parent, name)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise BrokenError(name)
    if isinstance(found, float) and not found.is_integer():  # NaN and the infinities, too
        raise BrokenError(name)
    if not 0 <= found <= LAST_MS:
        raise BrokenError(name)
    return int(found)


def identifier_of(parent: Object | None, name: str) -> str | None:
    found = value(parent, name)
    if found is None:
        return None
    if not isinstance(found, str) or len(found) > 255:
        raise BrokenError(name)
    return found


# Normal forms.


def as_of(enriched_at: str | None, created: int) -> int:
    """Give the own `enrichedAt`, or `created` "where there is none, none that can be read, or a
    later one"; ms."""
    if enriched_at is None:
        return created
    try:
        read = datetime.fromisoformat(enriched_at)
    except ValueError:
        return created
    if read.tzinfo is None:
        read = read.replace(tzinfo=UTC)
    ms = (read - EPOCH) // timedelta(milliseconds=1)  # floors
    return ms if 0 <= ms <= created else created


def address_of(raw: str | None) -> str | None:
    """Trimmed, lower-cased, one `@` between two non-empty parts without white space."""
    if raw is None:
        return None
    address = raw.strip().lower()
    before, at, after = address.partition("@")
    if not before or not at or not after or "@" in after:
        return None
    if any(c.isspace() for c in address) or len(address) > 320:
        return None
    return address


def is_role(address: str) -> bool:
    return address.partition("@")[0] in ROLES


def linkedin_key(raw: str | None) -> str | None:
    """No scheme, host `linkedin.com` whatever the subdomain, no query or fragment, no trailing
    slash, lower case."""
    if raw is None:
        return None
    rest = re.sub(r"\A(https?:)?//", "", raw.strip(), flags=re.IGNORECASE)
    rest = re.split(r"[?#]", rest)[0]
    authority, slash, path = rest.partition("/")
    host = authority.rpartition("@")[2].partition(":")[0].lower()
    if host != "linkedin.com" and not host.endswith(".linkedin.com"):
        return None
    path = path.rstrip("/")
    if not path:
        return None
    key = ("linkedin.com" + slash + path).lower()
    return key if len(key) <= 500 else None


def company_domain(company: Object) -> str | None:
    """By domain, lower-cased, no `www.`"""
    raw = text_of(company, "domain")
    domain = None if raw is None else raw.strip().lower().removeprefix("www.")
    return domain if domain and len(domain) <= 253 else None


def company_key(company: Object | None) -> str | None:
    """By domain; else LinkedIn id; else name: `acme.com`, `linkedin:98765`, `name:acme inc`."""
    if company is None:
        return None
    domain = company_domain(company)
    if domain is not None:
        return domain
    linkedin_id = (text_of(company, "linkedinId") or "").strip()
    if linkedin_id and len(linkedin_id) <= 255:
        return "linkedin:" + linkedin_id
    name = " ".join((text_of(company, "name") or "").lower().split())
    return "name:" + name[:255] if name else None
