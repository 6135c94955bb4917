"""How people, companies, addresses and countries are named, so that one thing has one name."""

from functools import lru_cache
from urllib.parse import urlsplit

import pycountry

from models.payloads import LONGEST_ID, Company

LONGEST_URL_KEY = 500
LONGEST_ADDRESS = 320
LONGEST_DOMAIN = 253
_ISO2 = 2

ROLES = frozenset(
    {
        "info", "sales", "support", "contact", "hello", "office", "admin", "team",
        "marketing", "noreply",
    }
)  # fmt: skip
"""Local parts that stand for a desk, not a human: they join and name nobody (design)."""

LINKEDIN = "linkedin.com"
LINKEDIN_PREFIX = f"{LINKEDIN}/"

# What people write and the ISO list does not know.
_COUNTRY_ALIASES = {
    "uk": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "great britain": "GB",
    "russia": "RU", "turkey": "TR", "south korea": "KR", "north korea": "KP",
    "ivory coast": "CI", "czech republic": "CZ", "macedonia": "MK", "swaziland": "SZ",
    "cape verde": "CV", "palestine": "PS", "brunei": "BN", "the netherlands": "NL",
    "hong kong sar": "HK", "macau": "MO", "vatican": "VA",
    "democratic republic of the congo": "CD", "burma": "MM",
}  # fmt: skip


@lru_cache(maxsize=4096)
def linkedin_key(url: str | None) -> str | None:
    """The one spelling of a LinkedIn URL, `linkedin.com/in/name`; None when it is none.

    No scheme, one host for all subdomains, no query, fragment or trailing slash, lower case
    (design, "Merge rules"). Cached, bounded: a person's events come close together.
    """
    text = (url or "").strip()
    if not text:
        return None
    if not text.lower().startswith(("http://", "https://", "//")):
        text = f"//{text}"
    try:
        parts = urlsplit(text)
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    if host != LINKEDIN and not host.endswith(f".{LINKEDIN}"):
        return None
    path = parts.path.rstrip("/").lower()
    key = LINKEDIN + path
    return key if path and len(key) <= LONGEST_URL_KEY else None


def address_key(address: str | None) -> str | None:
    """An e-mail address trimmed and lower-cased; None when it can't be one.

    One `@` between two non-empty parts without white space (design, "Whose session?").
    """
    text = (address or "").strip().lower()
    local, at, domain = text.partition("@")
    if not (at and local and domain) or "@" in domain or len(text) > LONGEST_ADDRESS:
        return None
    return text if len(text.split()) == 1 else None


def is_role(address: str) -> bool:
    """Whether an address is a desk's, such as `info@`, which joins and names nobody."""
    return address.partition("@")[0] in ROLES


def visitor_key(vid: str) -> str:
    """The lead key of a visitor of whom nothing else is known: the `vid`.

    A browser can choose its id: one that looks like another human's key gets a prefix, or a
    stranger could put their visits on somebody's page.
    """
    is_like_another = "@" in vid or vid.startswith(LINKEDIN_PREFIX)
    return f"vid:{vid}" if is_like_another else vid


def domain_key(domain: str | None) -> str | None:
    """A company's domain, trimmed, lower-cased, without `www.`; None when it has none."""
    text = (domain or "").strip().lower().removeprefix("www.")
    # With a colon it is no domain, and could be taken for a key of the other forms.
    return text if text and len(text) <= LONGEST_DOMAIN and ":" not in text else None


def company_key(company: Company) -> str | None:
    """A company's key: `acme.com`, else `linkedin:98765`, else `name:acme inc`, else None."""
    domain = domain_key(company.domain)
    if domain:
        return domain
    linkedin_id = (company.linkedin_id or "").strip()
    if linkedin_id and len(linkedin_id) <= LONGEST_ID:
        return f"linkedin:{linkedin_id}"
    name = " ".join((company.name or "").lower().split())[:LONGEST_ID]
    return f"name:{name}" if name else None


def country_of(code: str | None, name: str | None) -> str | None:
    """A country given by code and name: the first that tells ISO-2, else the text as it is."""
    told = [country_code(code), country_code(name)]
    return next((text for text in told if text and len(text) == _ISO2), told[0] or told[1])


@lru_cache(maxsize=4096)
def country_code(country: str | None) -> str | None:
    """ISO-2 code of a country given as code or English name; the text itself if it can't be told.

    Bounded cache: the names come from outside.
    """
    text = (country or "").strip()
    if not text:
        return None
    alias = _COUNTRY_ALIASES.get(text.lower())
    if alias:
        return alias
    try:
        code: str = pycountry.countries.lookup(text).alpha_2
    except LookupError:
        return country
    return code
