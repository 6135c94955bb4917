"""What is kept of scores, brought up to date with the visits and leads that a batch touched."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

from sqlalchemy import Connection

from models.facts.row import Row
from models.scoring import intent
from models.scoring.fit import Value, are_alike, weighing
from models.scoring.grade import rank
from models.scoring.intent import LOOK_COLUMNS, MOST_VISITS, Look, Point
from models.scoring.versions import Scoring
from models.storage.rows import among, execute_many, fetch, load, many, placeholder, upsert
from models.tables import COMPANY, LEAD, LEAD_SCORE, SESSION, SESSION_POINTS

VISIT_COLUMNS = (
    "lead", "sid", "started_at", "finalized", "is_bot", "landing_page", "known_at", "last_activity",
)  # fmt: skip
"""What intent needs of a visit, of table `session`."""

LEAD_COLUMNS = ("key", "company_key", "seniority", "department", "job_title", "country")
COMPANY_COLUMNS = (
    "key", "employee_count", "industry", "country", "headcount_growth_yoy", "last_round_type",
)  # fmt: skip
"""What fit needs of a lead and of an employer."""


def values_of(lead: Row, company: Row | None) -> dict[str, Value]:
    """What is known of a lead for each criterion of fit."""
    employer: Row = company or dict.fromkeys(COMPANY_COLUMNS)
    return {
        "seniority": lead["seniority"],
        "department": lead["department"],
        "title": lead["job_title"],
        "employees": employer["employee_count"],
        "industry": employer["industry"],
        "country": employer["country"] or lead["country"],
        "growth": employer["headcount_growth_yoy"],
        "funding": employer["last_round_type"],
    }


Visits = Mapping[str, tuple[Row, Sequence[Look]]]
"""Finalized visits by their ids, each with its page events."""


def keep_visits(db: Connection, scorings: Sequence[Scoring], visits: Visits) -> None:
    """Bring the points of these visits up to date."""
    keep_points(db, scorings, visits, points_rows(scorings, visits))


def points_rows(scorings: Sequence[Scoring], visits: Visits) -> list[Row]:
    """What is kept of the points of these visits; nothing of those without any."""
    rows: list[Row] = []
    for scoring in scorings:
        for sid, (visit, looks) in visits.items():
            points = intent.of_finalized(scoring.definition, visit, looks)
            if points:
                text = intent.written(points)
                rows.append({"version": scoring.version, "sid": sid, "points": text})
    return rows


def keep_points(
    db: Connection, scorings: Sequence[Scoring], sids: Collection[str], rows: Sequence[Row]
) -> None:
    """Keep `points_rows` of these visits, and nothing else of them."""
    drop(db, SESSION_POINTS.name, "sid", scorings, sids)
    upsert(db, SESSION_POINTS, rows)


def looks_of(db: Connection, sids: Collection[str]) -> dict[str, list[Look]]:
    """The page events of these visits, in no order."""
    looks: dict[str, list[Look]] = {sid: [] for sid in sids}
    sql = f"SELECT sid, {', '.join(LOOK_COLUMNS)} FROM page_event WHERE {among(db, 'sid')}"
    for sid, at, place, signal, url in fetch(db, sql, many(db, sids)):
        looks[sid].append((at, place, signal, url))
    return looks


def drop(
    db: Connection, table: str, column: str, scorings: Iterable[Scoring], keys: Collection[str]
) -> None:
    """Delete what is kept of these visits or leads."""
    if keys:
        mark = placeholder(db)
        sql = f"DELETE FROM {table} WHERE version = {mark} AND {among(db, column)}"
        for scoring in scorings:
            db.exec_driver_sql(sql, (scoring.version, many(db, list(keys))))


def points_of(db: Connection, version: int, sids: Collection[str]) -> dict[str, list[Point]]:
    """The points that are kept of these visits."""
    if not sids:
        return {}
    sql = (
        f"SELECT sid, points FROM session_points WHERE version = {placeholder(db)}"
        f" AND {among(db, 'sid')}"
    )
    found = fetch(db, sql, version, many(db, list(sids)))
    points = intent.read([text for _, text in found])
    return {sid: its for (sid, _), its in zip(found, points, strict=True)}


def newest_visits(db: Connection, lead: str) -> list[Row]:
    """The newest visits of a lead of very many, in the order of start and sid."""
    columns = ", ".join(f'"{name}"' for name in VISIT_COLUMNS)
    sql = (
        f"SELECT {columns} FROM session WHERE lead = {placeholder(db)}"
        f" ORDER BY started_at DESC, sid DESC LIMIT {MOST_VISITS}"
    )
    rows = [dict(zip(VISIT_COLUMNS, row, strict=True)) for row in fetch(db, sql, lead)]
    return rows[::-1]


class Known(NamedTuple):
    """What a lead's scores follow from: its row, its visits in the order of start and sid (the
    newest `MOST_VISITS`, at least), the id of its first visit of all (None without any), its
    employer.
    """

    lead: Row
    visits: Sequence[Row]
    first: str | None
    company: Row | None


def people_of(db: Connection, leads: Collection[str]) -> dict[str, tuple[Row, Row | None]]:
    """What fit needs of these leads, by key: each one's row, and its employer's."""
    columns = (*LEAD_COLUMNS, "full_name", "sessions")
    rows = {row["key"]: row for row in load(db, LEAD, "key", leads, columns)}
    employers = {row["company_key"] for row in rows.values()} - {None}
    companies = {row["key"]: row for row in load(db, COMPANY, "key", employers, COMPANY_COLUMNS)}
    return {key: (row, companies.get(row["company_key"])) for key, row in rows.items()}


def known_of(db: Connection, leads: Collection[str]) -> dict[str, Known]:
    """What the scores of these leads follow from, by key; those that are gone are left out."""
    people = people_of(db, leads)
    large = {key for key, (row, _) in people.items() if row["sessions"] > MOST_VISITS}
    visits: dict[str, list[Row]] = defaultdict(list)
    for visit in load(db, SESSION, "lead", people.keys() - large, VISIT_COLUMNS):
        visits[visit["lead"]].append(visit)
    for its in visits.values():
        its.sort(key=itemgetter("started_at", "sid"))
    first = {key: its[0]["sid"] for key, its in visits.items()}
    for key in large:
        visits[key] = newest_visits(db, key)
        first[key] = _first_visit(db, key)
    return {
        key: Known(row, visits[key], first.get(key), company)
        for key, (row, company) in people.items()
    }


def _first_visit(db: Connection, lead: str) -> str:
    sql = f"SELECT sid FROM session WHERE lead = {placeholder(db)} ORDER BY started_at, sid LIMIT 1"
    return str(fetch(db, sql, lead)[0][0])


def points_of_leads(
    db: Connection, scoring: Scoring, leads: Mapping[str, Known]
) -> dict[str, list[tuple[str, Point]]]:
    """All points of these leads, each with its visit, in the order in which they are summed."""
    return {
        key: [(sid, point) for sid, points in its for point in points]
        for key, its in _points_by_visit(db, scoring, leads)
    }


def _points_by_visit(
    db: Connection, scoring: Scoring, leads: Mapping[str, Known]
) -> Iterator[tuple[str, list[tuple[str, Sequence[Point]]]]]:
    finalized = [
        visit["sid"]
        for known in leads.values()
        for visit in known.visits[-MOST_VISITS:]
        if visit["finalized"]
    ]
    kept = points_of(db, scoring.version, finalized)
    for key, known in leads.items():
        yield key, intent.of_lead(scoring.definition, known.visits, known.first, kept)


def keep_leads(db: Connection, scorings: Sequence[Scoring], leads: Mapping[str, Known]) -> None:
    """Bring the scores of these leads, by key, up to date."""
    upsert(db, LEAD_SCORE, score_rows(db, scorings, leads))


def score_rows(
    db: Connection, scorings: Sequence[Scoring], leads: Mapping[str, Known]
) -> list[Row]:
    """The scores of these leads, by key, as they are kept."""
    rows: list[Row] = []
    for scoring in scorings:
        weighed = weighing(scoring.definition)
        for key, its in _points_by_visit(db, scoring, leads):
            known = leads[key]
            points = intent.in_order(its)
            newest = intent.newest_of(points)
            telling = intent.telling(its, newest, scoring.half_life_ms)
            fit = weighed(values_of(known.lead, known.company))
            rows.append(
                {
                    "version": scoring.version,
                    "lead": key,
                    "fit": fit.fit,
                    "fit_known": fit.known,
                    "letter": rank(fit.fit),
                    "intent_key": intent.key_of(points, scoring.half_life_ms),
                    "newest_point": newest,
                    "telling": intent.written(telling) if telling else None,
                }
            )
    return rows


def refit(
    db: Connection,
    scorings: Sequence[Scoring],
    companies: Collection[str],
    were: Mapping[str, Row],
    done: Collection[str],
) -> None:
    """Bring the fit of all who work at these companies up to date, but for those `done`. What the
    companies `were` tells where nobody's fit is another: one may have very many people.
    """
    if not companies:
        return
    now = {row["key"]: row for row in load(db, COMPANY, "key", companies, COMPANY_COLUMNS)}
    for scoring in scorings:
        of_companies = scoring.definition.of_companies()
        others = [
            key
            for key in companies
            if of_companies.fit
            and not (
                key in were
                and key in now
                and are_alike(of_companies, _of_employer(were[key]), _of_employer(now[key]))
            )
        ]
        leads = {row["key"]: row for row in load(db, LEAD, "company_key", others, LEAD_COLUMNS)}
        _refit(db, scoring, [row for key, row in leads.items() if key not in done], now)


def _of_employer(company: Row) -> dict[str, Value]:
    return values_of(dict.fromkeys(LEAD_COLUMNS), company)


def _refit(
    db: Connection, scoring: Scoring, leads: Iterable[Row], employers: Mapping[str, Row]
) -> None:
    mark = placeholder(db)
    sql = (
        f"UPDATE lead_score SET fit = {mark}, fit_known = {mark}, letter = {mark}"
        f" WHERE version = {mark} AND lead = {mark}"
    )
    changed: list[tuple[int | None, int | None, int, int, str]] = []
    weighed = weighing(scoring.definition)
    for lead in leads:
        fit = weighed(values_of(lead, employers.get(lead["company_key"])))
        changed.append((fit.fit, fit.known, rank(fit.fit), scoring.version, lead["key"]))
    execute_many(db, sql, changed)
