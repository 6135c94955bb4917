"""The floor: what the same rows cost without merging, two steps or an ORM.

The same HTTP server and verification; a writer thread puts up to 256 events' rows into one
transaction of the bare driver and answers them after its commit. Each row replaces what stood
under its key: no read before a write, so no merge rules either.
"""

import asyncio
import json
import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any

import psycopg
from fastapi import Depends, FastAPI, HTTPException, Request
from sqlalchemy import Table
from standardwebhooks import Webhook, WebhookVerificationError

from models.facts.facts import facts
from models.facts.keys import visitor_key
from models.facts.search import fold, words
from models.ledger.packing import pack
from models.payloads.reading import read
from models.payloads.vocabulary import UNCHECKED, VALIDITY_ORDER
from models.projection.hot_pages import saw_hot_page
from models.settings import Settings
from models.tables import (
    ADDRESS,
    COMPANY,
    DELIVERY,
    EMAIL_CHECK,
    EVENT,
    LEAD,
    LEAD_ADDRESS,
    LEAD_WORD,
    PAGE_EVENT,
    PERSON,
    SESSION,
    SESSION_ADDRESS,
    VISITOR,
)  # fmt: skip
from tests.bench.peers.serving import serve

GROUP = 256
Row = dict[str, Any]
_Waiting = tuple[Row, bytes, "asyncio.Future[None]"]
_TABLES = (
    DELIVERY, EVENT, VISITOR, PERSON, COMPANY, EMAIL_CHECK, ADDRESS, SESSION, SESSION_ADDRESS,
    PAGE_EVENT, LEAD, LEAD_WORD, LEAD_ADDRESS,
)  # fmt: skip
_URL = os.environ["DATABASE_URL"]
_IS_SQLITE = _URL.startswith("sqlite:")
_HOT = Settings().hot_paths()

webhook = Webhook(os.environ["MIDBOUND_CLOUD_WEBHOOK_SECRET"])
waiting: deque[_Waiting] = deque()
work = threading.Event()


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    threading.Thread(target=_write, args=(asyncio.get_running_loop(),), daemon=True).start()
    yield


app = FastAPI(lifespan=lifespan)


async def verified_body(request: Request) -> bytes:
    body = await request.body()
    try:
        webhook.verify(body, dict(request.headers), json_parse=False)
    except WebhookVerificationError as error:
        raise HTTPException(401, "bad signature") from error
    return body


@app.get("/readyz")
async def readyz() -> dict[str, str]:
    return {"status": "ready"}


@app.post("/webhooks/midbound")
async def receive(
    request: Request, body: Annotated[bytes, Depends(verified_body)]
) -> dict[str, str]:
    delivery = {
        "webhook_id": request.headers["webhook-id"],
        "received_at": int(time.time() * 1000),
        "webhook_timestamp": request.headers["webhook-timestamp"],
        "webhook_signature": request.headers["webhook-signature"],
        "size": len(body),
        "body": pack(body),
    }
    answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    waiting.append((delivery, body, answer))
    work.set()
    await answer
    return {"status": "stored"}


def _write(loop: asyncio.AbstractEventLoop) -> None:
    db: sqlite3.Connection | psycopg.Connection
    if _IS_SQLITE:
        db = sqlite3.connect(_URL.removeprefix("sqlite:///"))
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
    else:
        db = psycopg.connect(_URL)
    while True:
        work.wait()
        work.clear()
        while group := [waiting.popleft() for _ in range(min(GROUP, len(waiting)))]:
            rows: dict[str, dict[Any, Row]] = {its.name: {} for its in _TABLES}
            for delivery, body, _ in group:
                _add(rows, delivery, body)
            for its in _TABLES:
                _replace(db, its, list(rows[its.name].values()))
            db.commit()
            loop.call_soon_threadsafe(_answer, group)


def _answer(group: Sequence[_Waiting]) -> None:
    for _, _, answer in group:
        if not answer.done():
            answer.set_result(None)


def _add(rows: dict[str, dict[Any, Row]], delivery: Row, body: bytes) -> None:
    """The rows of one event, by table and key."""
    event = read(body).event
    if event is None:
        return
    fact = facts(event, delivery["webhook_id"], delivery["received_at"])
    rows["delivery"][fact.webhook_id] = delivery
    rows["event"][fact.webhook_id] = fact.event_row()
    rows["visitor"][fact.vid] = {"vid": fact.vid, "url": fact.url, "url_rank": fact.rank}
    if fact.person:
        rows["person"][fact.person["url"]] = fact.person
    rows["company"] |= fact.companies
    for check in fact.checks:
        rows["email_check"][fact.webhook_id, check["place"]] = check
        rows["address"][check["address"]] = check | {"check_rank": check["rank"]}
    for address, kind in fact.addresses.items():
        place = fact.sid, address
        rows["session_address"][place] = {"sid": fact.sid, "address": address, "kind": kind}
    for page in fact.page_events:
        rows["page_event"][fact.sid, page["place"]] = {"sid": fact.sid, **page}
    lead = fact.url or min(fact.addresses, default=None) or visitor_key(fact.vid)
    said = fact.session or {}
    started_at = said.get("created_at") or fact.created
    last_activity = said.get("active_until") or started_at
    urls = [said.get("landing_page"), *(page["url"] for page in fact.page_events)]
    rows["session"][fact.sid] = {
        "finalized": False, "is_bot": False, **said, "sid": fact.sid, "vid": fact.vid,
        "vid_rank": fact.rank, "lead": lead, "url": fact.url, "own_url": fact.url,
        "own_url_rank": fact.rank,
        "stages": 1 << fact.stage, "stage": fact.stage, "heard_at": fact.received_at,
        "company_key": fact.company_key, "company_rank": fact.company_rank,
        "identity": json.dumps(fact.identity), "rank": fact.session_rank,
        "started_at": started_at, "last_activity": last_activity,
        "hot": saw_hot_page(urls, _HOT),
    }  # fmt: skip
    person: Row = fact.person or {}
    found_by = words((person.get("full_name"), *fact.addresses, person.get("company_key")))
    rows["lead_word"] |= {(word, lead): {"word": word, "lead": lead} for word in found_by}
    for address, kind in fact.addresses.items():
        rows["lead_address"][address, lead] = {
            "address": address, "lead": lead, "kind": kind, "verdict": VALIDITY_ORDER[None],
            "status": UNCHECKED, "is_kept": False, "company_key": fact.company_key,
        }  # fmt: skip
    rows["lead"][lead] = {
        "key": lead, "stage": fact.stage, "stages": 1 << fact.stage, "sessions": 1,
        "pageviews": said.get("pageviews") or 0,
        "first_seen": started_at, "last_seen": last_activity, "heard_at": fact.received_at,
        "last_sid": fact.sid, "email": min(fact.addresses, default=None), "is_bot": False,
        "search": " ".join(found_by), "sort_name": fold(person.get("full_name") or ""),
        **{name: said.get(name) for name in _FROM_SESSION},
        **{name: person.get(name) or fact.identity.get(name) for name in _FROM_PERSON},
    }  # fmt: skip


_FROM_SESSION = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "last_page")
_FROM_PERSON = (
    "full_name", "first_name", "last_name", "job_title", "company_key", "city", "country",
)  # fmt: skip


def _replace(db: Any, its: Table, rows: Sequence[Row]) -> None:
    columns = [column for column in its.columns if column.name != "seq"]
    keys = [column.name for column in its.primary_key if column.name != "seq"] or ["webhook_id"]
    names = ", ".join(f'"{column.name}"' for column in columns)
    marks = ", ".join("?" if _IS_SQLITE else "%s" for _ in columns)
    changed = [f'"{c.name}" = excluded."{c.name}"' for c in columns if c.name not in keys]
    action = f"UPDATE SET {', '.join(changed)}" if changed else "NOTHING"
    quoted = ", ".join(f'"{key}"' for key in keys)
    sql = f'INSERT INTO "{its.name}" ({names}) VALUES ({marks}) ON CONFLICT ({quoted}) DO {action}'
    if rows:
        tuples = [tuple(row.get(column.name) for column in columns) for row in rows]
        db.cursor().executemany(sql, tuples)


if __name__ == "__main__":
    serve(app)
