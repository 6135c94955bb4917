"""What a lead's scores are made of at a moment: each point of intent with what gave it, each
criterion of fit with what is known.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, Integer, Text, and_, cast, select

from models.facts.ranks import delivery_of
from models.facts.row import Row
from models.scoring.fit import Fit, fit_of
from models.scoring.grade import grade, intent_of
from models.scoring.intent import is_form, key_at, raw_at
from models.scoring.keeping import known_of, points_of_leads, values_of
from models.scoring.versions import in_force
from models.storage.rows import items_of, load
from models.tables import PAGE_EVENT, SESSION

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


class Breakdown(NamedTuple):
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
        return asked_recently(self.given)


def asked_recently(given: Iterable[Given]) -> bool:
    """Whether one of these is a form that still has a point left."""
    return any(one.is_form and one.now >= _LEAST_LEFT for one in given)


def breakdowns(db: Connection, leads: Collection[str], moment: int) -> dict[str, Breakdown]:
    """What made these leads' scores at a moment (Unix ms), by key; of those that are there."""
    scoring = in_force(db)
    half_life = scoring.half_life_ms
    known = known_of(db, leads)
    found: dict[str, Breakdown] = {}
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
        found[key] = Breakdown(
            scoring.version, moment, half_life, fit, intent, grade(fit.fit, intent), given,
            known[key].lead["job_title"], employees if isinstance(employees, float) else None,
        )  # fmt: skip
    return _told(db, found)


def _told(db: Connection, leads: Mapping[str, Breakdown]) -> dict[str, Breakdown]:
    """The same, with the page of each of their points, and the delivery it came from."""
    asked = {(one.sid, one.place) for of in leads.values() for one in of.given}
    visits = visits_of(db, {sid for sid, _ in asked})
    pages = pages_of(db, asked, visits)

    def told(one: Given) -> Given:
        visit = visits[one.sid]
        delivery = delivery_of(visit["rank"] or visit["vid_rank"])
        return one._replace(page=pages.get((one.sid, one.place)), delivery=delivery)

    return {key: of._replace(given=[told(one) for one in of.given]) for key, of in leads.items()}


def visits_of(db: Connection, sids: Collection[str]) -> dict[str, Row]:
    """What is needed of these visits to tell their pages and deliveries, by `sid`."""
    columns = ("sid", "landing_page", "finalized", "rank", "vid_rank")
    return {row["sid"]: row for row in load(db, SESSION, "sid", sids, columns)}


def pages_of(
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
