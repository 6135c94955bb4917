"""Phone numbers as every telephone understands them: E.164."""

from functools import lru_cache

import phonenumbers

_LONGEST = 250
"""Characters; libphonenumber takes nothing longer for a number."""


def e164(number: str, country: str | None = None) -> str | None:
    """A phone number in E.164, such as `+351913168884`; None if none is possible.

    `country` (ISO-2) is where a number without an international prefix comes from. libphonenumber
    decides what is possible (docs/merge-rules.md, "Lead"). Bounded cache: the events of one person
    come close together.
    """
    return _e164(number, country) if len(number) <= _LONGEST else None


@lru_cache(maxsize=8192)
def _e164(number: str, country: str | None) -> str | None:
    try:
        parsed = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))
