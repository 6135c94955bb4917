"""What follows from a visit's session object, so that filters, reports and exports agree.

Texts are stored a second time in the form in which they are compared (`search.fold`): without case
and accents.
"""

from collections.abc import Iterable

from models.facts.channels import channel_of, referrer_host
from models.facts.paths import page_of, part_of, unless_plain
from models.facts.row import Row
from models.facts.search import fold
from models.payloads.wire import LONGEST_URL

UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")

LEAST_HUMAN_SCORE = 30
"""Below this score, Cloudflare's own bound, a visitor is more likely a bot than a human."""

LONGEST_HOST = 253
"""Characters of a host name, by the standard; a longer one is cut."""

LONGEST_PATH = 500
"""Characters of a path by which a visit is found; the rest is cut."""


def derived(visit: Row) -> Row:
    """Columns of table `session` that follow from others of the same session object."""
    referrer, landing_page = visit["referrer"], visit["landing_page"]
    host = referrer_host(referrer, landing_page)
    return {
        "channel": channel_of(
            visit["utm_source"],
            visit["utm_medium"],
            referrer,
            landing_page,
            has_gclid=visit["gclid"] is not None,
        ),
        "referrer_host": host and host[:LONGEST_HOST],
        **{f"folded_{name}": folded(visit[name]) for name in UTM},
        **{f"{name}_part": _part(visit[name]) for name in ("landing_page", "referrer")},
        "is_bot": is_bot(visit["bot_score"], visit["verified_bot"]),
    }


def folded(text: str | None) -> str | None:
    """A text in the form in which it is compared, without surrounding spaces; None for none."""
    return None if text is None else fold(text)


def _part(url: str | None) -> str | None:
    """What is kept of an address to search it for parts."""
    return None if url is None else unless_plain(part_of(url)[:LONGEST_URL], url)


def is_bot(score: float | None, verified: bool | None) -> bool:  # noqa: FBT001 - a fact as it comes
    """Whether a visit is a likely bot's: verified by Cloudflare, or with a low score."""
    return verified is True or (score is not None and score < LEAST_HUMAN_SCORE)


def paths_of(urls: Iterable[str | None]) -> set[str]:
    """The paths of these addresses, each in its one spelling, by which a visit is found."""
    pages = (page_of(url) for url in urls if url)
    return {page.path[:LONGEST_PATH] for page in pages if page}
