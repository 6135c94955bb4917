"""Versions of the scoring definition: kept forever; the newest is the wanted one."""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import Connection, func, insert, select

from models.scoring.definition import ANY_OTHER, MOST_RULES, Definition, PageRule
from models.scoring.intent import DAY_MS
from models.scoring.written import text_of
from models.storage.database import Database
from models.storage.rows import among, fetch, many, placeholder
from models.tables import PROJECTION, SCORING

LONGEST_NOTE = 500
"""Characters of a version's note."""


class VersionError(ValueError):
    """There is no such version; the message says which exist."""


class Version(NamedTuple):
    """A version: who saved it when (Unix ms), and their note."""

    number: int
    text: str
    author: str
    note: str
    at: int


@dataclass(frozen=True, slots=True)
class Scoring:
    """A version by which leads are scored."""

    version: int
    definition: Definition

    @property
    def half_life_ms(self) -> float:
        """How long until points have faded to half."""
        return self.definition.half_life_days * DAY_MS


def first_text(hot_paths: Sequence[str]) -> str:
    """The text of the first version: no fit; intent from the pages in `HOT_PAGES`."""
    paths = list(dict.fromkeys(hot_paths))[: MOST_RULES - 1]
    pages = (*(PageRule(path, 20) for path in paths), PageRule(ANY_OTHER, 1))
    return text_of(
        Definition(half_life_days=7, return_visit=5, signals={"form_submit": 25}, pages=pages)
    )


def history(db: Connection) -> list[Version]:
    """All versions, the newest first."""
    found = db.execute(select(SCORING).order_by(SCORING.c.number.desc()))
    return [Version(*row) for row in found]


def newest(db: Connection) -> Version:
    """The version that is wanted, in force or not yet."""
    found = db.execute(select(SCORING).order_by(SCORING.c.number.desc()).limit(1)).one()
    return Version(*found)


def version(db: Connection, number: int) -> Version:
    """One of them. Raises `VersionError`."""
    found = db.execute(select(SCORING).where(SCORING.c.number == number)).first()
    if found is None:
        last = db.execute(select(func.max(SCORING.c.number))).scalar()
        raise VersionError(f"there is no version {number}; there are 1 to {last}")
    return Version(*found)


def in_force(db: Connection) -> Scoring:
    """The version by which everything is shown, sorted and exported."""
    return read(db)[0]


def known_fits(db: Connection, leads: Collection[str] | None = None) -> Sequence[tuple[str, int]]:
    """Each lead whose fit is known by the version in force, with that fit; only of these leads, if
    any are given.
    """
    mark, version = placeholder(db), in_force(db).version
    if leads is None:
        # By the index of grades, which has both.
        sql = f"SELECT lead, fit FROM lead_score WHERE version = {mark} AND letter > 0"
        return fetch(db, sql, version)
    sql = f"SELECT lead, fit FROM lead_score WHERE version = {mark} AND fit IS NOT NULL"
    return fetch(db, f"{sql} AND {among(db, 'lead')}", version, many(db, leads))


def read(db: Connection) -> list[Scoring]:
    """The version in force, and the one being prepared, if any."""
    now = db.execute(select(PROJECTION.c.scoring_version, PROJECTION.c.next_scoring)).one()
    numbers = dict.fromkeys(number for number in now if number is not None)
    found = db.execute(
        select(SCORING.c.number, SCORING.c.text).where(SCORING.c.number.in_(numbers))
    )
    texts: dict[int, str] = {row.number: row.text for row in found}
    return [Scoring(number, _parsed(texts[number])) for number in numbers]


@lru_cache(maxsize=8)
def _parsed(text: str) -> Definition:
    return Definition.parse(text)


def save(database: Database, text: str, author: str, note: str = "") -> int:
    """Save a text as the newest version; returns its number. Leads are scored by it in the
    background (`projector.rescoring`), and until that is done everything uses the previous one.

    The same text as the newest version's makes no new version. Raises `DefinitionError`, and
    SQLAlchemy's errors when the database is away.
    """
    Definition.parse(text)
    with database.write() as db:
        last = newest(db)
        if last.text == text:
            return last.number
        row = Version(
            last.number + 1, text, author, note.strip()[:LONGEST_NOTE], int(time.time() * 1000)
        )
        db.execute(insert(SCORING).values(row._asdict()))
    return row.number
