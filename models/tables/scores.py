"""Scores: the versions of their definition, and what is stored for visits and leads.

The versions are what people say; the rest is derived. A row of a version that is neither in force
nor being prepared (`Projection`) is left over, and is deleted in time.
"""

from sqlalchemy import Index, Integer, func, literal_column, text
from sqlmodel import Field, SQLModel

from models.tables.column_types import ms_field, table, text_field

NEVER = -1e6
"""`intent_key` of leads without points: below every other."""


class Scoring(SQLModel, table=True):
    """A version of the scoring definition: its text, who saved it when (ms), and their note."""

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    text: str = text_field(nullable=False)
    author: str = text_field(nullable=False)
    note: str = text_field(nullable=False)
    at: int = ms_field(nullable=False)


class SessionPoints(SQLModel, table=True):
    """Points of a finalized visit that has any: JSON, `[at, points, what, place]` of each
    (`scoring.intent.Point`).
    """

    __tablename__ = "session_points"
    __table_args__ = ({"sqlite_with_rowid": False},)

    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    sid: str = text_field(primary_key=True)
    points: str = text_field(nullable=False)


class LeadScore(SQLModel, table=True):
    """A lead's scores. `fit` and `fit_known` are percent; `letter` is the grade's, 4 for A to 1 for
    D, 0 for unknown; `intent_key` is where it stands among
    all whatever the moment, from `newest_point` on (ms; 0 without points). `telling`: by which
    points the best reason is told from then on, JSON, `[at, points, what, place, times, sid]` of
    each (`scoring.intent.Telling`); null without points.
    """

    __tablename__ = "lead_score"
    __table_args__ = (
        Index("ix_lead_score_intent", "version", "intent_key", "lead", "fit"),
        Index("ix_lead_score_grade", "version", "letter", "intent_key", "lead", "fit"),
        Index("ix_lead_score_fit", "version", text("coalesce(fit, -1)"), "lead"),
        {"sqlite_with_rowid": False},
    )

    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    lead: str = text_field(primary_key=True)
    fit: int | None = None
    fit_known: int | None = None
    letter: int = 0
    intent_key: float = NEVER
    newest_point: int = ms_field(nullable=False)
    telling: str | None = text_field()


SCORING = table(Scoring)
SESSION_POINTS = table(SessionPoints)
LEAD_SCORE = table(LeadScore)

FIT_KEY = func.coalesce(LEAD_SCORE.c.fit, literal_column("-1"), type_=Integer)
"""By which leads are sorted by fit: those whose fit is unknown below all others."""
