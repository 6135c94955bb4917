"""The best reason to call each of many leads, and which of them asked for something: from what is
kept with the scores, without all of their points.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from models.scoring.definition import ANY_OTHER
from models.scoring.grade import grade, intent_of
from models.scoring.intent import FORM, SIGNAL, Point, Telling, raw_at, read_telling
from models.scoring.reasons.breakdown import (
    Given,
    asked_recently,
    breakdowns,
    pages_of,
    visits_of,
)
from models.scoring.reasons.words import Kind, grouped, in_words, kinds_of
from models.scoring.versions import in_force
from models.tables import LEAD_SCORE


class Best(NamedTuple):
    """A lead's grade at a moment and its best reason, in words, `timed` with how long ago; None
    without any. `asks`: as in `Breakdown`.
    """

    grade: str
    asks: bool
    reason: str | None
    timed: str | None


def who_ask(db: Connection, leads: Collection[str], moment: int) -> set[str]:
    """Which of these leads ask for something (`Breakdown.asks`) at a moment (Unix ms)."""
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
        if asked_recently(_given(one, moment, half_life) for one in its)
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
    earlier = breakdowns(db, later, moment) if later else {}
    found = {key: _best(of.grade, of.given, kinds_of(of), moment) for key, of in earlier.items()}
    kept = {row.lead: row for row in rows if row.newest_point <= moment}
    texts = {lead: row.telling for lead, row in kept.items() if row.telling is not None}
    its_kinds = _kept(db, texts, moment, scoring.half_life_ms)
    for lead, row in kept.items():
        its = its_kinds.get(lead, ())
        graded = grade(row.fit, intent_of(row.intent_key, moment, scoring.half_life_ms))
        groups = grouped(its, row.newest_point, scoring.half_life_ms)
        found[lead] = _best(graded, [one.newest for one in its], groups, moment)
    return found


def _best(graded: str, given: Iterable[Given], groups: Sequence[Kind], moment: int) -> Best:
    reason, timed = (in_words(groups[0], when) if groups else None for when in (None, moment))
    return Best(graded, asked_recently(given), reason, timed)


def _kept(
    db: Connection, texts: Mapping[str, str], moment: int, half_life_ms: float
) -> dict[str, list[Kind]]:
    """What is kept of leads, with the pages that are named."""
    told = dict(_tellings(texts))
    asked = {
        (one.sid, one.place)
        for its in told.values()
        for one in its
        if one.what.startswith(SIGNAL) or (one.what == ANY_OTHER and one.times == 1)
    }
    pages = pages_of(db, asked, visits_of(db, {sid for sid, place in asked if place is None}))
    return {
        lead: [
            Kind(_given(one, moment, half_life_ms, pages.get((one.sid, one.place))), one.times)
            for one in its
        ]
        for lead, its in told.items()
    }


def _tellings(texts: Mapping[str, str]) -> Iterable[tuple[str, list[Telling]]]:
    return zip(texts, read_telling(texts.values()), strict=True)


def _given(one: Telling, moment: int, half_life_ms: float, page: str | None = None) -> Given:
    now = raw_at([Point(one.at, one.points, one.what)], moment, half_life_ms)
    return Given(one.what, one.at, one.points, now, one.sid, one.place, page, None)
