"""Rules as a plain reading of their words: over all rows in memory, one human at a time, slowly.

It knows no index, no key of a message and nothing that the product remembers: only what was told.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from models.filters.query import Question
from models.rules.rules import Rule, listed
from models.segments.asking import asked
from models.storage.rows import Row
from models.tables.rules import OUTBOX, RUNG
from tests.desk import question, this_moment
from tests.models.filters.plain import World
from tests.models.filters.plain_comparing import is_bot
from tests.models.filters.plain_kept import is_in, shows

DAY_MS = 86_400_000


@dataclass
class Moment:
    """All rows at a moment, and what rules ask."""

    world: World
    rules: list[Rule]
    asked: dict[str, Question]
    outbox: list[Row]
    rung: set[tuple[str, str]]
    """Rule and visit."""

    @classmethod
    def of(cls, db: Connection) -> "Moment":
        rules = listed(db)
        questions = {
            rule.name: asked(db, question(segment=rule.segment).filters, this_moment()).segment(
                rule.segment
            )
            for rule in rules
        }
        return cls(
            World(db, {}),
            rules,
            questions,
            [dict(row) for row in db.execute(select(OUTBOX).order_by(OUTBOX.c.id)).mappings()],
            {(row.rule, row.sid) for row in db.execute(select(RUNG))},
        )

    def look_of(self, lead: str) -> Any:
        """All that is known of a lead; another look is another lead."""
        world = self.world
        its = world.leads[lead]
        company = world.companies.get(its["company_key"], {})
        return (
            its,
            {name: value for name, value in company.items() if name not in _ABOUT_THE_ROW},
            sorted((visit["sid"], str(visit)) for visit in world.visits_of[lead]),
            sorted(str(row) for row in world.held if row["lead"] == lead),
        )

    def sids(self, lead: str) -> set[str]:
        """A lead's visits."""
        return {visit["sid"] for visit in self.world.visits_of[lead]}

    def matches(self, rule: Rule, visit: Row) -> bool:
        """Whether a visit is one that a rule means, whatever was told before."""
        world, its = self.world, self.asked[rule.name]
        lead = world.leads[visit["lead"]]
        if is_bot(visit) and "bots" not in [one.name for one in its.filters]:
            return False
        if rule.occasion in {"once", "company"}:
            is_so = is_in(world, lead, its)
        else:
            is_so = shows(world, visit, its)
        if not is_so or (_waits(its, lead) and not visit["finalized"]):
            return False
        if rule.occasion == "return":
            return bool(visit["started_at"] > lead["first_seen"])
        return True

    def people(self, rule: Rule, company: str | None, now: int) -> set[str]:
        """Who of a company a rule means."""
        if company is None:
            return set()
        its = self.asked[rule.name]
        since = now - (rule.days or 0) * DAY_MS
        return {
            key
            for key, lead in self.world.leads.items()
            if lead["company_key"] == company
            and lead["last_seen"] >= since
            and is_in(self.world, lead, its)
            and not all(map(is_bot, self.world.visits_of[key]))
            and not (
                _waits(its, lead)
                and not any(visit["finalized"] for visit in self.world.visits_of[key])
            )
        }

    def is_meant(self, rule: Rule, visit: Row, now: int) -> bool:
        """Whether a visit fulfils all that a rule asks, but for what was told before."""
        if not self.matches(rule, visit):
            return False
        if rule.occasion != "company":
            return True
        here = self.people(rule, self.world.leads[visit["lead"]]["company_key"], now)
        return visit["lead"] in here and len(here) >= (rule.people or 0)

    def who(self, rule: Rule, visit: Row) -> set[str]:
        """Visits of all whom a message about this visit would mean."""
        lead = self.world.leads[visit["lead"]]
        if rule.occasion != "company":
            return self.sids(lead["key"])
        return {
            one["sid"]
            for one in self.world.visits
            if self.world.leads[one["lead"]]["company_key"] == lead["company_key"]
        }

    def told_by(self, rule: Rule, visit: Row, now: int) -> set[str]:
        """Visits of all whom a message about this visit tells of."""
        if rule.occasion != "company":
            return self.sids(visit["lead"])
        company = self.world.leads[visit["lead"]]["company_key"]
        return {sid for key in self.people(rule, company, now) for sid in self.sids(key)}


def _waits(its: Question, lead: Row) -> bool:
    """Whether it is not known yet what somebody must not be; of the fields that tests ask."""
    return any(one.name == "job_title" and one.operator == "not" for one in its.filters) and (
        lead["job_title"] is None
    )


_ABOUT_THE_ROW = frozenset({"is_full", "rank", "enriched_at", "profile"})
"""What no filter reads of a company: where its row comes from."""


@dataclass
class Books:
    """What was told, by rule: visits that messages covered when they were made."""

    told: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    messages: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Visits that messages are about."""

    def take_in(self, before: Moment, after: Moment, heard: set[str], now: int) -> None:
        """Hold what a batch made, that told of these visits, to the plain reading."""
        visits = {visit["sid"]: visit for visit in after.world.visits}
        had = {row["id"] for row in before.outbox}
        made = [row for row in after.outbox if row["id"] not in had and row["kind"] != "roll-up"]
        for rule in after.rules:
            about: dict[str, set[str]] = defaultdict(set)
            for row in made:
                if row["rule"] == rule.name:
                    about[row["sid"]].add(row["destination"])
            for sid, destinations in about.items():
                assert destinations == set(rule.destinations)
                assert sid not in self.messages[rule.name], "a visit is told of once"
                assert after.is_meant(rule, visits[sid], now), "only who is meant is told of"
                meant = after.who(rule, visits[sid])
                if rule.cooldown_hours:
                    assert not meant & self.told[rule.name], "nobody is told of twice"
                self.messages[rule.name].append(sid)
                self.told[rule.name] |= after.told_by(rule, visits[sid], now)
            self._nobody_is_lost(rule, before, after, heard, now)
            for name, sid in sorted(after.rung - before.rung):
                if name == rule.name and rule.cooldown_hours and sid in visits:
                    assert after.who(rule, visits[sid]) & self.told[name], "it was told of"
                    # What joins somebody who was told of is not told of when they part again.
                    self.told[name].add(sid)

    def _nobody_is_lost(
        self, rule: Rule, before: Moment, after: Moment, heard: set[str], now: int
    ) -> None:
        covered = {sid for name, sid in after.rung if name == rule.name}
        for lead in after.world.leads:
            is_touched = bool(heard & after.sids(lead)) or (
                lead not in before.world.leads or before.look_of(lead) != after.look_of(lead)
            )
            for visit in after.world.visits_of[lead] if is_touched else ():
                if after.is_meant(rule, visit, now):
                    is_told = (
                        after.who(rule, visit) & covered
                        if rule.cooldown_hours
                        else visit["sid"] in self.messages[rule.name]
                    )
                    assert is_told, f"nobody who is meant is passed over: {rule.name}"

    def forget(self, gone: set[str]) -> None:
        """Of visits that were erased nothing is known."""
        for rule in self.told:
            self.told[rule] -= gone
