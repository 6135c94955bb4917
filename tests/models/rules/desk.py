"""Visitors of this minute, rules that look at them, and what the outbox has of it."""

import itertools
import json
import time
from typing import Any

from models.rules import destinations, outbox, rules
from models.segments import segments
from models.storage.database import Database
from models.storage.rows import Row
from tests.desk import catch_up, take_in
from tests.reference.events import Delivery

Json = dict[str, Any]

_numbers = itertools.count(1)


def now() -> int:
    return time.time_ns() // 1_000_000


def event(kind: str, data: Json, *, ago_s: float = 0, received_ago_s: float = 0) -> Delivery:
    """An event created and received so many seconds ago."""
    number = next(_numbers)
    body = {
        "id": f"evt_{number}",
        "type": f"identity.{kind}",
        "created": now() - round(ago_s * 1000),
        "data": data,
    }
    received = now() - round(received_ago_s * 1000)
    return Delivery(f"msg_{number}", received, json.dumps(body).encode())


def visit(
    who: str,
    number: int = 1,
    *,
    page: str = "/pricing",
    url: str | None = None,
    emails: tuple[str, ...] = (),
    ago_s: float = 0,
    started_ago_s: float = 0,
    **session: Any,
) -> Delivery:
    """Somebody's visit is heard of: visitor `v-WHO`, session `s-WHO-NUMBER`."""
    its = {
        "vid": f"v-{who}",
        "sid": f"s-{who}-{number}",
        "createdAt": now() - round(started_ago_s * 1000),
        "landingPage": f"https://x.io{page}",
        **session,
    }
    identity = {
        "linkedinUrl": url,
        "emails": [{"value": email} for email in emails],
    }
    return event("resolved", {"session": its, "identity": identity}, ago_s=ago_s)


def profile(who: str, number: int = 1, *, title: str | None = None, **company: Any) -> Delivery:
    """Somebody's profile is gathered: `linkedin.com/in/WHO`, who works at a company."""
    person: Json = {
        "linkedinUrl": f"https://linkedin.com/in/{who}",
        "fullName": who.title(),
    }
    its = {"domain": "acme.com", "name": "Acme", "_type": "full", **company}
    person["employments"] = [{"title": title, "company": its}]
    data = {
        "attribution": {"vid": f"v-{who}", "sessionId": f"s-{who}-{number}"},
        "enrichment": {"person": person, "companies": [its]},
    }
    return event("enriched", data)


def finalized(who: str, number: int = 1, *, page: str = "/pricing") -> Delivery:
    """Somebody's visit is over."""
    its = {
        "vid": f"v-{who}",
        "sid": f"s-{who}-{number}",
        "createdAt": now() - 1000,
        "endedAt": now(),
        "landingPage": f"https://x.io{page}",
    }
    return event("session.finalized", {"session": its, "pageEvents": []})


def told(database: Database, *deliveries: Delivery) -> list[Row]:
    """What the outbox has once these came in, oldest first."""
    take_in(database, deliveries)
    catch_up(database)
    with database.read() as db:
        return outbox.recent(db, limit=1000)[::-1]


def segment(database: Database, name: str, query: str) -> None:
    with database.write() as db:
        segments.save(db, name, query, who="shell:test", is_shared=True)


def destination(database: Database, name: str = "team") -> None:
    with database.write() as db:
        if destinations.find(db, name) is None:
            destinations.add(
                db,
                database.forgotten_file.with_name("keys"),
                name=name,
                kind="slack",
                secrets=["https://hooks.example.com/x"],
                owner="shell:test",
            )


def rule(
    database: Database,
    name: str = "hot",
    query: str = "page=/pricing",
    when: str = "visit",
    to: tuple[str, ...] = ("team",),
    **more: Any,
) -> None:
    """A rule of a segment of its own."""
    for one in to:
        destination(database, one)
    segment(database, f"seg-{name}", query)
    with database.write() as db:
        rules.add(db, rules.read(name, f"seg-{name}", when, to, **more), "shell:test")
