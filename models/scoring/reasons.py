"""Why somebody is worth calling, at a moment: each point of intent with what gave it, each
criterion of fit with what is known, and both in words. Made by fixed rules from stored data, never
guessed.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, Integer, Text, and_, cast, select

from models.facts.paths import page_of
from models.facts.ranks import delivery_of
from models.facts.row import Row
from models.scoring.definition import ANY_OTHER
from models.scoring.fit import Fit, fit_of
from models.scoring.grade import grade, intent_of
from models.scoring.intent import (
    DAY_MS,
    FORM,
    RETURN_VISIT,
    SIGNAL,
    Point,
    Telling,
    is_form,
    key_at,
    raw_at,
    read_telling,
    together,
)
from models.scoring.keeping import known_of, points_of_leads, values_of
from models.scoring.versions import in_force
from models.storage.rows import items_of, load
from models.tables import LEAD_SCORE, PAGE_EVENT, SESSION

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
        return is_form(self.what)


class Why(NamedTuple):
    """A lead's scores at a moment (Unix ms), and what they are made of; `given` by points left."""

    version: int
    moment: int
    half_life_ms: float
    fit: Fit
    intent: int
    grade: str
    given: Sequence[Given]
    title: str | None
    employees: float | None

    @property
    def asks(self) -> bool:
        """Whether they asked for something recently: one of their forms still has a point left."""
        return _ask(self.given)


def _ask(given: Iterable[Given]) -> bool:
    return any(one.is_form and one.now >= _LEAST_LEFT for one in given)


class Best(NamedTuple):
    """A lead's grade at a moment and its best reason, in words, `timed` with how long ago; None
    without any. `asks`: as in `Why`.
    """

    grade: str
    asks: bool
    reason: str | None
    timed: str | None


class _Kind(NamedTuple):
    """Points of a kind: the newest, and how many times they were given."""

    newest: Given
    times: int


def who_ask(db: Connection, leads: Collection[str], moment: int) -> set[str]:
    """Which of these leads asked for something recently (`Why.asks`), at a moment (Unix ms)."""
    scoring = in_force(db)
    # All forms of a lead are kept, at whatever moment one asks.
    ever = select(LEAD_SCORE.c.lead, LEAD_SCORE.c.telling).where(
        LEAD_SCORE.c.version == scoring.version,
        LEAD_SCORE.c.lead.in_(list(leads)),
        LEAD_SCORE.c.telling.contains(f'"{SIGNAL}{FORM}', autoescape=True),
    )
    texts = {row.lead: row.telling for row in db.execute(ever)}
    half_life = scoring.half_life_ms
    return {
        lead
        for lead, its in _tellings(texts)
        if _ask(_given(one, moment, half_life) for one in its)
    }


def best(db: Connection, leads: Collection[str], moment: int) -> dict[str, Best]:
    """The best reasons of these leads at a moment (Unix ms), by key; of those that have scores.

    Each is the first of `reasons`, told by what is kept with the scores: nearly all points of a
    list's leads are never shown, and each page is a lookup in the largest table.
    """
    scoring = in_force(db)
    columns = LEAD_SCORE.c["lead", "fit", "intent_key", "newest_point", "telling"]
    query = select(*columns).where(
        LEAD_SCORE.c.version == scoring.version, LEAD_SCORE.c.lead.in_(list(leads))
    )
    rows = db.execute(query).all()
    # Before the newest point another kind may be the best: that takes all points.
    later = [row.lead for row in rows if row.newest_point > moment]
    earlier = why(db, later, moment) if later else {}
    found = {key: _best(of.grade, of.given, _groups(of), moment) for key, of in earlier.items()}
    kept = {row.lead: row for row in rows if row.newest_point <= moment}
    texts = {lead: row.telling for lead, row in kept.items() if row.telling is not None}
    its_kinds = _kept(db, texts, moment, scoring.half_life_ms)
    for lead, row in kept.items():
        its = its_kinds.get(lead, ())
        graded = grade(row.fit, intent_of(row.intent_key, moment, scoring.half_life_ms))
        groups = _grouped(its, row.newest_point, scoring.half_life_ms)
        found[lead] = _best(graded, [one.newest for one in its], groups, moment)
    return found


def _best(graded: str, given: Iterable[Given], groups: Sequence[_Kind], moment: int) -> Best:
    reason, timed = (_in_words(groups[0], when) if groups else None for when in (None, moment))
    return Best(graded, _ask(given), reason, timed)


def _kept(
    db: Connection, texts: Mapping[str, str], moment: int, half_life_ms: float
) -> dict[str, list[_Kind]]:
    """What is kept of leads, with the pages that are named."""
    told = dict(_tellings(texts))
    asked = {
        (one.sid, one.place)
        for its in told.values()
        for one in its
        if one.what.startswith(SIGNAL) or (one.what == ANY_OTHER and one.times == 1)
    }
    pages = _pages(db, asked, _visits(db, {sid for sid, place in asked if place is None}))
    return {
        lead: [
            _Kind(_given(one, moment, half_life_ms, pages.get((one.sid, one.place))), one.times)
            for one in its
        ]
        for lead, its in told.items()
    }


def _tellings(texts: Mapping[str, str]) -> Iterable[tuple[str, list[Telling]]]:
    return zip(texts, read_telling(texts.values()), strict=True)


def _given(one: Telling, moment: int, half_life_ms: float, page: str | None = None) -> Given:
    now = raw_at([Point(one.at, one.points, one.what)], moment, half_life_ms)
    return Given(one.what, one.at, one.points, now, one.sid, one.place, page, None)


def why(db: Connection, leads: Collection[str], moment: int) -> dict[str, Why]:
    """Why these leads are worth calling at a moment (Unix ms), by key; of those that are there."""
    scoring = in_force(db)
    half_life = scoring.half_life_ms
    known = known_of(db, leads)
    found: dict[str, Why] = {}
    for key, its in points_of_leads(db, scoring, known).items():
        values = values_of(known[key].lead, known[key].company)
        fit = fit_of(scoring.definition, values)
        key_then = key_at((point for _, point in its), moment, half_life)
        intent = intent_of(key_then, moment, half_life)
        given = [
            Given(
                point.what, point.at, point.points, raw_at([point], moment, half_life), sid,
                point.place, None, None,
            )
            for sid, point in its
            if point.at <= moment
        ]  # fmt: skip
        given.sort(key=lambda one: (-one.now, -one.at, one.sid, one.what))
        employees = values["employees"]
        found[key] = Why(
            scoring.version, moment, half_life, fit, intent, grade(fit.fit, intent), given,
            known[key].lead["job_title"], employees if isinstance(employees, float) else None,
        )  # fmt: skip
    return _told(db, found)


def _told(db: Connection, leads: Mapping[str, Why]) -> dict[str, Why]:
    """The same, with the page of each of their points, and the delivery it came from."""
    asked = {(one.sid, one.place) for of in leads.values() for one in of.given}
    visits = _visits(db, {sid for sid, _ in asked})
    pages = _pages(db, asked, visits)

    def told(one: Given) -> Given:
        visit = visits[one.sid]
        delivery = delivery_of(visit["rank"] or visit["vid_rank"])
        return one._replace(page=pages.get((one.sid, one.place)), delivery=delivery)

    return {key: of._replace(given=[told(one) for one in of.given]) for key, of in leads.items()}


def _visits(db: Connection, sids: Collection[str]) -> dict[str, Row]:
    columns = ("sid", "landing_page", "finalized", "rank", "vid_rank")
    return {row["sid"]: row for row in load(db, SESSION, "sid", sids, columns)}


def _pages(
    db: Connection, asked: Collection[tuple[str, int | None]], visits: Mapping[str, Row]
) -> dict[tuple[str, int | None], str | None]:
    """The addresses of only these page events, for a visit may have thousands; without a place,
    of the page that a visit came in on, until it is finalized.
    """
    found: dict[tuple[str, int | None], str | None] = {
        (sid, None): visits[sid]["landing_page"]
        for sid, place in asked
        if place is None and not visits[sid]["finalized"]
    }
    places = sorted((sid, place) for sid, place in asked if place is not None)
    if not places:
        return found
    # Joined, for SQLite reads the whole table where a pair of columns is among a list of pairs.
    pairs = items_of(json.dumps(places, ensure_ascii=False), "pair")
    sid, place = (pairs.c.value.op("->>", return_type=Text())(at) for at in (0, 1))
    is_it = and_(PAGE_EVENT.c.sid == sid, PAGE_EVENT.c.place == cast(place, Integer))
    query = select(*PAGE_EVENT.c["sid", "place", "url"]).select_from(pairs.join(PAGE_EVENT, is_it))
    return found | {(row.sid, row.place): row.url for row in db.execute(query)}


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


def _groups(of: Why) -> list[_Kind]:
    """Points grouped by kind, in the order of `reasons`."""
    newest = max((one.at for one in of.given), default=0)
    return _grouped([_Kind(one, 1) for one in of.given], newest, of.half_life_ms)


def _grouped(its: Iterable[_Kind], newest: int, half_life_ms: float) -> list[_Kind]:
    """Those of one name together, in the order of `reasons`; `newest` is when the newest of all
    points was given (Unix ms).
    """
    of_name: dict[str, list[_Kind]] = defaultdict(list)
    for one in its:
        given = one.newest
        of_name[named(given.what, given.page) if given.is_form else given.what].append(one)
    left = {
        name: together(((one.newest.at, one.newest.points) for one in those), newest, half_life_ms)
        for name, those in of_name.items()
    }
    order = sorted(left, key=lambda n: (not of_name[n][0].newest.is_form, -left[n], n))
    return [
        _Kind(
            min((one.newest for one in of_name[name]), key=lambda it: (-it.at, it.sid, it.what)),
            sum(one.times for one in of_name[name]),
        )
        for name in order
    ]


def _in_words(of: _Kind, moment: int | None) -> str:
    newest, times = of
    when = "" if moment is None else ago(newest.at, moment)
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


def sentence(of: Why) -> str:
    """Why now, in one sentence."""
    did = reasons(of)[:2]
    is_who = ", ".join(who(of))
    if not did:
        return f"Nothing recently{f'; {is_who}' if is_who else ''}."
    second = f", and {did[1][0].lower()}{did[1][1:]}" if len(did) > 1 else ""
    return f"{did[0]}{second}{f'; {is_who}' if is_who else ''}."
