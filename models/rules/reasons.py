"""Why now: what a message says of the visit that made it, in words, best first."""

from models.exports.lookup import Found
from models.facts.paths import page_of

MOST_REASONS = 5

Reason = dict[str, str | float | None]
"""`words`, and the `points` that a score gave for it, None where no score did."""


def reasons(lead: Found, visit: Found) -> list[Reason]:
    """What speaks for calling somebody now: a hot page, that they are back, how they came."""
    found: list[Reason] = [{"words": words, "points": None} for words in _words(lead, visit)]
    return found[:MOST_REASONS]


def _words(lead: Found, visit: Found) -> list[str]:
    words = []
    if visit["hot"]:
        words.append("Saw a page that those who buy look at")
    if lead["sessions"] and lead["sessions"] > 1:
        words.append(f"Visit {lead['sessions']:,} of theirs")
    seen = len(visit["pages"])
    page = page_of(visit["landing_page"]) if visit["landing_page"] else None
    if seen > 1:
        words.append(f"{seen:,} pages in this visit")
    elif page:
        words.append(f"Came in on {page.path}")
    if visit["utm_campaign"]:
        words.append(f"Campaign {visit['utm_campaign']}")
    if visit["channel"]:
        words.append(f"Through {visit['channel']}")
    return words
