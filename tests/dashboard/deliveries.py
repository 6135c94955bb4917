"""Deliveries for tests of the screens: straight into a database, derived before anyone looks."""

import json
import time
from copy import deepcopy
from typing import Any

from models.database import Database
from models.ledger import Delivery, keep
from models.projector import catch_up
from tests.processes import ROOT

PAYLOADS = ROOT / "models" / "examples"
PIPELINE = ("resolved", "qualified", "enriched", "validated", "session.finalized")

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
