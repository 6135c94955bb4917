"""Which part of a text is visible: invisible characters make two spellings of one thing, or a text
of nothing."""

import unicodedata

_BLANK = "\N{BRAILLE PATTERN BLANK}"

# Not in a category that says so, but drawn as nothing (Unicode's default ignorable code points).
_IGNORABLE = (
    (0x034F, 0x034F),  # combining grapheme joiner
    (0x115F, 0x1160),  # Hangul fillers
    (0x17B4, 0x17B5),  # Khmer inherent vowels
    (0x180B, 0x180F),  # Mongolian variation selectors
    (0x2065, 0x2065),
    (0x3164, 0x3164),  # Hangul filler
    (0xFE00, 0xFE0F),  # variation selectors
    (0xFFA0, 0xFFA0),  # half-width Hangul filler
    (0xFFF0, 0xFFF8),
    (0xE0000, 0xE0FFF),  # tags, more variation selectors
)


def is_invisible(character: str) -> bool:
    """Whether a character is neither drawn nor white space: format and control characters,
    fillers, variation selectors.
    """
    if unicodedata.category(character) in {"Cf", "Cc"}:
        return not character.isspace()
    code = ord(character)
    return code >= _IGNORABLE[0][0] and any(first <= code <= last for first, last in _IGNORABLE)


def without_invisible(text: str) -> str:
    """The text without invisible characters; white space stays."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(character for character in text if not is_invisible(character))


def is_blank(text: str) -> bool:
    """Whether nothing of a text is visible: it is empty, or only spaces and invisible
    characters.
    """
    if "!" <= text[:1] <= "~":  # nearly all; the rest costs a look at each character
        return False
    return all(
        character.isspace() or character == _BLANK or is_invisible(character) for character in text
    )
