"""What every payload type is made of: the base class, and the kinds of value on the wire.

Everything may be null or missing unless it is needed to file an event: envelope, times and lists
are strict, and `reading` decides what a bad field costs.
"""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Strict
from pydantic.alias_generators import to_camel

LAST_MS = 253_402_300_799_999
"""The last millisecond of the year 9999; times before 1970 or after this can't be right."""

LONGEST_ID = 255
"""Characters in an id. Longer ones are no ids, and Postgres can't index them."""

LONGEST_UTM = 500
"""Characters in a UTM value. Visitors write them into URLs; a longer one names no campaign."""


def _none_if_empty(text: str) -> str | None:
    return text or None


Text = Annotated[str, AfterValidator(_none_if_empty)] | None
Utm = Annotated[str, Field(max_length=LONGEST_UTM), AfterValidator(_none_if_empty)] | None
Id = Annotated[str, Field(max_length=LONGEST_ID), AfterValidator(_none_if_empty)] | None
Number = Annotated[float, Strict(), Field(allow_inf_nan=False)] | None
Flag = Annotated[bool, Strict()] | None
Word = Annotated[str, Field(min_length=1)]
Words = list[Word] | None
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
