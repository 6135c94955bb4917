"""Intent: how much what somebody did of late says that they want something. Pure.

Points fade by half in each half-life, all alike: so time alone never changes who is ahead, and the
logarithm of their sum at a fixed moment, plus that moment over the half-life, is a key by which
leads can be kept sorted for ever (`key_of`).
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from models.facts.paths import HOME, page_of
from models.facts.row import Row, canonical
from models.scoring.definition import ANY_OTHER, Definition, PageRule
from models.tables import NEVER

DAY_MS = 86_400_000
MOST_VISITS = 200
"""Visits of a lead that count, the newest."""

PAGEVIEW = "pageview"
RETURN_VISIT = "return_visit"
SIGNAL = "signal:"
"""Before a signal's name, where points say what gave them."""


class Point(NamedTuple):
    """Points that something gave at a time (Unix ms): a page rule's path, `*`, `signal:NAME`, or
    `return_visit`; `place` is its page event's in the visit, None for none.
    """

    at: int
    points: float
    what: str
    place: int | None = None


def of_finalized(definition: Definition, visit: Row, events: Iterable[Row]) -> list[Point]:
    """Points that a finalized visit's pages and signals give, each rule once, at its first time.

    `visit` is a row of `session`, `events` are its rows of `page_event`.
    """
    if visit["is_bot"]:
        return []
    # The finalized event, and its receipt: no point is later.
    latest = visit["known_at"]
    first: dict[str, Point] = {}
    for point in _given(definition, visit["last_activity"], events):
        if point.points and point.what not in first:
            first[point.what] = point if latest is None else _at_most(point, latest)
    return list(first.values())


def _given(
    definition: Definition, last_activity: int | None, events: Iterable[Row]
) -> Iterable[Point]:
    ordered = sorted(events, key=lambda event: (event["ts"], event["place"]))
    views = [event for event in ordered if event["signal"] == PAGEVIEW]
    ends = [*(view["ts"] for view in views[1:]), last_activity]
    for view, end in zip(views, ends, strict=True) if views else ():
        rule = rule_of(definition, view["url"])
        if rule and (rule.min_seconds <= 0 or _lasted(view["ts"], end, rule.min_seconds)):
            yield Point(view["ts"], rule.points, rule.path, view["place"])
    for event in ordered:
        if event["signal"] in definition.signals:
            name = event["signal"]
            yield Point(event["ts"], definition.signals[name], SIGNAL + name, event["place"])


def _lasted(begin: int, end: int | None, seconds: float) -> bool:
    return end is not None and end - begin >= seconds * 1000


def of_open(definition: Definition, visit: Row) -> list[Point]:
    """Points of a visit that is not finalized: its landing page counts, at its start."""
    rule = rule_of(definition, visit["landing_page"])
    if visit["is_bot"] or rule is None or not rule.points or rule.min_seconds > 0:
        return []  # how long it looked at it is not known yet
    return [_at_most(Point(visit["started_at"], rule.points, rule.path), visit["known_at"])]


def of_return(definition: Definition, visit: Row) -> list[Point]:
    """Points for having come again."""
    if visit["is_bot"] or not definition.return_visit:
        return []
    point = Point(visit["started_at"], definition.return_visit, RETURN_VISIT)
    return [_at_most(point, visit["known_at"])]


def _at_most(point: Point, latest: int | None) -> Point:
    return point if latest is None or point.at <= latest else point._replace(at=latest)


def of_lead(
    definition: Definition,
    visits: Sequence[Row],
    first: str | None,
    kept: Mapping[str, Sequence[Point]],
) -> list[tuple[str, Point]]:
    """All points of a lead, each with its visit, in the order of start and sid.

    `visits` are rows of `session` in that order, of which the newest `MOST_VISITS` count; `first`
    is the lead's first visit of all, `kept` has the points of those finalized.
    """
    found: list[tuple[str, Point]] = []
    for visit in visits[-MOST_VISITS:]:
        sid = visit["sid"]
        if sid != first:
            found += ((sid, point) for point in of_return(definition, visit))
        its = kept.get(sid, ()) if visit["finalized"] else of_open(definition, visit)
        found += ((sid, point) for point in its)
    return found


def rule_of(definition: Definition, url: str | None) -> PageRule | None:
    """The rule with the longest path that an address is at or below, else the one for any other."""
    page = page_of(url) if url else None
    if page is None:
        return None
    rules, path = definition.rules, page.path
    if path in rules:
        return rules[path]
    # From the page up; no rule's path is longer than the longest.
    end = path.rfind(HOME, 0, definition.longest_path + 1)
    while end > 0:
        if path[:end] in rules:
            return rules[path[:end]]
        end = path.rfind(HOME, 0, end)
    return rules.get(ANY_OTHER)


def written(points: Iterable[Point]) -> str:
    """Points as they are kept."""
    return canonical([list(point) for point in points])


def read(text: str) -> list[Point]:
    """Points as they were kept."""
    return [Point(*point) for point in json.loads(text)]


def raw_at(points: Iterable[Point], moment: int, half_life_ms: float) -> float:
    """The sum of these points at a moment (Unix ms), each halved for every half-life of its age;
    later ones do not count.
    """
    # A plain sum in one order: floats agree wherever it is made.
    total = 0.0
    for point in points:
        if point.at <= moment:
            total += point.points * 2.0 ** ((point.at - moment) / half_life_ms)
    return total


def newest_of(points: Iterable[Point]) -> int:
    """When the newest of these points was given (Unix ms); 0 without any."""
    return max((point.at for point in points), default=0)


def key_of(points: Sequence[Point], half_life_ms: float) -> float:
    """Where somebody with these points stands among all others, whatever the moment from the
    newest of them on; `NEVER` without points.
    """
    if not points:
        return NEVER
    moment = newest_of(points)
    return math.log2(raw_at(points, moment, half_life_ms)) + moment / half_life_ms


def key_at(points: Iterable[Point], moment: int, half_life_ms: float) -> float:
    """The same as of a moment (Unix ms): points later than that do not count."""
    return key_of([point for point in points if point.at <= moment], half_life_ms)


def sum_of_keys(keys: Iterable[float]) -> float:
    """The key of several together: their raw sums add up."""
    known = sorted(key for key in keys if key > NEVER)
    if not known:
        return NEVER
    top = known[-1]
    return top + math.log2(math.fsum(2.0 ** (key - top) for key in known))


def raw_of_key(key: float, moment: int, half_life_ms: float) -> float:
    """The raw sum at a moment of somebody who stands at `key`."""
    return 0.0 if key == NEVER else 2.0 ** min(key - moment / half_life_ms, 1000.0)
