"""Who the visitors are: addresses, profiles, companies, and the leads made of them all."""

from sqlalchemy import Index, func, text
from sqlmodel import Field, SQLModel

from models.tables.column_types import ms_field, sqlite_index, table, text_field

SHORT_COMPANY_NAME = text("length(company_name) <= 500")
"""Of leads whose company has no key, those that an index can find by its name: Postgres can't index
longer text, and it is no company's name. A query has to say the same to be served by the index."""

LONGEST_SEARCH = 400
"""Characters of a company's name that it is searched by: an index has them, beside its key."""


class Address(SQLModel, table=True):
    """What checks found out about an email address: newest verdict, newest check.

    `changed_at`: when a check last gave another verdict than the one before it; `changed_rank` is
    that check's, `before_rank` the one's before it.
    """

    address: str = text_field(primary_key=True)
    validity: str | None = text_field()
    provider: str | None = text_field()
    checked_at: int | None = ms_field()
    rank: str | None = text_field()
    error_code: str | None = text_field()
    error_message: str | None = text_field()
    check_rank: str | None = text_field()
    changed_at: int | None = ms_field(index=True)
    changed_rank: str | None = text_field()
    before_rank: str | None = text_field()


class EmailCheck(SQLModel, table=True):
    """One check on an address, as an event reported it: the history behind `Address`."""

    __tablename__ = "email_check"

    address: str = text_field(primary_key=True)
    webhook_id: str = text_field(primary_key=True)
    place: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    validity: str | None = text_field()
    provider: str | None = text_field()
    error_code: str | None = text_field()
    error_message: str | None = text_field()
    checked_at: int = ms_field(nullable=False)


class Person(SQLModel, table=True):
    """A LinkedIn profile, whole, the newest of its URL. `profile` is the rest, as JSON."""

    url: str = text_field(primary_key=True)
    rank: str = text_field(nullable=False)
    enriched_at: int = ms_field(nullable=False)
    full_name: str | None = text_field()
    first_name: str | None = text_field()
    last_name: str | None = text_field()
    headline: str | None = text_field()
    job_title: str | None = text_field()
    company_key: str | None = text_field()
    city: str | None = text_field()
    country: str | None = text_field()
    email: str | None = text_field()
    profile: str = text_field(nullable=False)


class Company(SQLModel, table=True):
    """A company, whole, a full one before a basic one, then the newest.

    `search` is the begin of its name as searches compare it; `folded_*` are texts as filters do.
    """

    # Both columns, so that a search reads the index alone, not the profiles.
    __table_args__ = (
        Index("ix_company_search", "search", "key"),
        Index("ix_company_employees", "employee_count", "key"),
        # What filters compare, as `ix_session_filters`.
        sqlite_index(
            "ix_company_filters",
            *("folded_industry", "employee_count", "folded_round", "headcount_growth_yoy"),
            *("country", "key"),
        ),
    )

    key: str = text_field(primary_key=True)
    is_full: bool
    rank: str = text_field(nullable=False)
    enriched_at: int = ms_field(nullable=False)
    domain: str | None = text_field()
    name: str | None = text_field()
    industry: str | None = text_field()
    employee_count: float | None = None
    revenue_min: float | None = None
    revenue_max: float | None = None
    revenue_currency: str | None = text_field()
    founded_year: float | None = None
    country: str | None = text_field()
    funding_total_usd: float | None = None
    last_round_type: str | None = text_field()
    headcount_growth_yoy: float | None = None
    monthly_visitors: float | None = None
    search: str = text_field(nullable=False)
    folded_industry: str | None = text_field()
    folded_round: str | None = text_field()
    profile: str = text_field(nullable=False)


class Lead(SQLModel, table=True):
    """One human, over all their visitors and sessions; derived whole, never counted up: one of very
    many visits from its parts (`projection.large_leads`).

    `last_sid` is the session heard of last. `company_name` is used only without a `company_key`.
    `stage` is the furthest of any session, `stages` has the bits of all that any reached: a visit
    can be finalized without ever being qualified.
    `utm_*` are those of the first session that has any (first touch), `last_utm_*` those of the
    last one; `first_touched_at` and `last_touched_at` are when these two began. `search` has the
    words that `lead_word` holds; `company_search` is the begin of `company_name` as searches
    compare it; `sort_name` is the name as lists are sorted by, the nameless last.
    `first_touch_sid` and `last_touch_sid` are those two sessions, without any `utm_*` the first and
    the last of all; `channel` is the first one's. `is_bot`: each
    of its visits is a likely bot's. `seniority` and `department` are told from the
    job title; `folded_title` is how filters compare it. `address_words` are the words of its
    addresses (null: derived by an earlier release, so to be made anew).
    `owner` and `status` hold of what people said (`models.annotations`); no status: it is new.
    """

    __table_args__ = (
        Index("ix_lead_heard_at", "heard_at", "key"),
        Index("ix_lead_last_seen", "last_seen", "key"),
        Index("ix_lead_last_touched_at", "last_touched_at", "first_touched_at", "key"),
        Index("ix_lead_first_seen", "first_seen", "key"),
        Index("ix_lead_sessions", "sessions", "key"),
        Index("ix_lead_sort_name", "sort_name", "key"),
        # Has all that is asked of a company's people as a whole. Both keys would be too long for
        # Postgres.
        Index("ix_lead_company", "company_key", "last_seen", "first_seen", "sessions", "pageviews"),
        # What filters compare of a company's people, and of everybody. Postgres, which plans by
        # statistics, would refuse the longest titles.
        sqlite_index(
            "ix_lead_filters",
            *("company_key", "folded_title", "seniority", "department", "country"),
            *("email_validity", "is_bot", "last_seen", "key", "email"),
        ),
        Index(
            "ix_lead_company_name",
            "company_name",
            "last_seen",
            sqlite_where=SHORT_COMPANY_NAME,
            postgresql_where=SHORT_COMPANY_NAME,
        ),
        Index(
            "ix_lead_company_search",
            "company_search",
            sqlite_where=text("company_search IS NOT NULL"),
            postgresql_where=text("company_search IS NOT NULL"),
        ),
        Index("ix_lead_email", "email"),
        Index(
            "ix_lead_bots",
            "last_seen",
            sqlite_where=text("is_bot"),
            postgresql_where=text("is_bot"),
        ),
        *(
            Index(
                f"ix_lead_{name}",
                name,
                "last_seen",
                "key",
                sqlite_where=text(f"{name} IS NOT NULL"),
                postgresql_where=text(f"{name} IS NOT NULL"),
            )
            for name in ("owner", "status")
        ),
    )

    key: str = text_field(primary_key=True)
    full_name: str | None = text_field()
    first_name: str | None = text_field()
    last_name: str | None = text_field()
    email: str | None = text_field()
    email_kind: int | None = None
    email_validity: str | None = text_field()
    phone: str | None = text_field()
    linkedin_url: str | None = text_field()
    job_title: str | None = text_field()
    company_key: str | None = text_field()
    company_name: str | None = text_field()
    city: str | None = text_field()
    country: str | None = text_field()
    stage: int
    stages: int
    sessions: int
    pageviews: int
    first_seen: int = ms_field(nullable=False)
    last_seen: int = ms_field(nullable=False)
    last_page: str | None = text_field()
    utm_source: str | None = text_field()
    utm_medium: str | None = text_field()
    utm_campaign: str | None = text_field()
    utm_term: str | None = text_field()
    utm_content: str | None = text_field()
    first_touched_at: int | None = ms_field()
    last_touched_at: int | None = ms_field()
    last_utm_source: str | None = text_field()
    last_utm_medium: str | None = text_field()
    last_utm_campaign: str | None = text_field()
    last_utm_term: str | None = text_field()
    last_utm_content: str | None = text_field()
    heard_at: int = ms_field(nullable=False)
    last_sid: str = text_field(nullable=False)
    sort_name: str = text_field(nullable=False)
    search: str = text_field(nullable=False)
    address_words: str | None = text_field()
    company_search: str | None = text_field()
    first_touch_sid: str | None = text_field()
    last_touch_sid: str | None = text_field()
    channel: str | None = text_field()
    is_bot: bool = False
    folded_title: str | None = text_field()
    seniority: str | None = text_field()
    department: str | None = text_field()
    owner: str | None = text_field()
    status: str | None = text_field()


class LeadWord(SQLModel, table=True):
    """A word by which a lead is found; all words of a lead stand in its `search`, too."""

    __tablename__ = "lead_word"
    __table_args__ = ({"sqlite_with_rowid": False},)

    word: str = text_field(primary_key=True)
    lead: str = text_field(primary_key=True)


class LeadIdentifier(SQLModel, table=True):
    """A name by which a list can mean a lead (`projection.addresses`): an address, a domain of its
    employer or addresses, each with those above it, or its LinkedIn profile. `of_address`: one of
    its addresses gives it, whatever else does.
    """

    __tablename__ = "lead_identifier"
    __table_args__ = (
        Index("ix_lead_identifier_lead", "lead", "value"),
        {"sqlite_with_rowid": False},
    )

    value: str = text_field(primary_key=True)
    lead: str = text_field(primary_key=True)
    of_address: bool


class LeadPart(SQLModel, table=True):
    """A part of a lead of many visits (`projection.large_leads`): what it says of some, as JSON.

    `place` is the begin of a hash of their ids, "" for all of them.
    """

    __tablename__ = "lead_part"
    __table_args__ = ({"sqlite_with_rowid": False},)

    lead: str = text_field(primary_key=True)
    place: str = text_field(primary_key=True)
    part: str = text_field(nullable=False)


class LeadAddress(SQLModel, table=True):
    """An address that a lead holds, of the best `kind` it was ever given, and what it counts as.

    `status` is the verdict's own word or `unchecked`, but `error` when the newest check failed;
    `is_kept`: it failed, and an older verdict stands. `checked_at` is the newest check,
    ms. The lead shows the one whose `verdict` (`VALIDITY_ORDER`), kind and text are least.
    `company_key` and `last_seen` are the lead's; both are null of one that holds very many, since
    each of its events would have to change them all (`projection.addresses`).
    """

    __tablename__ = "lead_address"
    __table_args__ = (
        Index("ix_lead_address_lead", "lead", "address"),
        Index("ix_lead_address_shown", "lead", "verdict", "kind", "address"),
        Index("ix_lead_address_company", "company_key", "status", "address"),
        Index("ix_lead_address_status", "status", "checked_at", "is_kept", "address"),
        # Has all columns that are counted: whom a range chooses is read from here alone.
        Index(
            "ix_lead_address_last_seen",
            *("last_seen", "lead", "address", "status", "checked_at", "is_kept", "company_key"),
        ),
        {"sqlite_with_rowid": False},
    )

    address: str = text_field(primary_key=True)
    lead: str = text_field(primary_key=True)
    kind: int
    verdict: int
    status: str = text_field(nullable=False)
    is_kept: bool
    checked_at: int | None = ms_field()
    company_key: str | None = text_field()
    last_seen: int | None = ms_field()


ADDRESS = table(Address)
EMAIL_CHECK = table(EmailCheck)
PERSON = table(Person)
COMPANY = table(Company)
LEAD = table(Lead)
LEAD_WORD = table(LeadWord)
LEAD_IDENTIFIER = table(LeadIdentifier)
LEAD_PART = table(LeadPart)
LEAD_ADDRESS = table(LeadAddress)

COMPANY_NAME = func.coalesce(COMPANY.c.name, COMPANY.c.domain, LEAD.c.company_name)
"""What a lead's company is called, on screens and in files: by its name, else its domain, else by
the name that the visitor's identity gives. For queries that join `company` to `lead`, as outer."""
