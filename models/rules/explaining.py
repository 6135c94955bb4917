"""Why a rule rang for a lead, or did not: each condition, with what it found."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from models.filters.choosing import visits_match
from models.filters.leads import leads_match
from models.filters.lists import is_heard
from models.filters.names import FILTERS
from models.filters.query import Condition, Filters, Question
from models.filters.times import When
from models.projection.summaries import zone_in_force
from models.rules import destinations
from models.rules.deciding import HOUR_MS, WHY, decide
from models.rules.judging import in_force, matching, moment_of
from models.rules.matching.colleagues import colleagues
from models.rules.matching.index import Asked
from models.rules.matching.subjects import Subject, heard_in_time, subjects
from models.rules.rules import Rule, RuleError, named
from models.rules.rung_before import memory
from models.storage.rows import Row
from models.tables import LEAD, SESSION
from models.tables.rules import OUTBOX


class Check(NamedTuple):
    """One condition of a rule, whether it holds (None: it can't be told), and what it found."""

    asked: str
    holds: bool | None
    met: str


@dataclass(slots=True)
class Explanation:
    """All conditions, in the order in which they count; `rings`: whether the lead's newest visit
    would ring now. `sent` are messages about the lead's visits, newest first.
    """

    rule: Rule
    lead: str
    rings: bool = False
    checks: list[Check] = field(default_factory=list)
    sent: list[Row] = field(default_factory=list)


def explained(db: Connection, lead: str, name: str, now: int) -> Explanation:
    """Why a rule rings for a lead by its newest visit, or why not, at a moment (Unix ms).

    Raises `RuleError` for an unknown rule or lead.
    """
    rule = named(db, name)
    sid = db.execute(
        select(SESSION.c.sid)
        .where(SESSION.c.lead == lead)
        .order_by(SESSION.c.started_at.desc(), SESSION.c.sid.desc())
        .limit(1)
    ).scalar()
    if sid is None:
        raise RuleError(f"There is no lead {lead[:200]}")
    (subject,) = subjects(db, [sid])
    found = Explanation(rule, lead)
    asked = in_force(db, [rule])
    if asked:
        found.checks += _segment(db, asked[0], subject, now)
        found.checks += _rest(db, rule, asked[0], subject, now)
    else:
        gone = "it no longer works"
        found.checks.append(Check(f"segment {rule.segment}", holds=False, met=gone))
    found.checks += _way(db, rule)
    found.rings = all(check.holds is not False for check in found.checks)
    found.sent = _sent(db, lead, name)
    return found


def _segment(db: Connection, one: Asked, subject: Subject, now: int) -> Iterator[Check]:
    question = replace(one.question, when=When(now, one.question.when.zone))
    for filters, inner in _parts(question):
        for condition in filters:
            alone = inner.asking(Filters((condition, *_touch(filters, condition))))
            matches = (
                leads_match(alone, nearby=True) if one.by_lead else visits_match(alone, nearby=True)
            )
            query = (
                select(SESSION.c.sid)
                .select_from(SESSION.join(LEAD, LEAD.c.key == SESSION.c.lead))
                .where(SESSION.c.sid == subject.sid, matches)
            )
            holds = db.execute(query).first() is not None
            yield Check(_asks(condition), holds, _met(condition, subject))
    matched = matching(db, question, [subject.sid], by_lead=one.by_lead)
    heard = db.execute(
        select(LEAD.c.key).where(LEAD.c.key == subject.lead, is_heard(LEAD, question))
    ).first()
    yield Check("on no quiet list", heard is not None, "" if heard else "they are on one")
    of = "the lead, in one and the same visit" if one.by_lead else "the newest visit"
    yield Check(f"all of this together, of {of}", bool(matched) or heard is None, "")


def _parts(question: Question) -> Iterator[tuple[Filters, Question]]:
    """Filters of a segment, and of the segments it names."""
    names = {one: one.values[0] for one in question.filters if _is_plain_segment(one)}
    rest = Filters(tuple(one for one in question.filters if one not in names))
    if not rest.without("touch").is_empty():
        yield rest.without("touch") if rest.one("touch") is None else rest, question
    for name in names.values():
        yield from _parts(question.segment(name))


def _is_plain_segment(one: Condition) -> bool:
    return one.name == "segment" and one.operator == "is" and len(one.values) == 1


def _touch(filters: Filters, condition: Condition) -> tuple[Condition, ...]:
    if condition.name == "touch" or FILTERS[condition.name].about != "visit":
        return ()
    return tuple(one for one in filters if one.name == "touch")


def _asks(one: Condition) -> str:
    words = {"is": "is", "not": "is not", "has": "has"}[one.operator]
    return f"{FILTERS[one.name].label} {words} {' or '.join(one.values)}"


_MET = {
    "job_title": "lead_folded_title",
    "seniority": "lead_seniority",
    "department": "lead_department",
    "validity": "lead_email_validity",
    "company": "lead_company_key",
    "industry": "company_folded_industry",
    "funding": "company_folded_round",
    "company_country": "company_country",
    "min_employees": "company_employee_count",
    "max_employees": "company_employee_count",
    **dict.fromkeys(("channel", "device", "pid", "referrer_host", "hot", "stage"), ""),
    **{f"utm_{n}": f"folded_utm_{n}" for n in ("source", "medium", "campaign", "term", "content")},
}


def _met(one: Condition, subject: Subject) -> str:
    if one.name == "page":
        return ", ".join(sorted(subject.pages)[:10])
    if one.name == "country":
        value: Any = subject.row["lead_country"] or subject.row["country"]
    elif one.name in _MET:
        value = subject.row[_MET[one.name] or one.name]
        if one.name == "hot":
            return "yes" if value else "no"
    else:
        return ""
    return "not known" if value is None else str(value)


def _rest(db: Connection, rule: Rule, one: Asked, subject: Subject, now: int) -> Iterator[Check]:
    if not one.bots:
        is_bot = bool(subject.row["is_bot"])
        yield Check("not a likely bot", not is_bot, "the visit is a likely bot's" if is_bot else "")
    waits = one.waits(subject)
    if one.not_needs:
        met = "it waits until more is known or the visit is over" if waits else ""
        yield Check("what must not be is known", not waits, met)
    in_time = bool(heard_in_time(db, [subject.sid]))
    met = "" if in_time else "its events came more than an hour after they happened"
    yield Check("heard of in time", in_time, met)
    if rule.occasion == "company":
        its = replace(one, question=replace(one.question, when=When.now(zone_in_force(db))))
        company = subject.company
        people = colleagues(db, its, now, rule, company) if company is not None else []
        yield Check(
            f"{rule.people} people of the company within {rule.days} days",
            subject.lead in people and len(people) >= (rule.people or 0),
            f"{len(people)}",
        )
    moment = moment_of(subject, now)
    decision = decide(rule, moment, memory(db))
    is_told = decision.outcome in {"told before", "cooldown"}
    if rule.occasion == "return":
        yield Check("a visit after the first", decision.outcome != "not a return", "")
    yield Check(
        f"cooldown of {rule.cooldown_hours} h", not is_told, WHY[decision.outcome] * is_told
    )
    moments = memory(db).moments(rule, now // HOUR_MS * HOUR_MS)
    yield Check(f"{rule.cap_per_hour} an hour at most", None, f"{moments} this hour")
    if rule.quiet:
        is_quiet = rule.quiet.over_at(now) != now
        met = "it is quiet now, so it would wait" if is_quiet else "it is not quiet now"
        yield Check(f"quiet {rule.quiet.text()}", None, met)


def _way(db: Connection, rule: Rule) -> Iterator[Check]:
    yield Check("not paused", not rule.paused, "it is paused" if rule.paused else "")
    for name in rule.destinations:
        found = destinations.find(db, name)
        state = found.state() if found else "it does not exist"
        is_on = found is not None and found.off_since is None
        yield Check(f"destination {name}", is_on, state)


def _sent(db: Connection, lead: str, rule: str) -> list[Row]:
    columns = [column for column in OUTBOX.c if column.name != "body"]
    query = (
        select(*columns)
        .join(SESSION, SESSION.c.sid == OUTBOX.c.sid)
        .where(SESSION.c.lead == lead, OUTBOX.c.rule == rule)
        .order_by(OUTBOX.c.id.desc())
        .limit(20)
    )
    return [dict(row) for row in db.execute(query).mappings()]
