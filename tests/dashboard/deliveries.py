"""Deliveries for tests of the screens: straight into a database, derived before anyone looks."""

import json
import time
from copy import deepcopy
from typing import Any

from models.ledger.deliveries import Delivery, keep
from models.storage.database import Database
from tests.desk import catch_up
from tests.processes import ROOT

PAYLOADS = ROOT / "models" / "payloads" / "examples"
PIPELINE = ("resolved", "qualified", "enriched", "validated", "session.finalized")

HOUR_MS = 3_600_000
START_MS = 1_739_571_600_000
"""2025-02-14, 22:20 UTC: when the first of `worker` came."""

Json = dict[str, Any]


def payload(name: str) -> Json:
    """One of the five payloads: `resolved`, `session.finalized` and so on."""
    loaded: Json = json.loads((PAYLOADS / f"identity.{name}.json").read_text(encoding="utf-8"))
    return loaded


def put(database: Database, *events: Json, received_at: int | None = None) -> None:
    """Keep and derive events as one delivery each, received now or at that time (ms)."""
    now = int(time.time() * 1000) if received_at is None else received_at
    keep(
        database,
        [
            Delivery(event["id"], now, "1", "v1,test", json.dumps(event).encode())
            for event in events
        ],
    )
    catch_up(database)


def visitor(number: int, **identity: Any) -> Json:
    """A resolved event of somebody else: only what is given is known of them.

    Takes `first`, `last`, `email`, `title`, `company`, `page`, `referrer` and `utm`.
    """
    event = deepcopy(payload("resolved"))
    data = event["data"]
    event["id"] = f"evt_visitor_{number:04d}"
    names = {"sid": f"01SID{number:04d}", "vid": f"01VIS{number:04d}"}
    data["session"] |= names | {
        "landingPage": identity.get("page", "https://www.example.com/"),
        "landingTitle": None,
        "referrer": identity.get("referrer"),
        "utm": identity.get("utm") or {},
    }
    data["attribution"] |= {"sessionId": names["sid"], "vid": names["vid"]}
    address = identity.get("email")
    data["identity"] = {
        "emails": [{"value": address, "type": "professional"}] if address else [],
        "phones": [],
        "demographics": {"firstName": identity.get("first"), "lastName": identity.get("last")},
        "location": {},
        "professional": {
            "jobTitle": identity.get("title"),
            "companyName": identity.get("company"),
        },
    }
    return event


def worker(number: int, hour: int = 0, **company: Any) -> Json:
    """An enriched event of somebody else, active in that hour, who works at such a company."""
    event = deepcopy(payload("enriched"))
    data = event["data"]
    event["id"] = f"evt_worker_{number:04d}"
    event["created"] = START_MS + hour * HOUR_MS
    names = {"sid": f"01SID{number:04d}", "vid": f"01VIS{number:04d}"}
    data["session"] = (data.get("session") or {}) | names | {"createdAt": event["created"]}
    data["attribution"] |= {"sessionId": names["sid"], "vid": names["vid"]}
    url = f"https://linkedin.com/in/worker-{number}"
    data["query"]["value"] = url
    person = data["enrichment"]["person"]
    person |= {"linkedinUrl": url, "fullName": f"Worker {number}", "email": None, "experience": []}
    employer = {"domain": f"firm{number}.example", "name": f"Firm {number}", "linkedinId": None}
    person["employments"][0]["company"] |= employer | company
    data["enrichment"]["companies"] = []
    data["enrichment"]["emailValidations"] = []
    return event
