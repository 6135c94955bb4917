"""What rules told of, and when: by the visits that somebody has now, whatever their key was."""

from collections.abc import Iterable

from sqlalchemy import Connection, and_, func, select, text

from models.days import DAY_MS
from models.rules import outbox
from models.rules.deciding import Memory, Moment
from models.rules.outbox import COMPANY, LEAD, message
from models.rules.rules import Rule
from models.storage.rows import Row, execute_many, fetch, placeholder
from models.tables import LEAD as LEADS
from models.tables import SESSION
from models.tables.rules import RUNG

REMEMBERED = 200
"""Newest visits of a lead that remember that it was told of."""


def memory(db: Connection) -> Memory:
    """What was told before, by the visits that a lead or company has now."""

    def last(rule: Rule, moment: Moment) -> int | None:
        if rule.occasion == "company":
            return _last_of_company(db, rule, moment)
        return last_of_lead(db, rule.name, moment.lead)

    def is_told(rule: Rule, moment: Moment) -> bool:
        return bool(outbox.known(db, [row["key"] for row in messages(rule, moment)]))

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


def messages(rule: Rule, moment: Moment, due_at: int = 0, event_at: int = 0) -> list[Row]:
    """The messages of a moment, one a destination; times in ms."""
    kind = COMPANY if rule.occasion == "company" else LEAD
    return [
        message(
            kind,
            rule.name,
            destination,
            moment.sid,
            made_at=moment.at,
            due_at=due_at,
            event_at=event_at,
            lead=moment.lead,
            sid=moment.sid,
            company=moment.company,
        )
        for destination in rule.destinations
    ]


def remember(db: Connection, rule: Rule, told: Iterable[tuple[str, int]]) -> None:
    """Note that visits count as told of, at a time (ms)."""
    m = placeholder(db)
    sql = (
        f"INSERT INTO rung (sid, rule, at) VALUES ({m}, {m}, {m})"
        " ON CONFLICT (sid, rule) DO NOTHING"
    )
    execute_many(db, sql, [(sid, rule.name, at) for sid, at in told])


def remember_lead(db: Connection, rule: Rule, lead: str, now: int) -> None:
    """Note that a lead's newest visits count as told of, at a time (ms)."""
    db.execute(
        text(
            "INSERT INTO rung (sid, rule, at)"
            " SELECT sid, CAST(:rule AS TEXT), CAST(:now AS BIGINT) FROM session WHERE lead = :lead"
            f" ORDER BY started_at DESC, sid DESC LIMIT {REMEMBERED}"
            " ON CONFLICT (sid, rule) DO UPDATE SET at = excluded.at"
        ),
        {"rule": rule.name, "now": now, "lead": lead},
    )


def count(db: Connection, rule: Rule, hour: int) -> None:
    """Count one more moment in an hour (its begin, ms)."""
    m = placeholder(db)
    sql = (
        f"INSERT INTO rule_hour (rule, hour, moments) VALUES ({m}, {m}, 1)"
        " ON CONFLICT (rule, hour) DO UPDATE SET moments = rule_hour.moments + 1"
    )
    execute_many(db, sql, [(rule.name, hour)])
