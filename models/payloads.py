"""Payload types of the five events, as Midbound documents and sends them.

Field names are Midbound's (camelCase on the wire). Everything may be null or missing unless it is
needed to file an event: envelope, times and lists are strict, and `reading` decides what a bad
field costs. Provider codes are text, because Midbound's enumerations will grow.
"""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Strict
from pydantic.alias_generators import to_camel

LAST_MS = 253_402_300_799_999
"""The last millisecond of the year 9999; times before 1970 or after this can't be right."""

LONGEST_ID = 255
"""Characters in an id. Longer ones are no ids, and Postgres can't index them."""

LONGEST_UTM = 500
"""Characters in a UTM value. Visitors write them into URLs; a longer one names no campaign."""


def _none_if_empty(text: str) -> str | None:
    return text or None


Text = Annotated[str, AfterValidator(_none_if_empty)] | None
Utm = Annotated[str, Field(max_length=LONGEST_UTM), AfterValidator(_none_if_empty)] | None
Id = Annotated[str, Field(max_length=LONGEST_ID), AfterValidator(_none_if_empty)] | None
Number = Annotated[float, Strict(), Field(allow_inf_nan=False)] | None
Flag = Annotated[bool, Strict()] | None
Word = Annotated[str, Field(min_length=1)]
Words = list[Word] | None
Ms = Annotated[float, Strict(), Field(ge=0, le=LAST_MS, multiple_of=1), AfterValidator(int)]
"""Unix milliseconds, a whole number within the years 1970-9999."""


class Payload(BaseModel):
    """Base of all payload types: camelCase on the wire, an unknown field is an error to note."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=False,
        extra="forbid",
        hide_input_in_errors=True,
        protected_namespaces=(),
    )


class Attribution(Payload):
    """Which pixel, session and visitor an event is about."""

    type: Text = None
    pixel_id: Text = None
    session_id: Id = None
    vid: Id = None
    prid: Text = None


class Email(Payload):
    """An address of the identity block, with its kind."""

    value: Text = None
    type: Text = None


class Demographics(Payload):
    """Names and household facts of the identity block."""

    first_name: Text = None
    last_name: Text = None
    is_homeowner: Flag = None
    has_children: Flag = None
    is_married: Flag = None


class IdentityLocation(Payload):
    """Place of the identity block; the country is ISO-2."""

    city: Text = None
    state: Text = None
    country: Text = None


class Professional(Payload):
    """Job of the identity block."""

    job_title: Text = None
    company_name: Text = None


class Identity(Payload):
    """Who Midbound takes the visitor for."""

    emails: list[Email] | None = None
    linkedin_url: Text = None
    phones: Words = None
    demographics: Demographics | None = None
    location: IdentityLocation | None = None
    professional: Professional | None = None


class UtmParameters(Payload):
    """Campaign parameters of the landing page's URL."""

    source: Utm = None
    medium: Utm = None
    campaign: Utm = None
    term: Utm = None
    content: Utm = None


class Screen(Payload):
    """Screen size in CSS pixels."""

    width: Number = None
    height: Number = None


class Asn(Payload):
    """The network operator."""

    code: Number = None
    name: Text = None


class BotManagement(Payload):
    """Bot score from 1 (surely a bot) to 99 (surely a person)."""

    score: Number = None
    verified_bot: Flag = None
    corporate_proxy: Flag = None
    verified_bot_category: Text = None


class Network(Payload):
    """Where the visitor's connection comes from; coordinates are text."""

    ip: Text = None
    country: Text = None
    city: Text = None
    region: Text = None
    region_code: Text = None
    postal_code: Text = None
    latitude: Text = None
    longitude: Text = None
    continent: Text = None
    asn: Asn | None = None
    colo: Text = None
    metro_code: Text = None
    is_eu: Flag = Field(default=None, alias="isEU")
    bot_management: BotManagement | None = None


class PageEvent(Payload):
    """One thing that a visitor did on a page."""

    signal: Text = None
    url: Text = None
    ts: Ms
    v: Text = None
    title: Text = None
    ref: Text = None
    outlink: Text = None
    props: dict[str, Any] | None = None


class SessionEnrichment(Payload):
    """A pointer to an enrichment that Midbound ran during the session."""

    enriched_at: Number = None
    enrichment_data: Text = None


class Session(Payload):
    """A visit, as far as it is known when the event is made."""

    pid: Text = None
    vid: Id = None
    sid: Id = None
    tenant: Text = None
    created_at: Ms | None = None
    ended_at: Ms | None = None
    utm: UtmParameters | None = None
    referrer: Text = None
    landing_page: Text = None
    landing_title: Text = None
    gclid: Text = None
    fbclid: Text = None
    user_agent: Text = None
    screen: Screen | None = None
    timezone: Text = None
    network: Network | None = None
    options: dict[str, Any] | None = None


class FinalizedSession(Session):
    """A visit that has gone quiet, with everything that happened in it."""

    last_activity: Ms | None = None
    events: list[PageEvent] | None = None
    enrichments: list[SessionEnrichment] | None = None


class Address(Payload):
    """A postal address of a company."""

    locality: Text = None
    region: Text = None
    postal_code: Text = None
    country: Text = None
    country_code: Text = None


class PersonLocation(Address):
    """Where a person lives, structured and as written."""

    raw: Text = None


class Revenue(Payload):
    """Estimated yearly revenue range."""

    min: Number = None
    max: Number = None
    currency: Text = None


class Growth(Payload):
    """Headcount growth in percent: month, quarter and year over the one before."""

    mom: Number = None
    qoq: Number = None
    yoy: Number = None


class Headcount(Payload):
    """Employees, with growth."""

    total: Number = None
    growth: Growth | None = None


class Taxonomy(Payload):
    """LinkedIn's own filing of a company."""

    linkedin_industry: Text = None
    linkedin_specialties: Words = None


class TrafficSources(Payload):
    """Where a company's web traffic comes from, in percent."""

    social_percent: Number = None
    search_percent: Number = None
    direct_percent: Number = None
    paid_referral_percent: Number = None
    referral_percent: Number = None


class WebTraffic(Payload):
    """Visitors a month of a company's own site."""

    monthly_visitors: Number = None
    mom_growth_percent: Number = None
    qoq_growth_percent: Number = None
    traffic_sources: TrafficSources | None = None


class LinkedinFollowers(Payload):
    """Followers of a company's page, with growth in percent."""

    count: Number = None
    mom_growth_percent: Number = None
    qoq_growth_percent: Number = None
    yoy_growth_percent: Number = None


class Funding(Payload):
    """Money raised, in US dollars."""

    total_raised_usd: Number = None
    last_round_type: Text = None
    last_round_amount_usd: Number = None
    days_since_last_round: Number = None
    investors: Words = None


class Seo(Payload):
    """Search traffic of a company's own site, a month; values in US dollars."""

    monthly_organic_clicks: Number = None
    monthly_paid_clicks: Number = None
    monthly_organic_value: Number = None
    monthly_ads_spend: Number = None
    average_organic_rank: Number = None
    average_ad_rank: Number = None
    total_organic_keywords: Number = None


class Company(Payload):
    """A company: `full` ones carry firmographics, `basic` ones only the plain facts."""

    name: Text = None
    kind: Text = Field(default=None, alias="_type")
    enriched_at: Text = None
    provider: Text = None
    linkedin_id: Text = None
    linkedin_url: Text = None
    logo_url: Text = None
    domain: Text = None
    website: Text = None
    address: Address | None = None
    description: Text = None
    industry: Text = None
    employee_count: Number = None
    founded_year: Number = None
    specialties: Words = None
    estimated_revenue: Revenue | None = None
    headcount: Headcount | None = None
    taxonomy: Taxonomy | None = None
    web_traffic: WebTraffic | None = None
    linkedin_followers: LinkedinFollowers | None = None
    funding: Funding | None = None
    seo: Seo | None = None


class Employment(Payload):
    """A job, held now or before; dates are `YYYY-MM`."""

    title: Text = None
    description: Text = None
    location: Text = None
    start_date: Text = None
    end_date: Text = None
    company: Company | None = None


class Education(Payload):
    """A degree; dates are `YYYY-MM`."""

    institute_name: Text = None
    institute_linkedin_id: Text = None
    institute_logo_url: Text = None
    degree: Text = None
    field_of_study: Text = None
    start_date: Text = None
    end_date: Text = None


class Person(Payload):
    """A LinkedIn profile."""

    linkedin_url: Text = None
    enriched_at: Text = None
    provider: Text = None
    first_name: Text = None
    last_name: Text = None
    full_name: Text = None
    linkedin_id: Text = None
    headline: Text = None
    summary: Text = None
    profile_picture_url: Text = None
    email: Text = None
    location: PersonLocation | None = None
    connections: Number = None
    skills: Words = None
    languages: Words = None
    employments: list[Employment] | None = None
    experience: list[Employment] | None = None
    education: list[Education] | None = None


class ValidationError(Payload):
    """Why an address could not be checked."""

    code: Text = None
    message: Text = None


class Validation(Payload):
    """The verdict of one check on one address, or the error that prevented it."""

    email: Text = None
    validity: Text = None
    provider: Text = None
    error: ValidationError | None = None


class Enrichment(Payload):
    """What enrichment found: a person, companies, checks on addresses."""

    person: Person | None = None
    companies: list[Company] | None = None
    email_validations: list[Validation] | None = None


class Query(Payload):
    """What an enrichment was asked by."""

    type: Text = None
    match: Text = None
    value: Text = None


class ResolvedData(Payload):
    """Data of `identity.resolved` and `identity.qualified`."""

    attribution: Attribution | None = None
    identity: Identity | None = None
    session: Session | None = None


class EnrichedData(Payload):
    """Data of `identity.enriched`."""

    attribution: Attribution | None = None
    query: Query | None = None
    companies_enriched: Number = None
    enrichment: Enrichment | None = None
    session: Session | None = None


class ValidatedData(Payload):
    """Data of `identity.validated`."""

    attribution: Attribution | None = None
    validations: list[Validation] | None = None
    session: Session | None = None


class FinalizedData(Payload):
    """Data of `identity.session.finalized`; the SDK knows no `attribution` here."""

    attribution: Attribution | None = None
    session: FinalizedSession | None = None
    enrichment: Enrichment | None = None
    session_ended_at: Ms | None = None
    event_count: Number = None
    finalized_at: Ms | None = None


class Envelope(Payload):
    """What every event has, known or not."""

    model_config = ConfigDict(extra="ignore")

    id: Annotated[str, Field(min_length=1, max_length=LONGEST_ID)]
    type: Word
    created: Ms


class Resolved(Envelope):
    """The visitor was recognised."""

    model_config = ConfigDict(extra="forbid")
    data: ResolvedData


class Qualified(Resolved):
    """The visitor's professional data is verified."""


class Enriched(Envelope):
    """The full profile was gathered."""

    model_config = ConfigDict(extra="forbid")
    data: EnrichedData


class Validated(Envelope):
    """An address was checked."""

    model_config = ConfigDict(extra="forbid")
    data: ValidatedData


class Finalized(Envelope):
    """The session ended by inactivity."""

    model_config = ConfigDict(extra="forbid")
    data: FinalizedData


EVENTS: dict[str, type[Resolved | Enriched | Validated | Finalized]] = {
    "identity.resolved": Resolved,
    "identity.qualified": Qualified,
    "identity.enriched": Enriched,
    "identity.validated": Validated,
    "identity.session.finalized": Finalized,
}
"""Payload type by event type, in the order of the pipeline."""

STAGES = {"resolved": 1, "qualified": 2, "enriched": 3, "validated": 4, "finalized": 5}
"""Number of each stage, in the order of the pipeline."""

STAGE_NAMES = {number: name for name, number in STAGES.items()}

STAGE_OF = {kind: number for number, kind in enumerate(EVENTS, start=1)}
"""The stage that an event type takes its session to."""
