"""Why people come: a purpose decides what they look at and whether they come back.

Nothing that is sent names the purpose; a score has to guess it from who somebody is and what they
do. So the story knows the truth that scores can be compared with.
"""

from dataclasses import dataclass
from enum import StrEnum

from simulator.dice import Dice


class Purpose(StrEnum):
    """Why somebody is on the site."""

    BUYER = "buyer"
    """Has the problem and a say in buying: comes back, asks for a demo, brings others."""
    LOOKER = "looker"
    """Came through an ad or a link, and has a look around."""
    STUDENT = "student"
    """Writes a paper on the subject: reads blog and documents for weeks, and never buys."""
    COMPETITOR = "competitor"
    """Reads everything, once."""
    BOT = "bot"
    """A mail scanner that opens the links of a newsletter before its reader does."""


@dataclass(frozen=True, slots=True)
class Habits:
    """What people with one purpose do.

    `interest` multiplies how often a page is looked at, by the first part of its path; others have
    1. `sources` does the same for where people come from, by campaign or source. `pages_rate`
    multiplies `Story.pages_rate`: the smaller, the more pages in a visit. `returns` is the share
    (0..1) of visits that are followed by another.
    """

    returns: float
    pages_rate: float
    interest: dict[str, float]
    sources: dict[str, float]


HABITS = {
    Purpose.BUYER: Habits(
        returns=0.62,
        pages_rate=0.6,
        interest={"/pricing": 1.8, "/integrations": 1.4, "/customers": 1.5, "/security": 2.0,
                  "/demo": 2.0, "/blog": 0.3, "/docs": 0.6},
        sources={"workflow_automation": 2.0, "ops_leaders_emea": 2.0, "spring_bundle": 2.0,
                 "q1_brand_awareness": 0.5},
    ),
    Purpose.LOOKER: Habits(
        returns=0.30,
        pages_rate=1.0,
        interest={"/pricing": 0.8, "/demo": 0.6},
        sources={"q1_brand_awareness": 1.5},
    ),
    Purpose.STUDENT: Habits(
        returns=0.38,
        pages_rate=1.1,
        interest={"/": 0.4, "/blog": 6.0, "/docs": 3.0, "/pricing": 0.1, "/demo": 0.0,
                  "/security": 0.3},
        sources={"google": 2.5, "ai": 4.0, "workflow_automation": 0.1, "competitor_terms": 0.1,
                 "q1_brand_awareness": 0.3, "ops_leaders_emea": 0.1, "spring_bundle": 0.1},
    ),
    Purpose.COMPETITOR: Habits(
        returns=0.0,
        pages_rate=1.0,
        interest={},
        sources={"google": 2.0, "direct": 4.0},
    ),
    Purpose.BOT: Habits(
        returns=0.10,
        pages_rate=0.7,
        interest={},
        sources={"newsletter": 40.0},
    ),
}  # fmt: skip

# By purpose: (beginning of a page's path, chance, form sent from it); the first match counts.
_FORMS: dict[Purpose, tuple[tuple[str, float, str], ...]] = {
    Purpose.BUYER: (("/demo", 0.45, "demo-request"), ("/pricing", 0.03, "contact")),
    Purpose.LOOKER: (("/demo", 0.04, "demo-request"), ("/blog", 0.04, "newsletter")),
    Purpose.STUDENT: (("/blog", 0.06, "newsletter"),),
}
DEMO_REQUEST = "demo-request"

_BOTS = 0.025
_COMPETITORS = 0.12  # of people in the same industry as the site
_STUDENTS = 0.24  # of people in junior jobs
# The share of buyers, by how many are true: senior enough, the right craft, a company of the right
# size.
_BUYERS = (0.005, 0.02, 0.16, 0.72)


def purpose(dice: Dice, *, fits: int, is_junior: bool, makes_the_same: bool) -> Purpose:
    """Draw why somebody comes. `fits`: how many (0..3) of `_BUYERS`' conditions are true of them;
    `makes_the_same`: their company is in the same industry as the site.
    """
    if dice.chance(_BOTS):
        return Purpose.BOT
    if makes_the_same and dice.chance(_COMPETITORS):
        return Purpose.COMPETITOR
    if dice.chance(_BUYERS[fits]):
        return Purpose.BUYER
    return Purpose.STUDENT if is_junior and dice.chance(_STUDENTS) else Purpose.LOOKER


def form(dice: Dice, why: Purpose, path: str) -> str | None:
    """Draw which form somebody sends from the page at `path`, by its name; None for none."""
    for begin, chance, name in _FORMS.get(why, ()):
        if path.startswith(begin):
            return name if dice.chance(chance) else None
    return None
