"""Whether a match rings: what was sent before, cap and quiet hours. No database."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from models.rules.rules import Rule

HOUR_MS = 3_600_000

LATE_MS = HOUR_MS
"""What happened or came longer ago than this makes no message."""

Outcome = Literal["rings", "rolled up", "told before", "cooldown", "not a return"]

WHY: dict[Outcome, str] = {
    "rings": "it rings",
    "rolled up": "the hourly cap is reached, so it goes into the hour's roll-up message",
    "told before": "a message about it was already sent",
    "cooldown": "a message about it was sent within the cooldown",
    "not a return": "it is the lead's first visit",
}


def is_late(created: int, received_at: int, now: int) -> bool:
    """Whether an event, made and received then, makes no message now; all in ms."""
    return now - min(created, received_at) > LATE_MS


class Moment(NamedTuple):
    """A match of a rule: a visit, its human and employer; times in ms."""

    sid: str
    lead: str
    company: str | None
    started_at: int
    first_seen: int
    at: int


@dataclass(frozen=True, slots=True)
class Memory:
    """What was sent before: when last about a lead or company (ms), whether about this very visit,
    and how many matches counted in an hour (its beginning, ms).
    """

    last: Callable[[Rule, Moment], int | None]
    is_told: Callable[[Rule, Moment], bool]
    moments: Callable[[Rule, int], int]


class Decision(NamedTuple):
    """What becomes of a match: when it is due (ms), and the hour in which it counts."""

    outcome: Outcome
    due_at: int = 0
    hour: int = 0
    last: int | None = None


def decide(rule: Rule, moment: Moment, memory: Memory) -> Decision:
    """Whether a match of a rule rings, and when."""
    if rule.occasion == "return" and moment.started_at <= moment.first_seen:
        return Decision("not a return")
    if memory.is_told(rule, moment):
        return Decision("told before")
    last = memory.last(rule, moment)
    if last is not None and rule.occasion == "once":
        return Decision("told before", last=last)
    if last is not None and moment.at - last < rule.cooldown_ms:
        return Decision("cooldown", last=last)
    due_at = rule.quiet.over_at(moment.at) if rule.quiet else moment.at
    hour = due_at // HOUR_MS * HOUR_MS
    is_over = memory.moments(rule, hour) >= rule.cap_per_hour
    return Decision("rolled up" if is_over else "rings", due_at, hour, last)
