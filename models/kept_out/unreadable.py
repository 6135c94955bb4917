"""Names in deliveries that nobody can read: everything in a body that could be one."""

import json
import re
from itertools import islice

from models.facts.former_names import address_key_of_0_1, linkedin_key_of_0_1
from models.facts.keys import address_key, is_role, linkedin_key
from models.kept_out.names import address_name, session_name, url_name, visitor_name

_MOST_STRINGS = 5_000

_LONGEST_NAME = 600

_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')

_WORD = re.compile(r"""[^\s"',;<>(){}\[\]]+""")


def names_anywhere(body: bytes) -> set[str]:
    """Everything in a body that could be a name, whatever its form: for what can't be read."""
    text = body.decode("utf-8", "replace")
    strings = {_unescaped(match[1]) for match in islice(_STRING.finditer(text), _MOST_STRINGS)}
    strings |= {match[0] for match in islice(_WORD.finditer(text), _MOST_STRINGS)}
    found: set[str] = set()
    for string in strings:
        if len(string) > _LONGEST_NAME:
            continue
        addresses = {address_key(string), address_key_of_0_1(string)}
        found |= {address_name(one) for one in addresses if one and not is_role(one)}
        urls = {linkedin_key(string), linkedin_key_of_0_1(string)}
        found |= {url_name(one) for one in urls if one}
        found |= {visitor_name(string), session_name(string)}
    return found


def _unescaped(string: str) -> str:
    try:
        return str(json.loads(f'"{string}"'))
    except ValueError:
        return string
