"""Why somebody is worth calling, at a moment: each point of intent with what gave it, each
criterion of fit with what is known, and both in words. Made by fixed rules from stored data, never
guessed.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, Integer, Text, and_, cast, select

from models.facts.paths import page_of
from models.facts.ranks import delivery_of
from models.facts.row import Row
from models.scoring.definition import ANY_OTHER
from models.scoring.fit import Fit, fit_of
from models.scoring.grade import grade, intent_of
from models.scoring.intent import DAY_MS, RETURN_VISIT, SIGNAL, Point, key_at, raw_at
from models.scoring.keeping import known_of, points_of_leads, values_of
from models.scoring.versions import in_force
from models.storage.rows import items_of, load
from models.tables import PAGE_EVENT, SESSION, SESSION_POINTS

FORM = "form"
"""What the names of form signals begin with: somebody asked for something."""

_HALF = 0.5

_LEAST_LEFT = 1
"""Points that a form must still have to count as a recent request."""


class Given(NamedTuple):
    """Points that something gave: how many originally, how many are left `now`; `page` is its
    address, `place` its page event's place in the visit, `delivery` the `webhook-id` it came from.
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
        """Whether they asked for something recently: one of their forms still has a point left."""
        return any(one.is_form and one.now >= _LEAST_LEFT for one in self.given)


def who_ask(db: Connection, leads: Collection[str], moment: int) -> set[str]:
    """Which of these leads asked for something recently, as in `Why.asks`, at a moment (Unix ms).

    Looks closely only at those that ever sent a form, because most never do.
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


def why(
    db: Connection, leads: Collection[str], moment: int, *, only_best: bool = False
) -> dict[str, Why]:
    """Why these leads are worth calling at a moment (Unix ms), by key; of those that are there.

    `only_best`: only points by which the first of `reasons` is told, and forms. Most of a list's
    points are never shown, and each page is a lookup in the largest table.
    """
    scoring = in_force(db)
    half_life = scoring.half_life_ms
    known = known_of(db, leads)
    found: dict[str, Why] = {}
    for key, its in points_of_leads(db, scoring, known).items():
        values = values_of(known[key].lead, known[key].company)
        fit = fit_of(scoring.definition, values)
        key_then = key_at((point for _, point in its), moment, half_life)
        intent = intent_of(key_then, moment, half_life)
        left = [
            (raw_at([point], moment, half_life), sid, point)
            for sid, point in its
            if point.at <= moment
        ]
        given = [
            Given(point.what, point.at, point.points, now, sid, point.place, None, None)
            for now, sid, point in (_telling(left) if only_best else left)
        ]
        given.sort(key=lambda one: (-one.now, -one.at, one.sid, one.what))
        employees = values["employees"]
        found[key] = Why(
            scoring.version, moment, fit, intent, grade(fit.fit, intent), given,
            known[key].lead["job_title"], employees if isinstance(employees, float) else None,
        )  # fmt: skip
    return _told(db, found, _shown if only_best else lambda of: of.given)


def _shown(of: Why) -> Sequence[Given]:
    """Of `_telling` points those whose page is asked for: forms are named after theirs, so only
    then is it known which is the best; of another kind the newest is shown.
    """
    return of.given if not of.given or of.given[0].is_form else [_newest(of.given)]


Left = tuple[float, str, Point]
"""How many of some points are left, the visit, and the points."""


def _telling(left: Sequence[Left]) -> Sequence[Left]:
    """Those of a lead's points by which its best reason is told: its forms, else the kind that has
    most points left.
    """
    kinds: dict[str, list[Left]] = defaultdict(list)
    for one in left:
        if one[0]:
            kinds[one[2].what].append(one)
    forms = [one for what, its in kinds.items() if what.startswith(SIGNAL + FORM) for one in its]
    if forms or not kinds:
        return forms
    # Summed up in the order of `reasons`: floats would differ otherwise.
    sums = {
        what: sum(sorted((now for now, _, _ in its), reverse=True)) for what, its in kinds.items()
    }
    return kinds[min(sums, key=lambda what: (-sums[what], what))]


def _told(
    db: Connection, leads: Mapping[str, Why], which: Callable[[Why], Iterable[Given]]
) -> dict[str, Why]:
    """The same, with the page of these of their points, and the delivery it came from."""
    asked = {(one.sid, one.place) for of in leads.values() for one in which(of)}
    sids = {sid for sid, _ in asked}
    columns = ("sid", "landing_page", "finalized", "rank", "vid_rank")
    visits: dict[str, Row] = {row["sid"]: row for row in load(db, SESSION, "sid", sids, columns)}
    pages = _pages(db, sorted((sid, place) for sid, place in asked if place is not None))

    def told(one: Given) -> Given:
        if (one.sid, one.place) not in asked:
            return one
        visit = visits[one.sid]
        delivery = delivery_of(visit["rank"] or visit["vid_rank"])
        url = None if one.place is None else pages.get((one.sid, one.place))
        if one.place is None and not visit["finalized"]:
            url = visit["landing_page"]
        return one._replace(page=url, delivery=delivery)

    if not asked:
        return dict(leads)
    return {key: of._replace(given=[told(one) for one in of.given]) for key, of in leads.items()}


def _pages(db: Connection, places: Sequence[tuple[str, int]]) -> dict[tuple[str, int], str | None]:
    """The addresses of only these page events: a visit may have thousands."""
    if not places:
        return {}
    # Joined, for SQLite reads the whole table where a pair of columns is among a list of pairs.
    pairs = items_of(json.dumps(places, ensure_ascii=False), "pair")
    sid, place = (pairs.c.value.op("->>", return_type=Text())(at) for at in (0, 1))
    is_it = and_(PAGE_EVENT.c.sid == sid, PAGE_EVENT.c.place == cast(place, Integer))
    query = select(*PAGE_EVENT.c["sid", "place", "url"]).select_from(pairs.join(PAGE_EVENT, is_it))
    return {(row.sid, row.place): row.url for row in db.execute(query)}


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
    """What somebody did, in words, best reason first: forms first, then what has most points left,
    grouped by kind; `timed`: with how long ago.
    """
    return [_in_words(its, of.moment if timed else None) for its in _groups(of)]


def _groups(of: Why) -> list[list[Given]]:
    """Points that are not used up, grouped by kind, in the order of `reasons`."""
    groups: dict[str, list[Given]] = defaultdict(list)
    for one in of.given:
        if one.now:
            groups[named(one.what, one.page) if one.is_form else one.what].append(one)
    return sorted(
        groups.values(),
        key=lambda its: (not its[0].is_form, -sum(one.now for one in its), its[0].what),
    )


def _newest(its: Sequence[Given]) -> Given:
    return max(its, key=lambda one: one.at)


def _in_words(its: Sequence[Given], moment: int | None) -> str:
    newest = _newest(its)
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
    """Who somebody is, as far as it is relevant: the title, and the employer's size."""
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
        return f"Nothing recently{f'; {is_who}' if is_who else ''}."
    second = f", and {did[1][0].lower()}{did[1][1:]}" if len(did) > 1 else ""
    return f"{did[0]}{second}{f'; {is_who}' if is_who else ''}."
