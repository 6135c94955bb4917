"""What every payload type is made of: the base class, and the kinds of value on the wire.

Everything may be null or missing unless it is needed to store an event: envelope, times and lists
are strict, and `reading` decides what a bad field costs.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Strict
from pydantic.alias_generators import to_camel

from models.payloads.visible import is_blank

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_MILLISECOND = (datetime(1970, 1, 1, 0, 0, 0, 1000, tzinfo=UTC)) - _EPOCH

LAST_MS = 253_402_300_799_999
"""The last millisecond of the year 9999; times before 1970 or after this can't be right."""

LONGEST_ID = 255
"""Characters in an id. Longer texts are not ids, and Postgres can't index them."""

LONGEST_UTM = 500
"""Characters in a UTM value. Visitors write them into URLs; a longer value is not a campaign."""

LONGEST_URL = 8_192
LONGEST_NAME = 500
LONGEST_AGENT = 1_024
LONGEST_TEXT = 8_192
"""Characters kept of URLs and referrers; titles, names and headlines; user agents; any other text.
The rest is cut (docs/bounds.md); the ledger keeps everything."""


def _cut(longest: int) -> Callable[[str], str | None]:
    def cut(text: str) -> str | None:
        if len(text) > longest:
            text = text[:longest]
        if "!" <= text[:1] <= "~":  # nearly all: spares them a call
            return text
        return None if is_blank(text) else text

    return cut


def _none_if_empty(text: str) -> str | None:
    return text or None


def _seen(words: list[str]) -> list[str]:
    return [
        word
        for word in (word[:LONGEST_TEXT] for word in words)
        if "!" <= word[:1] <= "~" or not is_blank(word)
    ]


Text = Annotated[str, AfterValidator(_cut(LONGEST_TEXT))] | None
"""Text of only spaces and invisible characters is null, whatever its kind."""
Url = Annotated[str, AfterValidator(_cut(LONGEST_URL))] | None
Name = Annotated[str, AfterValidator(_cut(LONGEST_NAME))] | None
"""A name, a title, a headline."""
Agent = Annotated[str, AfterValidator(_cut(LONGEST_AGENT))] | None
Utm = Annotated[str, Field(max_length=LONGEST_UTM), AfterValidator(_cut(LONGEST_UTM))] | None
Id = Annotated[str, Field(max_length=LONGEST_ID), AfterValidator(_none_if_empty)] | None
Number = Annotated[float, Strict(), Field(allow_inf_nan=False)] | None
Flag = Annotated[bool, Strict()] | None
Word = Annotated[str, Field(min_length=1)]
Words = Annotated[list[Word], AfterValidator(_seen)] | None
Ms = Annotated[float, Strict(), Field(ge=0, le=LAST_MS, multiple_of=1), AfterValidator(int)]
"""Unix milliseconds, a whole number within the years 1970-9999."""


class Payload(BaseModel):
    """Base of all payload types: camelCase on the wire, an unknown field is an error to note.

    The text under a field is its meaning; the data dictionary reads it from here.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=False,
        extra="forbid",
        hide_input_in_errors=True,
        protected_namespaces=(),
        use_attribute_docstrings=True,
    )


def iso_ms(text: str | None) -> int | None:
    """Unix ms of an ISO 8601 time (UTC if it names no zone; a date means its beginning); None if it
    can't be read.
    """
    if not text:
        return None
    try:
        time = datetime.fromisoformat(text)
        time = time.replace(tzinfo=UTC) if time.tzinfo is None else time
        ms = (time - _EPOCH) // _MILLISECOND
    except (ValueError, OverflowError):
        return None
    return ms if 0 <= ms <= LAST_MS else None
