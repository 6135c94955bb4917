"""Who at a company matches a segment, for rules that count people."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, or_, select

from models.days import DAY_MS
from models.filters.leads import leads_match
from models.filters.lists import is_heard
from models.payloads.vocabulary import STAGES
from models.rules.matching.index import Asked
from models.rules.matching.subjects import Subject, look_at_quiet, subjects
from models.rules.rules import Rule
from models.storage.rows import among, fetch, many, placeholder
from models.tables import COMPANY, LEAD

MOST_PEOPLE = 200
"""People of a company that are counted, the newest ones."""

_MOST_VISITS = 200
_MOST_AT_HAND = 1_000
"""Visits of a company's people, and of all companies of a batch, that are read at once; of larger
ones the database is asked, segment by segment."""

_FINALIZED = STAGES["finalized"]


def colleagues(db: Connection, one: Asked, now: int, rule: Rule, company: str) -> list[str]:
    """The leads of a company that match a segment and were here within the rule's days, newest
    first. Each counts only if it would ring by itself: no likely bots, and nobody for whom a `.not`
    condition is still undecided.
    """

    def build() -> Select[Any]:
        query = (
            select(LEAD.c.key)
            .outerjoin(COMPANY, COMPANY.c.key == LEAD.c.company_key)
            .where(
                LEAD.c.company_key == bindparam("company"),
                LEAD.c.last_seen >= bindparam("since"),
                leads_match(one.question, nearby=True),
                is_heard(LEAD, one.question),
                *_is_known(one),
            )
            .order_by(LEAD.c.last_seen.desc(), LEAD.c.key)
            .limit(MOST_PEOPLE)
        )
        return query if one.bots else query.where(~LEAD.c.is_bot)

    its = {"company": company, "since": _since(rule, now)}
    return list(db.execute(one.query("colleagues", build), its).scalars())


def _since(rule: Rule, now: int) -> int:
    return now - (rule.days or 0) * DAY_MS


def _is_known(one: Asked) -> Iterable[ColumnElement[bool]]:
    """What must be known of a lead, or one of its visits over (`index.Asked.waits`)."""
    for names in one.not_needs:
        columns = [
            (LEAD if table == "lead" else COMPANY).c[column]
            for table, _, column in (name.partition("_") for name in names)
        ]
        yield or_(*(column.is_not(None) for column in columns), LEAD.c.stage == _FINALIZED)


class Colleagues:
    """The people of a batch's companies, all read when they are first needed."""

    def __init__(
        self, db: Connection, now: int, asked: Iterable[tuple[Asked, Iterable[Subject]]]
    ) -> None:
        """Take the segments that may be fulfilled, each with the visits that may."""
        self._db, self._now = db, now
        self._companies: set[str] = set()
        self._with_pages = False
        self._least, self._since = 0, now
        for one, its in asked:
            rules = [rule for rule in one.rules if rule.occasion == "company"]
            if rules:
                self._companies |= {visit.company for visit in its if visit.company is not None}
                self._with_pages |= one.pages
                fewest = min(rule.people or 0 for rule in rules)
                self._least = min(self._least or fewest, fewest)
                self._since = min(self._since, *(_since(rule, now) for rule in rules))
        self._sizes: Mapping[str, tuple[int, int]] | None = None
        self._people: dict[str, dict[str, list[Subject]]] = {}
        self._known: dict[tuple[str, str, int | None], list[str]] = {}

    def of(self, one: Asked, rule: Rule, company: str | None) -> list[str]:
        """As `colleagues` tells; nobody where it is clear that they are fewer than the rule's
        people, or the company is not known by a key.
        """
        if self._sizes is None:
            self._sizes = self._read()
        if company is None or self._sizes.get(company, (0, 0))[0] < (rule.people or 0):
            return []
        place = (rule.segment, company, rule.days)
        if place not in self._known:
            if one.is_told and company in self._people:
                self._known[place] = self._told(one, rule, company)
            else:
                self._known[place] = colleagues(self._db, one, self._now, rule, company)
        return self._known[place]

    def _read(self) -> dict[str, tuple[int, int]]:
        """How many people of each company were here recently, with how many visits."""
        db, m = self._db, placeholder(self._db)
        sql = (
            "SELECT company_key, count(*), sum(sessions) FROM lead"
            f" WHERE {among(db, 'company_key')} AND last_seen >= {m} GROUP BY company_key"
        )
        found = fetch(db, sql, many(db, self._companies), self._since)
        sizes = {company: (int(people), int(visits)) for company, people, visits in found}
        small, left = [], _MOST_AT_HAND
        for company, (people, visits) in sizes.items():
            if people >= self._least and visits <= min(left, _MOST_VISITS):
                small.append(company)
                left -= visits
        sql = (
            "SELECT s.sid FROM lead l JOIN session s ON s.lead = l.key"
            f" WHERE {among(db, 'l.company_key')} AND l.last_seen >= {m}"
        )
        sids = [sid for (sid,) in fetch(db, sql, many(db, small), self._since)] if small else []
        visits_of = subjects(db, sids, with_pages=self._with_pages)
        look_at_quiet(db, visits_of)
        self._people = {company: defaultdict(list) for company in small}
        for visit in visits_of:
            self._people[str(visit.company)][visit.lead].append(visit)
        return sizes

    def _told(self, one: Asked, rule: Rule, company: str) -> list[str]:
        since = _since(rule, self._now)
        found = []
        for lead, visits in self._people[company].items():
            any_of_them = visits[0]
            row = any_of_them.row
            if (
                row["lead_last_seen"] >= since
                and (one.bots or not row["lead_is_bot"])
                and not any_of_them.is_quiet
                and (row["lead_stage"] == _FINALIZED or one.knows(any_of_them))
                and any(map(one.passes, visits))
            ):
                found.append((-row["lead_last_seen"], lead))
        return [lead for _, lead in sorted(found)[:MOST_PEOPLE]]
