"""How earlier releases wrote the keys of people: their hashes are still in the list of names.

People who were forgotten or ignored then must stay so, but the list can't be rewritten: it holds
only keyed hashes. So what comes in is also looked up in its former spelling (`kept_out.names`).
Nothing here may ever change; a release that changes how keys are written adds the former way here.
"""

from urllib.parse import urlsplit

_LINKEDIN = "linkedin.com"
_LONGEST_URL_KEY = 500
_LONGEST_ADDRESS = 320


def linkedin_key_of_0_1(url: str) -> str | None:
    """The key of a LinkedIn URL in release 0.1: host and path in lower case, nothing decoded, and
    any LinkedIn page counted.
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
