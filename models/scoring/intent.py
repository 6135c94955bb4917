"""Intent: how much somebody's recent visits suggest that they want something.

Pure. All points fade by half in each half-life: so time alone never changes who is ahead, and the
logarithm of their sum at a fixed moment, plus that moment over the half-life, is a key by which
leads stay sorted forever (`key_of`).
"""

import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from models.facts.row import Row, canonical
from models.scoring.definition import Definition
from models.tables import NEVER

DAY_MS = 86_400_000
MOST_VISITS = 200
"""Visits of a lead that count, the newest."""

PAGEVIEW = "pageview"
RETURN_VISIT = "return_visit"
SIGNAL = "signal:"
"""Prefix of a signal's name, where points say what gave them."""

FORM = "form"
"""What the names of form signals begin with: somebody asked for something."""


class Point(NamedTuple):
    """Points that something gave at a time (Unix ms): a page rule's path, `*`, `signal:NAME`, or
    `return_visit`; `place` is its page event's in the visit, None for none.
    """

    at: int
    points: float
    what: str
    place: int | None = None


Look = tuple[int, int, str | None, str | None]
"""A page event: its time (Unix ms), its place in the visit, its signal, its address."""

LOOK_COLUMNS = ("ts", "place", "signal", "url")
look_of: Callable[[Row], Look] = itemgetter(*LOOK_COLUMNS)
"""Made from a row of `page_event`."""


def of_finalized(definition: Definition, visit: Row, looks: Iterable[Look]) -> list[Point]:
    """Points from a finalized visit's pages and signals, each rule once, the first time.

    `visit` is a row of `session`, `looks` are its page events.
    """
    if visit["is_bot"]:
        return []
    return of_looks(definition, looks, visit["last_activity"], visit["known_at"])


def of_looks(
    definition: Definition, looks: Iterable[Look], last_activity: int | None, latest: int | None
) -> list[Point]:
    """The same for page events alone. `latest` is when the finalized event was made or received,
    whichever was earlier (Unix ms; None: unknown): no point is later.
    """
    ordered = sorted(looks)
    first: dict[str, Point] = {}
    views = [look for look in ordered if look[2] == PAGEVIEW]
    for number, (at, place, _, url) in enumerate(views, 1):
        rule = definition.rule_at(url)
        if rule is None or rule.path in first or not rule.points:
            continue
        if rule.min_seconds > 0:
            end = views[number][0] if number < len(views) else last_activity
            if end is None or end - at < rule.min_seconds * 1000:
                continue
        first[rule.path] = Point(_at_most(at, latest), rule.points, rule.path, place)
    for at, place, name, _ in ordered if definition.signals else ():
        points = None if name is None else definition.signals.get(name)
        if points and (what := f"{SIGNAL}{name}") not in first:
            first[what] = Point(_at_most(at, latest), points, what, place)
    return list(first.values())


def of_open(
    definition: Definition, landing_page: str | None, started_at: int, latest: int | None
) -> list[Point]:
    """Points of a visit that is not finalized: its landing page counts, at its start."""
    rule = definition.rule_at(landing_page)
    if rule is None or not rule.points or rule.min_seconds > 0:
        return []  # how long it looked at it is not known yet
    return [Point(_at_most(started_at, latest), rule.points, rule.path)]


def of_return(definition: Definition, started_at: int, latest: int | None) -> list[Point]:
    """Points for a return visit."""
    if not definition.return_visit:
        return []
    return [Point(_at_most(started_at, latest), definition.return_visit, RETURN_VISIT)]


def _at_most(at: int, latest: int | None) -> int:
    return at if latest is None or at <= latest else latest


def of_lead(
    definition: Definition,
    visits: Sequence[Row],
    first: str | None,
    kept: Mapping[str, Sequence[Point]],
) -> list[tuple[str, Sequence[Point]]]:
    """All points of a lead, those of each visit, in the order of start and sid.

    `visits` are rows of `session` in that order, of which the newest `MOST_VISITS` count; `first`
    is the lead's first visit of all, `kept` has the points of those finalized.
    """
    found: list[tuple[str, Sequence[Point]]] = []
    for visit in visits[-MOST_VISITS:]:
        if visit["is_bot"]:
            continue
        sid, began, latest = visit["sid"], visit["started_at"], visit["known_at"]
        its: Sequence[Point]
        if visit["finalized"]:
            its = kept.get(sid, ())
        else:
            its = of_open(definition, visit["landing_page"], began, latest)
        if sid != first and (again := of_return(definition, began, latest)):
            its = [*again, *its]
        if its:
            found.append((sid, its))
    return found


def is_form(what: str) -> bool:
    """Whether what gave points is a form that somebody sent."""
    return what.startswith(SIGNAL + FORM)


def together(points: Iterable[tuple[int, float]], newest: int, half_life_ms: float) -> float:
    """What is left of points, each with its time (Unix ms), when the newest of all was given.

    By this kinds of points are compared: it doesn't depend on the moment of asking or on an order,
    so near ties come out the same everywhere.
    """
    return math.fsum(given * 2.0 ** ((at - newest) / half_life_ms) for at, given in points)


class Telling(NamedTuple):
    """Points by which a best reason is told, those of `Point`, and the visit; `times`: how many of
    their kind there are, of which these are the newest.
    """

    at: int
    points: float
    what: str
    place: int | None
    times: int
    sid: str


def telling(
    of: Iterable[tuple[str, Sequence[Point]]], newest: int, half_life_ms: float
) -> list[Telling]:
    """Of the points of `of_lead`, those by which the best reason is told: all forms, which are
    named after pages that are not looked up here; else the newest of the kind that has most left.
    `newest`: as `newest_of`.
    """
    kinds: dict[str, list[tuple[str, Point]]] = defaultdict(list)
    for sid, points in of:
        for point in points:
            kinds[point.what].append((sid, point))
    forms = [one for what, its in kinds.items() if is_form(what) for one in its]
    if forms or not kinds:
        return [Telling(*point, 1, sid) for sid, point in forms]
    best = next(iter(kinds))
    if len(kinds) > 1:
        left = {
            what: together([point[:2] for _, point in its], newest, half_life_ms)
            for what, its in kinds.items()
        }
        best = min(left, key=lambda what: (-left[what], what))
    sid, point = min(kinds[best], key=lambda one: (-one[1].at, one[0]))
    return [Telling(*point, len(kinds[best]), sid)]


def in_order(of: Iterable[tuple[str, Sequence[Point]]]) -> list[Point]:
    """The points of `of_lead`, in the order in which they are summed."""
    return [point for _, its in of for point in its]


def written(points: Iterable[Point | Telling]) -> str:
    """Points as they are kept."""
    return canonical([list(point) for point in points])


def read(texts: Iterable[str]) -> list[list[Point]]:
    """Points as they were kept, of each visit."""
    # All at once: JSON of a visit is so short that to begin with it takes the longest.
    return [[Point(*point) for point in its] for its in _read(texts)]


def read_telling(texts: Iterable[str]) -> list[list[Telling]]:
    """The same of what is kept of leads."""
    return [[Telling(*one) for one in its] for its in _read(texts)]


def _read(texts: Iterable[str]) -> list[list[list[Any]]]:
    found: list[list[list[Any]]] = json.loads(f"[{','.join(texts)}]")
    return found


def raw_at(points: Iterable[Point], moment: int, half_life_ms: float) -> float:
    """The sum of these points at a moment (Unix ms), each halved for every half-life of its age;
    later ones do not count.
    """
    # A plain sum in a fixed order, so that floats agree everywhere.
    total = 0.0
    for point in points:
        if point.at <= moment:
            total += point.points * 2.0 ** ((point.at - moment) / half_life_ms)
    return total


def newest_of(points: Iterable[Point]) -> int:
    """When the newest of these points was given (Unix ms); 0 without any."""
    return max([point.at for point in points], default=0)


def key_of(points: Sequence[Point], half_life_ms: float) -> float:
    """Where somebody with these points ranks among all others, at any moment from the newest point
    on; `NEVER` without points.
    """
    if not points:
        return NEVER
    moment = newest_of(points)
    return math.log2(raw_at(points, moment, half_life_ms)) + moment / half_life_ms


def key_at(points: Iterable[Point], moment: int, half_life_ms: float) -> float:
    """The same as of a moment (Unix ms): points later than that do not count."""
    return key_of([point for point in points if point.at <= moment], half_life_ms)


def raw_of_key(key: float, moment: int, half_life_ms: float) -> float:
    """The raw sum, at a moment, of somebody with this `key`."""
    return 0.0 if key == NEVER else 2.0 ** min(key - moment / half_life_ms, 1000.0)
