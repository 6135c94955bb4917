"""How senior somebody is and what they work on, worked out from the job title, in eight languages
(en, de, fr, es, pt, it, pl, nl), from tables: `words`, and `phrases` in which these mean something
else. Precision matters more than coverage: what can't be told is `other`.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from models.facts.search import fold
from models.facts.titles.phrases import (
    ASSISTING,
    FORMER,
    NOT_OF_DEPARTMENT,
    NOT_SENIOR,
    SERVING,
)
from models.facts.titles.words import DEPARTMENT_WORDS, SENIORITY_WORDS

SENIORITIES = ("c_level", "vp", "head", "director", "manager", "senior", "junior", "other")
"""Highest first."""

DEPARTMENTS = (
    "sales", "marketing", "engineering", "product", "it", "data", "finance", "hr", "operations",
    "legal", "support", "other",
)  # fmt: skip

OTHER = "other"

LONGEST = 200
"""Characters of a title that are looked at: what comes after is no longer a title."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a title says: one of `SENIORITIES`, one of `DEPARTMENTS`."""

    seniority: str
    department: str


@lru_cache(maxsize=8192)
def meaning_of(title: str) -> Meaning:
    """What a title says. Of several, the highest seniority counts ("VP and co-founder" is
    `c_level`), and the department named first. Bounded cache: titles repeat.
    """
    roles = [_held(role) for role in _SPLIT.split(_plain(title)) if role.strip()]
    ranks = [_seniority(role) for role in roles]
    return Meaning(
        min(ranks, key=SENIORITIES.index, default=OTHER),
        next((found for role in roles if (found := _department(role)) != OTHER), OTHER),
    )


_SPLIT = re.compile(r"\s*(?:[|;•·\n/]|\s[-–—]\s)\s*")
"""Between several roles of one title."""

_INCLUSIVE = re.compile(
    r"(?<=\w)(?:[:*_·]|\s?/-?|\s?\(-?)(?:in|innen|r|e|a|o|rice|trice|ra|fem)\b\)?"
)
"""Endings for the other sex: `Leiter:in`, `directeur·rice`, `gerente/a`."""

_SEXES = re.compile(r"\(?\b[mwfhdx](?:\s?/\s?[mwfhdx])+\b\)?")
_EMPLOYER = re.compile(r"\s(?:at|@|bei|chez|presso|bij|w firmie)\s.*|\s?@\s?\w.*", re.DOTALL)
_INITIALS = re.compile(r"\b(?:[a-z]\.){2,}")
_SPACES = re.compile(r"\s+")
_OR = re.compile(r"\|\s+")


def _plain(title: str) -> str:
    """The title folded, without endings for the other sex and without the employer."""
    text = fold(title[:LONGEST])
    text = _SEXES.sub(" ", text)
    text = _INCLUSIVE.sub("", text)
    text = _INITIALS.sub(lambda found: found[0].replace(".", ""), text)
    return _EMPLOYER.sub("", text)


def _held(role: str) -> str:
    """The part of a role that is the holder's own: not whom they work for ("assistant to the CEO"),
    and not what they used to be or want to be.
    """
    role = _SPACES.sub(" ", role).strip(" ,.-")
    return _SERVING.sub("", _FORMER.sub("", role))


def _seniority(role: str) -> str:
    if _ASSISTING.search(role):
        return OTHER
    role = _NOT_SENIOR.sub(" ", role)
    return next((name for name, words in _SENIORITY if words.search(role)), OTHER)


def _department(role: str) -> str:
    """The department whose words come first; the longest match if several start at the same
    place.
    """
    role = _NOT_OF_DEPARTMENT.sub(" ", role)
    found = [
        (match.start(), -len(match[0]), name)
        for name, words in _DEPARTMENT
        if (match := words.search(role))
    ]
    return min(found, default=(0, 0, OTHER))[2]


def _any_of(words: str) -> re.Pattern[str]:
    """A pattern of whole words. `~` stands for any ending or beginning of a word."""
    ways = [_SPACES.sub(" ", way).strip() for way in words.split(",")]
    ways = [_OR.sub("|", way).replace("~", r"\w*") for way in ways if way]
    return re.compile(rf"(?<!\w)(?:{'|'.join(sorted(ways, key=len, reverse=True))})(?!\w)")


_SENIORITY = [(name, _any_of(words)) for name, words in SENIORITY_WORDS.items()]
_DEPARTMENT = [(name, _any_of(words)) for name, words in DEPARTMENT_WORDS.items()]
_ASSISTING = _any_of(ASSISTING)
_NOT_SENIOR, _NOT_OF_DEPARTMENT = _any_of(NOT_SENIOR), _any_of(NOT_OF_DEPARTMENT)
_FORMER, _SERVING = (
    re.compile(f"{_any_of(words).pattern}.*", re.DOTALL) for words in (FORMER, SERVING)
)
"""These words, and everything after them."""
