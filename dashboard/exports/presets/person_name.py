"""A person's name in the two parts that CRM and ad tools ask for."""

import re
from functools import lru_cache
from itertools import takewhile

_AFTER_A_COMMA = frozenset(
    {
        "phd", "dphil", "md", "do", "dds", "dmd", "dvm", "jd", "esq", "esquire", "mba",
        "emba", "msc", "bsc", "mres", "ms", "bs", "ma", "ba", "mfa", "bfa", "meng", "beng",
        "mphil", "edd", "edm", "psyd", "pharmd", "dba", "llm", "llb", "mpa", "mph", "mpp", "msw",
        "lcsw", "lmft", "lpc", "rn", "bsn", "msn", "np", "fnp", "pa", "pac", "cpa", "cfa", "cfp",
        "cma", "cia", "cisa", "cism", "cissp", "ccna", "ccie", "pmp", "pgmp", "capm", "csm",
        "cspo", "pe", "ceng", "ing", "dipling", "mag", "shrmcp", "shrmscp", "sphr", "phr",
        "cipd", "mcipd", "fcipd", "acca", "fca", "aca", "cima", "fcca", "ccp", "cebs", "frsa",
        "fcim", "mcim", "pgce", "jr", "jnr", "junior", "sr", "snr", "senior", "i", "ii", "iii",
        "iv", "v",
    }
)  # fmt: skip
"""Degrees, licences and generations that are written after a name, without their dots."""

_ALWAYS = _AFTER_A_COMMA & frozenset(
    {
        "phd", "dphil", "mba", "emba", "msc", "bsc", "meng", "beng", "mphil", "edd", "psyd",
        "pharmd", "llm", "llb", "cpa", "cfa", "cissp", "pmp", "csm", "cspo", "jr", "jnr", "sr",
        "snr", "ii", "iii", "iv", "dds", "dmd", "dvm", "esq", "shrmcp", "shrmscp", "sphr", "lcsw",
        "acca", "md", "rn",
    }
)  # fmt: skip
"""Those of them that are nobody's last name, so that they need no comma before them."""

_TITLES = frozenset(
    {
        "dr", "prof", "professor", "mr", "mrs", "ms", "mx", "herr", "frau", "dipling",
    }
)  # fmt: skip

_COMMA = re.compile(r"(\s*[,;|\uff0c])")
"""Whatever people put between a name and what they are."""

_PHD = re.compile(r"\bPh\.? D\b", re.IGNORECASE)
_LAST_SUFFIX = re.compile(r"(?<=\S)\s(?:Ph\.? D\.?|\S+)$", re.IGNORECASE)
_ASIDE = re.compile(r"[(\[{].*?[)\]}]")


@lru_cache(maxsize=1024)
def taken_apart(full_name: str) -> tuple[str, str]:
    """First and last name from a full one: the last word is the last name, also if it is the only
    one.

    Titles before it, degrees after it and anything in brackets are not names. Bounded cache: each
    column of a row asks.
    """
    words = _COMMA.sub(" ", without_suffixes(_ASIDE.sub(" ", full_name))).split()
    words = [word for word in words if _is_word(word)]
    titles = len(list(takewhile(lambda word: _bare(word) in _TITLES, words)))
    *before, last = words[min(titles, len(words) - 1) :] or [""]
    return " ".join(before), last


@lru_cache(maxsize=1024)
def last_alone(last_name: str) -> str:
    """The last name in a field for last names only: nothing after a comma belongs to it."""
    head, *behind = _COMMA.split(last_name, maxsplit=1)
    return without_suffixes(head if _is_word(head) else "".join(behind[1:]))


@lru_cache(maxsize=1024)
def without_suffixes(name: str) -> str:
    """A name without suffixes, `Toth` for `Toth, PhD`, and otherwise unchanged; empty if it has no
    letter or digit.

    If there are two words before the first comma, they are the name, and what follows is not part
    of it.
    """
    parts = _COMMA.split(name)
    if len([word for word in parts[0].split() if _is_word(word)]) > 1:
        parts = parts[:1]
    while parts[1:] and all(_bare(word) in _AFTER_A_COMMA for word in _words(parts[-1])):
        parts = parts[:-2]
    named = "".join(parts).strip()
    while (found := _LAST_SUFFIX.search(named)) and _bare(found[0]) in _ALWAYS:
        named = named[: found.start()].rstrip(" ,")
    return named if _is_word(named) else ""


def _words(text: str) -> list[str]:
    return _PHD.sub("PhD", text).split()


def _is_word(text: str) -> bool:
    return any(mark.isalnum() for mark in text)


def _bare(word: str) -> str:
    return re.sub(r"[^\w]", "", word).casefold()
