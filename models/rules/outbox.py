"""The outbox: messages from when they are made until their destination has them.

A message is made once (`key`), by the projector, and sent at least once: the result is written
after the destination has answered, and if a sender dies in between, it is sent again under the same
`webhook-id`.
"""

import time
from collections.abc import Collection, Iterable, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, select, text, tuple_, update

from models.rules.destinations import FAILING, FAILING_MS
from models.storage.rows import Row, change, insert, load
from models.tables import LEAD as LEADS
from models.tables import SESSION
from models.tables.rules import DESTINATION, NAMED_BESIDE, OUTBOX, RULE_HOUR, SENT, WAITING

LEAD, COMPANY, ROLLUP, TEST = "lead", "company", "roll-up", "test"
"""Kinds of messages: about a lead, about several people of a company, about everything that a
rule's cap held back, and one to try a destination."""

KEPT_MS = 90 * 86_400_000
"""How long messages are kept after they were made, once they are sent or given up."""

_HOURS_MS = 2 * 86_400_000

LONGEST_ANSWER = 500
"""Characters of an answer that are kept."""

_COLUMNS = (
    "key", "webhook_id", "kind", "rule", "destination", "lead", "sid", "company", "made_at",
    "event_at", "due_at", "state", "attempts", "rolled_into",
)  # fmt: skip


def key_of(*parts: str) -> str:
    """The key of what a message is about; a hash, so that nobody can be recognised from it."""
    return sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


def now_ms() -> int:
    """This moment, Unix ms."""
    return time.time_ns() // 1_000_000


def message(
    kind: str,
    rule: str,
    destination: str,
    about: str,
    *,
    made_at: int,
    due_at: int | None = None,
    event_at: int | None = None,
    lead: str | None = None,
    sid: str | None = None,
    company: str | None = None,
) -> Row:
    """A message's row; `about`, rule and destination together can't be sent twice. Times: ms."""
    key = key_of(rule, destination, kind, about)
    return {
        "key": key,
        "webhook_id": f"msg_{key[:32]}",
        "kind": kind,
        "rule": rule,
        "destination": destination,
        "lead": lead,
        "sid": sid,
        "company": company,
        "made_at": made_at,
        "event_at": made_at if event_at is None else event_at,
        "due_at": made_at if due_at is None else due_at,
        "state": WAITING,
        "attempts": 0,
        "rolled_into": None,
    }


def post(db: Connection, messages: Sequence[Row]) -> None:
    """Put messages into the outbox; one that was made before stays as it is."""
    insert(db, OUTBOX, messages, "(key) DO NOTHING", _COLUMNS)


_DUE = select(OUTBOX).where(OUTBOX.c.state == WAITING).order_by(OUTBOX.c.due_at, OUTBOX.c.id)


def due(
    db: Connection, destination: str, now: int, limit: int, after: Row | None = None
) -> list[Row]:
    """Messages to be sent to a destination now, the longest due first; only those `after` another
    one, where it is named.
    """
    query = _DUE.where(OUTBOX.c.destination == destination, OUTBOX.c.due_at <= now).limit(limit)
    if after is not None:
        place = tuple_(OUTBOX.c.due_at, OUTBOX.c.id)
        query = query.where(place > tuple_(after["due_at"], after["id"]))
    return [dict(row) for row in db.execute(query).mappings()]


def still_waiting(db: Connection, rows: Collection[Row]) -> set[int]:
    """The numbers of those messages that still exist and are waiting."""
    found = load(db, OUTBOX, "id", [row["id"] for row in rows], ("id", "state"), kind="bigint")
    return {row["id"] for row in found if row["state"] == WAITING}


class Result(NamedTuple):
    """The result of a try: `state` and when it is due again (ms), the HTTP status if there was an
    answer, what it said, and what was sent, with visits of the further people it named.
    """

    id: int
    state: str
    due_at: int
    status: int | None
    answer: str
    body: str | None
    named_beside: tuple[str, ...] = ()


class Fares(NamedTuple):
    """A destination's state after some tries: whether it accepted one, whether one failed, since
    when it is gone, and until when it wants no messages (ms).
    """

    destination: str
    took: bool
    failed: bool
    off_reason: str | None = None
    resume_at: int | None = None


def settle(db: Connection, results: Iterable[Result], fares: Fares, now: int) -> str | None:
    """Save the results of tries, and their destination's state; returns why it was switched off, if
    it was.

    A message that was withdrawn meanwhile, about somebody forgotten, is not brought back.
    """
    results = list(results)
    gone = _note_named(db, results)
    rows = [
        {
            "id": one.id, "state": one.state, "due_at": one.due_at, "status": one.status,
            "answer": one.answer[:LONGEST_ANSWER], "body": None if one.id in gone else one.body,
            "sent_at": now if one.state == SENT else None,
        }
        for one in results
    ]  # fmt: skip
    change(db, OUTBOX, rows, also="attempts = outbox.attempts + 1")
    return _note(db, fares, now)


def _note_named(db: Connection, results: Sequence[Result]) -> set[int]:
    """Save which further people messages named; returns the numbers of those that named somebody
    who was forgotten meanwhile.
    """
    named = {one.id: one.named_beside for one in results if one.named_beside}
    if not named:
        return set()
    sids = {sid for its in named.values() for sid in its}
    there = {row["sid"] for row in load(db, SESSION, "sid", sids, ("sid",))}
    keys = load(db, OUTBOX, "id", named, ("id", "key"), kind="bigint")
    rows = [
        {"sid": sid, "message": row["key"]}
        for row in keys
        for sid in named[row["id"]]
        if sid in there
    ]
    insert(db, NAMED_BESIDE, rows)
    return {number for number, its in named.items() if not there.issuperset(its)}


def _note(db: Connection, fares: Fares, now: int) -> str | None:
    its = DESTINATION.c.name == fares.destination
    had = db.execute(select(DESTINATION).where(its)).mappings().first()
    if had is None:
        return None
    values: dict[str, Any] = {"resume_at": fares.resume_at}
    if fares.took:
        values["failing_since"] = None
    elif fares.failed:
        values["failing_since"] = had["failing_since"] or now
    reason = fares.off_reason
    failing_since = values.get("failing_since", had["failing_since"])
    if reason is None and failing_since is not None and now - failing_since >= FAILING_MS:
        reason = FAILING
    if reason is not None and had["off_since"] is None:
        values |= {"off_since": now, "off_reason": reason}
    if any(had[name] != value for name, value in values.items()):
        db.execute(update(DESTINATION).where(its).values(values))
    return reason if had["off_since"] is None else None


def send_again(db: Connection, number: int, now: int) -> bool:
    """Make a message that was sent or given up due at once, with what is known now, under its old
    `webhook-id`; False if there is none.
    """
    its = (OUTBOX.c.id == number, OUTBOX.c.sid.is_not(None) | OUTBOX.c.kind.in_((TEST, ROLLUP)))
    again = update(OUTBOX).where(*its).values(state=WAITING, due_at=now, attempts=0)
    return db.execute(again).rowcount > 0


def prune(db: Connection, now: int) -> int:
    """Delete messages that were sent or given up long ago (`KEPT_MS`); returns how many. What has
    rung, and so need not ring again, is kept separately (`rung`).
    """
    # No cap counts in an hour that is long over.
    db.execute(delete(RULE_HOUR).where(RULE_HOUR.c.hour < now - _HOURS_MS))
    old = text("DELETE FROM outbox WHERE state <> :waiting AND made_at < :then")
    gone = db.execute(old, {"waiting": WAITING, "then": now - KEPT_MS}).rowcount
    db.execute(delete(NAMED_BESIDE).where(NAMED_BESIDE.c.message.not_in(select(OUTBOX.c.key))))
    return gone


def counts(db: Connection) -> dict[str, int]:
    """How many messages there are in each state."""
    query = select(OUTBOX.c.state, func.count()).group_by(OUTBOX.c.state)
    return {str(state): int(number) for state, number in db.execute(query)}


def recent(
    db: Connection, *, state: str | None = None, before: int | None = None, limit: int = 100
) -> list[Row]:
    """The newest messages, without what was sent; of one state, and older than a number."""
    columns = [column for column in OUTBOX.c if column.name != "body"]
    query = select(*columns).order_by(OUTBOX.c.id.desc()).limit(limit)
    if state is not None:
        query = query.where(OUTBOX.c.state == state)
    if before is not None:
        query = query.where(OUTBOX.c.id < before)
    return [dict(row) for row in db.execute(query).mappings()]


def names(db: Connection, rows: Collection[Row]) -> dict[str, str]:
    """The present keys of messages' leads, by the keys they had then."""
    keys = {row["lead"] for row in rows if row["lead"]}
    found = load(db, LEADS, "key", keys, ("key", "full_name"))
    return {row["key"]: row["full_name"] for row in found if row["full_name"]}


def body_of(db: Connection, number: int) -> str | None:
    """What was sent last of a message."""
    found: str | None = db.execute(select(OUTBOX.c.body).where(OUTBOX.c.id == number)).scalar()
    return found
