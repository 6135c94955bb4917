"""Visits that an event was just received for, with their human and employer: what rules look at."""

from collections import defaultdict
from collections.abc import Collection, Set
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from models.days import DAY_MS
from models.facts.paths import HOME
from models.facts.visits import UTM
from models.rules.deciding import is_late
from models.storage.rows import among, fetch, load, many, placeholder
from models.tables import EVENT, SESSION, SESSION_PAGE

_VISIT = (
    "sid", "lead", "started_at", "last_activity", "finalized", "is_bot", "channel", "device",
    "country", "pid", "referrer_host", "hot", "stage", "bot_score", "pageviews",
    "duration_seconds", "gclid", "fbclid", *(f"folded_{name}" for name in UTM),
)  # fmt: skip
_LEAD = (
    "sessions", "company_key", "company_name", "company_search", "first_seen", "folded_title",
    "seniority", "department", "country", "stage", "email", "email_validity", "owner", "status",
    "last_seen", "is_bot",
)  # fmt: skip
_COMPANY = (
    "key", "search", "folded_industry", "folded_round", "country", "employee_count",
    "headcount_growth_yoy",
)  # fmt: skip

_COLUMNS = {
    **{name: f"s.{name}" for name in _VISIT},
    **{f"lead_{name}": f"l.{name}" for name in _LEAD},
    **{f"company_{name}": f"c.{name}" for name in _COMPANY},
}
_SUBJECTS = (
    f"SELECT {', '.join(_COLUMNS.values())} FROM session s JOIN lead l ON l.key = s.lead"
    " LEFT JOIN company c ON c.key = l.company_key"
)


@dataclass(slots=True)
class Subject:
    """A visit, its human's and employer's columns under `lead_` and `company_`, and the paths it
    saw, each with all its parent paths.
    """

    row: dict[str, Any]
    pages: set[str] = field(default_factory=set)
    beside: list["Subject"] | None = field(default_factory=list)
    """The lead's other visits; None where they are too many to look at each."""

    is_quiet: bool = False
    """Whether its human is on a quiet list."""

    had: dict[str, Set[Any]] = field(default_factory=dict)
    """What it has, by the kind of thing, once that was asked for (`index`)."""

    sid: str = field(init=False)
    lead: str = field(init=False)
    company: str | None = field(init=False)
    """The visit, whose it is, and where they work."""

    def __post_init__(self) -> None:
        """Read what is asked for most."""
        self.sid, self.lead = self.row["sid"], self.row["lead"]
        self.company = self.row["lead_company_key"]


def subjects(db: Connection, sids: Collection[str], *, with_pages: bool = True) -> list[Subject]:
    """Existing visits, by their start. `with_pages`: whether a rule asks for pages."""
    if not sids:
        return []
    rows = fetch(db, f"{_SUBJECTS} WHERE {among(db, 's.sid')}", many(db, sids))
    found = [Subject(dict(zip(_COLUMNS, row, strict=True))) for row in rows]
    found.sort(key=lambda one: (one.row["started_at"], one.sid))
    if with_pages:
        pages: dict[str, set[str]] = defaultdict(set)
        for page in load(db, SESSION_PAGE, "sid", [one.sid for one in found], ("sid", "path")):
            pages[page["sid"]] |= _above(page["path"])
        for one in found:
            one.pages = pages[one.sid]
    return found


def look_at_quiet(db: Connection, found: Collection[Subject]) -> None:
    """Note for visits whether their humans are on a quiet list (`filters.lists.is_heard`)."""
    if not found:
        return
    # From people to their lists in this order on SQLite, too: a list may be long.
    sql = (
        "SELECT i.lead FROM lead_identifier i CROSS JOIN list_entry e"
        f" WHERE {among(db, 'i.lead')} AND e.value = i.value"
        " AND e.list IN (SELECT name FROM list WHERE quiet)"
        " AND EXISTS (SELECT 1 FROM list WHERE quiet)"
    )
    quiet = {lead for (lead,) in fetch(db, sql, many(db, {one.lead for one in found}))}
    for one in found:
        one.is_quiet = one.lead in quiet


MOST_BESIDE = 200
"""Visits of a lead that are looked at besides the current one."""


def look_beside(db: Connection, found: Collection[Subject], *, with_pages: bool) -> None:
    """Add their leads' other visits to visits."""
    at_hand = {one.sid: one for one in found}
    leads = {one.lead for one in found if one.row["lead_sessions"] > 1}
    few = {one.lead for one in found if 1 < one.row["lead_sessions"] <= MOST_BESIDE}
    sids = {row["sid"] for row in load(db, SESSION, "lead", few, ("sid",))}
    by_lead: dict[str, list[Subject]] = defaultdict(list)
    others = subjects(db, sids - at_hand.keys(), with_pages=with_pages)
    for other in (*found, *others):
        by_lead[other.lead].append(other)
    for one in found:
        if one.lead in leads:
            its = [other for other in by_lead[one.lead] if other is not one]
            one.beside = its if one.lead in few else None


def heard_beside(
    db: Connection, leads: Collection[str], companies: Collection[str], *, since: int
) -> set[str]:
    """Visits of which an event was made and received since a moment (Unix ms), of these leads and
    of people who work at these companies; none of a lead with more than `MOST_BESIDE` visits.
    """
    m, keys = placeholder(db), set(leads)
    if companies:
        sql = f"SELECT key FROM lead WHERE {among(db, 'company_key')} AND last_seen >= {m}"
        keys |= {key for (key,) in fetch(db, sql, many(db, companies), since - DAY_MS)}
    sql = (
        "SELECT s.sid FROM session s JOIN lead l ON l.key = s.lead"
        f" WHERE {among(db, 's.lead')} AND s.heard_at >= {m} AND l.sessions <= {MOST_BESIDE}"
        f" AND EXISTS (SELECT 1 FROM event e WHERE e.sid = s.sid AND e.created >= {m}"
        f" AND e.received_at >= {m})"
    )
    return {sid for (sid,) in fetch(db, sql, many(db, keys), since, since, since)}


def heard_in_time(db: Connection, sids: Collection[str]) -> set[str]:
    """Which of these visits have an event that was no old news when it was received."""
    events = load(db, EVENT, "sid", sids, ("sid", "created", "received_at"))
    return {
        event["sid"]
        for event in events
        if not is_late(event["created"], event["received_at"], event["received_at"])
    }


def _above(path: str) -> set[str]:
    """A path and all its parent paths; the home page is not a parent."""
    found = {path}
    while path != HOME and path:
        path = path.rpartition("/")[0]
        if path:
            found.add(path)
    return found
