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
    *before, last = _words(full_name) or [""]
    return " ".join(before), last


@lru_cache(maxsize=1024)
def without_suffixes(last_name: str) -> str:
    """A last name without what is written behind one: `Toth` of `Toth, PhD`."""
    return " ".join(_words(last_name))


def _words(name: str) -> list[str]:
    text = _ASIDE.sub(" ", name)
    head, *parts = (part.split() for part in text.split(","))
    # `Toth, PhD, MBA`; but `Toth, Peter` is a name in two parts.
    named = [*head]
    for part in parts:
        if not all(_bare(word) in _AFTER_A_COMMA for word in part):
            named += part
    words = [word.strip(",;") for word in named if any(mark.isalnum() for mark in word)]
    while len(words) > 1 and _bare(words[-1]) in _ALWAYS:
        words.pop()
    titles = len(list(takewhile(lambda word: _bare(word) in _TITLES, words)))
    return words[min(titles, max(len(words) - 1, 0)) :]


def _bare(word: str) -> str:
    return re.sub(r"[^\w]", "", word).casefold()
