"""Names of what people keep, and the word for what can't be kept."""

import re

LONGEST_NAME = 60

_NAME = re.compile(r"\w[\w .+&-]*")


class SayingError(ValueError):
    """Something can't be kept, changed or deleted; the message says why, without a full stop."""


def checked_name(what: str, name: str) -> str:
    """A name without outer and double blanks. Raises `SayingError` for one that can't be."""
    name = " ".join(name.split())
    if len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
        raise SayingError(
            f"a {what}'s name must have at most {LONGEST_NAME} characters: letters, digits, "
            "spaces and . + & - _"
        )
    return name
