"""Every filter once: its name, what it is about, what it takes. Everything else reads it from here:
the bar, URLs, commands, SQL and the documents.
"""

from dataclasses import dataclass
from typing import Literal

from models.facts.channels import CHANNELS
from models.facts.titles.meaning import DEPARTMENTS, SENIORITIES
from models.facts.visits import UTM
from models.payloads.vocabulary import ERROR, STAGES, UNCHECKED
from models.scoring.grade import GRADES

About = Literal["lead", "visit", "employer", "range", "touch"]
"""Whose field it is: the human's, a visit's, the employer's; or the range; or which touch the
visit's fields apply to."""

Kind = Literal["text", "word", "exact", "kept", "number", "time", "search"]
"""What its values are: text, compared folded; one of some words; an id, as it is; the name of
something kept; a whole number; a date or time; words to search for."""

Operator = Literal["is", "not", "has"]

NONE = "(none)"
"""The word for a missing value."""

ME = "me"
"""The word for whoever is asking, as the owner of leads."""

STATUSES = ("new", "working", "meeting", "won", "lost", "not_a_fit")
"""How far a lead is; the first until somebody says otherwise."""

VERDICTS = ("valid", "valid_catch_all", "catch_all", "invalid")
SENDABLE = "sendable"
"""The word for any verdict that mail can be sent on (`models.payloads.vocabulary.SENDABLE`)."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter as people read it, and how its values are read.

    `words` are all that a `word` may be, or for a `text` those to suggest. `several`: more than one
    value may be given, any of which may match. `example` is shown in an empty field.
    """

    name: str
    label: str
    about: About
    kind: Kind
    meaning: str
    words: tuple[str, ...] = ()
    example: str = ""

    @property
    def may_be_missing(self) -> bool:
        """Whether `(none)` may be asked for."""
        return self.kind in {"text", "exact"} or self.name in _UNTOLD

    @property
    def operators(self) -> tuple[Operator, ...]:
        """How it can compare, the usual way first."""
        if self.kind == "text" or self.name in _UNTOLD:
            return ("is", "not", "has")
        return ("is", "not") if self.is_several else ("is",)

    @property
    def is_several(self) -> bool:
        """Whether several values may be given."""
        return self.kind in {"text", "word", "exact", "kept"} and self.name not in _SINGLE


_SINGLE = frozenset({"touch", "bots", "live"})
_UNTOLD = frozenset({"channel", "seniority", "department", "device"})
"""Words that may be missing for a visit or human."""

_FILTERS = (
    Filter("q", "Search", "lead", "search", "Name, email address or company."),
    Filter("since", "Active from", "range", "time", "Last active then or later (times: UTC).",
           example="-7d"),
    Filter("until", "Active until", "range", "time", "Last active by then (times: UTC).",
           example="today"),
    Filter("segment", "Segment", "lead", "kept", "In this segment.", example="my-territory"),
    Filter("list", "List", "lead", "kept", "On this list, or works for a company on it.",
           example="customers"),
    Filter("new_since", "New since", "lead", "time", "First seen then or later (times: UTC).",
           example="-7d"),
    *(
        Filter(name, name.removeprefix("utm_").capitalize(), "visit", "text", f"`{name}`.")
        for name in UTM
    ),
    Filter("channel", "Channel", "visit", "word", "How the visit came.", CHANNELS),
    Filter(
        "referrer_host", "Referring host", "visit", "text", "Site that linked here.",
        example="news.example",
    ),
    Filter("referrer", "Referrer", "visit", "text", "Part of the referrer.", example="google."),
    Filter(
        "landing_page", "Landing page", "visit", "text", "Part of the landing page's address.",
        example="/pricing",
    ),
    Filter(
        "page", "Page", "visit", "text", "Saw this page or one below it.", example="/pricing"
    ),
    Filter("click_id", "Click id", "visit", "word", "Came from an ad.", ("gclid", "fbclid", "any")),
    Filter(
        "device", "Device", "visit", "word", "Kind of device.",
        ("desktop", "mobile", "tablet", "bot"),
    ),
    Filter(
        "visit", "Visit", "visit", "word", "A lead's first, or a later one.", ("new", "returning")
    ),
    Filter("hot", "Hot pages", "visit", "word", "Saw a page of HOT_PAGES.", ("yes", "no")),
    Filter("bots", "Likely bots", "visit", "word", "Verified bots, or a score below 30.",
           ("hide", "show", "only")),
    Filter(
        "live", "On site now", "visit", "word", "Heard from within 30 minutes, not over.", ("yes",)
    ),
    Filter("pid", "Pixel", "visit", "exact", "The pixel that saw the visit."),
    Filter("min_bot_score", "Bot score from", "visit", "number", "1 bot … 99 human.", example="30"),
    Filter("min_pages", "Pages from", "visit", "number", "Page views in the visit.", example="2"),
    Filter("min_duration", "Seconds from", "visit", "number", "Length of the visit.", example="60"),
    Filter("touch", "Touch", "touch", "word", "Filters on a visit apply to this touch.",
           ("first", "last")),
    Filter("leads", "Leads", "lead", "word", "How much is known about them.",
           ("identified", "new", "employed", "qualified")),
    Filter("stage", "Stage", "lead", "word", "How far Midbound has got.", tuple(STAGES)),
    Filter("validity", "Email status", "lead", "text", "Newest verdict on the address.",
           (SENDABLE, *VERDICTS, UNCHECKED, ERROR)),
    Filter("owner", "Owner", "lead", "exact", "Who took the lead: me, (none) or an address.",
           example="me"),
    Filter("status", "Status", "lead", "word", "How far it is, as people set it; new at first.",
           STATUSES),
    Filter("job_title", "Title", "lead", "text", "Job title.", example="sales"),
    Filter("seniority", "Seniority", "lead", "word", "Based on the title.", SENIORITIES),
    Filter("department", "Department", "lead", "word", "Based on the title.", DEPARTMENTS),
    Filter("grade", "Grade", "lead", "word", "Letter for fit, figure for intent, or one of them.",
           GRADES),
    Filter("fit_min", "Fit from", "lead", "number", "Who they are, 0 to 100.", example="60"),
    Filter("intent_min", "Intent from", "lead", "number", "What they do, 0 to 100.", example="35"),
    Filter("country", "Country", "lead", "text", "ISO-2 code.", example="PT"),
    Filter("company", "Company", "lead", "text", "Domain or name.", example="acme.com"),
    Filter("company_country", "Company's country", "employer", "text", "ISO-2 code.", example="DE"),
    Filter("industry", "Industry", "employer", "text", "The employer's."),
    Filter("funding", "Last round", "employer", "text", "The employer's.", example="Series A"),
    Filter(
        "min_employees", "Employees from", "employer", "number", "Size, at least.", example="50"
    ),
    Filter(
        "max_employees", "Employees to", "employer", "number", "Size, at most.", example="1000"
    ),
    Filter(
        "min_growth", "Growth from, %", "employer", "number", "Headcount growth per year.",
        example="10",
    ),
)  # fmt: skip

FILTERS: dict[str, Filter] = {one.name: one for one in _FILTERS}
"""By name, in the order in which they are offered."""


def names_a_human(name: str, text: str) -> bool:
    """Whether a value, once it was parsed, is free text, which may name a human: not a number, a
    time, one of some words or a segment's or list's name.
    """
    one = FILTERS[name]
    if one.kind in {"number", "time", "word", "kept"}:
        return False
    if name in {"country", "company_country"}:
        return not (len(text) == len("PT") and text.isascii() and text.isalpha())
    return not (name == "validity" and text in one.words)
