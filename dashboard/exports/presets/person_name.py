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
"""Degrees, licences and generations that are written behind a name, without their dots."""

_ALWAYS = _AFTER_A_COMMA & frozenset(
    {
        "phd", "dphil", "mba", "emba", "msc", "bsc", "meng", "beng", "mphil", "edd", "psyd",
        "pharmd", "llm", "llb", "cpa", "cfa", "cissp", "pmp", "csm", "cspo", "jr", "jnr", "sr",
        "snr", "ii", "iii", "iv", "dds", "dmd", "dvm", "esq", "shrmcp", "shrmscp", "sphr", "lcsw",
        "acca",
    }
)  # fmt: skip
"""Of them those that are nobody's last name, so that they need no comma before them."""

_TITLES = frozenset(
    {
        "dr", "prof", "professor", "mr", "mrs", "ms", "mx", "herr", "frau", "dipling",
    }
)  # fmt: skip

_ASIDE = re.compile(r"[(\[{].*?[)\]}]")


@lru_cache(maxsize=1024)
def taken_apart(full_name: str) -> tuple[str, str]:
    """First and last name out of a full one: the last word is the last name, an only one, too.

    Titles before it and degrees behind it are no names, nor is what stands in brackets. Cached,
    bounded: each column of a row asks.
    """
    words = without_suffixes(_ASIDE.sub(" ", full_name)).replace(",", " ").split()
    words = [word for word in words if _is_word(word)]
    titles = len(list(takewhile(lambda word: _bare(word) in _TITLES, words)))
    *before, last = words[min(titles, len(words) - 1) :] or [""]
    return " ".join(before), last


@lru_cache(maxsize=1024)
def without_suffixes(name: str) -> str:
    """A name without what is written behind one, `Toth` of `Toth, PhD`, and else as it is; empty
    when it has no letter or digit."""
    head, *parts = name.split(",")
    while parts and all(_bare(word) in _AFTER_A_COMMA for word in parts[-1].split()):
        parts.pop()
    named = ",".join([head, *parts]).strip()
    while named.rpartition(" ")[0] and _bare(named.rpartition(" ")[2]) in _ALWAYS:
        named = named.rpartition(" ")[0].rstrip(" ,")
    return named if _is_word(named) else ""


def _is_word(text: str) -> bool:
    return any(mark.isalnum() for mark in text)


def _bare(word: str) -> str:
    return re.sub(r"[^\w]", "", word).casefold()
