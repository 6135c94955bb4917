"""The content of a message: the lead as known when it is sent, whatever the destination's
format.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from typing import NamedTuple
from urllib.parse import quote

from sqlalchemy import Connection, exists, select

from models.exports.cells import time
from models.exports.columns import EXPORTS
from models.exports.lookup import Found, leads
from models.facts.keys import LINKEDIN_PREFIX
from models.facts.visits import UTM
from models.rules.message_reasons import reasons
from models.rules.outbox import COMPANY, ROLLUP, TEST, now_ms
from models.scoring.reasons.breakdown import Breakdown, breakdowns
from models.storage.rows import Row, load
from models.tables import LEAD, PAGE_EVENT, SESSION
from models.tables.rules import OUTBOX, RUNG

MOST_PAGES, MOST_PEOPLE = 30, 20
"""Pages of a visit and people of a company or roll-up that a message lists."""

LEAD_COLUMNS = tuple(column.name for column in EXPORTS["leads"].columns)

_VISIT = (
    "sid", "lead", "started_at", "landing_page", "finalized", "last_activity", "hot", "channel",
    *UTM,
)  # fmt: skip

_WRITE = {
    "valid": "You may write to them: the address is valid",
    "valid_catch_all": "You may write to them: the address is likely valid",
    "catch_all": "Writing to them is a risk: their domain accepts mail for any address",
    "invalid": "Do not write to them: mail to the address bounces",
}
_UNCHECKED = "Their address has not been checked yet"
_NO_ADDRESS = "No address of theirs is known"


@dataclass(frozen=True, slots=True)
class Message:
    """A message before formatting. Times are ISO 8601 (UTC), as in exports.

    `lead` has the export's columns except those left out for the destination, and no key if that is
    an address and addresses are left out; `size` is the employer's headcount, `may_write` whether
    to mail them, in words. `others` are the further people in a company's message or a roll-up,
    newest first; `total` is how many it is about; `named_beside` are visits by which a company's
    people are known. `zone` is the time zone for people who read it.
    """

    webhook_id: str
    kind: str
    rule: str
    timestamp: str
    url: str
    lead: Found | None = None
    visit: Found | None = None
    reasons: Sequence[str] = ()
    size: float | None = None
    may_write: str = _NO_ADDRESS
    others: Sequence[Found] = ()
    total: int = 1
    named_beside: tuple[str, ...] = ()
    zone: tzinfo = UTC


class Desk(NamedTuple):
    """The desk that messages come from: where it is opened, and the zone people read times in."""

    link: str
    zone: tzinfo


def compose(
    db: Connection, rows: Collection[Row], leaves_out: Collection[str], desk: Desk
) -> dict[int, Message]:
    """Messages for rows of the outbox, by number, with what is known now; a row is missing if
    nobody it was about is known any longer.
    """
    rolled = _rolled(db, [row["key"] for row in rows if row["kind"] == ROLLUP])
    visits = _visits(db, [*rows, *(one for its in rolled.values() for one in its)])
    employed = _colleagues(db, [row for row in rows if row["kind"] == COMPANY], visits)
    keys = {visit["lead"] for visit in visits.values()}
    keys |= {key for its in employed.values() for key, _ in its}
    known = leads(db, keys)
    told = {key: _told(lead, leaves_out) for key, lead in known.items()}
    scores = breakdowns(db, {visit["lead"] for visit in visits.values()} & known.keys(), now_ms())
    messages = {}
    for row in rows:
        first = Message(
            row["webhook_id"],
            row["kind"],
            row["rule"],
            time(row["made_at"]),
            f"{desk.link}/leads",
            zone=desk.zone,
        )
        match row["kind"]:
            case "test":
                found: Message | None = _example(first, leaves_out)
            case "roll-up":
                found = _roll_up(first, rolled[row["key"]], visits, told)
            case _:
                visit = visits.get(row["sid"])
                found = _of_visit(first, visit, known, told, scores, desk.link)
                if found and visit and row["kind"] == COMPANY:
                    found = _with_colleagues(found, employed[row["id"]], visit["lead"], told)
        if found:
            messages[row["id"]] = found
    return messages


def _of_visit(  # noqa: PLR0917 - called in one place, with what it has in this order
    first: Message,
    visit: Found | None,
    known: dict[str, Found],
    told: dict[str, Found],
    scores: dict[str, Breakdown],
    base: str,
) -> Message | None:
    lead = known.get(visit["lead"]) if visit else None
    if visit is None or lead is None:
        return None
    key, shown = lead["lead"], told[lead["lead"]]
    # By one of their visits if the key is an address that must be left out.
    which = ("lead", key) if "lead" in shown else ("sid", visit["sid"])
    return replace(
        first,
        # Opening the page does not take the lead: link scanners open it, too.
        url=f"{base}/leads?{which[0]}={quote(which[1], safe='')}&take=1",
        lead=shown,
        visit={name: value for name, value in visit.items() if name not in {"lead", "hot"}},
        reasons=reasons(lead, visit, scores.get(key)),
        size=lead["employee_count"],
        may_write=_may_write(lead),
    )


def _with_colleagues(
    first: Message, employed: Sequence[tuple[str, str]], lead: str, told: dict[str, Found]
) -> Message:
    beside = [(told[key], sid) for key, sid in employed if key != lead and key in told]
    named = beside[:MOST_PEOPLE]
    return replace(
        first,
        others=[its for its, _ in named],
        total=len(beside) + 1,
        named_beside=tuple(sid for _, sid in named),
    )


def _roll_up(
    first: Message, rolled: Sequence[Row], visits: dict[str, Found], told: dict[str, Found]
) -> Message | None:
    keys = dict.fromkeys(visits[row["sid"]]["lead"] for row in rolled if row["sid"] in visits)
    people = [told[key] for key in keys if key in told]
    if not people:
        return None
    return replace(first, others=people[:MOST_PEOPLE], total=len(people))


def example(webhook_id: str, leaves_out: Collection[str], desk: Desk) -> Message:
    """A message about a made-up lead, for trying a destination."""
    url = f"{desk.link}/leads"
    first = Message(webhook_id, TEST, "test", time(now_ms()), url, zone=desk.zone)
    return _example(first, leaves_out)


def _example(first: Message, leaves_out: Collection[str]) -> Message:
    lead: Found = dict.fromkeys(LEAD_COLUMNS)
    lead |= {
        "lead": "linkedin.com/in/ada-example",
        "full_name": "Ada Example",
        "first_name": "Ada",
        "last_name": "Example",
        "email": "ada@example.com",
        "email_validity": "valid",
        "linkedin_url": "https://linkedin.com/in/ada-example",
        "job_title": "Head of Marketing",
        "company": "Example & Sons",
        "company_domain": "example.com",
        "city": "Lisbon",
        "country": "PT",
        "stage": "finalized",
        "sessions": 2,
        "pageviews": 5,
        "first_seen": first.timestamp,
        "last_seen": first.timestamp,
        "last_page": "https://www.example.com/pricing",
    }
    visit: Found = dict.fromkeys(name for name in _VISIT if name not in {"lead", "hot"})
    visit |= {
        "sid": "a-test",
        "started_at": first.timestamp,
        "last_activity": first.timestamp,
        "finalized": True,
        "landing_page": "https://www.example.com/pricing",
        "channel": "Direct",
        "pages": [{"url": "https://www.example.com/pricing", "at": first.timestamp}],
    }
    why = ["This is a test: nobody visited"]
    return replace(
        first,
        lead=_told(lead, leaves_out),
        visit=visit,
        reasons=why,
        size=120,
        may_write=_may_write(lead),
    )


def _told(lead: Found, leaves_out: Collection[str]) -> Found:
    # Somebody without a profile may be named by an address.
    is_address = "@" in lead["lead"] and not lead["lead"].startswith(LINKEDIN_PREFIX)
    hidden = {*leaves_out, "lead"} if is_address and "email" in leaves_out else leaves_out
    return {name: lead[name] for name in LEAD_COLUMNS if name not in hidden}


def _may_write(lead: Found) -> str:
    if not lead["email"]:
        return _NO_ADDRESS
    return _WRITE.get(lead["email_validity"] or "", _UNCHECKED)


def _rolled(db: Connection, keys: Collection[str]) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in load(db, OUTBOX, "rolled_into", keys, ("rolled_into", "id", "sid")):
        rows[row["rolled_into"]].append(row)
    for its in rows.values():
        its.sort(key=lambda row: -row["id"])
    return rows


def _visits(db: Connection, rows: Iterable[Row]) -> dict[str, Found]:
    sids = {row["sid"] for row in rows if row["sid"]}
    pages: dict[str, list[Row]] = defaultdict(list)
    for page in load(db, PAGE_EVENT, "sid", sids, ("sid", "place", "ts", "url", "signal")):
        if page["url"] and page["signal"] == "pageview":
            pages[page["sid"]].append(page)
    found = {}
    for row in load(db, SESSION, "sid", sids, _VISIT):
        its = sorted(pages[row["sid"]], key=lambda page: (page["ts"], page["place"]))
        seen = [{"url": page["url"], "at": time(page["ts"])} for page in its[:MOST_PAGES]]
        if not seen and row["landing_page"]:
            seen = [{"url": row["landing_page"], "at": time(row["started_at"])}]
        times = {name: time(row[name]) for name in ("started_at", "last_activity")}
        flags = {name: bool(row[name]) for name in ("finalized", "hot")}
        found[row["sid"]] = dict(row) | times | flags | {"pages": seen}
    return found


def _colleagues(
    db: Connection, rows: Collection[Row], visits: dict[str, Found]
) -> dict[int, list[tuple[str, str]]]:
    """The people of a company that its message is about, each with the visit heard from last."""
    found: dict[int, list[tuple[str, str]]] = {}
    for row in rows:
        visit = visits.get(row["sid"])
        if visit is None:
            continue
        found[row["id"]] = _people(db, visit["lead"], row["rule"], row["made_at"])
    return found


def _people(db: Connection, lead: str, rule: str, made_at: int) -> list[tuple[str, str]]:
    """The newest people at the company where a lead works now, among those for whom the rule rang
    then or later.
    """
    own = select(LEAD.c.company_key).where(LEAD.c.key == lead).scalar_subquery()
    rang = RUNG.join(SESSION, SESSION.c.sid == RUNG.c.sid)
    its = exists().select_from(rang).where(SESSION.c.lead == LEAD.c.key)
    query = (
        select(LEAD.c.key, LEAD.c.last_sid)
        .where(LEAD.c.company_key == own, its.where(RUNG.c.rule == rule, RUNG.c.at >= made_at))
        .order_by(LEAD.c.last_seen.desc(), LEAD.c.key)
        .limit(MOST_PEOPLE + 1)
    )
    return [(str(key), str(sid)) for key, sid in db.execute(query)]
