"""Judging rules, in the transaction that derives: what a batch touched, against rules' conditions.

So a message is committed with the rows it is about, or not at all. What is older than an hour,
replayed or re-scored makes none.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from weakref import WeakKeyDictionary

import structlog
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Select,
    bindparam,
    func,
    select,
    update,
)

from models.annotations.ownership import owner_of, take
from models.facts.facts import Facts
from models.facts.keys import address_key
from models.filters.choosing import visits_match
from models.filters.leads import leads_match
from models.filters.lists import is_heard, lists_asked_for
from models.filters.query import Filters, Question
from models.filters.times import FilterError, When
from models.projection.projecting import Projected
from models.projection.summaries import zone_in_force
from models.rules.deciding import LATE_MS, Moment, decide, is_late
from models.rules.matching.colleagues import Colleagues
from models.rules.matching.index import Asked, Index, asked
from models.rules.matching.subjects import (
    Subject,
    heard_beside,
    look_at_quiet,
    look_beside,
    subjects,
)
from models.rules.rules import LIST_OWNER, Rule, listed
from models.rules.rung_before import Notes
from models.segments.asking import kept, spelled_out
from models.segments.members import entries_of
from models.storage.transient import is_away
from models.tables import LEAD as LEADS
from models.tables import SEGMENT, SESSION
from models.tables.rules import RULE

Record = Callable[[Connection, str, str, str], None]
"""Records that a rule (by name) gives a lead (by key) an owner; raises if it can't."""

_log = structlog.get_logger("rules")

_Stamp = tuple[object, ...]
_KNOWN: "WeakKeyDictionary[Engine, tuple[_Stamp, Index]]" = WeakKeyDictionary()


@dataclass(slots=True)
class Judged:
    """The result of judging: messages made, and what made none, by reason."""

    made: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)


def judge(
    db: Connection, facts: Sequence[Facts], changed: Projected, record: Record, now: int
) -> Judged:
    """Judge the visits in a batch, just derived in this transaction, and those within the last hour
    of other leads that changed, or whose company changed: what becomes known in one visit may be
    just what another was missing.

    `now` is the present moment (ms, UTC). A failure here is logged and only this part rolled back:
    deriving continues. Raises SQLAlchemy's errors if the database is away.
    """
    judged = Judged()
    index = _index(db)
    if index is None or not facts:
        return judged
    fresh = [fact for fact in facts if not is_late(fact.created, fact.received_at, now)]
    judged.outcomes["late"] = len(facts) - len(fresh)
    if fresh:
        try:
            with db.begin_nested():
                heard = _heard(db, fresh, changed, now)
                _judge(db, index, heard, now, judged, record)
        except Exception as error:
            if is_away(error):
                raise
            judged = Judged(outcomes=Counter({"failed": 1}))
            _log.error("rules_not_judged", error=type(error).__name__)
    worth_saying = {name: judged.outcomes[name] for name in _SAID if judged.outcomes[name]}
    if worth_saying:
        said = {name.replace(" ", "_"): number for name, number in worth_saying.items()}
        _log.info("rules_judged", messages=judged.made, **said)
    return judged


def _heard(db: Connection, fresh: Sequence[Facts], changed: Projected, now: int) -> dict[str, int]:
    """Visits to be judged, each with when the event was received that made it so (ms): first those
    that events are about, in their order, so that of two people who could both ring for their
    company it is the one who is here.
    """
    beside = heard_beside(db, changed.derived, changed.companies, since=now - LATE_MS)
    heard = {fact.sid: fact.received_at for fact in fresh}
    newest = max(heard.values())
    return heard | dict.fromkeys(sorted(beside - heard.keys()), newest)


_SAID = ("rings", "rolled up", "late")
"""What the log tells of a batch; most batches ring nothing."""


def _index(db: Connection) -> Index | None:
    """The rules in force, read again when they or the segments have changed; None if there are
    none."""
    rules = db.execute(_stamp_of(RULE.c.changed_at)).one()
    if not rules[0]:
        return None
    stamp = (*rules, *db.execute(_stamp_of(SEGMENT.c.saved_at)).one())
    known = _KNOWN.get(db.engine)
    if known is None or known[0] != stamp:
        known = (stamp, Index(in_force(db, (rule for rule in listed(db) if not rule.paused))))
        _KNOWN[db.engine] = known
    return known[1]


def _stamp_of(changed_at: Column[int]) -> Select[int, int, int]:
    """Changes as soon as a row is added, deleted or changed."""
    return select(func.count(), func.max(changed_at), func.sum(changed_at))


def in_force(db: Connection, rules: Iterable[Rule]) -> list[Asked]:
    """The segments of rules, each with the rules that use it; one that no longer works rings
    nothing.
    """
    all_kept, when = kept(db), When.now(zone_in_force(db))
    by_segment: dict[tuple[str, bool], list[Rule]] = defaultdict(list)
    for rule in rules:
        by_segment[rule.segment, rule.occasion in {"once", "company"}].append(rule)
    found = []
    for (segment, by_lead), its in by_segment.items():
        try:
            question = spelled_out(all_kept, Filters.parse({"segment": segment}), when)
        except FilterError:
            _log.warning("segment_can_not_be_asked", segment=segment)
            continue
        found.append(asked(question, its, by_lead=by_lead))
    return found


def _judge(  # noqa: PLR0917 - called in one place, with what it has in this order
    db: Connection,
    index: Index,
    heard: Mapping[str, int],
    now: int,
    judged: Judged,
    record: Record,
) -> None:
    possible = _possible(db, index, heard)
    if not possible:
        return
    asked_by = {rule.name: one.question for one, _ in possible for rule in one.rules}
    every = [subject for _, its in possible for subject in its]
    notes = Notes.of(db, every, asked_by.keys(), now)
    people = Colleagues(db, now, possible)
    when: When | None = None
    for one, its in possible:
        left = [visit for visit in its if not notes.are_settled(one.rules, visit, now)]
        if not left:
            continue
        asking = one
        if not one.is_timeless:
            when = when or When.now(zone_in_force(db))
            asking = replace(one, question=replace(one.question, when=when))
        confirmed = _confirmed(db, asking, left)
        for subject in left:
            if subject.sid not in confirmed:
                continue
            if one.waits(subject):
                judged.outcomes["waits"] += len(one.rules)
                continue
            moment = moment_of(subject, now)
            for rule in one.rules:
                here = [subject.lead]
                if rule.occasion == "company":
                    here = people.of(asking, rule, subject.company)
                _ring(rule, moment, here, notes, judged)
    notes.write(heard)
    for rule, moment in notes.rang:
        _assign(db, rule, asked_by[rule.name], moment.lead, record)


def _possible(
    db: Connection, index: Index, heard: Mapping[str, int]
) -> list[tuple[Asked, list[Subject]]]:
    """Segments that some of the visits at hand may fulfil, each with these, in their order."""
    order = {sid: place for place, sid in enumerate(heard)}
    found = subjects(db, heard, with_pages=index.with_pages)
    found.sort(key=lambda subject: order[subject.sid])
    if index.by_lead:
        look_beside(db, found, with_pages=index.with_pages)
    look_at_quiet(db, found)
    possible: dict[int, tuple[Asked, list[Subject]]] = {}
    for subject in found:
        for one in index.asked_of(subject):
            possible.setdefault(id(one), (one, []))[1].append(subject)
    return list(possible.values())


def _confirmed(db: Connection, one: Asked, some: Sequence[Subject]) -> set[str]:
    """Which of some visits that may fulfil a segment do: as `matching`, asked only of those of
    which the rows at hand don't tell, by a query that may have been built before.
    """
    confirmed = {subject.sid for subject in some if one.tells(subject) and not subject.is_quiet}
    open_still = [subject.sid for subject in some if not one.tells(subject)]
    if not open_still:
        return confirmed

    def build() -> Select[Any]:
        of_some = SESSION.c.sid.in_(bindparam("sids", expanding=True))
        return fulfilling(one.question, by_lead=one.by_lead).where(of_some)

    return confirmed | set(
        db.execute(one.query("confirming", build), {"sids": open_still}).scalars()
    )


def matching(
    db: Connection, question: Question, sids: Collection[str], *, by_lead: bool
) -> set[str]:
    """Which of these visits match a segment or, with `by_lead`, whose lead does; without people on
    quiet lists unless the segment names these.
    """
    query = fulfilling(question, by_lead=by_lead).where(SESSION.c.sid.in_(sids))
    return set(db.execute(query).scalars())


def fulfilling(question: Question, *, by_lead: bool) -> Select[Any]:
    """Visits that match a segment, or whose lead does, tested row by row."""
    matches = leads_match(question, nearby=True) if by_lead else visits_match(question, nearby=True)
    return (
        select(SESSION.c.sid)
        .select_from(SESSION.join(LEADS, LEADS.c.key == SESSION.c.lead))
        .where(matches, is_heard(LEADS, question))
    )


def _ring(
    rule: Rule, moment: Moment, people: Collection[str], notes: Notes, judged: Judged
) -> None:
    if rule.occasion == "company" and (
        moment.lead not in people or len(people) < (rule.people or 0)
    ):
        judged.outcomes["too few people"] += 1
        return
    decision = decide(rule, moment, notes.memory())
    judged.outcomes[decision.outcome] += 1
    if decision.last is not None and decision.outcome in {"told before", "cooldown"}:
        notes.cover(rule, moment, decision.last)
    elif decision.outcome in {"rings", "rolled up"}:
        notes.ring(rule, moment, decision, people)
        judged.made += len(rule.destinations)


def _assign(db: Connection, rule: Rule, question: Question, lead: str, record: Record) -> None:
    """Give an unowned lead an owner, as the rule says; an owned lead keeps its owner. What can't be
    recorded is not done.
    """
    if not rule.assign_to or owner_of(db, lead) is not None:
        return
    try:
        with db.begin_nested():
            owner = _next_owner(db, rule, question, lead)
            if owner:
                record(db, rule.name, lead, owner)
                take(db, lead, owner, f"rule:{rule.name}")
    except Exception as error:
        if is_away(error):
            raise
        _log.error("lead_not_assigned", rule=rule.name, error=type(error).__name__)


def _next_owner(db: Connection, rule: Rule, question: Question, lead: str) -> str | None:
    if rule.assign_to == (LIST_OWNER,):
        return _owner_by_list(db, question, lead)
    turn = update(RULE).where(RULE.c.name == rule.name).values(turn=RULE.c.turn + 1)
    number = int(db.execute(turn.returning(RULE.c.turn)).scalar_one())
    return rule.assign_to[(number - 1) % len(rule.assign_to)]


def _owner_by_list(db: Connection, question: Question, lead: str) -> str | None:
    """The owners named in the list rows that match a lead, beginning with lists the segment asks
    for.

    A row's owner may be anything in a file: only an email address can be an owner.
    """
    wanted = lists_asked_for(question)
    rows = [row for row in entries_of(db, lead) if address_key(row["owner"])]
    rows.sort(key=lambda row: row["list"] not in wanted)
    return str(rows[0]["owner"]) if rows else None


def moment_of(subject: Subject, now: int) -> Moment:
    """A visit as something that may ring now."""
    row = subject.row
    return Moment(
        subject.sid, subject.lead, subject.company, row["started_at"], row["lead_first_seen"], now
    )
