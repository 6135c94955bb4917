"""Intent by another definition, of leads whose visits are looked at again, in as few rows as do.

What has faded away needs no second look: visits whose points are halved `HALVINGS` times are only
counted, and bounded by the most that a visit can give. A lead for whom that leaves a doubt is
looked at whole, so what comes out is what `keeping` would keep.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection

from models.scoring.definition import Definition
from models.scoring.grade import LEAST_KEYS, thresholds
from models.scoring.intent import (
    DAY_MS,
    MOST_VISITS,
    Look,
    Point,
    key_of,
    of_looks,
    of_open,
    of_return,
    raw_of_key,
)
from models.scoring.keeping import known_of, looks_of
from models.storage.rows import among, fetch, many

HALVINGS = 12
"""How often points are halved before they count as faded away: a four-thousandth is left. With 20
more visits are looked at, with 8 more leads twice.
"""

_ROUNDING = 1e-9
"""More than sums of floats may be off by."""

_COLUMNS = (
    "lead", "started_at", "sid", "finalized", "is_bot", "known_at", "landing_page", "last_activity",
)  # fmt: skip


class Heard(NamedTuple):
    """How many visits a lead has, and when it was heard from last (Unix ms)."""

    sessions: int
    at: int


class _Story(NamedTuple):
    """A lead's visits that count, `_COLUMNS` of each, in the order of start and sid; the id of
    their first visit of all.
    """

    visits: Sequence[Any]
    first: str | None


def intents_by(
    db: Connection,
    definition: Definition,
    leads: Mapping[str, Heard],
    moment: int,
    *,
    halvings: float = HALVINGS,
) -> dict[str, int]:
    """The intents by a definition at a moment (Unix ms) of leads of whom that much is known; of
    those without any points or visits it may leave out some: their intent is 0. `halvings`: as
    `HALVINGS`.
    """
    half_life, most = definition.half_life_days * DAY_MS, _most(definition)
    counting = {
        lead: its.sessions
        for lead, its in leads.items()
        if not _is_over(its, most, moment, half_life)
    }
    stories = dict(_stories(db, counting))
    faded = moment - halvings * half_life
    found = _intents(db, definition, stories, moment, faded)
    doubtful = {lead: stories[lead] for lead, intent in found.items() if intent is None}
    found |= _intents(db, definition, doubtful, moment, -math.inf)
    return {lead: intent for lead, intent in found.items() if intent is not None}


def _is_over(heard: Heard, most: float, moment: int, half_life_ms: float) -> bool:
    """Whether all that somebody ever did is surely too little by now for an intent of 1, each visit
    having given at most so many points.

    No point is later than the delivery that it comes from.
    """
    raw = most * min(heard.sessions, MOST_VISITS)
    age = (moment - heard.at) / half_life_ms
    return raw == 0 or math.log2(raw) - age < LEAST_KEYS[0] - _ROUNDING


def _stories(db: Connection, sessions: Mapping[str, int]) -> Iterator[tuple[str, _Story]]:
    large = {lead for lead, many_of in sessions.items() if many_of > MOST_VISITS}
    rest = sorted(sessions.keys() - large)
    sql = f"SELECT {', '.join(_COLUMNS)} FROM session WHERE {among(db, 'lead')}"
    for lead, its in groupby(sorted(fetch(db, sql, many(db, rest))), itemgetter(0)):
        visits = list(its)
        yield lead, _Story(visits, visits[0][2])
    in_columns = itemgetter(*_COLUMNS)
    for lead, known in known_of(db, large).items():
        yield lead, _Story([in_columns(visit) for visit in known.visits], known.first)


def _intents(
    db: Connection, definition: Definition, stories: Mapping[str, _Story], moment: int, faded: float
) -> dict[str, int | None]:
    """Intents, None where visits that were over before `faded` (Unix ms) may make a difference."""
    half_life = definition.half_life_days * DAY_MS
    least = thresholds(moment, half_life)
    most = _most(definition)
    looks = looks_of(db, _to_look_at(stories.values(), faded))
    found: dict[str, int | None] = {}
    for lead, story in stories.items():
        points, left_out = _points(definition, story, looks, faded)
        key = key_of(points, half_life)
        found[lead] = bisect_right(least, key)
        if left_out:
            rest = math.fsum(2.0 ** ((latest - moment) / half_life) for latest in left_out)
            raw = raw_of_key(key, moment, half_life) + rest * most
            highest = math.log2(raw) + moment / half_life if raw else key
            ends = bisect_right(least, key - _ROUNDING), bisect_right(least, highest + _ROUNDING)
            if ends[0] != ends[1]:
                found[lead] = None
    return found


def _most(definition: Definition) -> float:
    """The most that a visit can give."""
    points = (*definition.signals.values(), *(rule.points for rule in definition.pages))
    return math.fsum(points) + definition.return_visit


def _to_look_at(stories: Iterable[_Story], faded: float) -> list[str]:
    return [
        sid
        for story in stories
        for _, _, sid, finalized, is_bot, latest, _, _ in story.visits[-MOST_VISITS:]
        if finalized and not is_bot and (latest is None or latest >= faded)
    ]


def _points(
    definition: Definition, story: _Story, looks: Mapping[str, Sequence[Look]], faded: float
) -> tuple[list[Point], list[int]]:
    """A lead's points in the order in which they are summed, and when the newest point of each
    visit that was left out can have been given (Unix ms).
    """
    points: list[Point] = []
    left_out: list[int] = []
    for _, began, sid, finalized, is_bot, latest, page, last in story.visits[-MOST_VISITS:]:
        if is_bot:
            continue
        if latest is not None and latest < faded:
            left_out.append(latest)
            continue
        if sid != story.first:
            points += of_return(definition, began, latest)
        if finalized:
            points += of_looks(definition, looks[sid], last, latest)
        else:
            points += of_open(definition, page, began, latest)
    return points, left_out
