"""What rules rang for, and when: by the visits that somebody has now, whatever their key was."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, and_, func, select

from models.days import DAY_MS
from models.rules import outbox
from models.rules.deciding import HOUR_MS, Decision, Memory, Moment
from models.rules.matching.subjects import MOST_BESIDE, Subject
from models.rules.outbox import COMPANY, LEAD, ROLLUP, message
from models.rules.rules import Rule
from models.storage.rows import (
    Row,
    among,
    execute_many,
    fetch,
    insert,
    load,
    many,
    placeholder,
    upsert,
)
from models.tables import LEAD as LEADS
from models.tables import SESSION
from models.tables.rules import OUTBOX, ROLLED, RULE_HOUR, RUNG

REMEMBERED = 200
"""How many of a lead's newest visits remember that a rule rang for it."""


@dataclass(slots=True)
class Notes:
    """What rules have rung for among the people in a batch, read at once, and what they ring for
    now, written at its end (`write`).
    """

    db: Connection
    large: set[str] = field(default_factory=set)
    """Leads with so many visits that they are looked up one by one."""

    rang: list[tuple[Rule, Moment]] = field(default_factory=list)
    """What is told of now."""

    _by_lead: dict[tuple[str, str], int | None] = field(default_factory=dict)
    _by_company: dict[tuple[str, str | None], int | None] = field(default_factory=dict)
    _by_visit: dict[tuple[str, str], int] = field(default_factory=dict)
    _told: set[tuple[str, str, str]] = field(default_factory=set)
    _noted: set[str] = field(default_factory=set)
    _hours: dict[tuple[str, int], int] = field(default_factory=dict)
    _decisions: list[Decision] = field(default_factory=list)
    _covered: list[tuple[str, str, int]] = field(default_factory=list)
    _rang_for: dict[tuple[str, str], int] = field(default_factory=dict)
    _more: dict[tuple[str, int], int] = field(default_factory=dict)

    @classmethod
    def of(
        cls, db: Connection, some: Collection[Subject], rules: Collection[str], now: int
    ) -> "Notes":
        """What rules have rung for among the people of these visits, and which rules apply from now
        (Unix ms) on."""
        notes = cls(db)
        leads = {one.lead for one in some}
        notes.large = {one.lead for one in some if one.row["lead_sessions"] > MOST_BESIDE}
        rang = (
            "SELECT s.lead, r.sid, r.rule, r.at FROM session s JOIN rung r ON r.sid = s.sid"
            f" WHERE {among(db, 's.lead')}"
        )
        for lead, sid, rule, at in fetch(db, rang, many(db, leads - notes.large)):
            notes._by_visit[rule, sid] = at
            last = notes._by_lead.get((rule, lead))
            notes._by_lead[rule, lead] = at if last is None else max(at, last)
        sids = {one.sid for one in some}
        columns = ("rule", "kind", "sid")
        notes._told = {
            (row["rule"], row["kind"], row["sid"]) for row in load(db, OUTBOX, "sid", sids, columns)
        }
        notes._noted = {sid for _, sid in notes._by_visit} | {sid for *_, sid in notes._told}
        hours = (
            "SELECT rule, hour, moments FROM rule_hour"
            f" WHERE {among(db, 'rule')} AND hour >= {placeholder(db)}"
        )
        begun = now // HOUR_MS * HOUR_MS
        for rule, hour, number in fetch(db, hours, many(db, rules), begun):
            notes._hours[rule, hour] = number
        return notes

    def are_settled(self, rules: Iterable[Rule], subject: Subject, now: int) -> bool:
        """Whether nothing can come of a visit by any of these rules, whatever it matches: a message
        about it was already sent, or counts as sent.
        """
        sid = subject.sid
        return sid in self._noted and all(self._is_settled(rule, sid, now) for rule in rules)

    def _is_settled(self, rule: Rule, sid: str, now: int) -> bool:
        if (rule.name, _kind(rule), sid) in self._told:
            return True
        at = self._by_visit.get((rule.name, sid))
        return at is not None and (rule.occasion == "once" or now - at < rule.cooldown_ms)

    def memory(self) -> Memory:
        """As `decide` asks for it."""
        return Memory(self._last, self._is_told, self._moments)

    def _is_told(self, rule: Rule, moment: Moment) -> bool:
        return (rule.name, _kind(rule), moment.sid) in self._told

    def _last(self, rule: Rule, moment: Moment) -> int | None:
        if rule.occasion == "company":
            company = (rule.name, moment.company)
            if company not in self._by_company:
                self._by_company[company] = last_of_company(self.db, rule, moment)
            return self._by_company[company]
        place = (rule.name, moment.lead)
        if moment.lead in self.large and place not in self._by_lead:
            self._by_lead[place] = last_of_lead(self.db, *place)
        return self._by_lead.get(place)

    def _moments(self, rule: Rule, hour: int) -> int:
        return self._hours.get((rule.name, hour), 0)

    def cover(self, rule: Rule, moment: Moment, at: int) -> None:
        """A visit counts as having rung, at a time (ms), because its lead has."""
        self._covered.append((moment.sid, rule.name, at))

    def ring(self, rule: Rule, moment: Moment, decision: Decision, people: Iterable[str]) -> None:
        """A rule rings for a match, and so for these leads."""
        self.rang.append((rule, moment))
        self._decisions.append(decision)
        self._told.add((rule.name, _kind(rule), moment.sid))
        self._by_company[rule.name, moment.company] = moment.at
        for lead in people:
            self._by_lead[rule.name, lead] = self._rang_for[rule.name, lead] = moment.at
        hour = (rule.name, decision.hour)
        self._hours[hour] = self._moments(rule, decision.hour) + 1
        self._more[hour] = self._more.get(hour, 0) + 1

    def write(self, event_at: Mapping[str, int]) -> None:
        """Put messages into the outbox, each with when the event that made it was received (ms, by
        visit), and save what rang.
        """
        db = self.db
        made = zip(self.rang, self._decisions, strict=True)
        messages = [
            row
            for (rule, moment), decision in made
            for row in _rows(rule, moment, decision, event_at[moment.sid])
        ]
        outbox.post(db, messages)
        covered = ({"sid": sid, "rule": rule, "at": at} for sid, rule, at in self._covered)
        insert(db, RUNG, list(covered))
        self._remember()
        more = [
            {"rule": rule, "hour": hour, "moments": number}
            for (rule, hour), number in self._more.items()
        ]
        insert(db, RULE_HOUR, more, _MORE)

    def _remember(self) -> None:
        """Save in the newest visits of leads that rules rang for them."""
        db, m = self.db, placeholder(self.db)
        its = (
            "SELECT s.lead, s.sid FROM lead l JOIN session s ON s.lead = l.key"
            f" WHERE {among(db, 'l.key')} AND l.sessions <= {REMEMBERED}"
        )
        sids: dict[str, list[str]] = defaultdict(list)
        for lead, sid in fetch(db, its, many(db, {lead for _, lead in self._rang_for})):
            sids[lead].append(sid)
        upsert(db, RUNG, [
            {"sid": sid, "rule": rule, "at": at}
            for (rule, lead), at in self._rang_for.items()
            for sid in sids.get(lead, ())
        ])  # fmt: skip
        execute_many(
            db,
            f"INSERT INTO rung (sid, rule, at) SELECT sid, CAST({m} AS TEXT), CAST({m} AS BIGINT)"
            f" FROM session WHERE lead = {m} ORDER BY started_at DESC, sid DESC LIMIT {REMEMBERED}"
            " ON CONFLICT (sid, rule) DO UPDATE SET at = excluded.at",
            [(rule, at, lead) for (rule, lead), at in self._rang_for.items() if lead not in sids],
        )


_MORE = "(rule, hour) DO UPDATE SET moments = rule_hour.moments + excluded.moments"


def memory(db: Connection) -> Memory:
    """What rang before, by the visits that a lead or company has now."""

    def last(rule: Rule, moment: Moment) -> int | None:
        if rule.occasion == "company":
            return last_of_company(db, rule, moment)
        return last_of_lead(db, rule.name, moment.lead)

    def is_told(rule: Rule, moment: Moment) -> bool:
        told = load(db, OUTBOX, "sid", [moment.sid], ("rule", "kind"))
        return any((row["rule"], row["kind"]) == (rule.name, _kind(rule)) for row in told)

    return Memory(last, is_told, lambda rule, hour: moments(db, rule, hour))


def moments(db: Connection, rule: Rule, hour: int) -> int:
    """How many matches a rule rang for in an hour (its beginning, ms)."""
    m = placeholder(db)
    sql = f"SELECT moments FROM rule_hour WHERE rule = {m} AND hour = {m}"
    found = fetch(db, sql, rule.name, hour)
    return int(found[0][0]) if found else 0


def last_of_lead(db: Connection, rule: str, lead: str) -> int | None:
    """When (ms) a rule last rang for any of a lead's newest visits; None: never."""
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


def last_of_company(db: Connection, rule: Rule, moment: Moment) -> int | None:
    """When (ms) a rule last rang for anybody who works at a company now; None: never."""
    span = max(rule.cooldown_ms, (rule.days or 0) * DAY_MS)
    told = and_(RUNG.c.sid == SESSION.c.sid, RUNG.c.rule == rule.name)
    their = LEADS.join(SESSION, SESSION.c.lead == LEADS.c.key).join(RUNG, told)
    found: int | None = db.execute(
        select(func.max(RUNG.c.at))
        .select_from(their)
        .where(LEADS.c.company_key == moment.company, LEADS.c.last_seen >= moment.at - 2 * span)
    ).scalar()
    return found


def _kind(rule: Rule) -> str:
    return COMPANY if rule.occasion == "company" else LEAD


def _rows(rule: Rule, moment: Moment, decision: Decision, event_at: int) -> list[Row]:
    """The messages for a match, one per destination, and if the cap is reached the roll-up messages
    in their place.
    """
    rows = [
        message(
            _kind(rule),
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
    if decision.outcome != "rolled up":
        return rows
    together = [
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
    rolled = [
        row | {"state": ROLLED, "rolled_into": its["key"]}
        for row, its in zip(rows, together, strict=True)
    ]
    return rolled + together
