"""What is shown of a lead: names, place, phone, company, email, by docs/merge-rules.md."""

from collections.abc import Callable, Iterable

import pycountry

from tests.reference.events import Check
from tests.reference.fields import (
    NAME,
    URL,
    Object,
    company_domain,
    e164,
    object_of,
    text_of,
    texts_of,
)
from tests.reference.merging import Lead, World, current_employment

# `iso2(country)` gives ISO-2, or the text unchanged; null for a code of no country.
Iso2 = Callable[[str | None], str | None]


def first(values: Iterable[str | None]) -> str | None:
    return next((value for value in values if value is not None), None)


def from_profile_or_blocks(
    lead: Lead, profile: Callable[[Object], str | None], block: Callable[[Object], str | None]
) -> str | None:
    # Rule "From the person profile; a field missing there, from the newest identity block that
    # has it."
    own = profile(lead.person) if lead.person is not None else None
    return first([own, *map(block, lead.blocks)])


def full_name(lead: Lead) -> str | None:
    # Rule "Full name missing: first and last."
    whole = text_of(lead.person, "fullName", NAME)
    parts = [part for part in (first_name(lead), last_name(lead)) if part is not None]
    return whole or " ".join(parts) or None


def first_name(lead: Lead) -> str | None:
    return from_profile_or_blocks(
        lead,
        lambda person: text_of(person, "firstName", NAME),
        lambda block: text_of(object_of(block, "demographics"), "firstName", NAME),
    )


def last_name(lead: Lead) -> str | None:
    return from_profile_or_blocks(
        lead,
        lambda person: text_of(person, "lastName", NAME),
        lambda block: text_of(object_of(block, "demographics"), "lastName", NAME),
    )


def job_title(lead: Lead) -> str | None:
    return from_profile_or_blocks(
        lead,
        lambda person: text_of(current_employment(person), "title", NAME),
        lambda block: text_of(object_of(block, "professional"), "jobTitle", NAME),
    )


def city(lead: Lead) -> str | None:
    return from_profile_or_blocks(
        lead,
        lambda person: text_of(object_of(person, "location"), "locality"),
        lambda block: text_of(object_of(block, "location"), "city"),
    )


def country(lead: Lead, iso2: Iso2) -> str | None:
    # Rule "`country` is ISO-2 wherever it can be told."
    return from_profile_or_blocks(
        lead,
        lambda person: coded_country(object_of(person, "location"), iso2),
        lambda block: iso2(text_of(object_of(block, "location"), "country")),
    )


def coded_country(place: Object | None, iso2: Iso2) -> str | None:
    # Rule "ISO-2 wherever it can be told": a code that tells none leaves it to the name.
    codes = [iso2(text_of(place, "countryCode")), iso2(text_of(place, "country"))]
    return first([text if is_country(text) else None for text in codes]) or first(codes)


def is_country(text: str | None) -> bool:
    return any(text == country.alpha_2 for country in pycountry.countries)


def phone(lead: Lead, iso2: Iso2) -> str | None:
    # Rule "(The first of its phones)": of the newest block that has any that is possible.
    # Rule "(Hint: the identity's country, else the visit's)."
    for block, visit in zip(lead.blocks, lead.visits, strict=True):
        own = iso2(text_of(object_of(block, "location"), "country"))
        visits = iso2(text_of(object_of(visit.winning_object, "network"), "country"))
        hint = own if is_country(own) else visits
        for number in texts_of(block, "phones"):
            found = e164(number, hint if is_country(hint) else None)
            if found:
                return found
    return None


def company_name(world: World, lead: Lead) -> str | None:
    if lead.company is not None:
        record = world.companies[lead.company].record
        return text_of(record, "name", NAME) or company_domain(record)
    # Rule "Else the identity block's name."
    return first(
        text_of(object_of(block, "professional"), "companyName", NAME) for block in lead.blocks
    )


def domain_of(world: World, lead: Lead) -> str | None:
    if lead.company is None:
        return None
    return company_domain(world.companies[lead.company].record)


def last_page(lead: Lead) -> str | None:
    # Rule "The URL of its latest page event (ties: sid, then place in the list), …"
    pages = [
        (page.ts, session.sid, place, page.url)
        for session in lead.sessions
        for place, page in enumerate(session.page_events)
        if page.url is not None
    ]
    if pages:
        return max(pages)[3]
    # Rule "… else its latest landing page."
    landings = [
        (session.started_at, session.sid, landing)
        for session in lead.sessions
        if (landing := text_of(session.winning_object, "landingPage", URL)) is not None
    ]
    return max(landings)[2] if landings else None


def newest_verdict(world: World, address: str | None) -> Check | None:
    # Rule "Verdict on an address: the newest that is not null, with its provider and time."
    checks = world.checks.get(address or "", [])
    conclusive = [check for check in checks if check.validity is not None]
    return max(conclusive, key=lambda check: check.rank, default=None)


def newest_error(world: World, address: str) -> str | None:
    # Rule "The error of a newer check stands beside it until a clean one comes."
    newest = max(world.checks.get(address, []), key=lambda check: check.rank, default=None)
    return newest.error_code if newest else None


def shown_email(world: World, lead: Lead) -> str | None:
    # Rule "Best by verdict (valid, valid_catch_all, catch_all, unchecked, invalid), then kind, then
    # alphabetical."
    order: dict[str | None, int] = {"valid": 0, "valid_catch_all": 1, "catch_all": 2, "invalid": 4}

    def goodness(address: str) -> tuple[int, int, str]:
        verdict = newest_verdict(world, address)
        unchecked = 3
        return (
            order.get(verdict.validity if verdict else None, unchecked),
            lead.kinds[address],
            address,
        )

    return min(lead.kinds, key=goodness, default=None)
