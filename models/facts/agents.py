"""What a user agent says about device and browser, in a marketer's words."""

from functools import lru_cache

import ua_parser

_PHONES = frozenset({"iOS", "Android", "Windows Phone", "BlackBerry OS", "KaiOS", "Firefox OS"})
_LONGEST_AGENT = 1000
"""Characters that are looked at; real user agents have about 200, and patterns cost time per
character."""


@lru_cache(maxsize=4096)
def describe_agent(agent: str | None) -> tuple[str | None, str | None]:
    """Device (`desktop`, `mobile`, `tablet`, `bot`) and browser family; None if unknown.

    Bounded cache: user agents come from visitors, and parsing one costs about 100 µs.
    """
    if not agent:
        return None, None
    found = ua_parser.parse(agent[:_LONGEST_AGENT])
    browser = found.user_agent.family if found.user_agent else None
    family = found.device.family if found.device else None
    system = found.os.family if found.os else None
    if family == "Spider":
        return "bot", browser
    if family and ("iPad" in family or "Tablet" in family):
        return "tablet", browser
    if system in _PHONES:
        # Android phones have this word, tablets leave it out.
        tablet = system == "Android" and "Mobile" not in agent
        return ("tablet" if tablet else "mobile"), browser
    return ("desktop" if system else None), browser
