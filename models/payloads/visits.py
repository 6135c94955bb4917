"""Payload types of a visit: who Midbound takes the visitor for, the session, its page events."""

from typing import Any

from pydantic import Field

from models.payloads.wire import Agent, Flag, Id, Ms, Name, Number, Payload, Text, Url, Utm, Words


class Attribution(Payload):
    """Which pixel, session and visitor an event is about."""

    type: Text = None
    """Where the visitor was seen; `website` so far."""
    pixel_id: Text = None
    """The Midbound pixel that saw the visitor; the same as `pid` in the session."""
    session_id: Id = None
    """The session; the same as `sid` in the session."""
    vid: Id = None
    """The visitor: one browser, kept over its sessions."""
    prid: Text = None
    """Code of the provider that recognised the visitor."""


class Email(Payload):
    """An address of the identity block, with its kind."""

    value: Text = None
    """The email address."""
    type: Text = None
    """Kind of address: `professional` or `personal`."""


class Demographics(Payload):
    """Names and household facts of the identity block."""

    first_name: Name = None
    """Given name."""
    last_name: Name = None
    """Family name."""
    is_homeowner: Flag = None
    """Whether they own their home."""
    has_children: Flag = None
    """Whether they have children."""
    is_married: Flag = None
    """Whether they are married."""


class IdentityLocation(Payload):
    """Place of the identity block."""

    city: Text = None
    """City where the person lives."""
    state: Text = None
    """State or region where the person lives."""
    country: Text = None
    """Country where the person lives, ISO 3166 two-letter code."""


class Professional(Payload):
    """Job of the identity block."""

    job_title: Name = None
    """Title of the current job."""
    company_name: Name = None
    """Name of the current employer."""


class Identity(Payload):
    """Who Midbound takes the visitor for."""

    emails: list[Email] | None = None
    """Addresses known of the person."""
    linkedin_url: Url = None
    """Address of the person's LinkedIn profile: what makes sessions one lead."""
    phones: Words = None
    """Phone numbers, best first."""
    demographics: Demographics | None = None
    """Names and household facts."""
    location: IdentityLocation | None = None
    """Where the person lives."""
    professional: Professional | None = None
    """The current job, until a full profile is gathered."""


class UtmParameters(Payload):
    """Campaign parameters of the landing page's URL."""

    source: Utm = None
    """`utm_source`: who sent the visitor, such as a search engine or a newsletter."""
    medium: Utm = None
    """`utm_medium`: kind of traffic, such as `cpc`, `email` or `social`."""
    campaign: Utm = None
    """`utm_campaign`: name of the campaign."""
    term: Utm = None
    """`utm_term`: the paid search keyword."""
    content: Utm = None
    """`utm_content`: which of several ads or links was clicked."""


class Screen(Payload):
    """Screen size in CSS pixels."""

    width: Number = None
    """Screen width in CSS pixels."""
    height: Number = None
    """Screen height in CSS pixels."""


class Asn(Payload):
    """The network operator."""

    code: Number = None
    """Number of the autonomous system that the address belongs to."""
    name: Name = None
    """Who runs that network: an internet provider, or the company itself."""


class BotManagement(Payload):
    """Whether the visitor may be a program."""

    score: Number = None
    """From 1, surely a bot, to 99, surely a person."""
    verified_bot: Flag = None
    """Whether it is a bot that says so and is known, such as a search engine's."""
    corporate_proxy: Flag = None
    """Whether the connection comes through a company's proxy."""
    verified_bot_category: Text = None
    """What a known bot is for."""


class Network(Payload):
    """Where the visitor's connection comes from."""

    ip: Text = None
    """IP address of the visitor."""
    country: Text = None
    """Country of the connection, ISO 3166 two-letter code."""
    city: Text = None
    """City of the connection."""
    region: Text = None
    """Region of the connection."""
    region_code: Text = None
    """Code of the region, within its country."""
    postal_code: Text = None
    """Postal code of the connection's place."""
    latitude: Text = None
    """Degrees north of the equator, written as text."""
    longitude: Text = None
    """Degrees east of Greenwich, written as text."""
    continent: Text = None
    """Two-letter code of the continent."""
    asn: Asn | None = None
    """The network operator."""
    colo: Text = None
    """Airport code of the data centre that answered the visitor."""
    metro_code: Text = None
    """Code of the metropolitan area, used in the United States."""
    is_eu: Flag = Field(default=None, alias="isEU")
    """Whether the connection comes from the European Union."""
    bot_management: BotManagement | None = None
    """Whether the visitor may be a program."""


class PageEvent(Payload):
    """One thing that a visitor did on a page."""

    signal: Text = None
    """What happened; `pageview` is a page that was opened."""
    url: Url = None
    """Address of the page. Visitors can write anything into it."""
    ts: Ms
    """When it happened, Unix milliseconds UTC. The gap to the next one is the dwell time."""
    v: Text = None
    """Version of the pixel's event format."""
    title: Name = None
    """Title of the page."""
    ref: Url = None
    """Address of the page before it."""
    outlink: Url = None
    """Address outside the site that the visitor went to from here."""
    props: dict[str, Any] | None = None
    """Whatever the site sends along."""


class SessionEnrichment(Payload):
    """A pointer to an enrichment that Midbound ran during the session."""

    enriched_at: Number = None
    """When Midbound ran it, Unix milliseconds UTC."""
    enrichment_data: Text = None
    """Midbound's id of the enrichment."""


class Session(Payload):
    """A visit, as far as it is known when the event is made."""

    pid: Text = None
    """The Midbound pixel that saw the visit."""
    vid: Id = None
    """The visitor: one browser, kept over its sessions."""
    sid: Id = None
    """The session's own id."""
    tenant: Text = None
    """Midbound's id of your workspace."""
    created_at: Ms | None = None
    """When the session began, Unix milliseconds UTC."""
    ended_at: Ms | None = None
    """When the session ended by inactivity, Unix milliseconds UTC."""
    utm: UtmParameters | None = None
    """Campaign parameters of the landing page's URL."""
    referrer: Url = None
    """Address of the page that linked to the landing page."""
    landing_page: Url = None
    """Address of the first page of the visit."""
    landing_title: Name = None
    """Title of the first page of the visit."""
    gclid: Text = None
    """Google's click id: the visit came from a Google ad."""
    fbclid: Text = None
    """Facebook's click id: the visit came from a link on Facebook or Instagram."""
    user_agent: Agent = None
    """What the browser says it is; device and browser are read from it."""
    screen: Screen | None = None
    """Size of the visitor's screen."""
    timezone: Text = None
    """Time zone of the visitor's browser, IANA name."""
    network: Network | None = None
    """Where the connection comes from, and whether it may be a bot's."""
    options: dict[str, Any] | None = None
    """Settings of the pixel."""


class FinalizedSession(Session):
    """A visit that has gone quiet, with everything that happened in it."""

    last_activity: Ms | None = None
    """Latest sign of life, Unix milliseconds UTC; the last page's dwell time ends here."""
    events: list[PageEvent] | None = None
    """What the visitor did, in order."""
    enrichments: list[SessionEnrichment] | None = None
    """Enrichments that ran during the session."""
