"""The peer to be measured against: a receiver as tutorials show it, well made.

FastAPI with a `def` endpoint in the threadpool, `standardwebhooks`, and for each request one ORM
session, one commit: get or create each row, set its attributes. It reads payloads by the product's
own types and writes the same tables, but takes events as they come (no merge rules), and has no
queue, no second step and no shared commit.
"""

import os
import threading
import time
from collections.abc import Iterable
from contextlib import nullcontext
from functools import reduce
from operator import or_
from typing import Annotated, Any, TypeVar

from fastapi import Depends, FastAPI, HTTPException, Request
from sqlalchemy import Engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlmodel import Session, SQLModel, col, create_engine, delete, select
from standardwebhooks import Webhook, WebhookVerificationError

from models.facts.facts import Facts, facts
from models.facts.keys import is_role, visitor_key
from models.facts.search import fold, words
from models.ledger.packing import pack
from models.payloads.reading import read
from models.payloads.vocabulary import UNCHECKED, VALIDITY_ORDER
from models.projection.hot_pages import saw_hot_page
from models.settings import Settings
from models.tables import events, intake, people, visits
from tests.bench.peers.serving import serve

BUSY_S = 30
ATTEMPTS = 200
_Model = TypeVar("_Model", bound=SQLModel)


def _engine() -> Engine:
    url = make_url(os.environ["DATABASE_URL"])
    if url.get_backend_name() == "postgresql":
        # Faster for this peer than a connection for each thread: fewer wait inside the server.
        return create_engine(url.set(drivername="postgresql+psycopg"), pool_size=10, max_overflow=0)
    made = create_engine(url, connect_args={"timeout": BUSY_S})
    event.listen(made, "connect", _prepare_sqlite)
    event.listen(made, "begin", lambda db: db.exec_driver_sql("BEGIN IMMEDIATE"))
    return made


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


engine = _engine()
# SQLite's busy handler sleeps ever longer; a lock hands over at once and is faster for this peer.
turn = threading.Lock() if engine.dialect.name == "sqlite" else nullcontext()
webhook = Webhook(os.environ["MIDBOUND_CLOUD_WEBHOOK_SECRET"])
hot = Settings().hot_paths()
app = FastAPI()


async def raw_body(request: Request) -> bytes:
    """The exact bytes, which are what is signed."""
    return await request.body()


@app.get("/readyz")
def readyz() -> dict[str, str]:
    """Whether it serves."""
    return {"status": "ready"}


@app.post("/webhooks/midbound")
def receive(request: Request, body: Annotated[bytes, Depends(raw_body)]) -> dict[str, str]:
    """Verify, read, store, answer."""
    try:
        webhook.verify(body, dict(request.headers), json_parse=False)
    except WebhookVerificationError as error:
        raise HTTPException(401, "bad signature") from error
    received_at = int(time.time() * 1000)
    found = read(body).event
    if found is None:
        raise HTTPException(422, "unknown event type")
    fact = facts(found, request.headers["webhook-id"], received_at)
    delivery = {
        "webhook_id": fact.webhook_id,
        "received_at": received_at,
        "webhook_timestamp": request.headers["webhook-timestamp"],
        "webhook_signature": request.headers["webhook-signature"],
        "size": len(body),
        "body": pack(body),
    }
    for _ in range(ATTEMPTS):
        try:
            with turn, Session(engine) as db:
                status = store(db, delivery, fact)
                db.commit()
        except (IntegrityError, OperationalError):
            # Two requests made the same row, or waited for each other: begin again.
            continue
        return {"status": status}
    raise HTTPException(503, "too busy")


def store(db: Session, delivery: dict[str, Any], fact: Facts) -> str:
    """Write one event's rows; the caller commits."""
    is_known = select(intake.Delivery.seq).where(intake.Delivery.webhook_id == fact.webhook_id)
    if db.exec(is_known).first() is not None:
        return "duplicate"
    with db.no_autoflush:
        db.add(intake.Delivery(**delivery))
        db.add(events.Event(**fact.event_row()))
        visitor = _put(db, visits.Visitor, fact.vid, {"vid": fact.vid})
        if fact.url:
            visitor.url, visitor.url_rank = fact.url, fact.rank
        if fact.person:
            _put(db, people.Person, fact.person["url"], fact.person)
        _put_all(db, people.Company, "key", fact.companies.values())
        _put_checks(db, fact)
        session = _put_session(db, fact, visitor)
        _put_addresses(db, fact)
    db.flush()
    _put_lead(db, fact, session)
    return "stored"


def _put(db: Session, model: type[_Model], key: Any, row: dict[str, Any]) -> _Model:
    """Get or create a row and set its attributes."""
    found = db.get(model, key)
    if found is None:
        found = model(**row)
        db.add(found)
    else:
        for name, value in row.items():
            setattr(found, name, value)
    return found


def _put_all(db: Session, model: type[_Model], name: str, rows: Iterable[dict[str, Any]]) -> None:
    """The same for several rows, looked up together."""
    new = {row[name]: row for row in rows}
    if not new:
        return
    column = col(getattr(model, name))
    known = {getattr(row, name): row for row in db.exec(select(model).where(column.in_(new)))}
    for key, row in new.items():
        if key not in known:
            db.add(model(**row))
            continue
        for attribute, value in row.items():
            setattr(known[key], attribute, value)


def _put_session(db: Session, fact: Facts, visitor: visits.Visitor) -> visits.Session:
    session = db.get(visits.Session, fact.sid)
    if session is None:
        session = visits.Session(
            sid=fact.sid, vid=fact.vid, vid_rank=fact.rank, lead="", stages=0, stage=0,
            heard_at=fact.received_at, started_at=fact.created, last_activity=fact.created,
        )  # fmt: skip
        db.add(session)
    session.heard_at = fact.received_at
    session.stages |= 1 << fact.stage
    session.stage = max(session.stage, fact.stage)
    session.own_url = fact.url or session.own_url
    session.url = session.own_url or visitor.url
    session.company_key = fact.company_key or session.company_key
    if fact.session:
        for name, value in fact.session.items():
            setattr(session, name, value)
        urls = [session.landing_page, *(page["url"] for page in fact.page_events)]
        session.hot = saw_hot_page(urls, hot)
        session.rank = fact.session_rank
        session.started_at = session.created_at or session.started_at
        session.last_activity = session.active_until or session.started_at
        if session.finalized:
            session.duration_seconds = (session.last_activity - session.started_at) // 1000
            db.exec(delete(visits.PageEvent).where(col(visits.PageEvent.sid) == fact.sid))
            db.add_all(visits.PageEvent(sid=fact.sid, **page) for page in fact.page_events)
    best = min(((kind, a) for a, kind in fact.addresses.items() if not is_role(a)), default=None)
    known_as = session.lead if "@" in session.lead else None
    key = session.url or known_as or (best[1] if best else visitor_key(fact.vid))
    if session.lead and session.lead != key:
        _drop_lead(db, session.lead)
    session.lead = key
    return session


def _drop_lead(db: Session, key: str) -> None:
    lead = db.get(people.Lead, key)
    if lead is None:
        return
    found_by = col(people.LeadWord.word).in_(lead.search.split())
    db.exec(delete(people.LeadWord).where(found_by, col(people.LeadWord.lead) == key))
    db.exec(delete(people.LeadAddress).where(col(people.LeadAddress.lead) == key))
    db.delete(lead)


def _put_addresses(db: Session, fact: Facts) -> None:
    given = select(visits.SessionAddress).where(visits.SessionAddress.sid == fact.sid)
    known = {row.address: row for row in db.exec(given)} if fact.addresses else {}
    for address, kind in fact.addresses.items():
        if address in known:
            known[address].kind = min(known[address].kind, kind)
        else:
            db.add(visits.SessionAddress(sid=fact.sid, address=address, kind=kind))


def _put_checks(db: Session, fact: Facts) -> None:
    db.add_all(
        people.EmailCheck(**{name: v for name, v in check.items() if name != "rank"})
        for check in fact.checks
    )
    names = ("address", "validity", "provider", "checked_at", "rank", "error_code", "error_message")
    _put_all(db, people.Address, "address", ({n: check[n] for n in names} for check in fact.checks))


def _put_lead(db: Session, fact: Facts, session: visits.Session) -> None:
    """The lead of a session, with the counts of all its sessions."""
    key = session.lead
    sessions = db.exec(select(visits.Session).where(visits.Session.lead == key)).all()
    person = db.get(people.Person, key) if session.url else None
    said = fact.identity
    email = min(fact.addresses, key=lambda a: (fact.addresses[a], a), default=None)
    row: dict[str, Any] = {
        "key": key,
        "linkedin_url": f"https://{key}" if session.url else None,
        "stage": max(s.stage for s in sessions),
        "stages": reduce(or_, (s.stages for s in sessions)),
        "sessions": len(sessions),
        "pageviews": sum(s.pageviews or 0 for s in sessions),
        "first_seen": min(s.started_at for s in sessions),
        "last_seen": max(s.last_activity for s in sessions),
        "last_page": session.last_page or session.landing_page,
        "heard_at": fact.received_at,
        "last_sid": session.sid,
        "company_key": person.company_key if person else session.company_key,
    }
    for name in ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"):
        row[name] = getattr(session, name)
    for name in ("first_name", "last_name", "job_title", "city", "country"):
        value = (getattr(person, name) if person else None) or said.get(name)
        row |= {name: value} if value else {}
    if phones := said.get("phones"):
        row["phone"] = phones[0]
    if person or said:
        row["full_name"] = (person.full_name if person else None) or " ".join(
            filter(None, (said.get("first_name"), said.get("last_name")))
        )
    if email:
        checked = db.get(people.Address, email)
        row |= {
            "email": email,
            "email_kind": fact.addresses[email],
            "email_validity": checked.validity if checked else None,
        }
    before = db.get(people.Lead, key)
    had = set(before.search.split()) if before else set()
    lead = _put(db, people.Lead, key, {"search": "", "sort_name": "", **row})
    lead.sort_name = fold(lead.full_name or "")
    found_by = words((lead.full_name, lead.company_key, *fact.addresses))
    db.add_all(people.LeadWord(word=word, lead=key) for word in set(found_by) - had)
    lead.search = " ".join(found_by)
    its = col(people.LeadAddress.lead) == key
    known = {row.address: row for row in db.exec(select(people.LeadAddress).where(its))}
    for address, kind in fact.addresses.items():
        held = known.get(address) or people.LeadAddress(
            address=address,
            lead=key,
            kind=kind,
            verdict=VALIDITY_ORDER[None],
            status=UNCHECKED,
            is_kept=False,
        )
        held.company_key = lead.company_key
        db.add(held)


if __name__ == "__main__":
    serve(app)
