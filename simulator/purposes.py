"""Why people come. A purpose decides what they look at and whether they come back.

Nothing that is sent names it: whoever scores leads has to find out from who somebody is and what
they did. So the story knows the truth that a score can be held against.
"""

from dataclasses import dataclass
from enum import StrEnum

from simulator.dice import Dice


class Purpose(StrEnum):
    """Why somebody is on the site."""

    BUYER = "buyer"
    """Has the problem and a say in what is bought: comes back, asks for a demo, brings others."""
    LOOKER = "looker"
    """Came by an advertisement or a link, and has a look."""
    STUDENT = "student"
    """Writes about the matter: reads blog and documents, for weeks, and never buys."""
    COMPETITOR = "competitor"
    """Reads everything, once."""
    BOT = "bot"
    """A mail scanner that opens the links of a newsletter before its reader does."""


@dataclass(frozen=True, slots=True)
class Habits:
    """What people of one purpose do.

    `interest` multiplies how often a page is looked at, by the first part of its path; 1 where it
    is not named. `sources` does so for where they come from, by campaign or source. `pages_rate`
    multiplies the exponential law of a visit's further pages: the smaller, the more. `returns` is
    the share of visits after which there is another.
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

# (chance, form) after a page whose path begins so, by purpose; the first that fits.
_FORMS: dict[Purpose, tuple[tuple[str, float, str], ...]] = {
    Purpose.BUYER: (("/demo", 0.45, "demo-request"), ("/pricing", 0.03, "contact")),
    Purpose.LOOKER: (("/demo", 0.04, "demo-request"), ("/blog", 0.04, "newsletter")),
    Purpose.STUDENT: (("/blog", 0.06, "newsletter"),),
}
DEMO_REQUEST = "demo-request"

_BOTS = 0.025
_COMPETITORS = 0.12  # of those who work where the same is made
_STUDENTS = 0.24  # of those at the beginning of their work
# Of those who have so many of: a say, the right work, a firm that is neither small nor huge.
_BUYERS = (0.005, 0.02, 0.16, 0.72)


def purpose(dice: Dice, *, fits: int, is_junior: bool, makes_the_same: bool) -> Purpose:
    """Draw why somebody comes; `fits` counts (0..3) what makes them the right kind to buy."""
    if dice.chance(_BOTS):
        return Purpose.BOT
    if makes_the_same and dice.chance(_COMPETITORS):
        return Purpose.COMPETITOR
    if dice.chance(_BUYERS[fits]):
        return Purpose.BUYER
    return Purpose.STUDENT if is_junior and dice.chance(_STUDENTS) else Purpose.LOOKER


def form(dice: Dice, why: Purpose, path: str) -> str | None:
    """Draw which form is sent from a page, if any."""
    for begin, chance, name in _FORMS.get(why, ()):
        if path.startswith(begin):
            return name if dice.chance(chance) else None
    return None
