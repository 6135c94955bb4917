"""Why somebody is worth calling, at a moment: each point of intent with what gave it, each
criterion of fit with what is known, and both in words. Made by rules from what is kept, never
guessed.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select, tuple_

from models.facts.paths import page_of
from models.facts.ranks import delivery_of
from models.facts.row import Row
from models.scoring.definition import ANY_OTHER
from models.scoring.fit import Fit, fit_of
from models.scoring.grade import grade, intent_of
from models.scoring.intent import DAY_MS, RETURN_VISIT, SIGNAL, Point, key_at, raw_at
from models.scoring.keeping import known_of, points_of_leads, values_of
from models.scoring.versions import in_force
from models.storage.rows import load
from models.tables import PAGE_EVENT, SESSION, SESSION_POINTS

FORM = "form"
"""What signals of forms begin with: somebody asked for something."""

_HALF = 0.5

_LEAST_LEFT = 1
"""Points that a form still has while it counts as asked of late."""


class Given(NamedTuple):
    """Points that something gave: how many then, how many are left `now`; `page` is its address,
    `place` its page event's in the visit, `delivery` the `webhook-id` that told of it.
    """

    what: str
    at: int
    points: float
    now: float
    sid: str
    place: int | None
    page: str | None
    delivery: str | None

    @property
    def is_form(self) -> bool:
        """Whether somebody sent a form."""
        return self.what.startswith(SIGNAL + FORM)


class Why(NamedTuple):
    """A lead's scores at a moment (Unix ms), and what they are made of; `given` by points left."""

    version: int
    moment: int
    fit: Fit
    intent: int
    grade: str
    given: Sequence[Given]
    title: str | None
    employees: float | None

    @property
    def asks(self) -> bool:
        """Whether they asked for something of late: a form of theirs still has a point left."""
        return any(one.is_form and one.now >= _LEAST_LEFT for one in self.given)


def who_ask(db: Connection, leads: Collection[str], moment: int) -> set[str]:
    """Which of these leads asked for something of late, as `Why.asks` says at a moment (Unix ms).

    Looks closer at those alone that ever sent a form, for most never do.
    """
    scoring = in_force(db)
    ever = (
        select(SESSION.c.lead)
        .join(SESSION_POINTS, SESSION_POINTS.c.sid == SESSION.c.sid)
        .where(
            SESSION.c.lead.in_(list(leads)),
            SESSION_POINTS.c.version == scoring.version,
            SESSION_POINTS.c.points.contains(f'"{SIGNAL}{FORM}', autoescape=True),
        )
    )
    known = known_of(db, set(db.execute(ever).scalars()))
    return {
        key
        for key, its in points_of_leads(db, scoring, known).items()
        for _, point in its
        if point.what.startswith(SIGNAL + FORM)
        and raw_at([point], moment, scoring.half_life_ms) >= _LEAST_LEFT
    }


def why(db: Connection, leads: Collection[str], moment: int) -> dict[str, Why]:
    """Why these leads are worth calling at a moment (Unix ms), by key; of those that are there."""
    scoring = in_force(db)
    half_life = scoring.half_life_ms
    known = known_of(db, leads)
    points = points_of_leads(db, scoring, known)
    told = _told(db, points)
    found: dict[str, Why] = {}
    for key, its in points.items():
        values = values_of(known[key].lead, known[key].company)
        fit = fit_of(scoring.definition, values)
        key_then = key_at((point for _, point in its), moment, half_life)
        intent = intent_of(key_then, moment, half_life)
        given = [
            Given(
                point.what, point.at, point.points, raw_at([point], moment, half_life), sid,
                point.place,
                *told[sid, point.place],
            )
            for sid, point in its
            if point.at <= moment
        ]  # fmt: skip
        given.sort(key=lambda one: (-one.now, -one.at, one.sid, one.what))
        employees = values["employees"]
        found[key] = Why(
            scoring.version, moment, fit, intent, grade(fit.fit, intent), given,
            known[key].lead["job_title"], employees if isinstance(employees, float) else None,
        )  # fmt: skip
    return found


Told = tuple[str | None, str | None]
"""The page of a point, and the delivery that told of it."""


def _told(
    db: Connection, points: Mapping[str, Sequence[tuple[str, Point]]]
) -> dict[tuple[str, int | None], Told]:
    sids = {sid for its in points.values() for sid, _ in its}
    columns = ("sid", "landing_page", "finalized", "rank", "vid_rank")
    visits: dict[str, Row] = {row["sid"]: row for row in load(db, SESSION, "sid", sids, columns)}
    places = {(sid, p.place) for its in points.values() for sid, p in its if p.place is not None}
    pages = _pages(db, sorted(places))
    told: dict[tuple[str, int | None], Told] = {}
    for its in points.values():
        for sid, point in its:
            visit = visits[sid]
            delivery = delivery_of(visit["rank"] or visit["vid_rank"])
            url = None if point.place is None else pages.get((sid, point.place))
            if point.place is None and not visit["finalized"]:
                url = visit["landing_page"]
            told[sid, point.place] = (url, delivery)
    return told


def _pages(db: Connection, places: Sequence[tuple[str, int]]) -> dict[tuple[str, int], str | None]:
    """The addresses of these page events alone: a visit may have thousands."""
    found: dict[tuple[str, int], str | None] = {}
    sid, place, url = PAGE_EVENT.c["sid", "place", "url"]
    for begin in range(0, len(places), _PLACES):
        some = tuple_(sid, place).in_(places[begin : begin + _PLACES])
        rows = db.execute(select(sid, place, url).where(some))
        found |= {(row.sid, row.place): row.url for row in rows}
    return found


_PLACES = 400
"""Page events that are asked for at once."""


def named(what: str, page: str | None = None) -> str:
    """What gave points, in words: "Asked for a demo", "Looked at /pricing", "Came back"."""
    found = page_of(page) if page else None
    path = found.path if found else None
    if what == RETURN_VISIT:
        return "Came back"
    if what.startswith(SIGNAL):
        name = what.removeprefix(SIGNAL)
        if name.startswith(FORM) and path and "demo" in path.lower():
            return "Asked for a demo"
        said = "Sent a form" if name.startswith(FORM) else name.replace("_", " ").capitalize()
        return f"{said} on {path}" if path else said
    shown = path if what == ANY_OTHER else what
    return f"Looked at {shown}" if shown else "Looked at a page"


def reasons(of: Why, *, timed: bool = True) -> list[str]:
    """What somebody did, in words, the best reason first: a form above all, then what has most
    points left, all of one kind together; `timed`: and how long ago.
    """
    groups: dict[str, list[Given]] = defaultdict(list)
    for one in of.given:
        if one.now:
            groups[named(one.what, one.page) if one.is_form else one.what].append(one)
    ranked = sorted(
        groups.values(),
        key=lambda its: (not its[0].is_form, -sum(one.now for one in its), its[0].what),
    )
    return [_in_words(its, of.moment if timed else None) for its in ranked]


def _in_words(its: Sequence[Given], moment: int | None) -> str:
    newest = max(its, key=lambda one: one.at)
    when = "" if moment is None else ago(newest.at, moment)
    times = len(its)
    is_several = newest.what == ANY_OTHER and times > 1
    said = "Looked at other pages" if is_several else named(newest.what, newest.page)
    often = f" in {times} visits" if is_several else f" {times} times" if times > 1 else ""
    last = ", last" if times > 1 and when else ""
    return f"{said}{often}{last} {when}".rstrip()


def ago(at: int, moment: int) -> str:
    """How long before a moment (Unix ms) something was."""
    minutes = max(0, moment - at) // 60_000
    if minutes < 2:  # noqa: PLR2004 - a minute is as good as now
        return "just now"
    if minutes < 120:  # noqa: PLR2004 - two hours
        return f"{minutes} minutes ago"
    hours = minutes // 60
    if hours < 48:  # noqa: PLR2004 - two days
        return f"{hours} hours ago"
    return f"{max(0, moment - at) // DAY_MS} days ago"


def who(of: Why) -> list[str]:
    """Who somebody is, as far as it speaks for them: the title, and how large the employer is."""
    shares = {part.criterion.name: part.share for part in of.fit.parts}

    def speaks(*names: str) -> bool:
        known = [share for name in names if (share := shares.get(name)) is not None]
        return not known or max(known) >= _HALF

    said = []
    if of.title and speaks("seniority", "department", "title"):
        said.append(of.title)
    if of.employees is not None and of.employees > 0 and speaks("employees"):
        said.append(f"{of.employees:,.0f} people")
    return said


def best(of: Why) -> str:
    """The best reason in a few words: "Asked for a demo · VP Sales · 420 people"."""
    return " · ".join([*reasons(of, timed=False)[:1], *who(of)])


def sentence(of: Why) -> str:
    """Why now, in one sentence."""
    did = reasons(of)[:2]
    is_who = ", ".join(who(of))
    if not did:
        return f"Nothing of late{f'; {is_who}' if is_who else ''}."
    second = f", and {did[1][0].lower()}{did[1][1:]}" if len(did) > 1 else ""
    return f"{did[0]}{second}{f'; {is_who}' if is_who else ''}."
