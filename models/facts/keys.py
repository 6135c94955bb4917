"""Keys of people, companies, addresses and countries, so that one thing has one name."""

import re
import unicodedata
from functools import lru_cache
from urllib.parse import unquote

import idna
import pycountry

from models.facts.public_domains import is_public
from models.payloads.profiles import Company
from models.payloads.visible import is_blank, without_invisible
from models.payloads.wire import LONGEST_ID

LONGEST_URL_KEY = 500
LONGEST_ADDRESS = 320
LONGEST_DOMAIN = 253
_LONGEST_WRITTEN = 8192
_MOST_AROUND = 2
"""How many times longer than its normal form a name may be written, including everything around it:
longer text is not looked at, because parsing costs more the longer it is."""

_LONGEST_COUNTRY = 100

ROLES = frozenset(
    {
        "info", "sales", "support", "contact", "hello", "office", "admin", "team",
        "marketing", "noreply",
    }
)  # fmt: skip
"""Local parts that stand for a desk, not a human: they join and name nobody
(docs/merge-rules.md, "Address")."""

LINKEDIN = "linkedin.com"
LINKEDIN_PREFIX = f"{LINKEDIN}/"

# What people write but the ISO list does not have.
_COUNTRY_ALIASES = {
    "uk": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "great britain": "GB",
    "russia": "RU", "turkey": "TR", "south korea": "KR", "north korea": "KP",
    "ivory coast": "CI", "czech republic": "CZ", "macedonia": "MK", "swaziland": "SZ",
    "cape verde": "CV", "palestine": "PS", "brunei": "BN", "the netherlands": "NL",
    "hong kong sar": "HK", "macau": "MO", "vatican": "VA",
    "democratic republic of the congo": "CD", "burma": "MM",
}  # fmt: skip

_NO_COUNTRIES = frozenset({"xx", "t1", "eu", "ap", "zz", "a1", "a2", "o1"})
"""Codes for unknown places, Tor, regions, proxies and satellites."""

_NAMES_NOBODY = frozenset({"me", "unavailable", "null", "undefined"})
"""What LinkedIn, and badly filled fields, have in place of a profile's name."""

# Most are written this way: nothing changes.
_CLEAN_PROFILE = re.compile(r"(?:https?://)?(?:www\.)?linkedin\.com/in/([a-z0-9_-]+)/?")
_CLEAN_ADDRESS = re.compile(r"[a-z0-9_+-][a-z0-9_.+-]*@[a-z0-9-]+(?:\.[a-z0-9-]+)*")
_CLEAN_DOMAIN = re.compile(r"(?:[a-z0-9-]+\.)+[a-z0-9-]*[a-z][a-z0-9-]*")

_SCHEME = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
_WEB = re.compile(r"\A(?:https?:)?//", re.IGNORECASE)
_AFTER_PATH = re.compile(r"[?#]")
_AFTER_HOST = re.compile(r"[/\\?#]")
_PORT = re.compile(r":[0-9]*$")
_BLANKS = "".join(filter(str.isspace, map(chr, range(0x3001))))
_AROUND_ADDRESSES = (
    "<>\"'`\u00b4\u2018\u2019\u201a\u201c\u201d\u201e\u2039\u203a\u00ab\u00bb.," + _BLANKS
)
_WWW = re.compile(r"\A(?:www\.)+")
_MAILTO = "mailto:"
_PUNYCODE = "xn--"


def linkedin_key(url: str | None) -> str | None:
    """The one spelling of a LinkedIn profile's URL, `linkedin.com/in/name`; None if it is not a
    profile.

    One host for all subdomains, each part of the path decoded, NFC, in lower case, and only what
    names a profile: any other LinkedIn page would merge strangers into one human
    (docs/merge-rules.md, "LinkedIn URL").
    """
    text = (url or "").strip()
    if not text or len(text) > _LONGEST_WRITTEN:
        return None
    clean = _CLEAN_PROFILE.fullmatch(text)
    segments = ["in", clean[1]] if clean else _segments(text)
    key = "/".join((LINKEDIN, *segments))
    is_profile = _is_profile(segments) and (clean or all(map(_is_of_a_path, segments)))
    return key if is_profile and len(key) <= LONGEST_URL_KEY else None


def _path(url: str) -> list[str] | None:
    """The parts of a LinkedIn URL's path, still encoded; None for another site."""
    rest = _WEB.sub("", url)
    authority, *path = _AFTER_PATH.split(rest, maxsplit=1)[0].split("/")
    host = authority.rpartition("@")[2].partition(":")[0].lower().removesuffix(".")
    is_there = host == LINKEDIN or host.endswith(f".{LINKEDIN}")
    return [part for part in path if part] if is_there else None


def _segments(url: str) -> list[str]:
    """The parts of a LinkedIn URL's path that belong to its key; none for another site."""
    segments = [_decoded(part) for part in _path(url) or ()]
    match segments:
        case ["in", name, *_]:
            return ["in", name]
        case ["sales", "lead" | "people" as kind, profile, *_]:
            return ["sales", kind, profile]
        case ["pub", *_]:
            return segments
    return []


def _decoded(segment: str) -> str:
    try:
        text = unquote(segment, errors="strict")
    except UnicodeDecodeError:  # if bytes were replaced, two names would become one
        text = segment
    if len(text) > _MOST_AROUND * LONGEST_URL_KEY:
        return text  # of no key
    # The lower case of NFC need not be NFC: normalise again, so that a key's key is the same.
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).lower())


def _is_of_a_path(segment: str) -> bool:
    """Whether a decoded segment still means itself when it is read as part of a URL again: a key is
    shown as an address and comes back as one, and must not name somebody else then.
    """
    if segment != segment.strip() or any(map(_means_more_in_a_url, segment)):
        return False
    return "%" not in segment or _decoded(segment) == segment


def _means_more_in_a_url(character: str) -> bool:
    return character in "/?#" or unicodedata.category(character) == "Cc"


def _is_profile(segments: list[str]) -> bool:
    match segments:
        case ["in", name] | ["sales", _, name]:
            return name not in _NAMES_NOBODY and not is_blank(name)
        case ["pub", name, *_]:  # `dir` lists everybody of a name
            return name not in {*_NAMES_NOBODY, "dir"} and not is_blank(name)
    return False


def linkedin_page(url: str | None) -> str | None:
    """The address of any LinkedIn page, such as a company's; None for another site.

    For links, not a key: with `https://`, without query and fragment.
    """
    text = (url or "").strip()
    path = "".join(f"/{part}" for part in _path(text) or ()).lower()
    return f"https://{LINKEDIN}{path}" if 0 < len(path) <= LONGEST_URL_KEY else None


def address_key(address: str | None) -> str | None:
    """An email address in its one spelling; None if it can't be one.

    NFKC, without invisible characters, without what people and programs put around it, IDN decoded,
    in lower case; one `@` between two non-empty parts without white space
    (docs/merge-rules.md, "Address").
    """
    text = address or ""
    if len(text) > _MOST_AROUND * LONGEST_ADDRESS:
        return None
    if not _CLEAN_ADDRESS.fullmatch(text) or _PUNYCODE in text:
        before = None
        while text != before:
            before, text = text, _plainer(text)
    local, at, domain = text.partition("@")
    if not (at and local and domain) or "@" in domain or len(text) > LONGEST_ADDRESS:
        return None
    return text if len(text.split()) == 1 else None


def _plainer(address: str) -> str:
    text = without_invisible(unicodedata.normalize("NFKC", address)).lower()
    text = text.strip(_AROUND_ADDRESSES)
    while text.startswith(_MAILTO):
        text = text.removeprefix(_MAILTO).lstrip(_AROUND_ADDRESSES)
    local, at, domain = text.rpartition("@")
    return f"{local}{at}{_unicode_domain(domain)}" if at else text


def _unicode_domain(domain: str) -> str:
    """A domain in lower case with its punycode decoded if possible: a longer text is not a
    domain.
    """
    if _PUNYCODE not in domain or len(domain) > LONGEST_DOMAIN:
        return domain
    return ".".join(_unicode_label(label) for label in domain.split("."))


@lru_cache(maxsize=4096)
def _unicode_label(label: str) -> str:
    # Bounded cache: a company's domain comes with each of its people.
    if not label.startswith(_PUNYCODE):
        return label
    try:
        return idna.ulabel(label)
    except (idna.IDNAError, UnicodeError):
        return label


def is_role(address: str) -> bool:
    """Whether an address is a role address, such as `info@`, which joins and names nobody."""
    return address.partition("@")[0] in ROLES


def visitor_key(vid: str) -> str:
    """The lead key of a visitor about whom nothing else is known: the `vid`.

    A browser can choose its id, so one that looks like another human's key gets a prefix; otherwise
    a stranger could put visits on somebody's page.
    """
    is_like_another = "@" in vid or vid.startswith(LINKEDIN_PREFIX)
    return f"vid:{vid}" if is_like_another else vid


def domain_key(domain: str | None) -> str | None:
    """A company's domain: the bare host; None if it has none of its own.

    In lower case, NFC, IDN decoded, without scheme, path, port, `www.` and final dot, comma
    or semicolon; never a public mail provider's, a social network's or a placeholder
    (docs/merge-rules.md, "Company").
    """
    text = domain or ""
    is_clean = len(text) <= LONGEST_DOMAIN and _CLEAN_DOMAIN.fullmatch(text)
    host = _WWW.sub("", text) if is_clean and _PUNYCODE not in text else _host(text)
    return host if _is_domain(host) and not is_public(host) else None


def host_key(domain: str | None) -> str | None:
    """A host in the form of `domain_key`, including public mail providers; None if it is not a
    host."""
    host = _host(domain or "")
    return host if _is_domain(host) else None


def _host(url: str) -> str:
    text = url.strip()
    scheme = _SCHEME.match(text)
    authority = _AFTER_HOST.split(text[scheme.end() :] if scheme else text, maxsplit=1)[0]
    if len(authority) > _MOST_AROUND * LONGEST_DOMAIN:
        return ""
    host = _composed(authority).rpartition("@")[2]
    host = _unicode_domain(_PORT.sub("", host).rstrip(".,;"))
    # What was decoded may hold joiners, which can't be seen.
    return _WWW.sub("", _composed(host))


def _composed(host: str) -> str:
    lower = unicodedata.normalize("NFC", without_invisible(host)).lower()
    return unicodedata.normalize("NFC", lower)


def _is_domain(host: str) -> bool:
    """Whether a host can be a domain: labels separated by dots, the last one not a number."""
    labels = host.split(".")
    # With a colon it could be taken for a key of the other forms.
    return (
        len(host) <= LONGEST_DOMAIN
        and len(labels) > 1
        and all(labels)
        and not labels[-1].isdigit()
        and ":" not in host
        and host.split() == [host]
    )


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
    """A country given by code and name: the ISO-2 code from the first that has one, else the text
    as it is."""
    return iso2(code) or iso2(name) or country_code(code) or country_code(name)


def country_code(country: str | None) -> str | None:
    """ISO-2 code of a country given as code or English name; the text itself if it can't be told,
    None if it is a code of no country (`XX`, `T1`, `EU`).
    """
    if not country or country.strip().lower() in _NO_COUNTRIES:
        return None
    return iso2(country) or country


def iso2(country: str | None) -> str | None:
    """ISO-2 code of a country given as code or English name; None if it can't be told."""
    text = (country or "").strip()
    return _iso2(text) if text and len(text) <= _LONGEST_COUNTRY else None


@lru_cache(maxsize=4096)
def _iso2(country: str) -> str | None:
    # Bounded cache: the names come from outside.
    if country.lower() in _NO_COUNTRIES:
        return None
    alias = _COUNTRY_ALIASES.get(country.lower())
    if alias:
        return alias
    try:
        code: str = pycountry.countries.lookup(country).alpha_2
    except LookupError:
        return None
    return code
