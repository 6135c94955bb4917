"""How leads are searched: by the beginnings of words, the same on both databases.

Each word of a lead is a row of `lead_word`, so that a search is an index-range read, however many
leads there are. Full-text extensions would have been quicker to use, but they differ between
databases, and one of them is not available on every Postgres.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import chain, pairwise

LONGEST_WORD = 64
MOST_WORDS = 100
"""Words of one lead: profiles come from outside."""

MOST_ASKED = 12
"""Words of a search: each is a join, and planning hundreds of them takes Postgres minutes."""

LONGEST_FOLDED = 500
"""Characters of a text that are folded: one may become eighteen."""

_TOKENS = re.compile(r"[^\s@]+")
_PIECES = re.compile(r"[^\W_]+")


# How keyboards, phones and word processors write an apostrophe and a hyphen. Some would decompose
# into a space and an accent, so they are replaced first.
_MARKS = str.maketrans(
    dict.fromkeys("`´ʹʻʼʽʾʿˈ‘’‛′‵ꞌ՚＇", "'") | dict.fromkeys("‐‑‒–—―−﹘﹣－", "-")
)
_ASCII_MARKS = str.maketrans("`", "'")

_NAMED_AFTER = re.compile(
    r"LATIN (?:SMALL LETTER|SMALL LIGATURE|LETTER SMALL CAPITAL) ([A-Z]{1,2})(?: WITH .*)?"
)
_LATIN = (range(0x80, 0x2B0), range(0x1D00, 0x1F00), range(0x2C60, 0x2C80), range(0xA720, 0xA800))


def _whole_letters() -> dict[int, str]:
    """Latin letters that Unicode does not decompose, and the plain ones that people type instead.

    `ł`, `ø`, `đ` and the like have the plain letter in their name ("l with stroke"); others are two
    letters in one, or sound like another letter.
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
    """Text in the form in which it is searched, compared and sorted: no case, no accents, single
    spaces.

    `Łukasz` is `lukasz`, `Straße` is `strasse`, an apostrophe is `'` and a hyphen `-` however it is
    written, and invisible characters are gone. Folding again changes nothing. Of a long text, only
    the beginning.
    """
    return _fold(text[:LONGEST_FOLDED])[:LONGEST_FOLDED].rstrip()


def fold_whole(text: str) -> str:
    """The same of all of a text."""
    if text.isascii():
        return " ".join(text.lower().translate(_ASCII_MARKS).split())
    # Compatibility forms may be capitals (`℡`), and a small letter may decompose again (`ǰ`).
    plain = unicodedata.normalize("NFKD", text.translate(_MARKS)).casefold()
    letters = "".join(
        mark
        for mark in unicodedata.normalize("NFKD", plain)
        if not unicodedata.combining(mark) and unicodedata.category(mark) != "Cf"
    )
    return " ".join(letters.translate(_LETTERS).translate(_MARKS).split())


@lru_cache(maxsize=8192)
def _fold(text: str) -> str:
    # Cached, bounded: a person's events come close together.
    return fold_whole(text)


def plain_lower(text: str) -> str:
    """Lower case of plain letters alone, as both databases have it."""
    if text.isascii():
        return text.lower()
    return "".join(mark.lower() if mark.isascii() else mark for mark in text)


def words(texts: Iterable[str | None]) -> list[str]:
    """The words by which these texts are found, sorted, each once.

    Parts between spaces and `@` count as one word (`jane.doe`, `acme.com`), and so do their pieces
    (`doe`), except a piece that another word begins with (`jane`), because that word is found just
    as well.
    """
    return with_words((), texts)


def with_words(known: Iterable[str], texts: Iterable[str | None]) -> list[str]:
    """The same of more texts: these, and those whose `words` are `known`.

    Of a text with more than `MOST_WORDS` the first ones are enough: a word that goes, because
    another begins with it, leaves its place to that one.
    """
    found = set(known)
    for text in texts:
        for token in _TOKENS.findall(fold(text)) if text else ():
            pieces = _PIECES.findall(token)
            if pieces:
                found.update(piece[:LONGEST_WORD] for piece in pieces)
                found.add(_bare(token)[:LONGEST_WORD])
    # When sorted, words that begin with a word come right after it.
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
    """A word without the brackets, commas and quotes around it."""
    start, end = 0, len(token)
    while start < end and not token[start].isalnum():
        start += 1
    while end > start and not token[end - 1].isalnum():
        end -= 1
    return token[start:end]
