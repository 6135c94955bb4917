"""One session under way, and the events that Midbound sends about it, shaped like its examples."""

from dataclasses import dataclass, field
from typing import Any

from simulator import companies, website
from simulator.browsers import Browser, bot_management
from simulator.clock import Clock, iso
from simulator.dice import Dice
from simulator.people import Person
from simulator.places import Place, network
from simulator.profiles import identity, profile

Json = dict[str, Any]

# How long a company's block is reused for colleagues before the company is looked up again.
_COMPANY_STALE_MS = 7 * 24 * 3_600_000


@dataclass(slots=True)
class Glance:
    """A page event whose real time is not known yet: `at` is in story ms."""

    at: int
    url: str
    title: str
    ref: str | None
    outlink: str | None = None
    signal: str = "pageview"
    props: Json | None = None


@dataclass(slots=True)
class Visit:
    """A session under way; its times are in story ms. The last three fields are filled in as events
    are sent.
    """

    person: Person
    browser: Browser
    began: int
    last_activity: int
    glances: list[Glance]
    place: Place
    linkedin_url: str | None
    pid: str
    prid: str
    checks: list[Json] = field(default_factory=list)

    session: Json = field(default_factory=dict)
    enrichment: Json | None = None
    enrichments: list[Json] | None = None


@dataclass(frozen=True, slots=True)
class Send:
    """The next event of a visit: its type and, for a validated one, the email check it reports."""

    visit: Visit
    type: str
    check: Json | None = None


def event(send: Send, now: int, created: int, clock: Clock, dice: Dice) -> Json:
    """Build the event that is sent at story time `now` (ms), which `clock.send` has turned into
    `created` (Unix ms).
    """
    visit = send.visit
    if not visit.session:
        visit.session = _session(visit, clock, dice)
    match send.type:
        case "identity.resolved":
            block = identity(visit.person, visit.linkedin_url, qualified=False)
            data = _about(visit, dice, identity=block)
        case "identity.qualified":
            block = identity(visit.person, visit.linkedin_url, qualified=True)
            data = _about(visit, dice, identity=block)
        case "identity.enriched":
            _enrich(visit, now, created, clock, dice)
            data = _about(
                visit,
                dice,
                query={"type": "person", "match": "linkedinUrl", "value": visit.linkedin_url},
                companiesEnriched=len(visit.enrichment["companies"]) if visit.enrichment else 0,
                enrichment=visit.enrichment,
            )
        case "identity.validated":
            data = _about(visit, dice, validations=[send.check])
        case _:
            data = _finalized(visit, created, clock, dice)
    return {
        "id": f"evt_{dice.ulid(created)}",
        "type": send.type,
        "created": created,
        "data": data,
    }


def _session(visit: Visit, clock: Clock, dice: Dice) -> Json:
    """Make the session object that all events of the visit share."""
    seen = visit.browser
    began = clock.at(visit.began)
    seen.vid = seen.vid or dice.ulid(began)
    came = website.arrival(dice, visit.person.purpose)
    landing = visit.glances[0]
    landing.ref = came["referrer"]
    return {
        "pid": visit.pid,
        "vid": seen.vid,
        "sid": dice.ulid(began),
        "tenant": website.TENANT,
        "createdAt": began,
        "endedAt": None,
        "utm": came["utm"],
        "referrer": came["referrer"],
        "landingPage": landing.url,
        "landingTitle": dice.maybe(0.97, landing.title),
        "gclid": came["gclid"],
        "fbclid": came["fbclid"],
        "userAgent": seen.user_agent,
        "screen": {"width": seen.screen[0], "height": seen.screen[1]},
        "timezone": visit.place.timezone,
        "network": {**network(visit.place, dice), "botManagement": bot_management(seen, dice)},
        "options": {},
    }


def _about(visit: Visit, dice: Dice, **facts: object) -> Json:
    """Wrap what an event of the pipeline says in `attribution` and `session`."""
    return {
        "attribution": {
            "type": "website",
            "pixelId": visit.session["pid"],
            "sessionId": visit.session["sid"],
            "vid": visit.session["vid"],
            "prid": visit.prid,
        },
        **facts,
        # Midbound's types allow a missing session, so nobody may rely on it.
        "session": dice.maybe(0.98, visit.session),
    }


def _enrich(visit: Visit, now: int, created: int, clock: Clock, dice: Dice) -> None:
    """Find profile and company, sometimes only one of them, now and then neither."""
    person, company = visit.person, visit.person.company
    if dice.chance(0.03) or visit.linkedin_url is None:
        return
    if company.enriched_ms < 0 or now - company.enriched_ms > _COMPANY_STALE_MS:
        company.enriched_ms = now - dice.ms(0.2, 2)
        company.enriched_at = iso(clock.at(company.enriched_ms))
    block = companies.full(company, company.enriched_at) if dice.chance(0.96) else None
    enriched_at = iso(clock.at(now - dice.ms(2, 5)))
    visit.enrichment = {
        "person": profile(person, block, visit.linkedin_url, enriched_at)
        if dice.chance(0.94) or block is None
        else None,
        "companies": [block] if block else [],
        "emailValidations": visit.checks or None,
    }
    visit.enrichments = [{"enrichedAt": created, "enrichmentData": f"enr_{dice.ulid(created)}"}]


def _finalized(visit: Visit, created: int, clock: Clock, dice: Dice) -> Json:
    """Sum up the visit: all its page events, and the enrichment as it was sent."""
    # By Midbound's types, a finalized event has an enrichment with a person, or none at all.
    enrichment = visit.enrichment if visit.enrichment and visit.enrichment["person"] else None
    ended = clock.at(visit.last_activity + dice.ms(1, 6))
    return {
        "session": {
            **visit.session,
            "endedAt": ended,
            "lastActivity": clock.at(visit.last_activity),
            "events": [
                {
                    "signal": glance.signal,
                    "url": glance.url,
                    "ts": clock.at(glance.at),
                    "v": "1",
                    "title": glance.title,
                    "ref": glance.ref,
                    "outlink": glance.outlink,
                    "props": glance.props,
                }
                for glance in visit.glances
            ],
            "enrichments": visit.enrichments,
        },
        "enrichment": enrichment,
        "sessionEndedAt": ended,
        "eventCount": len(visit.glances),
        "finalizedAt": created,
    }
