"""Presets: the files that CRM and ad tools import, each with its columns, row rules and limits.

What the tools expect was collected from their help pages in November 2026. If a tool's own template
has other headers, its header row can replace ours (`header`).
"""

from sqlalchemy import func

from dashboard.exports.presets.google import CUSTOMER_MATCH, Conversion, conversions
from dashboard.exports.presets.preset import (
    BOUNCES,
    LEADS,
    PROFILE,
    Cell,
    Preset,
    Row,
    Rule,
    bare,
    column,
    country,
    email,
    employer,
    first,
    last,
    names,
    nested,
    number,
    of,
    phone,
    safe,
    time,
)
from models.exports import cells
from models.exports.columns import EXPORTS
from models.payloads.vocabulary import SENDABLE
from models.tables import COMPANY, LEAD

# Visitors without a profile may share an address (`info@…`); the row of the one seen most recently
# stays.
_PLACE_BY_EMAIL = func.row_number().over(
    partition_by=LEAD.c.email, order_by=(LEAD.c.last_seen.desc(), LEAD.c.key)
)

_HUBSPOT = Preset(
    label="HubSpot contacts",
    table="leads",
    about="Updates the contact with the same email. Visits and stage are extra columns: map them "
    "to properties of your own, or skip them when HubSpot asks.",
    values=of("leads", profile=PROFILE, place_by_email=_PLACE_BY_EMAIL),
    cells=(
        Cell("Email", email),
        Cell("First name", safe(first)),
        Cell("Last name", safe(last)),
        Cell("Job title", safe(column("job_title"))),
        Cell("Company name", safe(employer)),
        Cell("Website URL", lambda row: cells.website(row["company_domain"])),
        Cell("Phone number", phone),
        Cell("City", safe(column("city"))),
        Cell("State/Region", safe(nested("profile", "location", "region"))),
        Cell("Country/Region", safe(column("country"))),
        Cell("LinkedIn URL", safe(column("linkedin_url"))),
        Cell("Email validity", safe(column("email_validity"))),
        Cell("Visitor stage", lambda row: cells.stage(row["stage"])),
        Cell("Visits", number("sessions")),
        Cell("Page views", number("pageviews")),
        Cell("First seen", time("first_seen")),
        Cell("Last seen", time("last_seen")),
        Cell("Last page", safe(column("last_page"))),
        Cell("UTM source", safe(column("utm_source"))),
        Cell("UTM medium", safe(column("utm_medium"))),
        Cell("UTM campaign", safe(column("utm_campaign"))),
    ),
    rules=(
        Rule("no email, first or last name", lambda row: bool(email(row) or any(names(row)))),
        Rule(
            "another row, seen more recently, has the same email",
            lambda row: not email(row) or row["place_by_email"] == 1,
        ),
    ),
    advice=(BOUNCES,),
)


def _description(row: Row) -> str:
    """A lead's visits in words, for a CRM without fields for them."""
    facts = {
        "Visits": cells.number(row["sessions"]),
        "page views": cells.number(row["pageviews"]),
        "last seen": cells.time(row["last_seen"]),
        "last page": row["last_page"],
        "campaign": " / ".join(
            filter(None, (row["utm_source"], row["utm_medium"], row["utm_campaign"]))
        ),
        "LinkedIn": row["linkedin_url"],
    }
    description = "; ".join(f"{name}: {fact}" for name, fact in facts.items() if fact)
    return cells.safe_text(description)[:32_000]


_LONGEST_EMAIL = 80

_SALESFORCE = Preset(
    label="Salesforce leads",
    table="leads",
    about=(
        "The headers are the field names that Data Loader expects; in the Import Wizard, map them."
    ),
    values=LEADS,
    # Salesforce refuses a row whose text is longer than its field.
    cells=(
        Cell("FirstName", safe(first, 40)),
        Cell("LastName", safe(last, 80)),
        Cell("Company", safe(employer, 255)),
        Cell("Title", safe(column("job_title"), 128)),
        Cell("Email", lambda row: email(row) if len(email(row)) <= _LONGEST_EMAIL else ""),
        Cell("Phone", phone),
        Cell("Website", lambda row: cells.website(row["company_domain"])),
        Cell("LeadSource", lambda _row: "Web"),
        Cell("Description", _description),
    ),
    rules=(
        Rule("no last name", lambda row: bool(last(row))),
        Rule("no company", lambda row: bool(employer(row))),
    ),
    advice=(BOUNCES,),
    most=50_000,
)

_NAME, _LINE = 35, 50
"""The longest names, and the longest titles and companies, that LinkedIn takes."""

_LINKEDIN_CONTACTS = Preset(
    label="LinkedIn contact list",
    table="leads",
    about="A contact list for Matched Audiences.",
    values=LEADS,
    cells=(
        Cell("email", email),
        Cell("firstname", bare(first, _NAME)),
        Cell("lastname", bare(last, _NAME)),
        Cell("jobtitle", bare(column("job_title"), _LINE)),
        Cell("employeecompany", bare(employer, _LINE)),
        Cell("country", country),
    ),
    rules=(
        Rule(
            "neither an email nor a first name, last name and company",
            lambda row: bool(email(row) or (all(names(row)) and employer(row))),
        ),
    ),
    advice=(
        Rule(
            "with a name or company longer than LinkedIn accepts; it is cut to fit",
            lambda row: max(map(len, names(row))) <= _NAME and len(employer(row)) <= _LINE,
        ),
    ),
    fewest=300,
    most=300_000,
    has_template=True,
)

_LINKEDIN_COMPANIES = Preset(
    label="LinkedIn company list",
    table="companies",
    about="A company list for Matched Audiences: companies whose people visited.",
    values=of("companies", profile=COMPANY.c.profile),
    cells=(
        Cell("companyname", bare(column("name"), _LINE)),
        Cell("companywebsite", lambda row: cells.website(row["domain"])),
        Cell(
            "companypageurl",
            lambda row: cells.linkedin_page(nested("profile", "linkedinUrl")(row)),
        ),
        Cell("stocksymbol", lambda _row: ""),
        Cell("industry", bare(column("industry"))),
        Cell("city", bare(nested("profile", "address", "locality"))),
        Cell("country", country),
    ),
    rules=(
        Rule("no visitor works there now", lambda row: bool(row["leads"])),
        Rule("no name", lambda row: bool(cells.bare_text(row["name"]))),
    ),
    fewest=300,
    most=300_000,
    has_template=True,
)

_ADDRESS, _ITS_LEAD = (column.value for column in EXPORTS["emails"].columns[:2])
_PLACE = func.row_number().over(partition_by=_ADDRESS, order_by=_ITS_LEAD)

_SENDABLE = Preset(
    label="Sendable addresses",
    table="emails",
    about="Addresses that are valid or likely valid, each once.",
    values=of("emails", place=_PLACE),
    cells=(
        Cell("email", email),
        Cell("full_name", safe(column("full_name"))),
        Cell("company_domain", safe(column("company_domain"))),
        Cell("validity", safe(column("validity"))),
    ),
    rules=(
        Rule("no verdict yet", lambda row: row["validity"] is not None),
        Rule("mail would bounce", lambda row: row["validity"] != "invalid"),
        Rule(
            "the domain accepts mail for any address, so it can't be told",
            lambda row: row["validity"] in SENDABLE,
        ),
        Rule("would be read as a formula", lambda row: bool(email(row))),
        Rule("another row has the same address", lambda row: row["place"] == 1),
    ),
)

CONVERSIONS = "google-conversions"

PRESETS: dict[str, Preset] = {
    "hubspot": _HUBSPOT,
    "salesforce": _SALESFORCE,
    "linkedin-contacts": _LINKEDIN_CONTACTS,
    "linkedin-companies": _LINKEDIN_COMPANIES,
    "google-customer-match": CUSTOMER_MATCH,
    CONVERSIONS: conversions(Conversion()),
    "sendable": _SENDABLE,
}
"""Presets by their name in options and URLs."""
