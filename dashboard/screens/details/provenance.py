"""Which delivery each fact of a lead came from: the one that won when it was derived.

Counts have none: they are sums over the visits, each of which names its own.
"""

import json

from sqlalchemy import ColumnElement, Connection, case, func, select

from dashboard.data.with_company import Row
from models.facts.ranks import delivery_of
from models.payloads.vocabulary import STAGE_OF
from models.tables import EVENT, SESSION

_IDENTITIES = 1000

Block = tuple[str, Row]
"""The delivery and the identity block that it brought."""


def identity_blocks(db: Connection, key: str) -> list[Block]:
    """What identity blocks say about a lead, newest block first; `phones` is a list."""
    query = (
        select(SESSION.c.identity)
        .where(SESSION.c.lead == key, SESSION.c.identity.is_not(None))
        .order_by(SESSION.c.started_at.desc())
        .limit(_IDENTITIES)
    )
    ranked: dict[str, Row] = {}
    for text in db.execute(query).scalars():
        ranked |= json.loads(text)
    return [(delivery_of(rank), ranked[rank]) for rank in sorted(ranked, reverse=True)]


def phones(blocks: list[Block]) -> dict[str, str]:
    """Every phone number with its delivery, newest block first."""
    found: dict[str, str] = {}
    for delivery, block in blocks:
        for number in block.get("phones", ()):
            found.setdefault(number, delivery)
    return found


def provenance(db: Connection, lead: Row, blocks: list[Block]) -> dict[str, str | None]:
    """The delivery behind each fact of a lead (a row of `lead_page.lead`); None if no delivery
    stated it.

    `company` is the one that said that they work there; facts about the company have their own.
    """
    profile = delivery_of(lead["person_rank"]) if lead["person_rank"] else None
    said: dict[str, str] = {}
    for delivery, block in blocks:
        for name in block:
            said.setdefault(name, delivery)

    def source_of(*names: str) -> str | None:
        """The delivery of the first of these fields that has one."""
        found = (profile if lead[f"person_{name}"] else said.get(name) for name in names)
        return next(filter(None, found), None)

    named_by, employed_by = _newest_naming(db, lead["key"])
    if not lead["company_key"]:
        employed_by = said.get("company_name")
    elif lead["person_company_key"]:
        employed_by = profile
    return {
        "who": source_of("full_name", "first_name", "last_name"),
        "job_title": source_of("job_title"),
        "headline": profile,
        "company": employed_by,
        "lives_in": source_of("city", "country"),
        "linkedin_url": named_by,
        "stage": _reached(db, lead["key"], lead["stage"]),
        "first_seen": _session(db, lead["key"], SESSION.c.started_at == lead["first_seen"]),
        "last_seen": _session(db, lead["key"], SESSION.c.last_activity == lead["last_seen"]),
    }


def _newest_naming(db: Connection, key: str) -> tuple[str | None, str | None]:
    """The newest deliveries that named a lead's LinkedIn profile, and a company of theirs."""
    own_url = case((SESSION.c.own_url == key, SESSION.c.own_url_rank))
    query = select(func.max(own_url), func.max(SESSION.c.company_rank))
    url_rank, company_rank = db.execute(query.where(SESSION.c.lead == key)).one()
    return (
        delivery_of(url_rank) if url_rank else None,
        delivery_of(company_rank) if company_rank else None,
    )


def _reached(db: Connection, key: str, stage: int) -> str | None:
    """The newest delivery that took a visit of a lead to this stage."""
    (kind,) = (kind for kind, number in STAGE_OF.items() if number == stage)
    newest = (
        select(SESSION.c.sid)
        .where(SESSION.c.lead == key, SESSION.c.stage == stage)
        .order_by(SESSION.c.started_at.desc(), SESSION.c.sid.desc())
        .limit(1)
    )
    # All of the visit's events, not by type: without statistics, SQLite would start from the type.
    query = (
        select(EVENT.c.type, EVENT.c.webhook_id)
        .where(EVENT.c.sid == newest.scalar_subquery())
        .order_by(EVENT.c.created.desc())
    )
    return next((row.webhook_id for row in db.execute(query) if row.type == kind), None)


def _session(db: Connection, key: str, condition: ColumnElement[bool]) -> str | None:
    """The delivery behind the first session of a lead that meets a condition."""
    query = (
        select(func.coalesce(SESSION.c.rank, SESSION.c.vid_rank))
        .where(SESSION.c.lead == key, condition)
        .order_by(SESSION.c.sid)
        .limit(1)
    )
    rank = db.execute(query).scalar()
    return delivery_of(rank) if rank else None
