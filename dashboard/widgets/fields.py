"""Every shown field once: its label, what it means, and how it is written.

Tables, cards, exports' help and the data dictionary read it from here.
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
    "who": Field("Name", "Name; else email address; else a piece of the visitor id."),
    "full_name": Field(
        "Name", "From the LinkedIn profile, else as Midbound's identity names them."
    ),
    "first_name": Field("First name", "Given name."),
    "last_name": Field("Last name", "Family name."),
    "email": Field("Email", "The address most likely to work: best verdict, then professional."),
    "email_validity": Field("Email status", "Newest verdict on the address.", "validity"),
    "validity": Field("Status", "Newest verdict on the address.", "validity"),
    "provider": Field("Checked by", "Who gave the verdict."),
    "error_code": Field("Error", "Why the newest check could not be done."),
    "checked_at": Field("Checked", "When the verdict was given.", "time"),
    "phone": Field("Phone", "The newest: first number of the newest identity that has one."),
    "linkedin_url": Field("LinkedIn", "Profile address.", "link"),
    "job_title": Field("Title", "Title of the current job."),
    "company": Field("Company", "Current employer."),
    "company_domain": Field("Domain", "The employer's web domain."),
    "city": Field("City", "City."),
    "country": Field("Country", "ISO 3166 two-letter code, wherever it can be told."),
    "stage": Field("Stage", "How far Midbound's pipeline has come.", "stage"),
    "sessions": Field("Visits", "Number of sessions.", "whole"),
    "pageviews": Field("Page views", "Pages seen; known once a session is finalized.", "whole"),
    "first_seen": Field("First seen", "Start of the first session.", "time"),
    "last_seen": Field("Last seen", "Latest activity in any session.", "time"),
    "last_page": Field("Last page", "Page of the latest page event, else the latest landing page."),
    "utm_source": Field("Source", "utm_source of the landing page."),
    "utm_medium": Field("Medium", "utm_medium of the landing page."),
    "utm_campaign": Field("Campaign", "utm_campaign of the landing page."),
    "utm_term": Field("Term", "utm_term of the landing page."),
    "utm_content": Field("Content", "utm_content of the landing page."),
    "channel": Field("Channel", "Through which kind of site or ad a visit came; a lead's first."),
    "owner": Field("Owner", "Who took the lead, as people said."),
    "status": Field("Status", "How far the lead is, as people said."),
    "seniority": Field("Seniority", "How senior, told from the title."),
    "department": Field("Department", "What they work on, told from the title."),
    # Scores
    "grade": Field("Grade", "Fit's letter, A to D, ? unknown; intent's figure, 1 to 4.", "grade"),
    "fit": Field("Fit", "How well who they are meets what is sold, 0 to 100.", "whole"),
    "fit_known": Field("Fit knows", "Of what fit asks for, the share that is known.", "percent"),
    "intent": Field("Intent", "How much what they did of late says they want, 0 to 100.", "whole"),
    "scoring_version": Field("Scored by", "Version of the scores' definition.", "whole"),
    # Leads
    "headline": Field("Headline", "As the LinkedIn profile puts it."),
    "lives_in": Field("Lives in", "City and country of the profile, else of the identity."),
    "first_visit": Field("First visit", "Where they came from the very first time."),
    "first_campaign": Field("First campaign", "First visit that names a campaign."),
    "last_campaign": Field("Latest campaign", "Latest visit that names a campaign."),
    "region": Field("Region", "Region the visit came from."),
    "screen": Field("Screen", "Width and height in pixels."),
    "ip": Field("IP address", "Address the visit came from."),
    "asn_name": Field("Network", "Who runs the network the visit came from."),
    "pid": Field("Pixel", "Midbound's pixel that saw the visit."),
    # Sessions
    "sid": Field("Session", "Midbound's session id."),
    "vid": Field("Visitor", "Midbound's visitor id: one browser."),
    "started_at": Field("Started", "Start of the session.", "time"),
    "ended_at": Field("Ended", "When the session ended by inactivity.", "time"),
    "last_activity": Field("Last activity", "Latest sign of life in the session.", "time"),
    "duration_seconds": Field("Duration", "From start to last activity.", "seconds"),
    "landing_page": Field("Landing page", "First page of the session."),
    "referrer": Field("Referrer", "Page that linked here."),
    "gclid": Field("gclid", "Google's click id."),
    "fbclid": Field("fbclid", "Facebook's click id."),
    "timezone": Field("Time zone", "Of the visitor's browser."),
    "device": Field("Device", "Desktop, mobile, tablet or bot, by user agent."),
    "browser": Field("Browser", "Browser family, by user agent."),
    "bot_score": Field("Bot score", "1 is surely a bot, 99 surely a person.", "whole"),
    "shown_page": Field("Landing page", "First page of the session, without https:// and www."),
    "shown_referrer": Field("Referrer", "Page that linked here, without https:// and www."),
    "click_ids": Field("Click id", "An ad led here: of Google (gclid) or Facebook (fbclid)."),
    # Companies
    "domain": Field("Domain", "Web domain."),
    "name": Field("Name", "Company name."),
    "industry": Field("Industry", "As LinkedIn files it."),
    "employee_count": Field("Employees", "Number of employees.", "whole"),
    "revenue_min": Field("Revenue from", "Lower end of estimated yearly revenue.", "whole"),
    "revenue_max": Field("Revenue to", "Upper end of estimated yearly revenue.", "whole"),
    "revenue_currency": Field("Currency", "Of the revenue."),
    "founded_year": Field("Founded", "Year."),
    "funding_total_usd": Field("Funding", "Raised in all, US dollars.", "usd"),
    "last_round_type": Field("Last round", "Type of the latest funding round."),
    "headcount_growth_yoy": Field("Growth", "Headcount against a year ago.", "percent"),
    "monthly_visitors": Field("Site visitors", "Visitors a month of their own site.", "whole"),
    "leads": Field("Leads", "People who work there now and visited.", "whole"),
    "revenue": Field("Revenue", "A year's revenue as estimated: lower and upper end."),
    "place": Field("Place", "City and country of the head office."),
    "description": Field("About", "As the company describes itself."),
    "specialties": Field("Specialties", "As LinkedIn lists them."),
    "website": Field("Website", "Its own site."),
    "company_linkedin": Field("LinkedIn", "The company's page."),
    "last_round_amount": Field("Last amount", "Raised in the latest round, US dollars."),
    "days_since_last_round": Field("Days since", "From the latest round to the as-of time below."),
    "investors": Field("Investors", "Those of the latest round."),
    "organic_clicks": Field("Organic clicks", "Unpaid search clicks a month."),
    "paid_clicks": Field("Paid clicks", "Paid search clicks a month."),
    "organic_value": Field("Value of organic", "What those clicks would cost, US dollars a month."),
    "ads_spend": Field("Spent on ads", "Search advertising, US dollars a month."),
    "organic_rank": Field("Organic rank", "Average place in unpaid results; 1 is the top."),
    "ad_rank": Field("Ad rank", "Average place among ads; 1 is the top."),
    "organic_keywords": Field("Keywords", "Searches that find the site."),
    "followers": Field("Followers", "Of the LinkedIn page."),
    "followers_mom": Field("In a month", "Growth of followers, percent."),
    "followers_qoq": Field("In a quarter", "Growth of followers, percent."),
    "followers_yoy": Field("In a year", "Growth of followers, percent."),
    "url": Field("Page", "Address of the page."),
    "title": Field("Page title", "As the page gave it."),
    "views": Field("Views", "Page views by people of this company.", "whole"),
    "people": Field("People", "How many different people.", "whole"),
    "last_viewed": Field("Last viewed", "Latest view.", "time"),
    # Emails
    "check_error": Field("Newest check failed", "Why; the status is then an older check's."),
    "before": Field("Was", "Verdict before the change.", "validity"),
    "before_at": Field("Last so", "The old verdict's last check.", "time"),
    "after": Field("Became", "Verdict after the change.", "validity"),
    "after_at": Field("Since", "The new verdict's first check.", "time"),
    # Campaigns
    "visits": Field("Sessions", "Sessions last active in the range.", "whole"),
    "visits_change": Field("Change", "Of sessions, against the range before.", "percent"),
    "known_leads": Field(
        "Identified leads",
        "Leads with a name, address or profile who were active in the range, each under one touch.",
        "whole",
    ),
    "known_change": Field("Change", "Of identified leads, against the range before.", "percent"),
    "new_leads": Field("New leads", "Of these, first seen in the range.", "whole"),
    "lead_companies": Field("Companies", "Different employers of these leads.", "whole"),
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
    "hot_visits": Field("Hot pages", "Sessions that saw a page of HOT_PAGES.", "whole"),
    "median_dwell": Field("Median dwell", "Middle length of the finalized sessions.", "dwell"),
    "qualified_leads": Field(
        "Qualified leads", "Of these, qualified, enriched or validated.", "whole"
    ),
    "large_qualified": Field(
        "Qualified, 200+", "Of these, of firms with 200 people and more.", "whole"
    ),
    "large_leads": Field("Leads, 200+", "Leads of firms with 200 people and more.", "whole"),
    "referrer_host": Field("Referring host", "Site that linked here."),
    "also": Field("Also written", "Other spellings that are counted here."),
    "trend": Field("Trend", "What the chart counts, oldest left; one scale for all.", "trend"),
    # Operations
    "webhook_id": Field("Delivery", "webhook-id of the delivery."),
    "type": Field("Event", "Event type."),
    "received_at": Field("Received", "When the receiver took it in.", "time"),
    "error": Field("Reason", "Why it could not be derived."),
    "path": Field("Field", "Path of the field; `type` when the event type itself is unknown."),
    "deliveries": Field("In this period", "Deliveries received.", "whole"),
    "age": Field("Age", "How long ago that was."),
    "reason": Field("Reason", "Forgotten, or the entry of an IGNORE_ setting that they meet."),
    "dropped": Field("Dropped", "Deliveries known to be theirs as they came.", "whole"),
    "erased": Field("Erased", "Deliveries kept at first, erased when known to be theirs.", "whole"),
    "at": Field("When", "When it began.", "time"),
    "asked_by": Field(
        "Who", "Address of the login, token:NAME, shell:USER, receiver; local: no login."
    ),
    "what": Field("What", "What they did."),
    "filters": Field("Of what", "As in a page's address; free text as a keyed hash."),
    "rows": Field("Rows", "Of the file; else deliveries. None: it runs, or was killed.", "whole"),
    "created_first": Field("First seen", "When the first event that had it was made.", "time"),
    "created_last": Field("Last seen", "When the newest event that had it was made.", "time"),
}
