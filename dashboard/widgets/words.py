"""Words that screens share: stages, verdicts on an address, who somebody is, where from."""

import re
from typing import Any
from urllib.parse import urlsplit

MISSING = "–"

STAGES = ("Resolved", "Qualified", "Enriched", "Validated", "Finalized")
"""Names of the stages 1 to 5."""

VALIDITY = {
    "valid": ("Valid", "The mailbox exists."),
    "valid_catch_all": (
        "Likely valid",
        "The domain accepts mail for any address, but this one looks real.",
    ),
    "catch_all": ("Catch-all", "The domain accepts mail for any address, so it can't be checked."),
    "invalid": ("Invalid", "Mail to this address bounces."),
    "unchecked": ("Unchecked", "No verdict on this address yet."),
}
"""Label and meaning of each verdict; `unchecked` stands for none."""

STATUSES = {
    "new": "New",
    "working": "Working",
    "meeting": "Meeting",
    "won": "Won",
    "lost": "Lost",
    "not_a_fit": "Not a fit",
}
"""Label of each status of a lead."""

_ANONYMOUS_CHARS = 6


def who(lead: dict[str, Any]) -> str:
    """What to call a lead: name, else email, else LinkedIn handle, else part of the visitor id.

    Takes a row with `key`, `full_name` and `email`.
    """
    known: str | None = lead["full_name"] or lead["email"]
    if known:
        return known
    key: str = lead["key"]
    if "/" in key:
        return key.rpartition("/")[2]
    return f"Visitor {key[:_ANONYMOUS_CHARS]}…"


def campaign_source(session: dict[str, Any]) -> str:
    """Where a session came from: `google / cpc · q1_brand`, else the referrer's host, else direct.

    Takes a row with `utm_source`, `utm_medium`, `utm_campaign` and `referrer`.
    """
    channel = " / ".join(filter(None, (session["utm_source"], session["utm_medium"])))
    tagged = " · ".join(filter(None, (channel, session["utm_campaign"])))
    return tagged or _host(session["referrer"]) or "direct"


def _host(url: str | None) -> str | None:
    try:
        host = urlsplit(url or "").hostname
    except ValueError:
        return url
    return host.removeprefix("www.") if host else url


def place(city: str | None, country: str | None) -> str | None:
    """`Lisbon, PT`, or the part that is known; None when neither is."""
    return ", ".join(filter(None, (city, country))) or None


def visits(count: int) -> str | None:
    """`3rd visit`; None for the first."""
    return f"{_ordinal(count)} visit" if count > 1 else None


def at_least(count: int, most: int) -> str:
    """A count that stops at `most`: `9,999`, `10,000+`."""
    return f"{count:,}+" if count >= most else f"{count:,}"


def as_code(text: str) -> str:
    """Any text as Markdown that shows it as it is, in one line: for labels, which are Markdown.

    None of Streamlit's extensions (colours, formulas, emoji) applies inside code; the name of an
    icon only turns into `:material_home:`.
    """
    line = " ".join(text.split())
    longest = max((len(run) for run in re.findall("`+", line)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {line} {fence}" if line else ""


_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|:$~<>&])")


def as_text(text: str) -> str:
    """A colleague's text as Markdown that shows it as it is, in one line."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def _ordinal(number: int) -> str:
    teen = 11 <= number % 100 <= 13  # noqa: PLR2004 - 11th, 12th, 13th
    return f"{number}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def initials(name: str) -> str:
    """At most two letters that stand for a company in place of its logo; `?` if there are none."""
    letters = [word[0] for word in name.split() if word[0].isalnum()]
    return "".join(letters[:2]).upper() or "?"
