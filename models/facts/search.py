"""How leads are searched: by the beginnings of words, the same on both databases.

A word of a lead is a row of `lead_word`, so that a search is an index-range read, however many
leads there are. Full-text extensions would be faster to write here, but differ between databases,
and one of them is not on every Postgres.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import chain, pairwise

LONGEST_WORD = 64
MOST_WORDS = 100
"""Of one lead: profiles come from outside."""

MOST_ASKED = 12
"""Words of a search: each is a join to a database, and to plan hundreds takes Postgres minutes."""

LONGEST_FOLDED = 500
"""Characters of a text that are folded: one may become eighteen."""

_TOKENS = re.compile(r"[^\s@]+")
_PIECES = re.compile(r"[^\W_]+")


# How keyboards, phones and word processors write an apostrophe and a hyphen. Some would come apart
# into a blank and an accent, so these go first.
_MARKS = str.maketrans(
    dict.fromkeys("`´ʹʻʼʽʾʿˈ‘’‛′‵ꞌ՚＇", "'") | dict.fromkeys("‐‑‒–—―−﹘﹣－", "-")
)
_ASCII_MARKS = str.maketrans("`", "'")

_NAMED_AFTER = re.compile(
    r"LATIN (?:SMALL LETTER|SMALL LIGATURE|LETTER SMALL CAPITAL) ([A-Z]{1,2})(?: WITH .*)?"
)
_LATIN = (range(0x80, 0x2B0), range(0x1D00, 0x1F00), range(0x2C60, 0x2C80), range(0xA720, 0xA800))


def _whole_letters() -> dict[int, str]:
    """Latin letters that Unicode does not take apart, by the plain ones that people type.

    `ł`, `ø`, `đ` and their like are named after theirs ("l with stroke"); others are two letters
    in one, or have another one's sound.
    """
    blocks = (
        range(0x80, 0x2B0),
        range(0x1D00, 0x1F00),
        range(0x2C60, 0x2C80),
        range(0xA720, 0xA800),
    )
    found = {}
    for code in chain(*blocks):
        named = _NAMED_AFTER.fullmatch(unicodedata.name(chr(code), ""))
        if named and not unicodedata.decomposition(chr(code)):
            found[code] = named[1].lower()
    others = {"ð": "d", "þ": "th", "ı": "i", "ȷ": "j", "ĸ": "k", "ŋ": "n", "ƿ": "w", "ȝ": "gh"}
    return found | {ord(letter): plain for letter, plain in others.items()}


_LETTERS = _whole_letters()


def fold(text: str) -> str:
    """Text as it is compared in searches and sorted by: no case, no accents, single blanks.

    `Łukasz` is `lukasz`, `Straße` is `strasse`, an apostrophe is `'` and a hyphen `-` however it is
    written, and what can't be seen is not there. Folded once more it stays as it is. Of a long text
    it is the beginning.
    """
    return _fold(text[:LONGEST_FOLDED])[:LONGEST_FOLDED].rstrip()


@lru_cache(maxsize=8192)
def _fold(text: str) -> str:
    # Cached, bounded: a person's events come close together.
    if text.isascii():
        return " ".join(text.lower().translate(_ASCII_MARKS).split())
    # Compatibility forms may be capitals (`℡`), and a small letter may come apart anew (`ǰ`).
    plain = unicodedata.normalize("NFKD", text.translate(_MARKS)).casefold()
    letters = "".join(
        mark
        for mark in unicodedata.normalize("NFKD", plain)
        if not unicodedata.combining(mark) and unicodedata.category(mark) != "Cf"
    )
    return " ".join(letters.translate(_LETTERS).translate(_MARKS).split())


def words(texts: Iterable[str | None]) -> list[str]:
    """The words by which these texts are found, sorted, each once.

    Parts between spaces and `@` count as one word (`jane.doe`, `acme.com`), and so do their
    pieces (`doe`); but not what another word begins with (`jane`), which finds as much.
    """
    found: set[str] = set()
    for text in texts:
        for token in _TOKENS.findall(fold(text)) if text else ():
            pieces = _PIECES.findall(token)
            if pieces:
                found.update(piece[:LONGEST_WORD] for piece in pieces)
                found.add(_bare(token)[:LONGEST_WORD])
    # Sorted, what a word begins stands right behind it.
    with_next = pairwise([*sorted(found), ""])
    return [word for word, following in with_next if not following.startswith(word)][:MOST_WORDS]


def asked(text: str) -> list[str]:
    """The words of a search; each must begin a word of what is found."""
    bare = (_bare(token)[:LONGEST_WORD] for token in _TOKENS.findall(fold(text)))
    return sorted({word for word in bare if word})


def after(word: str) -> str:
    """The end (excluded) of the range of words that begin with this one, in code-point order."""
    return word + "\U0010ffff"


def _bare(token: str) -> str:
    """Without the brackets, commas and quotes around a word."""
    start, end = 0, len(token)
    while start < end and not token[start].isalnum():
        start += 1
    while end > start and not token[end - 1].isalnum():
        end -= 1
    return token[start:end]
