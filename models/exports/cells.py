"""How a value is written into a cell of a CSV file, for spreadsheets and importing tools."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any

from models.facts import keys
from models.payloads.vocabulary import STAGE_NAMES

Render = Callable[[Any], str]
"""Makes a cell of a value."""

FORMULA = "=+-@\uff1d\uff0b\uff0d\uff20\t\r\n"
"""Characters at the start of a text that make a spreadsheet take it for a formula; full-width
forms, too."""

SEPARATORS = ";\t\r\n"
"""Characters at which some programs split a cell, so that another one begins after it."""

_MARK = r"[=+\-@\uff1d\uff0b\uff0d\uff20\t\r]"
BEGINS_FORMULA = (
    rf"(?<![^;\t\r\n])(?={_MARK})|(?<![^;\t\n])(?=\n)"
    r'|(?<=[;\t\r\n])(?="+[=+\-@\uff1d\uff0b\uff0d\uff20\t\r\n])'
)
"""Where a formula would begin, as a pattern that Python and Postgres read alike. CR and LF together
are one line break, so an LF after a CR begins nothing. A program that splits a cell takes quotes
right after the separator for its own, and reads on after them."""

E164 = r"\+[0-9]{7,15}"
"""A phone number in E.164, as a pattern."""

_BEGINS_FORMULA = re.compile(BEGINS_FORMULA)
_LEFT_OUT = re.escape(FORMULA)
_FORMULAS = re.compile(
    rf'(?<=[{SEPARATORS}])[{_LEFT_OUT} "]*[{_LEFT_OUT}][{_LEFT_OUT} "]*|\A[{_LEFT_OUT} ]+'
)
_MARKS = frozenset(FORMULA)
_IS_E164 = re.compile(E164).fullmatch
_PHONE_MARKS = re.compile(r"[\s().\-/\u00a0\u2011]")
_DOMAIN = re.compile(r"[\w-]+(\.[\w-]+)+")
_CLICK_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{19,499}")
_ISO2 = re.compile(r"[A-Za-z]{2}")
_MINUTES = [f"{minute // 60:02}:{minute % 60:02}" for minute in range(1440)]
_SECONDS = [f"{second:02}" for second in range(60)]
_THOUSANDTHS = [f"{ms:03}" for ms in range(1000)]
_ZIP = re.compile(r"[0-9A-Za-z][0-9A-Za-z -]{1,10}")


def safe_text(value: str | None) -> str:
    """A text cell that no spreadsheet takes for a formula: with a single quote in front of what may
    be one, at the beginning and wherever a program may see another cell begin.

    Visitors control URLs, referrers and campaign names.
    """
    return _BEGINS_FORMULA.sub("'", value) if value else ""


def safe_texts(values: Iterable[str | None]) -> list[str]:
    """The same for a column of texts: hardly any has a separator, and one look at all of them
    tells."""
    texts = [text or "" for text in values]
    together = "".join(texts)
    if any(mark in together for mark in SEPARATORS):
        return list(map(safe_text, texts))
    return [f"'{text}" if text[:1] in _MARKS else text for text in texts]


def bare_text(value: str | None) -> str:
    """The same by dropping what makes a formula, for text that programs match: there, a quote in
    front would be part of the name."""
    return _FORMULAS.sub("", (value or "").strip())


def is_e164(value: str) -> bool:
    """Whether a phone number is in the form every telephone understands, `+351913168884`."""
    return _IS_E164(value) is not None


def phone(value: str | None) -> str:
    """A phone number; E.164 stays as it is, because CRMs read its plus sign."""
    return value if value and is_e164(value) else safe_text(value)


def e164(value: str | None) -> str:
    """A phone number in E.164, without its spaces, dots, dashes and brackets; else empty.

    Without a plus sign, the country is unknown.
    """
    number = _PHONE_MARKS.sub("", value or "")
    return number if is_e164(number) else ""


def number(value: float | None) -> str:
    """A number, whole ones without a decimal point."""
    if isinstance(value, int):
        return str(value)
    if value is None:
        return ""
    return str(int(value)) if value.is_integer() else repr(value)


def time(ms: int | None) -> str:
    """Unix ms as ISO 8601 UTC with milliseconds, `2025-02-14T22:25:06.432Z`."""
    if ms is None:
        return ""
    minutes, rest = divmod(ms, 60_000)
    days, minutes = divmod(minutes, 1440)
    return f"{_day(days)}T{_MINUTES[minutes]}:{_SECONDS[rest // 1000]}.{_THOUSANDTHS[rest % 1000]}Z"


@lru_cache(maxsize=4096)
def _day(days: int) -> str:
    """A date by its days since 1970."""
    return (date(1970, 1, 1) + timedelta(days)).isoformat()


def zoned_time(ms: int) -> str:
    """Unix ms as Google Ads reads it, zone included: `2025-02-14 22:25:06+0000`."""
    return f"{datetime.fromtimestamp(ms // 1000, UTC).replace(tzinfo=None)}+0000"


def stage(value: int) -> str:
    """The name of a stage's number."""
    return STAGE_NAMES[value]


def website(domain: str | None) -> str:
    """A company's site from its domain; empty if that can't be one."""
    return f"https://{domain}" if domain and _DOMAIN.fullmatch(domain) else ""


def linkedin_page(url: str | None) -> str:
    """The address of a LinkedIn page, a company's or a person's; empty if it isn't one."""
    return safe_text(keys.linkedin_page(url))


def iso2(country: str | None) -> str:
    """A country's two letters; empty when the text is something else."""
    return country.upper() if country and _ISO2.fullmatch(country) else ""


def postcode(value: str | None) -> str:
    """A postal code; empty when the text can't be one."""
    text = (value or "").strip()
    return text if _ZIP.fullmatch(text) else ""


def hashed(value: str | None) -> str:
    """SHA-256, in hex, of the text trimmed and lower-cased; empty for no text."""
    text = (value or "").strip().lower()
    return sha256(text.encode()).hexdigest() if text else ""


def address(email: str | None) -> str:
    """An email address for use as a key: empty if it would have to be quoted."""
    return email if email and not _BEGINS_FORMULA.search(email) else ""


def is_click_id(value: str) -> bool:
    """Whether text can be Google's click id. Visitors write it into the address: anything else
    might be a formula, or name somebody."""
    return _CLICK_ID.fullmatch(value) is not None
