"""Names of segments and lists, and the error for what can't be saved."""

import re

LONGEST_NAME = 60

_NAME = re.compile(r"\w[\w .+&-]*")


class NotSavedError(ValueError):
    """Something can't be saved, changed or deleted; the message says why, without a full stop."""


def checked_name(what: str, name: str) -> str:
    """A name without surrounding and double spaces. Raises `NotSavedError` for an invalid one."""
    name = " ".join(name.split())
    if len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
        raise NotSavedError(
            f"a {what}'s name must have at most {LONGEST_NAME} characters: letters, digits, "
            "spaces and . + & - _"
        )
    return name
