"""Payload types of the five events, as Midbound documents and sends them.

Field names are Midbound's (camelCase on the wire); the text under each is its meaning. Provider
codes are text, because Midbound's enumerations will grow. The types of a visit and of profiles
stand in files of their own.
"""

from typing import Annotated

from pydantic import ConfigDict, Field

from models.payloads.profiles import Company, Person
from models.payloads.visits import Attribution, FinalizedSession, Identity, Session
from models.payloads.wire import LONGEST_ID, Ms, Number, Payload, Text, Word


class ValidationError(Payload):
    """Why an address could not be checked."""

    code: Text = None
    """Short name of the trouble."""
    message: Text = None
    """The trouble in words."""


class Validation(Payload):
    """The verdict of one check on one address, or the error that prevented it."""

    email: Text = None
    """The address that was checked."""
    validity: Text = None
    """Verdict: `valid`, `invalid`, `catch_all` (the domain takes everything), `valid_catch_all`
    (it does, but this address looks real); none with an error."""
    provider: Text = None
    """Who checked."""
    error: ValidationError | None = None
    """Why the check could not be done."""


class Enrichment(Payload):
    """What enrichment found: a person, companies, checks on addresses."""

    person: Person | None = None
    """The LinkedIn profile."""
    companies: list[Company] | None = None
    """Companies of the person, and of the visit."""
    email_validations: list[Validation] | None = None
    """Checks on the person's addresses, as old as the profile."""


class Query(Payload):
    """What an enrichment was asked by."""

    type: Text = None
    """What was looked up, such as `person`."""
    match: Text = None
    """By which fact: `linkedinUrl` names the person."""
    value: Text = None
    """The value that was looked up."""


class ResolvedData(Payload):
    """Data of `identity.resolved` and `identity.qualified`."""

    attribution: Attribution | None = None
    """Which pixel, session and visitor the event is about."""
    identity: Identity | None = None
    """Who Midbound takes the visitor for."""
    session: Session | None = None
    """The visit so far."""


class EnrichedData(Payload):
    """Data of `identity.enriched`."""

    attribution: Attribution | None = None
    """Which pixel, session and visitor the event is about."""
    query: Query | None = None
    """What the enrichment was asked by."""
    companies_enriched: Number = None
    """Number of companies that were enriched."""
    enrichment: Enrichment | None = None
    """What was found."""
    session: Session | None = None
    """The visit so far."""


class ValidatedData(Payload):
    """Data of `identity.validated`."""

    attribution: Attribution | None = None
    """Which pixel, session and visitor the event is about."""
    validations: list[Validation] | None = None
    """Checks that were done; Midbound sends one event an address."""
    session: Session | None = None
    """The visit so far."""


class FinalizedData(Payload):
    """Data of `identity.session.finalized`; the SDK knows no `attribution` here."""

    attribution: Attribution | None = None
    """Midbound does not send it here; read if it ever does."""
    session: FinalizedSession | None = None
    """The whole visit, with its page events."""
    enrichment: Enrichment | None = None
    """What was found out about the visitor by the end; checks in it are old news."""
    session_ended_at: Ms | None = None
    """When the session ended by inactivity, Unix milliseconds UTC."""
    event_count: Number = None
    """Number of page events."""
    finalized_at: Ms | None = None
    """When Midbound closed the session, Unix milliseconds UTC."""


class Envelope(Payload):
    """What every event has, known or not."""

    model_config = ConfigDict(extra="ignore")

    id: Annotated[str, Field(min_length=1, max_length=LONGEST_ID)]
    """Midbound's id of the event; the same as the `webhook-id` header in what was seen so far."""
    type: Word
    """Event type: the step of the pipeline."""
    created: Ms
    """When Midbound made the event, Unix milliseconds UTC; decides which fact is newer."""


class Resolved(Envelope):
    """The visitor was recognised."""

    model_config = ConfigDict(extra="forbid")
    data: ResolvedData
    """What happened."""


class Qualified(Resolved):
    """The visitor's professional data is verified."""


class Enriched(Envelope):
    """The full profile was gathered."""

    model_config = ConfigDict(extra="forbid")
    data: EnrichedData
    """What happened."""


class Validated(Envelope):
    """An address was checked."""

    model_config = ConfigDict(extra="forbid")
    data: ValidatedData
    """What happened."""


class Finalized(Envelope):
    """The session ended by inactivity."""

    model_config = ConfigDict(extra="forbid")
    data: FinalizedData
    """What happened."""


EVENTS: dict[str, type[Resolved | Enriched | Validated | Finalized]] = {
    "identity.resolved": Resolved,
    "identity.qualified": Qualified,
    "identity.enriched": Enriched,
    "identity.validated": Validated,
    "identity.session.finalized": Finalized,
}
"""Payload type by event type, in the order of the pipeline."""
