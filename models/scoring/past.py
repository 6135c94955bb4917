"""Scores as of an earlier moment: what came later does not count."""

from collections.abc import Iterator

from sqlalchemy import Connection, select

from models.scoring import intent
from models.scoring.keeping import known_of, points_of_leads
from models.scoring.versions import Scoring, in_force
from models.tables import LEAD_SCORE

_PART = 500
"""Leads looked at together: memory stays flat however many there are."""


def keys_at(db: Connection, moment: int) -> dict[str, float]:
    """Where leads stood as of a moment (Unix ms), by lead, for those whose newest point is later;
    for all others, the stored key says it.
    """
    scoring = in_force(db)
    return dict(_keys_at(db, scoring, moment))


def _keys_at(db: Connection, scoring: Scoring, moment: int) -> Iterator[tuple[str, float]]:
    later = select(LEAD_SCORE.c.lead).where(
        LEAD_SCORE.c.version == scoring.version, LEAD_SCORE.c.newest_point > moment
    )
    leads = list(db.execute(later).scalars())
    for begin in range(0, len(leads), _PART):
        known = known_of(db, leads[begin : begin + _PART])
        for lead, points in points_of_leads(db, scoring, known).items():
            yield lead, intent.key_at((point for _, point in points), moment, scoring.half_life_ms)
