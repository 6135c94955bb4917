"""Every shown field once: its label, its meaning, and how it is written.

Tables, cards, the help of exports and the data dictionary read it from here.
"""

from typing import Literal, NamedTuple

Kind = Literal[
    "text",
    "time",
    "whole",
    "decimal",
    "percent",
    "usd",
    "seconds",
    "stage",
    "validity",
    "trend",
    "link",
    "dwell",
    "grade",
]


class Field(NamedTuple):
    """A field as people read it; `kind` says how its values are written and aligned."""

    label: str
    meaning: str
    kind: Kind = "text"


FIELDS: dict[str, Field] = {
    # People
    "lead": Field("Lead", "One human, by LinkedIn profile, else email address, else browser."),
    "who": Field("Name", "Name, else email address, else part of the visitor id."),
    "full_name": Field("Name", "From the LinkedIn profile, else from Midbound's identity data."),
    "first_name": Field("First name", "Given name."),
    "last_name": Field("Last name", "Family name."),
    "email": Field("Email", "The address most likely to work: best verdict, then professional."),
    "email_validity": Field("Email status", "Newest verdict on the address.", "validity"),
    "validity": Field("Status", "Newest verdict on the address.", "validity"),
    "provider": Field("Checked by", "Who gave the verdict."),
    "error_code": Field("Error", "Why the newest check could not be completed."),
    "checked_at": Field("Checked", "When the verdict was given.", "time"),
    "phone": Field("Phone", "First number in the newest identity data that has one."),
    "linkedin_url": Field("LinkedIn", "Profile address.", "link"),
    "job_title": Field("Title", "Title of the current job."),
    "company": Field("Company", "Current employer."),
    "company_domain": Field("Domain", "The employer's web domain."),
    "city": Field("City", "City."),
    "country": Field("Country", "ISO 3166 two-letter code, if known."),
    "stage": Field("Stage", "How far Midbound's pipeline has got.", "stage"),
    "sessions": Field("Visits", "Number of sessions.", "whole"),
    "pageviews": Field("Page views", "Pages seen; known once a session is finalized.", "whole"),
    "lists": Field("On lists", "Lists that name them, their employer or one of their domains."),
    "segments": Field("In segments", "Shared segments they are in now."),
    "first_seen": Field("First seen", "Start of the first session.", "time"),
    "last_seen": Field("Last seen", "Latest activity in any session.", "time"),
    "last_page": Field("Last page", "Page of the latest page event, else the latest landing page."),
    "utm_source": Field("Source", "utm_source of the landing page."),
    "utm_medium": Field("Medium", "utm_medium of the landing page."),
    "utm_campaign": Field("Campaign", "utm_campaign of the landing page."),
    "utm_term": Field("Term", "utm_term of the landing page."),
    "utm_content": Field("Content", "utm_content of the landing page."),
    "channel": Field(
        "Channel", "The kind of site or ad that led to a visit; for a lead, the first one."
    ),
    "owner": Field("Owner", "Who took the lead."),
    "status": Field("Status", "How far the lead has got, as people set it."),
    "seniority": Field("Seniority", "How senior they are, worked out from the title."),
    "department": Field("Department", "What they work on, worked out from the title."),
    # Scores
    "grade": Field(
        "Grade", "Letter for fit, A to D or ? if unknown; figure for intent, 1 to 4.", "grade"
    ),
    "fit": Field("Fit", "How well they match the people you sell to, 0 to 100.", "whole"),
    "fit_known": Field("Fit known", "Share of the fit criteria that is known.", "percent"),
    "intent": Field(
        "Intent", "How much their recent visits suggest they want it, 0 to 100.", "whole"
    ),
    "people_30d": Field(
        "People, 30 days", "People from the company seen in the last 30 days.", "whole"
    ),
    "why": Field("Why", "The best reason to call them: what they did recently, in words."),
    "scoring_version": Field("Scored by", "Version of the scoring definition.", "whole"),
    # Leads
    "headline": Field("Headline", "As in the LinkedIn profile."),
    "lives_in": Field(
        "Lives in", "City and country from the profile, else from the identity data."
    ),
    "first_visit": Field("First visit", "Where their very first visit came from."),
    "first_campaign": Field("First campaign", "First visit with a campaign."),
    "last_campaign": Field("Latest campaign", "Latest visit with a campaign."),
    "region": Field("Region", "Region the visit came from."),
    "screen": Field("Screen", "Width and height in pixels."),
    "ip": Field("IP address", "IP address the visit came from."),
    "asn_name": Field("Network", "Who runs the network the visit came from."),
    "pid": Field("Pixel", "Midbound's pixel that saw the visit."),
    # Sessions
    "sid": Field("Session", "Midbound's session id."),
    "vid": Field("Visitor", "Midbound's visitor id: one browser."),
    "started_at": Field("Started", "Start of the session.", "time"),
    "ended_at": Field("Ended", "When the session ended by inactivity.", "time"),
    "last_activity": Field("Last activity", "Latest activity in the session.", "time"),
    "duration_seconds": Field("Duration", "From start to last activity.", "seconds"),
    "landing_page": Field("Landing page", "First page of the session."),
    "referrer": Field("Referrer", "Page that linked here."),
    "gclid": Field("gclid", "Google's click id."),
    "fbclid": Field("fbclid", "Facebook's click id."),
    "timezone": Field("Time zone", "Of the visitor's browser."),
    "device": Field("Device", "Desktop, mobile, tablet or bot, from the user agent."),
    "browser": Field("Browser", "Browser family, from the user agent."),
    "bot_score": Field(
        "Bot score", "From 1 (certainly a bot) to 99 (certainly a person).", "whole"
    ),
    "shown_page": Field("Landing page", "First page of the session, without https:// and www."),
    "shown_referrer": Field("Referrer", "Page that linked here, without https:// and www."),
    "click_ids": Field("Click id", "Came from an ad on Google (gclid) or Facebook (fbclid)."),
    # Companies
    "domain": Field("Domain", "Web domain."),
    "name": Field("Name", "Company name."),
    "industry": Field("Industry", "As listed on LinkedIn."),
    "employee_count": Field("Employees", "Number of employees.", "whole"),
    "revenue_min": Field("Revenue from", "Lower end of estimated yearly revenue.", "whole"),
    "revenue_max": Field("Revenue to", "Upper end of estimated yearly revenue.", "whole"),
    "revenue_currency": Field("Currency", "Of the revenue."),
    "founded_year": Field("Founded", "Year."),
    "funding_total_usd": Field("Funding", "Total raised, US dollars.", "usd"),
    "last_round_type": Field("Last round", "Type of the latest funding round."),
    "headcount_growth_yoy": Field("Growth", "Headcount compared with a year ago.", "percent"),
    "monthly_visitors": Field("Site visitors", "Monthly visitors of their own site.", "whole"),
    "leads": Field("Leads", "People who work there now and have visited.", "whole"),
    "revenue": Field("Revenue", "Estimated yearly revenue: lower and upper end."),
    "place": Field("Place", "City and country of the head office."),
    "description": Field("About", "As the company describes itself."),
    "specialties": Field("Specialties", "As listed on LinkedIn."),
    "website": Field("Website", "Its own site."),
    "company_linkedin": Field("LinkedIn", "The company's page."),
    "last_round_amount": Field("Last amount", "Raised in the latest round, US dollars."),
    "days_since_last_round": Field("Days since", "From the latest round to the as-of time below."),
    "investors": Field("Investors", "In the latest round."),
    "organic_clicks": Field("Organic clicks", "Unpaid search clicks per month."),
    "paid_clicks": Field("Paid clicks", "Paid search clicks per month."),
    "organic_value": Field(
        "Value of organic", "What those clicks would cost as ads, US dollars per month."
    ),
    "ads_spend": Field("Spent on ads", "Spending on search ads, US dollars per month."),
    "organic_rank": Field("Organic rank", "Average position in unpaid results; 1 is the top."),
    "ad_rank": Field("Ad rank", "Average position among ads; 1 is the top."),
    "organic_keywords": Field("Keywords", "Search terms that find the site."),
    "followers": Field("Followers", "Followers of the LinkedIn page."),
    "followers_mom": Field("In a month", "Growth of followers, percent."),
    "followers_qoq": Field("In a quarter", "Growth of followers, percent."),
    "followers_yoy": Field("In a year", "Growth of followers, percent."),
    "url": Field("Page", "Address of the page."),
    "title": Field("Page title", "As set by the page."),
    "views": Field("Views", "Page views by people from this company.", "whole"),
    "people": Field("People", "How many different people.", "whole"),
    "last_viewed": Field("Last viewed", "Latest view.", "time"),
    # Emails
    "check_error": Field(
        "Newest check failed", "Why the newest check failed; the status is from an older check."
    ),
    "before": Field("Was", "Verdict before the change.", "validity"),
    "before_at": Field("Last confirmed", "The old verdict's last check.", "time"),
    "after": Field("Became", "Verdict after the change.", "validity"),
    "after_at": Field("Since", "The new verdict's first check.", "time"),
    # Campaigns
    "visits": Field("Sessions", "Sessions last active in the range.", "whole"),
    "visits_change": Field("Change", "Change in sessions from the comparison period.", "percent"),
    "known_leads": Field(
        "Identified leads",
        "Leads with a name, address or profile who were active in the range; each counts under "
        "one touch.",
        "whole",
    ),
    "known_change": Field(
        "Change", "Change in identified leads from the comparison period.", "percent"
    ),
    "new_leads": Field("New leads", "Those of them first seen in the range.", "whole"),
    "lead_companies": Field("Companies", "How many different employers these leads have.", "whole"),
    "qualified_share": Field(
        "Qualified, share",
        "Share of these leads that were qualified, enriched or validated, percent.",
        "percent",
    ),
    "sendable_share": Field(
        "Sendable",
        "Share of these leads whose best address is valid or likely valid, percent.",
        "percent",
    ),
    "well_share": Field("A and B", "Share of these leads whose fit is A or B, percent.", "percent"),
    "median_fit": Field("Median fit", "Median fit of those leads whose fit is known.", "whole"),
    "hot_visits": Field("Hot pages", "Sessions that saw a page of HOT_PAGES.", "whole"),
    "median_dwell": Field("Median dwell", "Median duration of the finalized sessions.", "dwell"),
    "qualified_leads": Field(
        "Qualified leads", "Those of them that are qualified, enriched or validated.", "whole"
    ),
    "large_qualified": Field(
        "Qualified, 200+", "Those of them from companies with 200 or more people.", "whole"
    ),
    "large_leads": Field("Leads, 200+", "Leads from companies with 200 or more people.", "whole"),
    "referrer_host": Field("Referring host", "Site that linked here."),
    "also": Field("Also written", "Other spellings counted here."),
    "trend": Field(
        "Trend", "What the chart counts, oldest on the left; one scale for all rows.", "trend"
    ),
    # Operations
    "webhook_id": Field("Delivery", "webhook-id of the delivery."),
    "type": Field("Event", "Event type."),
    "received_at": Field("Received", "When the receiver took it in.", "time"),
    "error": Field("Reason", "Why it could not be derived."),
    "path": Field("Field", "Path of the field; `type` when the event type itself is unknown."),
    "deliveries": Field("In this period", "Deliveries received.", "whole"),
    "age": Field("Age", "How long ago that was."),
    "reason": Field("Reason", "Forgotten, or the entry of an IGNORE_ setting that matches."),
    "dropped": Field("Dropped", "Deliveries that were recognised on arrival.", "whole"),
    "erased": Field("Erased", "Deliveries kept at first, and erased once recognised.", "whole"),
    "at": Field("When", "When it began.", "time"),
    "asked_by": Field(
        "Who",
        "Address of the login, token:NAME, shell:USER, rule:NAME, receiver or sender; local if "
        "there is no login.",
    ),
    "what": Field("What", "What they did."),
    "filters": Field("Of what", "As in a page's address; free text as a keyed hash."),
    "rows": Field(
        "Rows", "Rows of the file, else deliveries. Missing: it is running, or was killed.", "whole"
    ),
    "created_first": Field("First seen", "Time of the first event that had it.", "time"),
    "created_last": Field("Last seen", "Time of the newest event that had it.", "time"),
}
