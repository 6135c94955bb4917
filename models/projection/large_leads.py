"""Leads of very many visits, kept in parts, so that an event looks at its own part only.

A part says of some visits what a lead asks of all its visits: sums, and which visit has the first,
the newest, the last of each thing (`Extreme`). Two parts are merged to one without looking at their
visits, in any order. The lead is then made of the few visits that have something, as a small one is
of all.

The parts of a lead are a tree by a hash of the visits' ids: the root is all visits, each branch has
`FAN` smaller ones, a leaf knows the ids of its visits. So a changed visit means one leaf read from
its visits, and one merge on each level. Which parts there are follows from which visits the lead
has; nothing is counted up, so a visit that is withdrawn is no other case than one that changed.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection

from models.facts.facts import said_phones
from models.facts.row import Row, canonical
from models.storage.rows import among, delete, execute_many, fetch, many, placeholder, upsert
from models.tables import LEAD_PART

LARGE = 50
"""A lead of more visits is kept in parts."""

LEVELS = 3
FAN = "0123456789abcdef"
ROOT = ""

UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")

Extreme = tuple[Any, str]
"""How great something is, and the visit that has it: the least or the greatest of all visits' is
the lead's.
"""


def is_touch(session: Row) -> bool:
    """Whether a campaign brought a visit."""
    return any(session[name] for name in UTM)


def merge_identity(known: str | None, rank: str, said: Row) -> str:
    """Identity blocks of a session as JSON: rank to fields, each in the newest block that has it.

    Of the phones every one is kept, it too in the newest block that has it.
    """
    blocks: dict[str, Row] = (json.loads(known) if known else {}) | {rank: said}
    kept: dict[str, Row] = {}
    fields: set[str] = set()
    numbers: set[str] = set()
    for its_rank in sorted(blocks, reverse=True):
        block = {name: value for name, value in blocks[its_rank].items() if name not in fields}
        phones = [number for number in block.pop("phones", ()) if number not in numbers]
        fields.update(block)
        numbers.update(phones)
        if phones:
            block["phones"] = phones
        if block:
            kept[its_rank] = block
    return canonical(kept)


def said(session: Row) -> Iterator[tuple[str, str, Any]]:
    """What a visit's identity blocks say: field, rank, value; phones in E.164."""
    if not session["identity"]:
        return
    for rank, block in json.loads(session["identity"]).items():
        if "phones" in block:
            block["phones"] = said_phones(block["phones"], session["country"])
        for name, value in block.items():
            if value:
                yield name, rank, value


@dataclass(slots=True)
class Part:
    """Some visits of a lead: sums, and who among them has the least or greatest of each thing."""

    sessions: int = 0
    pageviews: int = 0
    stages: int = 0
    least: dict[str, Extreme] = field(default_factory=dict)
    greatest: dict[str, Extreme] = field(default_factory=dict)
    sids: list[str] = field(default_factory=list)
    """A leaf's visits; other parts name none."""

    def chosen(self) -> set[str]:
        """The visits that have something: all that a lead is made of, but for the sums."""
        return {sid for extremes in (self.least, self.greatest) for _, sid in extremes.values()}

    def text(self) -> str:
        """As it is stored."""
        sums = [self.sessions, self.pageviews, self.stages]
        return canonical([*sums, self.least, self.greatest, self.sids])


def of_text(text: str) -> Part:
    """A part as it was stored."""
    sessions, pageviews, stages, least, greatest, sids = json.loads(text)
    return Part(
        sessions,
        pageviews,
        stages,
        {name: (rank, sid) for name, (rank, sid) in least.items()},
        {name: (rank, sid) for name, (rank, sid) in greatest.items()},
        sids,
    )


def of_session(session: Row) -> Part:
    """The part that one visit is."""
    sid, start = session["sid"], session["started_at"]
    least: dict[str, Extreme] = {"start": (start, sid)}
    greatest: dict[str, Extreme] = {
        "start": (start, sid),
        "activity": (session["last_activity"], sid),
        "heard": (session["heard_at"], sid),
    }
    if not session["is_bot"]:
        greatest["no bot"] = (start, sid)
    if is_touch(session):
        least["touch"] = greatest["touch"] = (start, sid)
    if session["last_page_ts"] is not None:
        greatest["page"] = (session["last_page_ts"], sid)
    if session["landing_page"]:
        greatest["landing"] = (start, sid)
    if session["company_key"]:
        greatest["company"] = (session["company_rank"], sid)
    for name, rank, _ in said(session):
        _keep(greatest, f"said {name}", (rank, sid), max)
    return Part(1, session["pageviews"] or 0, session["stages"], least, greatest)


def merged(parts: Iterable[Part]) -> Part:
    """The part of all visits of some parts that have none in common."""
    whole = Part()
    for part in parts:
        whole.sessions += part.sessions
        whole.pageviews += part.pageviews
        whole.stages |= part.stages
        for name, extreme in part.least.items():
            _keep(whole.least, name, extreme, min)
        for name, extreme in part.greatest.items():
            _keep(whole.greatest, name, extreme, max)
    return whole


def _keep(
    extremes: dict[str, Extreme],
    name: str,
    extreme: Extreme,
    better: Callable[[Extreme, Extreme], Extreme],
) -> None:
    extremes[name] = better(extremes[name], extreme) if name in extremes else extreme


def leaves(sessions: Iterable[Row]) -> dict[str, Part]:
    """Leaves of these visits, by place; they know their visits' ids."""
    found: dict[str, list[Part]] = defaultdict(list)
    sids: dict[str, list[str]] = defaultdict(list)
    for session in sessions:
        sid = session["sid"]
        found[place(sid)].append(of_session(session))
        sids[place(sid)].append(sid)
    whole = {at: merged(its) for at, its in found.items()}
    for at, part in whole.items():
        part.sids = sorted(sids[at])
    return whole


def place(sid: str) -> str:
    """The leaf that a visit is in."""
    return blake2b(sid.encode(), digest_size=8).hexdigest()[:LEVELS]


def grown(bottom: dict[str, Part], siblings: dict[str, Part]) -> dict[str, Part]:
    """These leaves and all parts above them, by place; an empty one is to go.

    `siblings` are the other parts that hang on one that is above a leaf.
    """
    parts = dict(bottom)
    level = set(bottom)
    while level != {ROOT} and level:
        level = {below[:-1] for below in level}
        for above in level:
            places = (above + digit for digit in FAN)
            its = [parts.get(below) or siblings.get(below) for below in places]
            parts[above] = merged(part for part in its if part)
    return parts


def places_beside(changed: Iterable[str]) -> set[str]:
    """Where the parts are that some leaves, and the parts above them, are merged with."""
    above = {at[:length] for at in changed for length in range(LEVELS)}
    return {part + digit for part in above for digit in FAN}


def roots(db: Connection, leads: Collection[str]) -> dict[str, Part]:
    """The root of each of these leads that is kept in parts."""
    if not leads:
        return {}
    sql = f"SELECT lead, part FROM lead_part WHERE {among(db, 'lead')} AND place = ''"
    return {lead: of_text(part) for lead, part in fetch(db, sql, many(db, leads))}


Load = Callable[[Collection[str]], Sequence[Row]]
"""Loads visits by their ids; those that are gone are left out."""


def update(db: Connection, lead: str, sids: Collection[str], visits: Load) -> Part:
    """Bring the parts of a lead to what these visits are now, whoever's; gives the root."""
    beside = _stored(db, lead, places_beside(map(place, sids)))
    changed = {place(sid) for sid in sids}
    its = {*sids, *(sid for at in changed & beside.keys() for sid in beside[at].sids)}
    now = [row for row in visits(its) if row["lead"] == lead]
    parts = grown(dict.fromkeys(changed, Part()) | leaves(now), beside)
    _write(db, lead, {at: part for at, part in parts.items() if part.sessions})
    mark = placeholder(db)
    execute_many(
        db,
        f"DELETE FROM lead_part WHERE lead = {mark} AND place = {mark}",
        [(lead, at) for at, part in parts.items() if not part.sessions],
    )
    return parts[ROOT]


def build(db: Connection, lead: str, sessions: Collection[Row]) -> None:
    """Keep a lead in parts that was not, given all its visits."""
    _write(db, lead, grown(leaves(sessions), {}))


def drop(db: Connection, leads: Collection[str]) -> None:
    """Keep these leads in parts no longer."""
    delete(db, LEAD_PART, "lead", leads)


def _stored(db: Connection, lead: str, places: Collection[str]) -> dict[str, Part]:
    mark = placeholder(db)
    sql = f"SELECT place, part FROM lead_part WHERE lead = {mark} AND {among(db, 'place')}"
    return {at: of_text(part) for at, part in fetch(db, sql, lead, many(db, places))}


def _write(db: Connection, lead: str, parts: dict[str, Part]) -> None:
    upsert(
        db,
        LEAD_PART,
        [{"lead": lead, "place": at, "part": part.text()} for at, part in parts.items()],
    )
