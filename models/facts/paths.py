"""Paths of web pages, so that one page has one name however a browser, a link or a person wrote it.

A path is decoded (`/%C3%BCber-uns` is `/über-uns`) and in Unicode's composed form (NFC), without
empty parts, so that it ends in no slash; its case counts. The home page is `/`.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple
from unicodedata import normalize
from urllib.parse import unquote, urlsplit

HOME = "/"
HOT_PATHS = ("/pricing", "/demo", "/contact")
"""The default of `HOT_PAGES`: people who look at these are close to buying."""

_PORTS = {"http": 80, "https": 443}


class Page(NamedTuple):
    """A page of a website: its host, in lower case without `www.`, and its path."""

    host: str
    path: str


def path_of(text: str) -> str:
    """A path in its one spelling."""
    # `%00` would be a character that no database stores.
    plain = normalize("NFC", unquote(text).replace("\0", "\ufffd"))
    return HOME + "/".join(filter(None, plain.split("/")))


@lru_cache(maxsize=4096)
def page_of(url: str) -> Page | None:
    """The page that an address leads to, whatever its scheme, query and fragment; None if it can't
    be read. Cached, bounded: visitors see the same pages.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").removeprefix("www."), parts.port
    except ValueError:
        return None
    if port is not None and port != _PORTS.get(parts.scheme):
        host = f"{host}:{port}"
    return Page(host, path_of(parts.path))


def lies_below(path: str, above: Iterable[str]) -> bool:
    """Whether a path is one of these or lies below one, all in their one spelling.

    Everything lies below the home page, so the home page stands only for itself.
    """
    return any(path == top or (top != HOME and path.startswith(f"{top}/")) for top in above)
