"""Payload types of profiles: companies with their firmographics, people with their jobs."""

from pydantic import Field

from models.payloads.wire import Name, Number, Payload, Text, Url, Words


class Address(Payload):
    """A postal address."""

    locality: Text = None
    """City."""
    region: Text = None
    """State or region."""
    postal_code: Text = None
    """Postal code."""
    country: Text = None
    """Country, by name."""
    country_code: Text = None
    """Country, ISO 3166 two-letter code."""


class PersonLocation(Address):
    """Where a person lives, structured and as written."""

    raw: Text = None
    """The place as the person wrote it."""


class Revenue(Payload):
    """Estimated yearly revenue range."""

    min: Number = None
    """Lower end of the estimated yearly revenue, in `currency`."""
    max: Number = None
    """Upper end of the estimated yearly revenue, in `currency`."""
    currency: Text = None
    """Currency of the revenue, ISO 4217 code."""


class Growth(Payload):
    """Headcount growth."""

    mom: Number = None
    """Headcount against a month ago, in percent."""
    qoq: Number = None
    """Headcount against a quarter ago, in percent."""
    yoy: Number = None
    """Headcount against a year ago, in percent."""


class Headcount(Payload):
    """Employees, with growth."""

    total: Number = None
    """Number of employees on LinkedIn."""
    growth: Growth | None = None
    """Headcount growth."""


class Taxonomy(Payload):
    """LinkedIn's own filing of a company."""

    linkedin_industry: Text = None
    """Industry that LinkedIn files the company under."""
    linkedin_specialties: Words = None
    """Specialties on the company's LinkedIn page."""


class TrafficSources(Payload):
    """Where a company's web traffic comes from."""

    social_percent: Number = None
    """Share of visits from social networks, in percent."""
    search_percent: Number = None
    """Share of visits from search engines, in percent."""
    direct_percent: Number = None
    """Share of visits by typing or bookmark, in percent."""
    paid_referral_percent: Number = None
    """Share of visits from paid links, in percent."""
    referral_percent: Number = None
    """Share of visits from links elsewhere, in percent."""


class WebTraffic(Payload):
    """Visitors of a company's own site."""

    monthly_visitors: Number = None
    """Visitors a month of the company's own site."""
    mom_growth_percent: Number = None
    """Visitors against a month ago, in percent."""
    qoq_growth_percent: Number = None
    """Visitors against a quarter ago, in percent."""
    traffic_sources: TrafficSources | None = None
    """Where these visitors come from."""


class LinkedinFollowers(Payload):
    """Followers of a company's LinkedIn page."""

    count: Number = None
    """Followers of the company's LinkedIn page."""
    mom_growth_percent: Number = None
    """Followers against a month ago, in percent."""
    qoq_growth_percent: Number = None
    """Followers against a quarter ago, in percent."""
    yoy_growth_percent: Number = None
    """Followers against a year ago, in percent."""


class Funding(Payload):
    """Money raised."""

    total_raised_usd: Number = None
    """Money raised in all rounds, in US dollars."""
    last_round_type: Text = None
    """Kind of the latest round, such as `Seed` or `Series A`."""
    last_round_amount_usd: Number = None
    """Money raised in the latest round, in US dollars."""
    days_since_last_round: Number = None
    """Days from the latest round to the enrichment."""
    investors: Words = None
    """Who invested."""


class Seo(Payload):
    """Search traffic of a company's own site."""

    monthly_organic_clicks: Number = None
    """Clicks a month from unpaid search results."""
    monthly_paid_clicks: Number = None
    """Clicks a month from search ads."""
    monthly_organic_value: Number = None
    """What the unpaid clicks of a month would cost as ads, in US dollars."""
    monthly_ads_spend: Number = None
    """Estimated spending on search ads a month, in US dollars."""
    average_organic_rank: Number = None
    """Average place in unpaid search results; 1 is the top."""
    average_ad_rank: Number = None
    """Average place among search ads; 1 is the top."""
    total_organic_keywords: Number = None
    """Search terms for which the site is found."""


class Company(Payload):
    """A company: `full` ones carry firmographics, `basic` ones only the plain facts."""

    name: Name = None
    """Company name."""
    kind: Text = Field(default=None, alias="_type")
    """How much is told: `full` with firmographics, `basic` without."""
    enriched_at: Text = None
    """When these facts were gathered, ISO 8601; the newest gathered count."""
    provider: Text = None
    """Code of the provider of these facts."""
    linkedin_id: Text = None
    """LinkedIn's number of the company."""
    linkedin_url: Url = None
    """Address of the company's LinkedIn page."""
    logo_url: Url = None
    """Address of the logo. Only hosts named in IMAGE_HOSTS are ever asked for one."""
    domain: Text = None
    """Web domain: what makes two mentions one company."""
    website: Url = None
    """Address of the company's own site."""
    address: Address | None = None
    """Head office."""
    description: Text = None
    """What the company says it does."""
    industry: Text = None
    """Industry."""
    employee_count: Number = None
    """Number of employees."""
    founded_year: Number = None
    """Year of foundation."""
    specialties: Words = None
    """What the company says it is good at."""
    estimated_revenue: Revenue | None = None
    """Estimated yearly revenue."""
    headcount: Headcount | None = None
    """Employees on LinkedIn, with growth."""
    taxonomy: Taxonomy | None = None
    """LinkedIn's own filing of the company."""
    web_traffic: WebTraffic | None = None
    """Visitors of the company's own site."""
    linkedin_followers: LinkedinFollowers | None = None
    """Followers of the company's LinkedIn page."""
    funding: Funding | None = None
    """Money raised."""
    seo: Seo | None = None
    """Search traffic of the company's own site."""


class Employment(Payload):
    """A job, held now or before."""

    title: Name = None
    """Job title."""
    description: Text = None
    """What the person says of the job."""
    location: Text = None
    """Where the job is, as written."""
    start_date: Text = None
    """First month of the job, `YYYY-MM`."""
    end_date: Text = None
    """Last month of the job, `YYYY-MM`; none while it is held."""
    company: Company | None = None
    """The employer: full for a current job, basic for a past one."""


class Education(Payload):
    """A degree."""

    institute_name: Name = None
    """School or university."""
    institute_linkedin_id: Text = None
    """LinkedIn's number of the school."""
    institute_logo_url: Url = None
    """Address of the school's logo. It is never loaded by itself."""
    degree: Text = None
    """Degree, as written."""
    field_of_study: Text = None
    """Subject."""
    start_date: Text = None
    """First month there, `YYYY-MM`."""
    end_date: Text = None
    """Last month there, `YYYY-MM`."""


class Person(Payload):
    """A LinkedIn profile."""

    linkedin_url: Url = None
    """Address of the profile: what makes sessions one lead."""
    enriched_at: Text = None
    """When the profile was gathered, ISO 8601; the newest counts."""
    provider: Text = None
    """Code of the provider of the profile."""
    first_name: Name = None
    """Given name."""
    last_name: Name = None
    """Family name."""
    full_name: Name = None
    """Name as the person writes it."""
    linkedin_id: Text = None
    """LinkedIn's id of the person."""
    headline: Name = None
    """The line under the name on LinkedIn."""
    summary: Text = None
    """What the person says of themselves."""
    profile_picture_url: Url = None
    """Address of the photo. Only hosts named in IMAGE_HOSTS are ever asked for one."""
    email: Text = None
    """Email address found for the person; counts as professional."""
    location: PersonLocation | None = None
    """Where the person lives."""
    connections: Number = None
    """LinkedIn connections; LinkedIn stops counting at 500."""
    skills: Words = None
    """Skills on the profile."""
    languages: Words = None
    """Languages on the profile."""
    employments: list[Employment] | None = None
    """Current jobs."""
    experience: list[Employment] | None = None
    """Past jobs."""
    education: list[Education] | None = None
    """Schools and degrees."""
