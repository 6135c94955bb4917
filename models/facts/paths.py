"""Paths of web pages, so that one page has one name however a browser, a link or a person wrote it.

A path is decoded (`/%C3%BCber-uns` is `/über-uns`) and in Unicode's composed form (NFC), without
empty parts, so that it ends in no slash; its case counts. The home page is `/`.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple
from unicodedata import normalize
from urllib.parse import quote, unquote, urlsplit

from models.facts.search import fold_whole, plain_lower

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
    plain = normalize("NFC", _decoded(text))
    return HOME + "/".join(filter(None, plain.split("/")))


def part_of(text: str) -> str:
    """An address or a part of one, as addresses are searched for parts: decoded, without case and
    accents (`search.fold`).
    """
    return fold_whole(_decoded(text))


def unless_plain(part: str, text: str) -> str | None:
    """What is kept of `part_of` a text: None where it is just the text in lower case, as nearly
    always, which databases can tell.
    """
    return None if part == plain_lower(text) else part


def _decoded(text: str) -> str:
    # `%00` would be a character that no database stores.
    return unquote(text).replace("\0", "\ufffd")


def path_in(address: str) -> str | None:
    """The path of an address as people copy it, without scheme, host, query and fragment, as it is
    written there; None if it can't be read.
    """
    if _SCHEME.match(address):
        page = page_of(address)
        return None if page is None else as_written(page.path)
    return _BEHIND_PATH.split(address)[0].strip() or HOME


def as_written(path: str) -> str:
    """A path from `path_of` such that `path_in` and `path_of` give it back."""
    return _NOT_OF_PATH.sub(lambda mark: quote(mark[0]), path)


_SCHEME = re.compile("[a-z]+://", re.IGNORECASE)
_BEHIND_PATH = re.compile("[?#]")
_NOT_OF_PATH = re.compile(r"[?#]|%(?=[0-9A-Fa-f]{2})")
"""What would begin a query or a fragment, or be read as a character of its own."""


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
