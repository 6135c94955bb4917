"""One lead, whole: who, where they work, every visit, and the delivery behind each fact.

What it says is decided here; how it looks stands in the files beside this one.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from dashboard.access.account import here
from dashboard.annotations.story import between, whose
from dashboard.data.settings import now
from dashboard.data.with_company import Row
from dashboard.screens.details import queries, score_breakdown, timeline
from dashboard.screens.details.employer import employer
from dashboard.screens.details.provenance import identity_blocks, phones, provenance
from dashboard.screens.details.timeline import Shown, fact
from dashboard.widgets import words
from dashboard.widgets.component import bounded, component, key_of
from dashboard.widgets.pictures import picture
from dashboard.widgets.times import counted
from models.annotations.statements import said_of
from models.exports.cells import is_e164
from models.facts.facts import PERSONAL, PROFESSIONAL
from models.facts.ranks import delivery_of
from models.payloads.vocabulary import STAGES
from models.scoring.reasons.breakdown import breakdowns
from models.segments.members import entries_of, segments_of

_MOUNT = component(
    "lead_page",
    """
<div class="details">
  <header class="top"></header>
  <section class="contact" aria-label="Contact"></section>
  <section class="visits" aria-label="Visits"></section>
  <div class="side"></div>
</div>
""",
    beside=__file__,
    scripts=("details.js", "timeline.js", "score_breakdown.js", "lead_page.js"),
    style="details.css",
)

KINDS = {PROFESSIONAL: "professional", PERSONAL: "personal"}
_SKILLS = 60
_FINALIZED = 1 << STAGES["finalized"]

Provenance = Mapping[str, str | None]
"""Delivery by fact, as `details.provenance` gives it."""


def show(key: str, data: Shown, *, on_earlier: Callable[[], None]) -> Any:
    """Show a lead's page; its result may have `source` (a delivery), `address` (whose first
    delivery is requested) or `lead` (another one to open), each for one run.
    """
    data = data | whose(data["whose"], here())
    return _MOUNT(
        key=key_of("lead_page", key),
        data=bounded(data),
        on_source_change=lambda: None,
        on_address_change=lambda: None,
        on_lead_change=lambda: None,
        on_said_change=lambda: None,
        on_earlier_change=on_earlier,
    )


def page_data(db: Connection, key: str, visits: int) -> Shown | None:
    """The content of a lead's page, with its newest visits; None if there is no such lead."""
    lead = queries.lead(db, key)
    if lead is None:
        return None
    # One more than is shown: the last one's gap refers to it.
    sessions = queries.sessions(db, key, visits + 1)
    sids = [session["sid"] for session in sessions[:visits]]
    emails = queries.emails(db, key)
    addresses = [email["address"] for email in emails]
    events = queries.events(db, sids)
    deliveries = [event["webhook_id"] for of_session in events.values() for event in of_session]
    blocks = identity_blocks(db, key)
    sources = provenance(db, lead, blocks)
    profile = json.loads(lead["person_profile"] or "{}")
    of = breakdowns(db, [key], now().ms)[key]
    shown = timeline.visits(
        sessions,
        score_breakdown.with_points(queries.page_events(db, sids), of),
        events,
        queries.checks(db, addresses, deliveries),
        total=lead["sessions"],
    )[:visits]
    said = between(shown, said_of(db, key))
    return {
        "key": key,
        "top": _top(lead, profile, sources, _kept(db, key)),
        "why": score_breakdown.shown(of, lead, sources),
        "emails": emails_shown(emails, queries.checks(db, addresses)),
        "contact": _contact(lead, phones(blocks), sources),
        "company": employer(lead, sources["company"]),
        "touches": _touches(queries.touches(db, key)),
        "career": _career(lead, profile) if profile else None,
        "colleagues": [_colleague(row) for row in queries.colleagues(db, lead)],
        "visits": [visit | {"said": its} for visit, its in zip(shown, said, strict=False)],
        # What was said earlier is shown next to the visits of that time.
        "said_before": [] if len(shown) < lead["sessions"] else said[-1],
        "whose": {name: lead[name] for name in ("owner", "status")},
        "earlier": max(lead["sessions"] - len(shown), 0),
        "stages": words.STAGES,
        "validity": words.VALIDITY,
    }


def _kept(db: Connection, key: str) -> list[Shown]:
    """Which lists and shared segments they are on; nothing if there are none."""
    entries = entries_of(db, key)
    on = sorted(
        {f"{row['list']} ({row['label']})" if row["label"] else row["list"] for row in entries}
    )
    found = (("lists", on), ("segments", segments_of(db, key, now())))
    return [fact(name, ", ".join(names)) for name, names in found if names]


def _top(lead: Row, profile: Shown, sources: Provenance, kept: list[Shown]) -> Shown:
    def sourced(name: str) -> Shown:
        return fact(name, lead[name], source=sources[name])

    return {
        "who": words.who(lead),
        "known": bool(lead["full_name"]),
        "photo": picture(profile.get("profilePictureUrl")),
        "delivery": sources["who"],
        "role": [sourced("job_title"), sourced("company")],
        "headline": sourced("headline"),
        "stage": lead["stage"],
        "marks": [
            # Sums over the visits below, each of which names its own delivery.
            fact("sessions", lead["sessions"]),
            fact("pageviews", lead["pageviews"] if lead["stages"] & _FINALIZED else None),
            fact("first_seen", None, ms=lead["first_seen"], delivery=sources["first_seen"]),
            fact("last_seen", None, ms=lead["last_seen"], delivery=sources["last_seen"]),
            fact("stage", words.STAGES[lead["stage"] - 1], source=sources["stage"]),
            *kept,
        ],
    }


def _contact(lead: Row, phones: Mapping[str, str], sources: Provenance) -> list[Shown]:
    place = words.place(lead["city"], lead["country"])
    return [
        *(
            fact("phone", number, source=delivery, is_phone=is_e164(number))
            for number, delivery in phones.items()
        ),
        *([] if phones else [fact("phone", None)]),
        fact(
            "linkedin_url",
            lead["linkedin_url"],
            is_url=True,
            source=sources["linkedin_url"],
            copy=lead["linkedin_url"],
        ),
        fact("lives_in", place, source=sources["lives_in"]),
    ]


def emails_shown(emails: Sequence[Row], checks: Sequence[Row]) -> list[Shown]:
    """Each address, beginning with the one that is shown everywhere, with the reason and its
    checks."""
    history: dict[str, list[Row]] = {}
    for check in checks:
        history.setdefault(check["address"], []).append(check)
    return [
        {
            "address": email["address"],
            "kind": KINDS.get(email["kind"]),
            "validity": email["validity"] or "unchecked",
            "why": why_best(emails) if place == 0 else None,
            "failed": _failure(email),
            # Without a verdict: the delivery that first named the address, looked up on request.
            "delivery": email["delivery"],
            "checks": [
                {
                    "ms": check["checked_at"],
                    "validity": check["validity"] or "unchecked",
                    "failed": _failure(check),
                    "provider": check["provider"],
                    "delivery": check["webhook_id"],
                }
                for check in history.get(email["address"], ())
            ],
        }
        for place, email in enumerate(emails)
    ]


def why_best(emails: Sequence[Row]) -> str:
    """Why the first of these addresses is the one that is shown."""
    if len(emails) == 1:
        return "The only address known."
    best, next_best = emails[0], emails[1]
    if best["validity"] != next_best["validity"]:
        return "Shown everywhere: it has the best verdict."
    if best["kind"] != next_best["kind"]:
        kind = KINDS.get(best["kind"], "given")
        return f"Shown everywhere: no verdict is better, and it is {kind}."
    return "Shown everywhere: first alphabetically among equally good ones."


def _failure(check: Row) -> str | None:
    reason: str | None = check["error_message"] or check["error_code"]
    return reason


def _touches(found: queries.Touches) -> list[Shown]:
    """The first visit, then the campaigns; a visit that is already listed is not repeated."""
    shown: list[Shown] = []
    sids: set[str] = set()
    for name, session in zip(
        ("first_visit", "first_campaign", "last_campaign"), found, strict=True
    ):
        if session is None:
            shown.append(fact(name, None))
        elif session["sid"] in sids:
            shown.append(_touch(name, session) | {"text": "the same visit", "page": None})
        else:
            shown.append(_touch(name, session))
            sids.add(session["sid"])
    # One campaign, or none, is shown once.
    return shown if found.last != found.first else shown[:-1]


def _touch(name: str, session: Row) -> Shown:
    return fact(
        name,
        words.campaign_source(session),
        source=timeline.delivery(session),
        ms=session["started_at"],
        page=session["landing_page"],
    )


def _career(lead: Row, profile: Shown) -> Shown:
    """Jobs, education, skills and languages of the profile."""
    return {
        "delivery": delivery_of(lead["person_rank"]),
        "ms": lead["person_at"],
        "summary": profile.get("summary"),
        "jobs": [
            {
                "title": job.get("title"),
                "where": (job.get("company") or {}).get("name"),
                "when": period(job, is_current=name == "employments"),
                "about": job.get("description"),
            }
            for name in ("employments", "experience")
            for job in profile.get(name) or ()
        ],
        "education": [
            {
                "title": school.get("instituteName"),
                "where": ", ".join(
                    filter(None, (school.get("degree"), school.get("fieldOfStudy")))
                ),
                "when": period(school),
                "about": None,
            }
            for school in profile.get("education") or ()
        ],
        "skills": (profile.get("skills") or [])[:_SKILLS],
        "languages": (profile.get("languages") or [])[:_SKILLS],
    }


def period(job: dict[str, Any], *, is_current: bool = False) -> str | None:
    """`2021-03 – 2023-12`, `since 2024-01`, or what is known of it."""
    start, end = job.get("startDate"), job.get("endDate")
    if start and end:
        return f"{start} – {end}"
    if end:
        return f"until {end}"
    if start:
        return f"since {start}" if is_current else f"from {start}"
    return None


def _colleague(row: Row) -> Shown:
    return {
        "key": row["key"],
        "who": words.who(row),
        "title": row["job_title"],
        "ms": row["last_seen"],
        "visits": counted(row["sessions"], "visit"),
        "page": row["last_page"],
    }
