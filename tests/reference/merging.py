"""Whose session, leads, persons and companies: docs/merge-rules.md once more, plainly.

Everything is worked out again from all events. Each rule is put into words at the step that keeps
it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.reference.events import Check, CompanyFact, Delivery, Event, FactRank, read
from tests.reference.fields import (
    BrokenError,
    Object,
    company_key,
    is_role,
    object_of,
    objects_of,
    text_of,
)
from tests.reference.sessions import Session

MOST = 1_000


@dataclass
class Lead:
    """One human: the sessions, and what the rules look up for them."""

    key: str
    url: str | None
    sessions: list[Session]
    person: Object | None
    blocks: list[Object]  # identity blocks, newest first
    visits: list[Session]  # of each block
    kinds: dict[str, int]  # each of its addresses with "the best kind they are ever given"
    company: str | None = None  # the company's key


@dataclass
class World:
    """Everything derived from one set of deliveries."""

    sessions: dict[str, Session]
    leads: dict[str, Lead]
    companies: dict[str, CompanyFact]
    checks: dict[str, list[Check]]  # by address
    quarantined: list[Delivery]


def derive(deliveries: Iterable[Delivery]) -> World:
    # Rule "The same id with another body is a duplicate too (the first stays)."
    ledger: dict[str, Delivery] = {}
    for delivery in deliveries:
        ledger.setdefault(delivery.webhook_id, delivery)

    events: list[Event] = []
    quarantined: list[Delivery] = []
    for delivery in ledger.values():
        try:
            event = read(delivery)
        except BrokenError:
            quarantined.append(delivery)
        else:
            events += [event] if event is not None else []

    sessions = find_sessions(events)
    name_leads(sessions)
    checks = defaultdict(list)
    for event in events:
        for check in event.checks:
            checks[check.address].append(check)
    return World(
        sessions=sessions,
        leads=find_leads(sessions, events),
        companies=find_companies(events),
        checks=checks,
        quarantined=quarantined,
    )


def find_sessions(events: list[Event]) -> dict[str, Session]:
    by_sid: dict[str, list[Event]] = defaultdict(list)
    by_vid: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        by_sid[event.sid].append(event)
        by_vid[event.vid].append(event)
    sessions = {sid: Session(sid, own) for sid, own in by_sid.items()}
    # Rule "The LinkedIn URL that its own newest naming event names; else the one its visitor's
    # newest naming event names."
    for session in sessions.values():
        session.url = newest_url(session.events) or newest_url(by_vid[session.vid])
    return sessions


def newest_url(events: list[Event]) -> str | None:
    naming = [event for event in events if event.url is not None]
    newest = max(naming, key=lambda event: event.rank, default=None)
    return newest.url if newest is not None else None


def best_kinds(sessions: Iterable[Session]) -> dict[str, int]:
    kinds: dict[str, int] = {}
    for session in sessions:
        for event in session.events:
            for address, kind in event.addresses:
                kinds[address] = min(kind, kinds.get(address, kind))
    return kinds


def name_leads(sessions: dict[str, Session]) -> None:
    """Answer "whose session?" for each session, in `session.lead`."""
    urls_of_address: dict[str, set[str]] = defaultdict(set)
    visitors: dict[str, list[Session]] = defaultdict(list)
    for session in sessions.values():
        if session.url is None:
            visitors[session.vid].append(session)
            continue
        session.lead = session.url
        # Rule "An event's addresses … belong to the URL that this session has …"
        for address in best_kinds([session]):
            urls_of_address[address].add(session.url)

    # Rule "… or, without one, to the visitor." "Role addresses join and name nobody."
    addresses = {
        vid: {address for address in best_kinds(own) if not is_role(address)}
        for vid, own in visitors.items()
    }
    for vids in components(addresses):
        own = [session for vid in vids for session in visitors[vid]]
        kinds = {a: kind for a, kind in best_kinds(own).items() if not is_role(a)}
        urls = {url for address in kinds for url in urls_of_address[address]}
        if max(len(vids), len(kinds)) > MOST:
            # Rule "Up to 1,000 visitors and 1,000 addresses: what would be larger is not joined by
            # address, each visitor a lead named by its `vid`."
            for session in own:
                session.lead = visitor_name(session.vid)
            continue
        if len(urls) == 1:
            # Rule "If their addresses belong to exactly one URL, they are that lead;"
            name = urls.pop()
        elif kinds:
            # Rule "else … named after their best address that is no role address (kind, then
            # alphabetical),"
            name = min(kinds, key=lambda address: (kinds[address], address))
        else:
            # Rule "or, without any, the `vid`."
            name = visitor_name(min(vids))
        for session in own:
            session.lead = name


def visitor_name(vid: str) -> str:
    # A visitor may have chosen its id to look like somebody else's key.
    return f"vid:{vid}" if "@" in vid or vid.startswith("linkedin.com/") else vid


def components(addresses: dict[str, set[str]]) -> Iterator[set[str]]:
    """Yield the visitors "that share an address", "however long the chain"."""
    holders: dict[str, set[str]] = defaultdict(set)
    for vid, own in addresses.items():
        for address in own:
            holders[address].add(vid)
    seen: set[str] = set()
    for first in addresses:
        if first in seen:
            continue
        component: set[str] = set()
        waiting = [first]
        while waiting:
            vid = waiting.pop()
            if vid not in component:
                component.add(vid)
                for address in addresses[vid]:
                    waiting += holders[address]
        seen |= component
        yield component


def find_companies(events: list[Event]) -> dict[str, CompanyFact]:
    # Rule "A full one beats a basic one, then newest as-of, taken whole."
    companies: dict[str, CompanyFact] = {}
    for event in events:
        for fact in event.companies:
            rival = companies.get(fact.key)
            if rival is None or fact.rank > rival.rank:
                companies[fact.key] = fact
    return companies


def find_persons(events: list[Event]) -> dict[str, Object]:
    # Rule "Person (by LinkedIn URL): the whole profile with the newest as-of."
    persons: dict[str, Object] = {}
    for event in sorted(events, key=lambda event: event.person_rank):
        if event.person is not None and event.url is not None:
            persons[event.url] = event.person
    return persons


def find_leads(sessions: dict[str, Session], events: list[Event]) -> dict[str, Lead]:
    persons = find_persons(events)
    by_lead: dict[str, list[Session]] = defaultdict(list)
    for session in sessions.values():
        by_lead[session.lead].append(session)
    urls = {session.url for session in sessions.values()}

    leads: dict[str, Lead] = {}
    for key, own in by_lead.items():
        own_events = [event for session in own for event in session.events]
        newest_first = sorted(own_events, key=lambda event: event.rank, reverse=True)
        telling = [event for event in newest_first if event.identity is not None]
        lead = Lead(
            key=key,
            url=key if key in urls else None,
            sessions=own,
            person=persons.get(key) if key in urls else None,
            blocks=[event.identity for event in telling if event.identity is not None],
            visits=[sessions[event.sid] for event in telling],
            kinds=best_kinds(own),
        )
        lead.company = employer(lead.person) or newest_company(own_events)
        leads[key] = lead
    return leads


def current_employment(person: Object | None) -> Object | None:
    # Rule "The current employment's (no `endDate`, else the first)."
    jobs = objects_of(person, "employments")
    current = [job for job in jobs if text_of(job, "endDate") is None]
    return next(iter(current + jobs), None)


def employer(person: Object | None) -> str | None:
    return company_key(object_of(current_employment(person), "company"))


def newest_company(events: list[Event]) -> str | None:
    # Rule "Else the first one of the newest enrichment."
    found = [event.first_company for event in events if event.first_company is not None]
    newest: tuple[FactRank, str] | None = max(found, default=None)
    return newest[1] if newest is not None else None
