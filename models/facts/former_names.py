"""How earlier releases wrote the keys of people: their hashes still stand in the list of names.

People who were forgotten or ignored then stay so, though the list can't be written anew: it holds
nothing but keyed hashes. So what comes in is looked up as it was written, too (`kept_out.names`).
Nothing here may ever change; a release that writes keys in another way adds its former way.
"""

from urllib.parse import urlsplit

_LINKEDIN = "linkedin.com"
_LONGEST_URL_KEY = 500
_LONGEST_ADDRESS = 320


def linkedin_key_of_0_1(url: str) -> str | None:
    """The key of a LinkedIn URL in release 0.1: host and path in lower case, nothing decoded, and
    any page of LinkedIn's is one.
    """
    text = url.strip()
    if not text:
        return None
    if not text.lower().startswith(("http://", "https://", "//")):
        text = f"//{text}"
    try:
        parts = urlsplit(text)
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    if host != _LINKEDIN and not host.endswith(f".{_LINKEDIN}"):
        return None
    path = parts.path.rstrip("/").lower()
    key = _LINKEDIN + path
    return key if path and len(key) <= _LONGEST_URL_KEY else None


def address_key_of_0_1(address: str) -> str | None:
    """The key of an email address in release 0.1: trimmed and in lower case."""
    text = address.strip().lower()
    local, at, domain = text.partition("@")
    if not (at and local and domain) or "@" in domain or len(text) > _LONGEST_ADDRESS:
        return None
    return text if len(text.split()) == 1 else None
