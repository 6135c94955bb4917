"""Companies: fit by their own criteria, the combined intent of their people, who these people are,
and whether intent is rising.
"""

import math
from collections import Counter
from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from models.facts.row import Row
from models.scoring.asking import IN_FORCE, SCORE_OF_LEAD
from models.scoring.fit import Fit, fit_of
from models.scoring.grade import grade, intent_of
from models.scoring.intent import DAY_MS
from models.scoring.keeping import COMPANY_COLUMNS, known_of, points_of_leads, values_of
from models.scoring.reasons.breakdown import Given, breakdowns
from models.scoring.versions import in_force
from models.storage.rows import among, fetch, load, many, placeholder
from models.tables import COMPANY, LEAD, LEAD_SCORE, NEVER

PEOPLE_DAYS = 30
"""People seen within this many days count."""

WEEK_MS = 7 * DAY_MS
WEEKS_BEFORE = 8
MOST_PEOPLE = 1_000
"""People of a company whose visits are looked at, those seen most recently."""

MOST_NAMED = 50
"""People of a company whose points are listed one by one."""

FAINTEST = 900
"""Half-lives: what has faded for this many more than the newest point is negligible."""

_PART = 250


class CompanyScore(NamedTuple):
    """A company's scores at a moment, and how many of its people came within `PEOPLE_DAYS`."""

    version: int
    fit: Fit
    intent: int
    grade: str
    people_30d: int


def given_by_people(
    db: Connection, company: str, moment: int
) -> tuple[list[tuple[str, Given]], dict[str, Row]]:
    """Points from a company's people, each with its lead, by points left at a moment (Unix ms); and
    these leads by their keys. For the `MOST_NAMED` with the highest intent.
    """
    best = (
        select(*LEAD.c["key", "full_name", "email"])
        .select_from(LEAD.join(LEAD_SCORE, SCORE_OF_LEAD))
        .where(LEAD.c.company_key == company, LEAD_SCORE.c.intent_key > NEVER)
        .order_by(LEAD_SCORE.c.intent_key.desc(), LEAD.c.key)
        .limit(MOST_NAMED)
    )
    leads = {row["key"]: dict(row) for row in db.execute(best).mappings()}
    found = [(key, one) for key, of in breakdowns(db, leads, moment).items() for one in of.given]
    found.sort(key=lambda pair: (-pair[1].now, -pair[1].at, pair[1].sid, pair[1].what))
    return found, leads


class Surge(NamedTuple):
    """Points from a company's people this week, and on average per week in the eight weeks
    before.
    """

    this_week: float
    a_week_before: float


def scores_of(db: Connection, companies: Collection[str], moment: int) -> dict[str, CompanyScore]:
    """The scores of these companies, by key, at a moment (Unix ms)."""
    scoring = in_force(db)
    definition = scoring.definition.of_companies()
    base = base_key(db)
    since = moment - PEOPLE_DAYS * DAY_MS
    # Added up by the database, for companies can have very many people. Crossed, or SQLite would
    # begin at everybody's scores.
    one = placeholder(db)
    sql = (
        f"SELECT p.company_key, count(*) FILTER (WHERE p.last_seen >= {one} AND NOT p.is_bot),"
        f" sum(power(2.0, s.intent_key - {one})) FILTER (WHERE s.intent_key > {one})"
        " FROM lead p CROSS JOIN lead_score s"
        f" WHERE {among(db, 'p.company_key')} AND s.lead = p.key AND s.version = {one}"
        " GROUP BY p.company_key"
    )
    faintest = base - FAINTEST
    people = fetch(db, sql, since, base, faintest, many(db, companies), scoring.version)
    theirs = {company: (recent, raw) for company, recent, raw in people}
    nobody = dict.fromkeys(("seniority", "department", "job_title", "country"))
    found: dict[str, CompanyScore] = {}
    for company in load(db, COMPANY, "key", companies, COMPANY_COLUMNS):
        key = company["key"]
        fit = fit_of(definition, values_of(nobody, company))
        recent, raw = theirs.get(key, (0, None))
        together = base + math.log2(raw) if raw else NEVER
        intent = intent_of(together, moment, scoring.half_life_ms)
        found[key] = CompanyScore(scoring.version, fit, intent, grade(fit.fit, intent), recent)
    return found


def base_key(db: Connection) -> float:
    """The whole number below the greatest key of all: raw sums as of then are told by floats. It
    seldom changes, so that the keys of a list's pages can be compared.
    """
    kept = LEAD_SCORE.c.intent_key
    newest = db.execute(select(func.max(kept)).where(LEAD_SCORE.c.version == IN_FORCE)).scalar()
    return float(math.floor(newest)) if newest is not None and newest > NEVER else 0.0


def surge(db: Connection, company: str, moment: int) -> Surge:
    """This week's points of a company's people against the eight weeks before."""
    newest = select(LEAD.c.key).where(LEAD.c.company_key == company)
    leads = list(db.execute(newest.order_by(LEAD.c.last_seen.desc()).limit(MOST_PEOPLE)).scalars())
    this_week = before = 0.0
    begin = moment - (WEEKS_BEFORE + 1) * WEEK_MS
    scoring = in_force(db)
    for start in range(0, len(leads), _PART):
        known = known_of(db, leads[start : start + _PART])
        for its in points_of_leads(db, scoring, known).values():
            for _, point in its:
                if moment - WEEK_MS < point.at <= moment:
                    this_week += point.points
                elif begin < point.at <= moment - WEEK_MS:
                    before += point.points
    return Surge(this_week, before / WEEKS_BEFORE)


class Committee(NamedTuple):
    """Who a company's people are: how many of each seniority and department, and which ones the
    definition asks for that are missing.
    """

    seniorities: Sequence[tuple[str, int]]
    departments: Sequence[tuple[str, int]]
    missing: Sequence[str]


def committee(db: Connection, company: str) -> Committee:
    """The people of a company who visited, by seniority and department."""
    counts: dict[str, Counter[str]] = {}
    for name in ("seniority", "department"):
        column = LEAD.c[name]
        query = select(column, func.count()).where(
            LEAD.c.company_key == company, ~LEAD.c.is_bot, column.is_not(None)
        )
        counts[name] = Counter({row[0]: row[1] for row in db.execute(query.group_by(column))})
    wanted = {one.name: one.words for one in in_force(db).definition.fit}
    return Committee(
        counts["seniority"].most_common(),
        counts["department"].most_common(),
        [
            word
            for name in ("seniority", "department")
            for word in wanted.get(name, ())
            if not counts[name][word]
        ],
    )
