"""Made-up visitors for tests of Live: more of them is known than `deliveries.visitor` can tell."""

import json
import time
from typing import Any

from dashboard.screens.live.looking import LIMIT, Looking
from dashboard.screens.live.wanted import EVERYBODY, Wanted
from models.storage.database import Database
from tests.dashboard.deliveries import Json, payload, visitor


def feed_of(database: Database, wanted: Wanted = EVERYBODY, *, limit: int = LIMIT) -> Json:
    """What somebody is told first who comes to Live."""
    with database.read() as db:
        feed: Json = json.loads(Looking(limit=limit).feeds(db, {wanted}, set())[wanted])
    return feed


def employee(number: int, domain: str) -> Json:
    """An enriched event of somebody who works at that domain."""
    event = payload("enriched") | {"id": f"evt_employee_{number:04d}"}
    data = event["data"]
    url = f"https://linkedin.com/in/employee-{number}"
    _place(data, number)
    data["query"]["value"] = url
    person = data["enrichment"]["person"]
    person |= {"linkedinUrl": url, "fullName": f"Employee {number}", "email": None}
    data["enrichment"]["emailValidations"] = []
    data["enrichment"]["companies"] = []
    person["employments"] = person["employments"][:1]
    company = person["employments"][0]["company"]
    company |= {"domain": domain, "name": domain.partition(".")[0].title()}
    return event


def guest(number: int, **what: Any) -> Json:
    """A resolved event, as `visitor`; takes `country`, `score`, `pid` and `agent`, too."""
    event = visitor(number, **what)
    session = event["data"]["session"]
    session["network"] |= {
        "country": what.get("country"),
        "city": what.get("city"),
        "botManagement": {"score": what.get("score")},
    }
    session["pid"] = what.get("pid", "mdb_pxl_one")
    session["userAgent"] = what.get("agent", session["userAgent"])
    return event


def left(number: int, *pages: tuple[str, int], **what: Any) -> Json:
    """A finalized event: pages, each with its dwell in seconds."""
    event = payload("session.finalized") | {"id": f"evt_left_{number:04d}"}
    session = event["data"]["session"]
    event["data"]["enrichment"] = None
    session["enrichments"] = None
    session |= {
        name: guest(number, **what)["data"]["session"][name]
        for name in ("sid", "vid", "pid", "landingPage", "landingTitle", "referrer", "utm")
    }
    at = session["createdAt"]
    session["events"] = []
    for url, seconds in pages:
        session["events"].append({"signal": "pageview", "url": url, "ts": at, "v": "1"})
        at += seconds * 1000
    session["lastActivity"] = at
    return event


def lately(event: Json, minutes: int) -> Json:
    """The same visit, begun so many minutes ago."""
    session = event["data"].get("session") or {"createdAt": event["created"]}
    later = int(time.time() * 1000) - minutes * 60_000 - session["createdAt"]
    event["created"] += later
    for times, names in (
        (session, ("createdAt", "endedAt", "lastActivity")),
        *((seen, ("ts",)) for seen in session.get("events") or ()),
    ):
        times |= {name: times[name] + later for name in names if times.get(name) is not None}
    return event


def asking(event: Json) -> Json:
    """A finalized visit that ended with a form."""
    session = event["data"]["session"]
    sent = {"signal": "form_submit", "ts": session["lastActivity"], "v": "1"}
    session["events"].append(sent | {"url": session["events"][-1]["url"]})
    return event


def _place(data: Json, number: int) -> None:
    names = {"sid": f"01SID{number:04d}", "vid": f"01VIS{number:04d}"}
    data["attribution"] |= {"sessionId": names["sid"], "vid": names["vid"]}
    if data.get("session"):
        data["session"] |= names
