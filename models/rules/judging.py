"""Rules judged, in the transaction that derives: what a batch touched, against what rules ask.

So a message is committed with the rows that it tells of, or not at all. What is older than an hour,
replayed or scored anew makes none.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from weakref import WeakKeyDictionary

import structlog
from sqlalchemy import Column, Connection, Engine, Select, and_, func, select, text, update

from models.facts.facts import Facts
from models.facts.keys import address_key
from models.filters.choosing import leads_fit, visits_fit
from models.filters.lists import is_heard, lists_asked_for
from models.filters.query import Filters, Question
from models.filters.times import FilterError, When
from models.rules import outbox
from models.rules.deciding import HOUR_MS, Decision, Memory, Moment, decide
from models.rules.index import Asked, Index, asked
from models.rules.outbox import COMPANY, LEAD, ROLLUP, message
from models.rules.rules import LIST_OWNER, Rule, listed
from models.rules.subjects import Subject, look_beside, subjects
from models.sayings.asking import kept, spelled_out
from models.sayings.members import entries_of
from models.sayings.ownership import owner_of, take
from models.storage.passing import is_away
from models.storage.rows import Row, execute_many, fetch, placeholder
from models.tables import LEAD as LEADS
from models.tables import SEGMENT, SESSION
from models.tables.rules import ROLLED, RULE, RUNG

LATE_MS = HOUR_MS
"""What happened or came longer ago than this makes no message."""

REMEMBERED = 200
"""Newest visits of a lead that remember that it was told of."""

DAY_MS = 86_400_000

_log = structlog.get_logger("rules")

_Stamp = tuple[object, ...]
_KNOWN: "WeakKeyDictionary[Engine, tuple[_Stamp, Index]]" = WeakKeyDictionary()


@dataclass(slots=True)
class Judged:
    """What came of judging: messages made, and what made none, by why."""

    made: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)


def judge(db: Connection, facts: Sequence[Facts]) -> Judged:
    """Judge the visits that a batch heard of, just derived in this transaction.

    What goes wrong here is logged and undone by itself: deriving goes on. Raises SQLAlchemy's
    errors when the database is away.
    """
    judged = Judged()
    index = _index(db)
    if index is None or not facts:
        return judged
    now = time.time_ns() // 1_000_000
    heard: dict[str, int] = {}
    for fact in facts:
        if now - min(fact.created, fact.received_at) > LATE_MS:
            judged.outcomes["late"] += 1
        else:
            heard[fact.sid] = max(heard.get(fact.sid, 0), fact.received_at)
    if heard:
        try:
            with db.begin_nested():
                _judge(db, index, heard, now, judged)
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


_SAID = ("rings", "rolled up", "late")
"""What the log tells of a batch; most batches ring nothing."""


def _index(db: Connection) -> Index | None:
    """The rules in force, read anew when they or the segments have changed; None for none."""
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
    """What is another one as soon as a row comes, goes or is changed."""
    return select(func.count(), func.max(changed_at), func.sum(changed_at))


def in_force(db: Connection, rules: Iterable[Rule]) -> list[Asked]:
    """The segments of rules, each with those that ask for it; one that can't be asked any more
    rings nothing.
    """
    all_kept = kept(db)
    by_segment: dict[tuple[str, bool], list[Rule]] = defaultdict(list)
    for rule in rules:
        by_segment[rule.segment, rule.occasion in {"once", "company"}].append(rule)
    found = []
    for (segment, by_lead), its in by_segment.items():
        try:
            question = spelled_out(all_kept, Filters.parse({"segment": segment}))
        except FilterError:
            _log.warning("segment_can_not_be_asked", segment=segment)
            continue
        found.append(asked(question, its, by_lead=by_lead))
    return found


def _judge(
    db: Connection, index: Index, heard: Mapping[str, int], now: int, judged: Judged
) -> None:
    when = When.now()
    possible: dict[int, tuple[Asked, list[Subject]]] = {}
    found = subjects(db, heard, with_pages=index.with_pages)
    if index.by_lead:
        look_beside(db, found, with_pages=index.with_pages)
    for subject in found:
        for one in index.asked_of(subject):
            possible.setdefault(id(one), (one, []))[1].append(subject)
    for one, its in possible.values():
        question = replace(one.question, when=when)
        fit = matching(db, question, [subject.sid for subject in its], by_lead=one.by_lead)
        for subject in its:
            if subject.sid not in fit:
                continue
            if one.waits(subject):
                judged.outcomes["waits"] += len(one.rules)
                continue
            for rule in one.rules:
                _ring(db, rule, question, subject, heard[subject.sid], now, judged)


def matching(
    db: Connection, question: Question, sids: Collection[str], *, by_lead: bool
) -> set[str]:
    """Which of these visits fulfil a segment, or, `by_lead`, whose lead does; without people of
    quiet lists unless the segment names these.
    """
    query = fulfilling(question, by_lead=by_lead).where(SESSION.c.sid.in_(sids))
    return set(db.execute(query).scalars())


def fulfilling(question: Question, *, by_lead: bool) -> Select[Any]:
    """Visits that fulfil a segment, or whose lead does, tested row by row."""
    fit = leads_fit(question, nearby=True) if by_lead else visits_fit(question, nearby=True)
    return (
        select(SESSION.c.sid)
        .select_from(SESSION.join(LEADS, LEADS.c.key == SESSION.c.lead))
        .where(fit, is_heard(LEADS, question))
    )


def _ring(  # noqa: PLR0917 - called in one place, with what it has in this order
    db: Connection,
    rule: Rule,
    question: Question,
    subject: Subject,
    event_at: int,
    now: int,
    judged: Judged,
) -> None:
    people = [subject.lead]
    if rule.occasion == "company":
        people = colleagues(db, rule, question, subject, now)
        if len(people) < (rule.people or 0):
            judged.outcomes["too few people"] += 1
            return
    moment = moment_of(subject, now)
    decision = decide(rule, moment, memory(db))
    judged.outcomes[decision.outcome] += 1
    if decision.last is not None and decision.outcome in {"told before", "cooldown"}:
        _remember(db, rule, [(moment.sid, decision.last)])
    if decision.outcome not in {"rings", "rolled up"}:
        return
    _post(db, rule, moment, decision, event_at)
    judged.made += len(rule.destinations)
    for lead in people:
        _remember_lead(db, rule, lead, now)
    _count(db, rule, decision.hour)
    _assign(db, rule, question, moment.lead)


def _assign(db: Connection, rule: Rule, question: Question, lead: str) -> None:
    """Give a lead that is nobody's an owner, as the rule says; who owns it already keeps it."""
    if not rule.assign_to or owner_of(db, lead) is not None:
        return
    if rule.assign_to == (LIST_OWNER,):
        owner = _owner_by_list(db, question, lead)
    else:
        turn = update(RULE).where(RULE.c.name == rule.name).values(turn=RULE.c.turn + 1)
        number = int(db.execute(turn.returning(RULE.c.turn)).scalar_one())
        owner = rule.assign_to[(number - 1) % len(rule.assign_to)]
    if owner:
        take(db, lead, owner, f"rule:{rule.name}")


def _owner_by_list(db: Connection, question: Question, lead: str) -> str | None:
    """Whom the rows of lists name that mean a lead, those of lists that the segment asks for first.

    A row's owner may be anything that stood in a file: only an address can own.
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


def colleagues(
    db: Connection, rule: Rule, question: Question, subject: Subject, now: int
) -> list[str]:
    """The leads of a visit's company that a segment chooses and that were here within the rule's
    days, newest first; nobody where the company is not known by a key.
    """
    if subject.company is None:
        return []
    since = now - (rule.days or 0) * DAY_MS
    query = (
        select(LEADS.c.key)
        .where(
            LEADS.c.company_key == subject.company,
            LEADS.c.last_seen >= since,
            leads_fit(question, nearby=True),
            is_heard(LEADS, question),
        )
        .order_by(LEADS.c.last_seen.desc(), LEADS.c.key)
        .limit(REMEMBERED)
    )
    return list(db.execute(query).scalars())


def memory(db: Connection) -> Memory:
    """What was told before, by the visits that a lead or company has now."""

    def last(rule: Rule, moment: Moment) -> int | None:
        if rule.occasion == "company":
            return _last_of_company(db, rule, moment)
        return last_of_lead(db, rule.name, moment.lead)

    def is_told(rule: Rule, moment: Moment) -> bool:
        keys = [row["key"] for row in _messages(rule, moment, Decision("rings"), 0)]
        return bool(outbox.known(db, keys))

    def moments(rule: Rule, hour: int) -> int:
        m = placeholder(db)
        sql = f"SELECT moments FROM rule_hour WHERE rule = {m} AND hour = {m}"
        found = fetch(db, sql, rule.name, hour)
        return int(found[0][0]) if found else 0

    return Memory(last, is_told, moments)


def last_of_lead(db: Connection, rule: str, lead: str) -> int | None:
    """When (ms) a rule last told of any of a lead's newest visits; None: never."""
    newest = (
        select(SESSION.c.sid)
        .where(SESSION.c.lead == lead)
        .order_by(SESSION.c.started_at.desc(), SESSION.c.sid.desc())
        .limit(REMEMBERED)
        .subquery()
    )
    told = and_(RUNG.c.sid == newest.c.sid, RUNG.c.rule == rule)
    found: int | None = db.execute(
        select(func.max(RUNG.c.at)).select_from(newest.join(RUNG, told))
    ).scalar()
    return found


def _last_of_company(db: Connection, rule: Rule, moment: Moment) -> int | None:
    span = max(rule.cooldown_ms, (rule.days or 0) * DAY_MS)
    told = and_(RUNG.c.sid == SESSION.c.sid, RUNG.c.rule == rule.name)
    their = LEADS.join(SESSION, SESSION.c.lead == LEADS.c.key).join(RUNG, told)
    found: int | None = db.execute(
        select(func.max(RUNG.c.at))
        .select_from(their)
        .where(LEADS.c.company_key == moment.company, LEADS.c.last_seen >= moment.at - 2 * span)
    ).scalar()
    return found


def _messages(rule: Rule, moment: Moment, decision: Decision, event_at: int) -> list[Row]:
    kind = COMPANY if rule.occasion == "company" else LEAD
    return [
        message(
            kind,
            rule.name,
            destination,
            moment.sid,
            made_at=moment.at,
            due_at=decision.due_at,
            event_at=event_at,
            lead=moment.lead,
            sid=moment.sid,
            company=moment.company,
        )
        for destination in rule.destinations
    ]


def _post(db: Connection, rule: Rule, moment: Moment, decision: Decision, event_at: int) -> None:
    rows = _messages(rule, moment, decision, event_at)
    if decision.outcome == "rolled up":
        roll_ups = [
            message(
                ROLLUP,
                rule.name,
                destination,
                str(decision.hour),
                made_at=moment.at,
                due_at=decision.hour + HOUR_MS,
                event_at=event_at,
            )
            for destination in rule.destinations
        ]
        rows = [
            row | {"state": ROLLED, "rolled_into": roll_up["key"]}
            for row, roll_up in zip(rows, roll_ups, strict=True)
        ] + roll_ups
    outbox.post(db, rows)


def _remember(db: Connection, rule: Rule, told: Iterable[tuple[str, int]]) -> None:
    """Note that visits count as told of, at a time (ms)."""
    m = placeholder(db)
    sql = (
        f"INSERT INTO rung (sid, rule, at) VALUES ({m}, {m}, {m})"
        " ON CONFLICT (sid, rule) DO NOTHING"
    )
    execute_many(db, sql, [(sid, rule.name, at) for sid, at in told])


def _remember_lead(db: Connection, rule: Rule, lead: str, now: int) -> None:
    db.execute(
        text(
            "INSERT INTO rung (sid, rule, at)"
            " SELECT sid, CAST(:rule AS TEXT), CAST(:now AS BIGINT) FROM session WHERE lead = :lead"
            f" ORDER BY started_at DESC, sid DESC LIMIT {REMEMBERED}"
            " ON CONFLICT (sid, rule) DO UPDATE SET at = excluded.at"
        ),
        {"rule": rule.name, "now": now, "lead": lead},
    )


def _count(db: Connection, rule: Rule, hour: int) -> None:
    m = placeholder(db)
    sql = (
        f"INSERT INTO rule_hour (rule, hour, moments) VALUES ({m}, {m}, 1)"
        " ON CONFLICT (rule, hour) DO UPDATE SET moments = rule_hour.moments + 1"
    )
    execute_many(db, sql, [(rule.name, hour)])
