"""Where the screens show a payload field: the one place that says so, for the data dictionary.

A place is written `screen.field`; the field's label comes from `fields`. A test checks the paths
against the payload types, and each place against the screen's own source.
"""

from dashboard.widgets.fields import FIELDS

SCREENS = {
    "live": "Live",
    "leads": "Leads",
    "lead": "Lead page",
    "sessions": "Sessions",
    "session": "Session page",
    "companies": "Companies",
    "company": "Company page",
    "emails": "Emails",
    "campaigns": "Campaigns",
    "operations": "Operations",
}
"""Title of each screen; three of them have a page for one row."""

_VISIT_IDS = {"pid": "session.pid", "vid": "session.vid", "sid": "session.sid"}
_EMPLOYER = "live.company leads.company lead.name companies.name company.name"

SHOWN: dict[str, dict[str, str]] = {
    "Event": {
        "type": "operations.type lead.stage session.stage",
        "created": "operations.created_last",
        "data.sessionEndedAt": "session.last_activity",
    },
    "Attribution": {
        "pixelId": _VISIT_IDS["pid"],
        "sessionId": _VISIT_IDS["sid"],
        "vid": _VISIT_IDS["vid"],
    },
    "Identity": {
        "emails[].value": "live.email leads.email lead.emails emails.email",
        "emails[].type": "lead.kind",
        "linkedinUrl": "leads.linkedin_url lead.linkedin_url",
        "phones": "leads.phone lead.phone",
        "demographics.firstName": "live.who leads.who",
        "demographics.lastName": "live.who leads.who",
        "location.city": "leads.city lead.lives_in",
        "location.country": "leads.country lead.lives_in",
        "professional.jobTitle": "leads.job_title lead.job_title",
        "professional.companyName": "live.company leads.company",
    },
    "Session": _VISIT_IDS | {
        "createdAt": "session.started_at leads.first_seen",
        "lastActivity": "sessions.last_activity sessions.duration_seconds leads.last_seen",
        "utm.source": "sessions.utm_source leads.utm_source live.source campaigns.utm_source",
        "utm.medium": "sessions.utm_medium leads.utm_medium live.source campaigns.utm_medium",
        "utm.campaign": "sessions.utm_campaign leads.utm_campaign live.campaign"
        " campaigns.utm_campaign",
        "utm.term": "sessions.utm_term leads.utm_term",
        "utm.content": "sessions.utm_content leads.utm_content campaigns.utm_content",
        "referrer": "sessions.shown_referrer session.referrer live.source",
        "landingPage": "live.page sessions.shown_page session.landing_page",
        "landingTitle": "live.page_title lead.landing_title",
        "gclid": "sessions.click_ids session.gclid",
        "fbclid": "sessions.click_ids session.fbclid",
        "userAgent": "live.device sessions.device session.device session.browser",
        "screen.width": "session.screen",
        "screen.height": "session.screen",
        "timezone": "session.timezone",
        "network.country": "live.place sessions.country session.place",
        "network.city": "live.place sessions.city session.place",
        "network.asn.name": "session.asn_name",
        "network.botManagement.score": "sessions.bot_score session.bot_score",
        "events": "sessions.pageviews session.pageviews",
    },
    "Page event": {
        "signal": "session.signal",
        "url": "session.url live.pages leads.last_page",
        "ts": "session.ts session.dwell",
        "title": "session.title company.title",
        "outlink": "session.outlink",
        "props": "session.props",
    },
    "Query": {"value": "leads.linkedin_url"},
    "Person": {
        "linkedinUrl": "leads.linkedin_url lead.linkedin_url",
        "firstName": "live.who leads.who",
        "lastName": "live.who leads.who",
        "fullName": "live.who leads.who lead.who emails.full_name",
        "headline": "lead.headline",
        "profilePictureUrl": "lead.photo",
        "summary": "lead.summary",
        "email": "live.email leads.email lead.emails emails.email",
        "location.locality": "leads.city lead.lives_in",
        "location.country": "leads.country lead.lives_in",
        "location.countryCode": "leads.country lead.lives_in",
        "skills": "lead.skills",
        "languages": "lead.languages",
        "employments": "lead.jobs",
        "experience": "lead.jobs",
        "education": "lead.education",
        "education[].instituteName": "lead.education",
        "education[].degree": "lead.education",
        "education[].fieldOfStudy": "lead.education",
        "education[].startDate": "lead.education",
        "education[].endDate": "lead.education",
    },
    "Job": {
        "title": "leads.job_title lead.jobs",
        "description": "lead.jobs",
        "startDate": "lead.jobs",
        "endDate": "lead.jobs",
        "company": "leads.company lead.jobs",
    },
    "Company": {
        "name": _EMPLOYER,
        "domain": "companies.domain leads.company_domain emails.company_domain",
        "linkedinUrl": "company.company_linkedin",
        "website": "company.website lead.website",
        "logoUrl": "companies.logo company.logo lead.logo",
        "address.locality": "company.place lead.place",
        "address.country": "companies.country",
        "address.countryCode": "companies.country",
        "description": "company.description lead.about",
        "industry": "companies.industry lead.industry",
        "employeeCount": "companies.employee_count lead.employee_count",
        "foundedYear": "company.founded_year lead.founded_year",
        "specialties": "company.specialties",
        "estimatedRevenue.min": "companies.revenue lead.revenue",
        "estimatedRevenue.max": "companies.revenue lead.revenue",
        "estimatedRevenue.currency": "companies.revenue lead.revenue",
        "headcount.growth.mom": "companies.employee_count",
        "headcount.growth.qoq": "companies.employee_count",
        "headcount.growth.yoy": "companies.headcount_growth_yoy lead.headcount_growth_yoy",
        "webTraffic.monthlyVisitors": "companies.monthly_visitors lead.monthly_visitors",
        "webTraffic.momGrowthPercent": "companies.monthly_visitors",
        "webTraffic.qoqGrowthPercent": "companies.monthly_visitors",
        **{
            f"webTraffic.trafficSources.{name}Percent": "company.sources"
            for name in ("social", "search", "direct", "paidReferral", "referral")
        },
        "linkedinFollowers.count": "company.followers",
        "linkedinFollowers.momGrowthPercent": "company.followers",
        "linkedinFollowers.qoqGrowthPercent": "company.followers",
        "linkedinFollowers.yoyGrowthPercent": "company.followers",
        "funding.totalRaisedUsd": "companies.funding_total_usd lead.funding_total_usd",
        "funding.lastRoundType": "companies.last_round_type lead.last_round_type",
        "funding.lastRoundAmountUsd": "company.last_round_amount",
        "funding.daysSinceLastRound": "company.days_since_last_round lead.last_round_type",
        "funding.investors": "company.investors",
        "seo.monthlyOrganicClicks": "company.organic_clicks",
        "seo.monthlyPaidClicks": "company.paid_clicks",
        "seo.monthlyOrganicValue": "company.organic_value",
        "seo.monthlyAdsSpend": "company.ads_spend",
        "seo.averageOrganicRank": "company.organic_rank",
        "seo.averageAdRank": "company.ad_rank",
        "seo.totalOrganicKeywords": "company.organic_keywords",
    },
    "Email check": {
        "email": "emails.email lead.emails",
        "validity": "emails.validity leads.email_validity live.validity lead.validity",
        "provider": "emails.provider lead.provider",
        "error.code": "emails.check_error lead.error_code",
        "error.message": "emails.check_error lead.error_message",
    },
}  # fmt: skip
"""Places by the object's title and the path within it. No screen shows what is not listed here."""


def shown(section: str, path: str) -> tuple[str, ...]:
    """`Sessions: Campaign` for each place that shows a field; none if it is only in the raw event.

    Every raw event can be seen in full, from the lead's page and from Operations.
    """
    places = SHOWN.get(section, {}).get(path, "").split()
    return tuple(dict.fromkeys(_place(*place.split(".")) for place in places))


def _place(screen: str, name: str) -> str:
    known = FIELDS.get(name)
    return f"{SCREENS[screen]}: {known.label if known else name.capitalize().replace('_', ' ')}"
