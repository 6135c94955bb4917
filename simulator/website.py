"""The site: its pages, where visitors come from, and where they go from it."""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from simulator.dice import Dice
from simulator.purposes import HABITS, Purpose

SITE = "https://www.example.com"

# One workspace with two pixels, main site and docs; always the same, in every play.
TENANT = "ws_01JGFJJZ00S1MQ7V0R9D3X5B8K"
PIXELS: tuple[tuple[float, str], ...] = (
    (85, "mdb_pxl_01JGFJJZ00A6T2H9E4W8C1N7PZ"),
    (15, "mdb_pxl_01JGFJJZ00K3Y5M0F8R6G2V4QD"),
)

_DEMO = ("/demo", "Book a Demo | Example Inc")
_PAGES: tuple[tuple[float, tuple[str, str]], ...] = (
    (18, ("/", "Example Inc — B2B Workflow Automation")),
    (17, ("/pricing", "Pricing Plans | Example Inc")),
    (13, ("/features", "Features | Example Inc")),
    (8, ("/integrations", "Integrations | Example Inc")),
    (6, ("/integrations/crm-sync", "CRM Sync | Example Inc")),
    (7, ("/customers", "Customer Stories | Example Inc")),
    (5, ("/customers/logistics", "How a Haulier Saved a Day a Week | Example Inc")),
    (6, ("/blog", "Blog | Example Inc")),
    (5, ("/blog/approval-chains", "Approval Chains Without Tears | Example Inc")),
    (4, ("/blog/ops-metrics?page=2", "Eleven Metrics for Ops & RevOps | Example Inc")),
    (6, ("/docs/getting-started", "Getting Started | Example Docs")),
    (4, ("/security", "Security & Compliance | Example Inc")),
    (4, _DEMO),
    (3, ("/about", "About | Example Inc")),
)
_OUTLINKS = (
    "https://calendly.com/example-inc/demo",
    "https://status.example.com/",
    "https://community.example.org/",
    "https://app.example.com/signup",
)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a visit comes from. `click`: the name of the click id that the ad platform adds."""

    referrer: str | None
    source: str | None = None
    medium: str | None = None
    campaigns: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    contents: tuple[str, ...] = ()
    click: str | None = None


_SOURCES: tuple[tuple[float, Source], ...] = (
    (
        24,
        Source(
            "https://www.google.com/",
            "google",
            "cpc",
            ("q1_brand_awareness", "workflow_automation", "competitor_terms"),
            ("workflow automation", "approval software", "visitor identification"),
            ("headline_a", "headline_b"),
            "gclid",
        ),
    ),
    (
        13,
        Source(
            "https://www.linkedin.com/",
            "linkedin",
            "paid_social",
            ("ops_leaders_emea", "retargeting_30d"),
            (),
            ("carousel", "video_15s"),
        ),
    ),
    (
        9,
        Source(
            "https://www.facebook.com/",
            "facebook",
            "paid_social",
            ("retargeting_30d", "webinar_series"),
            (),
            ("story", "feed_image"),
            "fbclid",
        ),
    ),
    (
        11,
        Source(
            None,
            "newsletter",
            "email",
            ("product_update", "webinar_series"),
            (),
            ("cta_top", "cta_bottom"),
        ),
    ),
    (
        5,
        Source(
            "https://www.bing.com/", "bing", "cpc", ("workflow_automation",), ("approval tool",)
        ),
    ),
    (4, Source("https://partner.example.net/tools", "partner", "referral", ("spring_bundle",))),
    (13, Source("https://www.google.com/")),
    (3, Source("https://duckduckgo.com/")),
    (4, Source("https://www.linkedin.com/")),
    (2, Source("https://chatgpt.com/", "chatgpt.com")),
    (1, Source("https://www.perplexity.ai/")),
    (2, Source("https://reviews.example.org/workflow-automation")),
    (14, Source(None)),
)
_BY_NAME = {
    "https://www.google.com/": "google",
    "https://chatgpt.com/": "ai",
    "https://www.perplexity.ai/": "ai",
    None: "direct",
}
"""The names in `Habits.sources` for visits without a campaign."""


@cache
def _pages(why: Purpose) -> tuple[tuple[float, tuple[str, str]], ...]:
    interest = HABITS[why].interest

    def weight(path: str) -> float:
        return interest.get("/" + path.split("/", 2)[1], 1.0)

    return tuple((share * weight(path), (path, title)) for share, (path, title) in _PAGES)


@cache
def _sources(why: Purpose) -> tuple[tuple[float, Source], ...]:
    """One source per campaign, because campaigns attract people with different purposes."""
    liking = HABITS[why].sources
    found = []
    for share, source in _SOURCES:
        for campaign in source.campaigns:
            one = replace(source, campaigns=(campaign,))
            weight = liking.get(campaign, liking.get(source.source or "", 1.0))
            found.append((share * weight / len(source.campaigns), one))
        if not source.campaigns:
            weight = liking.get(_BY_NAME.get(source.referrer, ""), 1.0)
            found.append((share * weight, source))
    return tuple(found)


def page(dice: Dice, why: Purpose) -> tuple[str, str]:
    """Pick a page for somebody with this purpose: its URL and title."""
    path, title = dice.weighted(_pages(why))
    return SITE + path, title


def demo_page() -> tuple[str, str]:
    """The page with the form for a demo: its URL and title."""
    return SITE + _DEMO[0], _DEMO[1]


def every_page(dice: Dice) -> list[tuple[str, str]]:
    """All pages in a random order: the URL and title of each."""
    found = [(SITE + path, title) for _, (path, title) in _PAGES]
    return dice.sample(found, len(found))


def outlink(dice: Dice) -> str:
    """Pick a URL outside the site that somebody follows a link to."""
    return dice.choice(_OUTLINKS)


def arrival(dice: Dice, why: Purpose) -> dict[str, Any]:
    """Draw how a visit begins: the session's `utm`, `referrer`, `gclid` and `fbclid`, by these
    names.
    """
    came = dice.weighted(_sources(why))
    return {
        "utm": {
            "source": came.source,
            "medium": came.medium,
            "campaign": dice.choice(came.campaigns) if came.campaigns else None,
            "term": dice.maybe(0.7, dice.choice(came.terms)) if came.terms else None,
            "content": dice.maybe(0.5, dice.choice(came.contents)) if came.contents else None,
        },
        "referrer": dice.maybe(0.95, came.referrer),
        "gclid": f"CjwKCAjw{dice.hex(12)}EiwA{dice.hex(10)}" if came.click == "gclid" else None,
        "fbclid": f"IwAR{dice.hex(24)}" if came.click == "fbclid" else None,
    }
