"""Rules: a segment, when it rings, and where messages go. Callers audit each change first."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import Connection, delete, insert, select, update

from models.facts.keys import address_key
from models.filters.query import Filters
from models.filters.times import UTC, FilterError, When
from models.rules.destinations import NAME
from models.rules.destinations import find as find_destination
from models.rules.quiet import Quiet, QuietError
from models.segments import asking, segments
from models.tables.rules import OUTBOX, RULE, RULE_HOUR, RUNG, WAITING

Occasion = Literal["visit", "once", "return", "company"]

OCCASIONS: dict[str, str] = {
    "visit": "Every visit that matches",
    "once": "A lead's first match",
    "return": "A visit after a lead's first",
    "company": "Several people of one company",
}
"""When a rule rings, and what that means."""

COOLDOWN_HOURS, CAP_PER_HOUR, PEOPLE, DAYS = 24, 30, 2, 7
"""The defaults."""

LIST_OWNER = "owner"
"""In place of addresses: the owner named in the list row that matches the lead."""

_MOST_HOURS, _MOST_CAP, _MOST_PEOPLE, _MOST_DAYS = 24 * 365, 10_000, 100, 365


class RuleError(ValueError):
    """The rule is not valid; the message says why and what would be."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule (`tables.rules.Rule`). Times are Unix ms."""

    name: str
    segment: str
    occasion: str
    destinations: tuple[str, ...]
    cooldown_hours: int = COOLDOWN_HOURS
    cap_per_hour: int = CAP_PER_HOUR
    quiet: Quiet | None = None
    people: int | None = None
    days: int | None = None
    assign_to: tuple[str, ...] = ()
    turn: int = 0
    paused: bool = False
    owner: str = ""
    created_at: int = 0
    changed_at: int = 0

    @property
    def cooldown_ms(self) -> int:
        """How long a lead or company does not ring again, in ms."""
        return self.cooldown_hours * 3_600_000

    def words(self) -> str:
        """In one line."""
        said = [OCCASIONS[self.occasion]]
        if self.occasion == "company":
            said = [f"{self.people} people of one company within {self.days} days"]
        said.append(f"cooldown {self.cooldown_hours} h, {self.cap_per_hour} an hour at most")
        if self.quiet:
            said.append(f"quiet {self.quiet.text()}")
        if self.assign_to:
            said.append(f"assigned to {', '.join(self.assign_to)}")
        return "; ".join(said)


def read(
    name: str,
    segment: str,
    occasion: str,
    destinations: Sequence[str],
    *,
    cooldown_hours: int = COOLDOWN_HOURS,
    cap_per_hour: int = CAP_PER_HOUR,
    quiet: str | None = None,
    people: int | None = None,
    days: int | None = None,
    assign_to: Sequence[str] = (),
) -> Rule:
    """A rule made from somebody's input. Raises `RuleError` for invalid input."""
    if not NAME.fullmatch(name):
        raise RuleError(
            "A rule's name must have at most 64 characters: letters, digits, dots, dashes and "
            "underscores"
        )
    if occasion not in OCCASIONS:
        raise RuleError(f"When it rings must be one of {', '.join(OCCASIONS)}")
    if occasion != "company" and (people is not None or days is not None):
        raise RuleError("Only a company rule counts people and days")
    if occasion == "company":
        people, days = people or PEOPLE, days or DAYS
        _between("The number of people", people, 2, _MOST_PEOPLE)
        _between("The number of days", days, 1, _MOST_DAYS)
    _between("The cooldown in hours", cooldown_hours, 0, _MOST_HOURS)
    _between("The cap an hour", cap_per_hour, 1, _MOST_CAP)
    try:
        hours = Quiet.parse(quiet) if quiet else None
    except QuietError as error:
        raise RuleError(str(error)) from None
    told = tuple(dict.fromkeys(one.strip() for one in destinations if one.strip()))
    if not told:
        raise RuleError("A rule needs a destination. Make one: visitor-desk destination add")
    return Rule(
        name, segment, occasion, told, cooldown_hours, cap_per_hour, hours, people, days,
        _assignees(assign_to),
    )  # fmt: skip


def _between(what: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise RuleError(f"{what} must be between {least} and {most:,}")


def _assignees(given: Sequence[str]) -> tuple[str, ...]:
    names = [one.strip() for one in given if one.strip()]
    if names == [LIST_OWNER]:
        return (LIST_OWNER,)
    addresses = [address_key(name) for name in names]
    if not all(addresses):
        raise RuleError(
            f"Leads can be assigned to email addresses, or to {LIST_OWNER} (whom a list names)"
        )
    return tuple(dict.fromkeys(str(address) for address in addresses))


def check(db: Connection, rule: Rule) -> None:
    """Return if a rule can be added: its name is free, its segment is shared and works, and its
    destinations exist. Raises `RuleError`.
    """
    if find(db, rule.name):
        raise RuleError(f"There is already a rule named {rule.name}. Remove it first")
    found = segments.segment(db, rule.segment)
    if found is None:
        raise RuleError(
            f"There is no segment named {rule.segment[:60]}. Make one: visitor-desk segment save"
        )
    if found.owner is not None:
        raise RuleError(f"The segment {found.name} is personal. Share it first")
    try:
        asking.asked(db, Filters.parse({"segment": found.name}), When.now(UTC))
    except FilterError as error:
        raise RuleError(f"The segment {found.name} does not work: {error}") from None
    for name in rule.destinations:
        if find_destination(db, name) is None:
            raise RuleError(
                f"There is no destination named {name[:60]}. Make one: visitor-desk destination add"
            )


def add(db: Connection, rule: Rule, owner: str) -> Rule:
    """Add a rule; it applies to everything that comes in from then on. Raises what `check`
    raises.
    """
    check(db, rule)
    now = time.time_ns() // 1_000_000
    found = segments.segment(db, rule.segment)
    assert found is not None  # noqa: S101 - `check` has seen it
    made = replace(rule, segment=found.name, owner=owner, created_at=now, changed_at=now)
    db.execute(insert(RULE).values(_row(made)))
    return made


def _row(rule: Rule) -> dict[str, Any]:
    row = {name: getattr(rule, name) for name in Rule.__slots__}
    return row | {
        "destinations": ",".join(rule.destinations),
        "assign_to": ",".join(rule.assign_to) or None,
        "quiet": rule.quiet.text() if rule.quiet else None,
    }


def _read(row: dict[str, Any]) -> Rule:
    kept = {
        "destinations": tuple(row["destinations"].split(",")),
        "assign_to": tuple((row["assign_to"] or "").split(",")) if row["assign_to"] else (),
        "quiet": Quiet.parse(row["quiet"]) if row["quiet"] else None,
    }
    return Rule(**row | kept)


def find(db: Connection, name: str) -> Rule | None:
    """A rule by its name; None when there is none."""
    row = db.execute(select(RULE).where(RULE.c.name == name)).mappings().first()
    return _read(dict(row)) if row else None


def named(db: Connection, name: str) -> Rule:
    """The same. Raises `RuleError` when there is none."""
    found = find(db, name)
    if found is None:
        raise RuleError(f"There is no rule named {name[:60]}; see visitor-desk rule list")
    return found


def listed(db: Connection) -> list[Rule]:
    """All rules, by name."""
    return [_read(dict(row)) for row in db.execute(select(RULE).order_by(RULE.c.name)).mappings()]


def pause(db: Connection, name: str, *, paused: bool) -> None:
    """Pause or resume a rule. What matches while it is paused makes no message, neither then nor
    later.

    Raises `RuleError` if there is none of this name.
    """
    named(db, name)
    now = time.time_ns() // 1_000_000
    change = update(RULE).where(RULE.c.name == name)
    db.execute(change.values(paused=paused, changed_at=now))


def remove(db: Connection, name: str) -> None:
    """Remove a rule, its waiting messages, and its memory of whom it rang for. What was sent stays
    in the outbox. Raises `RuleError` when there is none of this name.
    """
    named(db, name)
    db.execute(delete(OUTBOX).where(OUTBOX.c.rule == name, OUTBOX.c.state == WAITING))
    db.execute(delete(RUNG).where(RUNG.c.rule == name))
    db.execute(delete(RULE_HOUR).where(RULE_HOUR.c.rule == name))
    db.execute(delete(RULE).where(RULE.c.name == name))


def users_of(db: Connection, segment: str) -> list[str]:
    """Names of the rules of a segment."""
    query = select(RULE.c.name).where(RULE.c.segment == segment).order_by(RULE.c.name)
    return list(db.execute(query).scalars())
