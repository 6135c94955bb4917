"""How often a rule would have rung, and for whom: the past is judged by the same code."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from sqlalchemy import Connection

from models.days import DAY_MS
from models.filters.times import When
from models.rules.deciding import Memory, Moment, decide
from models.rules.judging import fulfilling, in_force, moment_of
from models.rules.matching.index import Asked
from models.rules.matching.subjects import Subject, heard_in_time, subjects
from models.rules.outbox import key_of
from models.rules.rules import Rule, RuleError, named
from models.storage.rows import load
from models.tables import LEAD, SESSION

MOST_VISITS = 20_000
"""Matching visits that are looked at, the newest ones."""

_CHUNK = 500


class Rang(NamedTuple):
    """A moment at which a rule would have rung: when (ms), for whom, on which visit."""

    at: int
    lead: str
    name: str | None
    company: str | None
    sid: str


@dataclass(slots=True)
class Preview:
    """What a rule would have done within `days`: `rang`, newest first, and the rest by reason.

    `is_cut`: more visits matched than are looked at.
    """

    days: int
    rang: list[Rang] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    is_cut: bool = False


def preview(db: Connection, name: str, days: int, now: int) -> Preview:
    """What a rule, as it is, would have done in the last days, with leads as known now.

    `now` in Unix ms. Raises `RuleError` if there is no such rule, or its segment does not work.
    """
    return preview_of(db, named(db, name), days, now)


def preview_of(db: Connection, rule: Rule, days: int, now: int) -> Preview:
    """The same for a rule that need not be saved yet."""
    found = in_force(db, [rule])
    if not found:
        raise RuleError("The rule's segment no longer works. See visitor-desk segment show")
    one, made = found[0], Preview(days)
    question = replace(one.question, when=When(now, one.question.when.zone))
    query = (
        fulfilling(question, by_lead=one.by_lead)
        .where(SESSION.c.started_at >= now - days * DAY_MS, SESSION.c.started_at <= now)
        .order_by(SESSION.c.started_at.desc(), SESSION.c.sid.desc())
        .limit(MOST_VISITS + 1)
    )
    sids = list(db.execute(query).scalars())
    made.is_cut = len(sids) > MOST_VISITS
    sids = sids[:MOST_VISITS][::-1]
    told = _Told()
    for start in range(0, len(sids), _CHUNK):
        some = sids[start : start + _CHUNK]
        in_time = heard_in_time(db, some)
        for subject in subjects(db, some, with_pages=False):
            _look(rule, one, subject, told, made, is_late=subject.sid not in in_time)
    names = {
        row["key"]: row["full_name"]
        for row in load(db, LEAD, "key", {rang.lead for rang in made.rang}, ("key", "full_name"))
    }
    made.rang = [rang._replace(name=names.get(rang.lead)) for rang in reversed(made.rang)]
    return made


class _Told:
    """What would have been sent so far."""

    def __init__(self) -> None:
        self.last: dict[str, int] = {}
        self.keys: set[str] = set()
        self.hours: Counter[int] = Counter()
        self.people: dict[str, dict[str, int]] = defaultdict(dict)

    def memory(self) -> Memory:
        """In the form that `decide` takes."""
        return Memory(
            lambda rule, moment: self.last.get(_about(rule, moment)),
            lambda _rule, moment: key_of(moment.sid) in self.keys,
            lambda _rule, hour: self.hours[hour],
        )


def _about(rule: Rule, moment: Moment) -> str:
    return f"company {moment.company}" if rule.occasion == "company" else f"lead {moment.lead}"


def _look(
    rule: Rule, one: Asked, subject: Subject, told: _Told, made: Preview, *, is_late: bool
) -> None:
    if subject.row["is_bot"] and not one.bots:
        made.outcomes["likely bot"] += 1
        return
    if one.waits(subject):
        made.outcomes["not known yet"] += 1
        return
    moment = moment_of(subject, subject.row["started_at"])
    if rule.occasion == "company":
        if moment.company is None:
            made.outcomes["too few people"] += 1
            return
        here = told.people[moment.company]
        here[moment.lead] = moment.at
        since = moment.at - (rule.days or 0) * DAY_MS
        if sum(at >= since for at in here.values()) < (rule.people or 0):
            made.outcomes["too few people"] += 1
            return
    if is_late:  # such a visit counts among a company's people, too
        made.outcomes["came too late"] += 1
        return
    decision = decide(rule, moment, told.memory())
    made.outcomes[decision.outcome] += 1
    if decision.outcome in {"rings", "rolled up"}:
        told.last[_about(rule, moment)] = moment.at
        told.keys.add(key_of(moment.sid))
        told.hours[decision.hour] += 1
        made.rang.append(Rang(moment.at, moment.lead, None, moment.company, moment.sid))
