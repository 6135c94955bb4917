"""From one readable event to the facts it states, each with the rank that decides which one wins.

Pure: no database, no clock. What is merged from these facts is a function of their set
(docs/merge-rules.md).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from models.facts.agents import describe_agent
from models.facts.former_names import address_key_of_0_1, linkedin_key_of_0_1
from models.facts.keys import address_key, country_code, iso2, linkedin_key
from models.facts.phones import e164
from models.facts.profiles import companies_of, person_row
from models.facts.ranks import SEPARATOR, believed, event_rank, rank
from models.facts.row import Row, canonical
from models.facts.visits import derived
from models.payloads import events
from models.payloads.events import Finalized, Validated
from models.payloads.profiles import Person
from models.payloads.reading import Event, UnreadableError
from models.payloads.visits import (
    Attribution,
    BotManagement,
    Demographics,
    FinalizedSession,
    Identity,
    IdentityLocation,
    Network,
    Professional,
    Screen,
    Session,
    UtmParameters,
)
from models.payloads.vocabulary import STAGE_OF
from models.payloads.wire import Payload, iso_ms

PROFESSIONAL, PERSONAL, OTHER = 1, 2, 3
"""Kinds of address, best first: given as professional, as personal, or merely seen or checked."""

_KINDS = {"professional": PROFESSIONAL, "personal": PERSONAL}


@dataclass(slots=True)
class Facts:
    """What one event states. `rank` is its place in the order of events.

    `created` is the time that counts; `said_created` is what the event says, if that differs
    (`believed`). `former` has the names of its human as earlier releases wrote them and as they are
    written now, where the two differ.
    """

    webhook_id: str
    event_id: str
    type: str
    created: int
    said_created: int | None
    received_at: int
    rank: str
    sid: str
    vid: str
    pid: str | None
    url: str | None
    stage: int
    session: Row | None
    session_rank: str | None
    page_events: list[Row]
    addresses: dict[str, int]
    identity: Row
    person: Row | None
    companies: dict[str, Row]
    company_key: str | None
    company_rank: str | None
    checks: list[Row] = field(default_factory=list)
    former: set[tuple[str, str]] = field(default_factory=set)

    def event_row(self) -> Row:
        """The row of table `event`."""
        names = (
            "webhook_id", "event_id", "type", "sid", "vid", "created", "said_created",
            "received_at",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}


def facts(event: Event, webhook_id: str, received_at: int) -> Facts:
    """The facts of an event; `received_at` in ms.

    Raises `UnreadableError` when it names no visitor or no session.
    """
    said_created = int(event.created)
    created = believed(said_created, received_at)
    data = event.data
    attribution = data.attribution or Attribution()
    session = data.session
    vid = (session and session.vid) or attribution.vid
    sid = (session and session.sid) or attribution.session_id
    if not vid or not sid:
        raise UnreadableError(f"no {'sid' if vid else 'vid'} in session or attribution", event.type)

    def ranked(as_of: int) -> str:
        return rank(as_of, created, event.id, webhook_id)

    def as_of(enriched_at: str | None) -> int:
        stated = iso_ms(enriched_at)
        return created if stated is None or stated > created else stated

    enrichment = None
    if isinstance(data, events.EnrichedData | events.FinalizedData):
        enrichment = data.enrichment
    person = enrichment.person if enrichment else None
    identity = data.identity if isinstance(data, events.ResolvedData) else None
    former: set[tuple[str, str]] = set()
    url = _named_url(data, person, identity, former)
    checks = list(_checks(event, enrichment, created, as_of, former))
    for place, check in enumerate(checks):
        check.update(webhook_id=webhook_id, place=place)
        # Of two in one event, the later one in the list counts.
        check["rank"] = SEPARATOR.join((ranked(check["checked_at"]), f"{place:09d}"))
    companies, first_company = companies_of(enrichment, as_of, ranked)
    place_in_order = event_rank(created, event.id, webhook_id)
    return Facts(
        webhook_id=webhook_id,
        event_id=event.id,
        type=event.type,
        created=created,
        said_created=None if said_created == created else said_created,
        received_at=received_at,
        rank=place_in_order,
        sid=sid,
        vid=vid,
        pid=(session and session.pid) or attribution.pixel_id,
        url=url,
        stage=STAGE_OF[event.type],
        session=(
            _session_row(session, event, attribution, created, received_at) if session else None
        ),
        session_rank=f"{int(isinstance(event, Finalized))}{place_in_order}" if session else None,
        page_events=_page_events(session, received_at),
        addresses=_addresses(identity, person, checks, former),
        identity=_identity(identity),
        person=person_row(person, url, as_of, ranked) if person and url else None,
        companies=companies,
        company_key=first_company["key"] if first_company else None,
        company_rank=first_company["rank"] if first_company else None,
        checks=checks,
        former=former,
    )


def _named_url(
    data: Payload,
    person: Person | None,
    identity: Identity | None,
    former: set[tuple[str, str]],
) -> str | None:
    """The LinkedIn key that an event names: by the profile, else the identity, else the query."""
    query = data.query if isinstance(data, events.EnrichedData) else None
    for said in (
        person.linkedin_url if person else None,
        identity.linkedin_url if identity else None,
        query.value if query and query.match == "linkedinUrl" else None,
    ):
        key = linkedin_key(said)
        if said and key:
            if not said.endswith(key):
                was = linkedin_key_of_0_1(said)
                if was and was != key:
                    former.add((was, key))
            return key
    return None


def _address(said: str | None, former: set[tuple[str, str]]) -> str | None:
    """An address in its normal form; its former one, if it had another, is noted."""
    key = address_key(said)
    if said and key and key != said:
        was = address_key_of_0_1(said)
        if was and was != key:
            former.add((was, key))
    return key


def _session_row(
    session: Session,
    event: Event,
    attribution: Attribution,
    created: int,
    received_at: int,
) -> Row:
    def at(said: float | None) -> int | None:
        return None if said is None else believed(said, received_at)

    utm = session.utm or UtmParameters()
    network = session.network or Network()
    bot = network.bot_management or BotManagement()
    screen = session.screen or Screen()
    device, browser = describe_agent(session.user_agent)
    row: Row = {
        "finalized": False,
        "known_at": min(created, received_at),
        "created_at": at(session.created_at),
        "active_until": None,
        "ended_at": at(session.ended_at),
        "pageviews": None,
        "last_page": None,
        "last_page_ts": None,
        "last_page_place": None,
        "pid": session.pid or attribution.pixel_id,
        "tenant": session.tenant,
        "landing_page": session.landing_page,
        "landing_title": session.landing_title,
        "referrer": session.referrer,
        "utm_source": utm.source,
        "utm_medium": utm.medium,
        "utm_campaign": utm.campaign,
        "utm_term": utm.term,
        "utm_content": utm.content,
        "gclid": session.gclid,
        "fbclid": session.fbclid,
        "user_agent": session.user_agent,
        "device": device,
        "browser": browser,
        "screen_width": screen.width,
        "screen_height": screen.height,
        "timezone": session.timezone,
        "ip": network.ip,
        "country": country_code(network.country),
        "region": network.region,
        "city": network.city,
        "is_eu": network.is_eu,
        "asn_name": network.asn.name if network.asn else None,
        "bot_score": bot.score,
        "verified_bot": bot.verified_bot,
        "corporate_proxy": bot.corporate_proxy,
    }
    row |= derived(row)
    if isinstance(event, Finalized) and isinstance(session, FinalizedSession):
        pages = session.events or []
        latest = max((page.ts for page in pages), default=None)
        seen = [
            (believed(page.ts, received_at), place) for place, page in enumerate(pages) if page.url
        ]
        last_ts, last_place = max(seen, default=(None, None))
        row |= {
            "finalized": True,
            "active_until": at(latest if session.last_activity is None else session.last_activity),
            "ended_at": at(
                event.data.session_ended_at if session.ended_at is None else session.ended_at
            ),
            "pageviews": sum(page.signal == "pageview" for page in pages),
            "last_page": pages[last_place].url if last_place is not None else None,
            "last_page_ts": last_ts,
            "last_page_place": last_place,
        }
    return row


def _page_events(session: Session | None, received_at: int) -> list[Row]:
    if not isinstance(session, FinalizedSession):
        return []
    return [
        {
            "place": place,
            "ts": believed(page.ts, received_at),
            "signal": page.signal,
            "url": page.url,
            "title": page.title,
            "ref": page.ref,
            "outlink": page.outlink,
            "v": page.v,
            "props": canonical(page.props) if page.props else None,
        }
        for place, page in enumerate(session.events or [])
    ]


def _addresses(
    identity: Identity | None,
    person: Person | None,
    checks: list[Row],
    former: set[tuple[str, str]],
) -> dict[str, int]:
    """The event's addresses, each with the best kind it has there."""
    given: list[tuple[str | None, int]] = []
    if identity:
        given += [
            (email.value, _KINDS.get(email.type or "", OTHER)) for email in identity.emails or []
        ]
    if person:
        given.append((person.email, PROFESSIONAL))
    best: dict[str, int] = {check["address"]: OTHER for check in checks}
    for text, kind in given:
        address = _address(text, former)
        if address:
            best[address] = min(kind, best.get(address, OTHER))
    return best


def _identity(identity: Identity | None) -> Row:
    """What the identity block says, field by field, with `phones` as a list; missing fields are
    left out.

    Phones are E.164. Where the block tells no country one that is only possible with a country
    stays as it is: the visit's decides (`said_phones`), which another event may tell.
    """
    if not identity:
        return {}
    names = identity.demographics or Demographics()
    place = identity.location or IdentityLocation()
    job = identity.professional or Professional()
    said = {
        "first_name": names.first_name,
        "last_name": names.last_name,
        "city": place.city,
        "country": country_code(place.country),
        "phones": _phones(identity.phones or (), iso2(place.country)),
        "job_title": job.job_title,
        "company_name": job.company_name,
    }
    return {name: value for name, value in said.items() if value}


def _phones(said: Iterable[str], country: str | None) -> list[str]:
    numbers = (
        e164(number, country) or (None if country or number.startswith("+") else number)
        for number in said
    )
    return list(dict.fromkeys(number for number in numbers if number))


def said_phones(phones: Iterable[str], country: str | None) -> list[str]:
    """The E.164 numbers among the phones of an identity block, as it is kept; `country` is the
    visit's, for those whose block tells none.
    """
    numbers = (
        number if number.startswith("+") else e164(number, iso2(country)) for number in phones
    )
    return list(dict.fromkeys(number for number in numbers if number))


def _checks(
    event: Event,
    enrichment: events.Enrichment | None,
    created: int,
    as_of: Callable[[str | None], int],
    former: set[tuple[str, str]],
) -> Iterator[Row]:
    """Checks on addresses. Those of an enrichment are as old as its person
    (docs/merge-rules.md, "As-of time").
    """
    person = enrichment.person if enrichment else None
    enriched_at = as_of(person.enriched_at) if person else created
    stated = [
        (v, enriched_at) for v in (enrichment.email_validations if enrichment else None) or []
    ]
    if isinstance(event, Validated):
        stated += [(v, created) for v in event.data.validations or []]
    for validation, checked_at in stated:
        address = _address(validation.email, former)
        if address:
            error = validation.error
            yield {
                "address": address,
                "validity": validation.validity,
                "provider": validation.provider,
                "error_code": error.code if error else None,
                "error_message": error.message if error else None,
                "checked_at": checked_at,
            }
