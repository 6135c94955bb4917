"""A message's reasons for calling somebody, in words, best first."""

from models.exports.lookup import Found
from models.facts.paths import page_of
from models.scoring.reasons import words
from models.scoring.reasons.breakdown import Breakdown

MOST_REASONS = 5


def reasons(lead: Found, visit: Found, of: Breakdown | None) -> list[str]:
    """What gave a lead its intent, by points left, then where this visit came from."""
    by_score = words.reasons(of) if of else []
    return [*(by_score or _seen(lead, visit))[: MOST_REASONS - 1], *_came_by(visit)][:MOST_REASONS]


def _seen(lead: Found, visit: Found) -> list[str]:
    """Reasons for somebody who has no score yet."""
    said = []
    page = page_of(visit["landing_page"]) if visit["landing_page"] else None
    if page:
        said.append(f"Came in on {page.path}")
    if lead["sessions"] and lead["sessions"] > 1:
        said.append(f"Visit {lead['sessions']:,} of theirs")
    return said


def _came_by(visit: Found) -> list[str]:
    said = []
    if visit["utm_campaign"]:
        said.append(f"Campaign {visit['utm_campaign']}")
    if visit["channel"]:
        said.append(f"Through {visit['channel']}")
    return [", ".join(said)] if said else []
