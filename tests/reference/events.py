"""From one delivery's bytes to one event with everything the merge rules ask of it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.reference.fields import (
    PERSONAL,
    PROFESSIONAL,
    URL,
    VALIDATED,
    BrokenError,
    Object,
    address_of,
    as_of,
    believed,
    company_key,
    identifier_of,
    linkedin_key,
    moment_of,
    object_of,
    objects_of,
    text_of,
)

# The stages in their order, by the event type that reaches each.
STAGES = {
    "identity.resolved": "resolved",
    "identity.qualified": "qualified",
    "identity.enriched": "enriched",
    "identity.validated": "validated",
    "identity.session.finalized": "finalized",
}
STAGE_NAMES = list(STAGES.values())

# Rule "Order of two events: `created`, then event `id`, then `webhook-id`."
Rank = tuple[int, str, str]
# Rule "Newest as-of wins; ties go by the order of events."
FactRank = tuple[int, int, str, str]


@dataclass(frozen=True)
class Delivery:
    """One verified webhook; `received_at` in ms since 1970, UTC."""

    webhook_id: str
    received_at: int
    body: bytes


@dataclass(frozen=True)
class Check:
    """One email verdict; `rank` ends with its place in the event's list."""

    address: str
    validity: str | None
    provider: str | None
    error_code: str | None
    rank: tuple[FactRank, int]


@dataclass(frozen=True)
class CompanyFact:
    """One company in one event; the greatest `rank` is taken whole."""

    key: str
    record: Object
    rank: tuple[bool, FactRank, int]


@dataclass(frozen=True)
class PageEvent:
    ts: int
    url: str | None
    signal: str | None


@dataclass
class Event:
    """One event of a known type, read; times in ms since 1970, UTC."""

    rank: Rank
    stage: str
    vid: str
    sid: str
    url: str | None = None
    session: Object | None = None
    started_at: int | None = None
    ended_at: int | None = None
    last_activity: int | None = None
    page_events: list[PageEvent] = field(default_factory=list)
    identity: Object | None = None
    person: Object | None = None
    person_rank: FactRank = (0, 0, "", "")
    first_company: tuple[FactRank, str] | None = None
    companies: list[CompanyFact] = field(default_factory=list)
    addresses: list[tuple[str, int]] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)

    @property
    def created(self) -> int:
        return self.rank[0]

    @property
    def finalized(self) -> bool:
        return self.stage == "finalized"


def envelope(body: bytes) -> Object:
    """Parse a body; raises BrokenError when it is no JSON object."""
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BrokenError("not JSON") from error
    if not isinstance(parsed, dict):
        raise BrokenError("not a JSON object")
    return parsed


def type_of(body: bytes) -> str | None:
    """Give the envelope's `type` as far as it can be read, for the quarantine list."""
    try:
        return text_of(envelope(body), "type")
    except BrokenError:
        return None


def read(delivery: Delivery) -> Event | None:
    """Read a delivery; None for an unknown type ("kept, not errors"); raises BrokenError."""
    sent = envelope(delivery.body)
    event_id = identifier_of(sent, "id")
    event_type = text_of(sent, "type")
    created = moment_of(sent, "created")
    if event_id is None or event_type is None or created is None:
        raise BrokenError("envelope")
    if event_type not in STAGES:
        return None
    data = object_of(sent, "data")
    if data is None:
        raise BrokenError("data")

    attribution, session = object_of(data, "attribution"), object_of(data, "session")
    # Rule "Where `session` and `attribution` both name `vid`, `sid` …, the session's counts."
    # Each that is there must be sound, also the one that does not count.
    vids = identifier_of(session, "vid"), identifier_of(attribution, "vid")
    sids = identifier_of(session, "sid"), identifier_of(attribution, "sessionId")
    vid, sid = vids[0] or vids[1], sids[0] or sids[1]
    if vid is None or sid is None:
        raise BrokenError("vid or sid missing")

    # Rule "`created` (one more than a day after its receipt counts as its receipt, …)".
    created = believed(created, delivery.received_at)
    event = Event((created, event_id, delivery.webhook_id), STAGES[event_type], vid, sid)
    read_session(event, data, session)
    # Rule "… and so do `createdAt`, `lastActivity`, `endedAt` and a page event's `ts`."
    not_after_receipt(event, delivery.received_at)
    if event.stage in {"resolved", "qualified"}:
        read_identity(event, object_of(data, "identity"))
    if event.stage in {"enriched", "finalized"}:
        read_enrichment(event, object_of(data, "enrichment"))
    if event.stage == "validated":
        read_checks(event, objects_of(data, "validations"), created)
    read_url(event, object_of(data, "query") if event.stage == "enriched" else None)
    return event


def read_session(event: Event, data: Object, session: Object | None) -> None:
    event.session = session
    event.started_at = moment_of(session, "createdAt")
    event.ended_at = moment_of(session, "endedAt")
    if not event.finalized:
        return
    event.last_activity = moment_of(session, "lastActivity")
    session_ended_at = moment_of(data, "sessionEndedAt")
    moment_of(data, "finalizedAt")  # read only to be refused
    # Rule "`ended_at` = `endedAt`, else `sessionEndedAt`."
    if event.ended_at is None:
        event.ended_at = session_ended_at
    for item in objects_of(session, "events"):
        ts = moment_of(item, "ts")
        if ts is None:
            raise BrokenError("page event without ts")
        page = PageEvent(ts, text_of(item, "url", URL), text_of(item, "signal"))
        event.page_events.append(page)


def not_after_receipt(event: Event, received_at: int) -> None:
    if event.started_at is not None:
        event.started_at = believed(event.started_at, received_at)
    if event.ended_at is not None:
        event.ended_at = believed(event.ended_at, received_at)
    if event.last_activity is not None:
        event.last_activity = believed(event.last_activity, received_at)
    event.page_events = [
        PageEvent(believed(page.ts, received_at), page.url, page.signal)
        for page in event.page_events
    ]


def read_identity(event: Event, identity: Object | None) -> None:
    event.identity = identity
    kinds: dict[object, int] = {"professional": PROFESSIONAL, "personal": PERSONAL}
    for item in objects_of(identity, "emails"):
        kind = kinds.get(text_of(item, "type"), VALIDATED)
        add_address(event, text_of(item, "value"), kind)


def read_enrichment(event: Event, enrichment: Object | None) -> None:
    person = object_of(enrichment, "person")
    event.person = person
    person_as_of = as_of(text_of(person, "enrichedAt"), event.created)
    event.person_rank = (person_as_of, *event.rank)
    add_address(event, text_of(person, "email"), PROFESSIONAL)
    # Rule "For email verdicts inside an enrichment, the person's `enrichedAt`."
    read_checks(event, objects_of(enrichment, "emailValidations"), person_as_of)

    listed: list[Object | None] = list(objects_of(enrichment, "companies"))
    employers = [object_of(job, "company") for job in objects_of(person, "employments")]
    # Rule "Past employers are companies too."
    past = [object_of(job, "company") for job in objects_of(person, "experience")]
    event.companies = list(company_facts(event, [*listed, *employers, *past]))
    for fact in company_facts(event, listed):
        event.first_company = fact.rank[1], fact.key
        break


def company_facts(event: Event, companies: list[Object | None]) -> Iterator[CompanyFact]:
    for place, company in enumerate(companies):
        key = company_key(company)
        if company is None or key is None:
            continue
        fact_rank = (as_of(text_of(company, "enrichedAt"), event.created), *event.rank)
        # Rule "A full one beats a basic one, then newest as-of"; in one event the first named wins.
        full = text_of(company, "_type") == "full"
        yield CompanyFact(key, company, (full, fact_rank, -place))


def read_checks(event: Event, items: list[Object], checked_at: int) -> None:
    for place, item in enumerate(items):
        address = add_address(event, text_of(item, "email"), VALIDATED)
        if address is None:
            continue
        event.checks.append(
            Check(
                address=address,
                validity=text_of(item, "validity"),
                provider=text_of(item, "provider"),
                error_code=text_of(object_of(item, "error"), "code"),
                rank=((checked_at, *event.rank), place),
            )
        )


def read_url(event: Event, query: Object | None) -> None:
    """Named by the person profile, else by the identity block, else by `query.value` when
    `query.match` is `linkedinUrl`."""
    by_query = text_of(query, "value") if text_of(query, "match") == "linkedinUrl" else None
    event.url = (
        linkedin_key(text_of(event.person, "linkedinUrl", URL))
        or linkedin_key(text_of(event.identity, "linkedinUrl", URL))
        or linkedin_key(by_query)
    )


def add_address(event: Event, raw: str | None, kind: int) -> str | None:
    address = address_of(raw)
    if address is not None:
        event.addresses.append((address, kind))
    return address
