"""Every table, as SQLModel classes: first the ledger, then what is derived from it.

Times are Unix milliseconds (UTC), 64-bit. Text is compared by code point on both databases
(`COLLATE "C"` on Postgres, whatever the cluster's locale), so that exports sort alike. Lists and
whole profiles are canonical JSON text, so that two databases can be compared byte by byte.

A `rank` is sortable text: as-of time, `created`, event id and `webhook-id`; the greatest wins, and
its last part names the delivery that a fact came from (`facts.rank`).
"""

from typing import Any, cast

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, Table, Text, text
from sqlmodel import Field, SQLModel

SHORT_COMPANY_NAME = text("length(company_name) <= 500")
"""Of leads whose company has no key, those that an index can find by its name: Postgres can't index
longer text, and it is no company's name. A query has to say the same to be served by the index."""

LONGEST_SEARCH = 400
"""Characters of a company's name that it is searched by: an index has them, beside its key."""

TEXT = Text().with_variant(Text(collation="C"), "postgresql")
SERIAL = BigInteger().with_variant(Integer, "sqlite")


def _text(**options: Any) -> Any:
    return Field(default=None, sa_type=cast("Any", TEXT), **options)


def _ms(**options: Any) -> Any:
    return Field(default=None, sa_type=BigInteger, **options)


class Delivery(SQLModel, table=True):
    """The ledger: every verified delivery, exactly as signed.

    `body` is the raw body, compressed (`ledger.pack`); `size` its bytes before that. A row changes
    once at most: `erased` says why nothing but its id is left (`withdrawal`).
    """

    seq: int | None = Field(default=None, primary_key=True, sa_type=cast("Any", SERIAL))
    webhook_id: str = _text(unique=True, nullable=False)
    received_at: int = _ms(nullable=False)
    webhook_timestamp: str = _text(nullable=False)
    webhook_signature: str = _text(nullable=False)
    size: int
    body: bytes = Field(sa_type=LargeBinary)
    erased: str | None = _text()


class Repeat(SQLModel, table=True):
    """A delivery that came again. `conflict`: with another body; the first one stays."""

    id: int | None = Field(default=None, primary_key=True, sa_type=cast("Any", SERIAL))
    webhook_id: str = _text(nullable=False)
    received_at: int = _ms(nullable=False, index=True)
    conflict: bool


class Pending(SQLModel, table=True):
    """Deliveries not derived yet. Its row goes in the transaction that commits what it gave."""

    seq: int = Field(
        primary_key=True,
        sa_type=cast("Any", SERIAL),
        foreign_key="delivery.seq",
        sa_column_kwargs={"autoincrement": False},
    )


class CommitLag(SQLModel, table=True):
    """Deliveries received in an `hour` (its begin) and committed `within_ms` of their receipt, but
    not within the next smaller bound (`lags.bound`).
    """

    __tablename__ = "commit_lag"

    hour: int = _ms(primary_key=True, sa_column_kwargs={"autoincrement": False})
    within_ms: int = _ms(primary_key=True, sa_column_kwargs={"autoincrement": False})
    deliveries: int = Field(sa_type=BigInteger)


class Projection(SQLModel, table=True):
    """One row: `version` grows with each commit of derived rows, so "anything new?" is one probe.

    A sequence number in the rows could be passed by one that commits later; this one can't.
    `hot_pages` are the paths that sessions are marked for (null: no receiver has said yet), and
    sessions whose `sid` is less than `mark_below` may still be marked for others (null: all).
    `rules`: the merge rules that derived them (`replay.RULES`).
    """

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    version: int = Field(sa_type=BigInteger)
    projected_at: int = _ms(nullable=False)
    hot_pages: str | None = _text()
    mark_below: str | None = _text()
    rules: int


class Event(SQLModel, table=True):
    """What a derived delivery was: the way from a session to its raw events.

    Of a type that this version does not know nobody can say which session it is of: no `sid`, no
    `vid`.
    """

    __table_args__ = (Index("ix_event_type", "type", "received_at"),)

    webhook_id: str = _text(primary_key=True)
    event_id: str = _text(nullable=False)
    type: str = _text(nullable=False)
    sid: str | None = _text(index=True)
    vid: str | None = _text(index=True)
    created: int = _ms(nullable=False)
    received_at: int = _ms(nullable=False, index=True)


class Stake(SQLModel, table=True):
    """A claim of a derived delivery on a row that many deliveries compete for (`stakes`).

    The greatest `rank` has the row. When its delivery is withdrawn the next one is found here:
    nothing else leads from such a row to its rivals.
    """

    __table_args__ = ({"sqlite_with_rowid": False},)

    target: str = _text(primary_key=True)
    rank: str = _text(primary_key=True)


class Quarantine(SQLModel, table=True):
    """Deliveries that could not be derived, each with its reason. Replay tries them again."""

    webhook_id: str = _text(primary_key=True)
    type: str | None = _text()
    received_at: int = _ms(nullable=False)
    error: str = _text(nullable=False)


class Unknown(SQLModel, table=True):
    """Fields and event types that this version does not know, with the newest delivery of each.

    `path` is the field's path, or `type` for an unknown event type.
    """

    type: str = _text(primary_key=True)
    path: str = _text(primary_key=True)
    first_created: int = _ms(nullable=False)
    rank: str = _text(nullable=False)


class Visitor(SQLModel, table=True):
    """A browser. `url` is the LinkedIn key that its newest naming event names."""

    vid: str = _text(primary_key=True)
    url: str | None = _text()
    url_rank: str | None = _text()


class Session(SQLModel, table=True):
    """A visit. Facts come whole from one session object, its `rank` greatest (finalized first).

    `hot`: it saw a page of `HOT_PAGES`, by its landing page or a page event.
    `identity` has what identity blocks say: JSON, rank to fields, each in the newest block that has
    it; `phones` is a list, and each number stands in the newest block that has it.
    """

    __table_args__ = (
        Index("ix_session_vid", "vid"),
        Index("ix_session_lead", "lead", "started_at"),
        Index("ix_session_last_activity", "last_activity", "sid"),
        Index("ix_session_campaign", "utm_campaign", "last_activity"),
        Index("ix_session_heard_at", "heard_at", "stages"),
    )

    sid: str = _text(primary_key=True)
    vid: str = _text(nullable=False)
    vid_rank: str = _text(nullable=False)
    lead: str = _text(nullable=False)
    url: str | None = _text()
    own_url: str | None = _text()
    own_url_rank: str | None = _text()
    stages: int
    stage: int
    heard_at: int = _ms(nullable=False)
    company_key: str | None = _text()
    company_rank: str | None = _text()
    identity: str | None = _text()
    rank: str | None = _text()
    finalized: bool = False
    created_at: int | None = _ms()
    active_until: int | None = _ms()
    started_at: int = _ms(nullable=False)
    ended_at: int | None = _ms()
    last_activity: int = _ms(nullable=False)
    duration_seconds: int | None = _ms()
    pageviews: int | None = None
    last_page: str | None = _text()
    last_page_ts: int | None = _ms()
    last_page_place: int | None = None
    pid: str | None = _text()
    tenant: str | None = _text()
    landing_page: str | None = _text()
    landing_title: str | None = _text()
    referrer: str | None = _text()
    utm_source: str | None = _text()
    utm_medium: str | None = _text()
    utm_campaign: str | None = _text()
    utm_term: str | None = _text()
    utm_content: str | None = _text()
    gclid: str | None = _text()
    fbclid: str | None = _text()
    user_agent: str | None = _text()
    device: str | None = _text()
    browser: str | None = _text()
    screen_width: float | None = None
    screen_height: float | None = None
    timezone: str | None = _text()
    ip: str | None = _text()
    country: str | None = _text()
    region: str | None = _text()
    city: str | None = _text()
    is_eu: bool | None = None
    asn_name: str | None = _text()
    bot_score: float | None = None
    verified_bot: bool | None = None
    corporate_proxy: bool | None = None
    hot: bool = False


class PageEvent(SQLModel, table=True):
    """A page event of a finalized session, at its `place` in the list."""

    __tablename__ = "page_event"

    sid: str = _text(primary_key=True)
    place: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    ts: int = _ms(nullable=False)
    signal: str | None = _text()
    url: str | None = _text()
    title: str | None = _text()
    ref: str | None = _text()
    outlink: str | None = _text()
    v: str | None = _text()
    props: str | None = _text()


class SessionAddress(SQLModel, table=True):
    """An address that a session's events gave, of the best `kind` they ever gave it."""

    __tablename__ = "session_address"
    __table_args__ = (Index("ix_session_address_address", "address", "sid"),)

    sid: str = _text(primary_key=True)
    address: str = _text(primary_key=True)
    kind: int


class Address(SQLModel, table=True):
    """What checks found out about an e-mail address: newest verdict, newest check.

    `changed_at`: when a check last gave another verdict than the one before it.
    """

    address: str = _text(primary_key=True)
    validity: str | None = _text()
    provider: str | None = _text()
    checked_at: int | None = _ms()
    rank: str | None = _text()
    error_code: str | None = _text()
    error_message: str | None = _text()
    check_rank: str | None = _text()
    changed_at: int | None = _ms(index=True)


class EmailCheck(SQLModel, table=True):
    """One check on an address, as an event reported it: the history behind `Address`."""

    __tablename__ = "email_check"

    address: str = _text(primary_key=True)
    webhook_id: str = _text(primary_key=True)
    place: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    validity: str | None = _text()
    provider: str | None = _text()
    error_code: str | None = _text()
    error_message: str | None = _text()
    checked_at: int = _ms(nullable=False)


class Person(SQLModel, table=True):
    """A LinkedIn profile, whole, the newest of its URL. `profile` is the rest, as JSON."""

    url: str = _text(primary_key=True)
    rank: str = _text(nullable=False)
    enriched_at: int = _ms(nullable=False)
    full_name: str | None = _text()
    first_name: str | None = _text()
    last_name: str | None = _text()
    headline: str | None = _text()
    job_title: str | None = _text()
    company_key: str | None = _text()
    city: str | None = _text()
    country: str | None = _text()
    email: str | None = _text()
    profile: str = _text(nullable=False)


class Company(SQLModel, table=True):
    """A company, whole, a full one before a basic one, then the newest.

    `search` is the begin of its name as searches compare it.
    """

    # Both columns, so that a search reads the index alone, not the profiles.
    __table_args__ = (Index("ix_company_search", "search", "key"),)

    key: str = _text(primary_key=True)
    is_full: bool
    rank: str = _text(nullable=False)
    enriched_at: int = _ms(nullable=False)
    domain: str | None = _text()
    name: str | None = _text()
    industry: str | None = _text()
    employee_count: float | None = None
    revenue_min: float | None = None
    revenue_max: float | None = None
    revenue_currency: str | None = _text()
    founded_year: float | None = None
    country: str | None = _text()
    funding_total_usd: float | None = None
    last_round_type: str | None = _text()
    headcount_growth_yoy: float | None = None
    monthly_visitors: float | None = None
    search: str = _text(nullable=False)
    profile: str = _text(nullable=False)


class Lead(SQLModel, table=True):
    """One human, over all their visitors and sessions; always derived whole, never counted up.

    `last_sid` is the session heard of last. `company_name` is used only without a `company_key`.
    `stage` is the furthest of any session, `stages` has the bits of all that any reached: a visit
    can be finalized without ever being qualified.
    `utm_*` are those of the first session that has any (first touch), `last_utm_*` those of the
    last one; `first_touched_at` and `last_touched_at` are when these two began. `search` has the
    words that `lead_word` holds; `sort_name` is the name as lists are sorted by, the nameless last.
    """

    __table_args__ = (
        Index("ix_lead_heard_at", "heard_at", "key"),
        Index("ix_lead_last_seen", "last_seen", "key"),
        Index("ix_lead_last_touched_at", "last_touched_at", "first_touched_at", "key"),
        Index("ix_lead_first_seen", "first_seen", "key"),
        Index("ix_lead_sessions", "sessions", "key"),
        Index("ix_lead_sort_name", "sort_name", "key"),
        # Has all that is asked of a company's people as a whole.
        Index(
            "ix_lead_company",
            *("company_key", "last_seen", "key", "first_seen", "sessions", "pageviews"),
        ),
        Index(
            "ix_lead_company_name",
            "company_name",
            "last_seen",
            sqlite_where=SHORT_COMPANY_NAME,
            postgresql_where=SHORT_COMPANY_NAME,
        ),
        Index("ix_lead_email", "email"),
    )

    key: str = _text(primary_key=True)
    full_name: str | None = _text()
    first_name: str | None = _text()
    last_name: str | None = _text()
    email: str | None = _text()
    email_kind: int | None = None
    email_validity: str | None = _text()
    phone: str | None = _text()
    linkedin_url: str | None = _text()
    job_title: str | None = _text()
    company_key: str | None = _text()
    company_name: str | None = _text()
    city: str | None = _text()
    country: str | None = _text()
    stage: int
    stages: int
    sessions: int
    pageviews: int
    first_seen: int = _ms(nullable=False)
    last_seen: int = _ms(nullable=False)
    last_page: str | None = _text()
    utm_source: str | None = _text()
    utm_medium: str | None = _text()
    utm_campaign: str | None = _text()
    utm_term: str | None = _text()
    utm_content: str | None = _text()
    first_touched_at: int | None = _ms()
    last_touched_at: int | None = _ms()
    last_utm_source: str | None = _text()
    last_utm_medium: str | None = _text()
    last_utm_campaign: str | None = _text()
    last_utm_term: str | None = _text()
    last_utm_content: str | None = _text()
    heard_at: int = _ms(nullable=False)
    last_sid: str = _text(nullable=False)
    sort_name: str = _text(nullable=False)
    search: str = _text(nullable=False)


class LeadWord(SQLModel, table=True):
    """A word by which a lead is found; all words of a lead stand in its `search`, too."""

    __tablename__ = "lead_word"
    __table_args__ = ({"sqlite_with_rowid": False},)

    word: str = _text(primary_key=True)
    lead: str = _text(primary_key=True)


class LeadAddress(SQLModel, table=True):
    """An address that a lead holds, and what it counts as; always derived whole with its lead.

    `status` is the verdict's own word or `unchecked`, but `error` when the newest check failed;
    `is_kept`: it failed, and an older verdict stands. `week` is the Monday (UTC, ms) of the newest
    check. `company_key` and `last_seen` are the lead's.
    """

    __tablename__ = "lead_address"
    __table_args__ = (
        Index("ix_lead_address_lead", "lead", "address"),
        Index("ix_lead_address_company", "company_key", "status", "address"),
        Index("ix_lead_address_status", "status", "week", "is_kept", "address"),
        # Has all columns: whom a range chooses is read from here alone.
        Index(
            "ix_lead_address_last_seen",
            *("last_seen", "lead", "address", "status", "week", "is_kept", "company_key"),
        ),
        {"sqlite_with_rowid": False},
    )

    address: str = _text(primary_key=True)
    lead: str = _text(primary_key=True)
    status: str = _text(nullable=False)
    is_kept: bool
    week: int | None = _ms()
    company_key: str | None = _text()
    last_seen: int = _ms(nullable=False)


class Barred(SQLModel, table=True):
    """A name of somebody who is kept out, as a keyed hash (`bars`); rows are only added.

    `sure`: it bars whoever bears it; otherwise only whoever has no LinkedIn profile. `reason` is
    `forgotten`, or the setting that ignores them.
    """

    __table_args__ = (Index("ix_barred_hash", "hash", "reason", "sure", unique=True),)

    id: int | None = Field(default=None, primary_key=True, sa_type=cast("Any", SERIAL))
    hash: str = _text(nullable=False)
    reason: str = _text(nullable=False)
    sure: bool


class Withheld(SQLModel, table=True):
    """How many deliveries were not kept, by reason: `dropped` before the insert, `erased` after."""

    reason: str = _text(primary_key=True)
    dropped: int = Field(sa_type=BigInteger)
    erased: int = Field(sa_type=BigInteger)


def _day() -> Any:
    return Field(primary_key=True, sa_column_kwargs={"autoincrement": False})


class SessionDay(SQLModel, table=True):
    """Sessions of a UTC day (since 1970) by last activity, summed up: `summaries` tells how.

    `visits` is a JSON list of `[day, source, medium, campaign, content, sessions, hot, finalized]`;
    `durations` the seconds of the finalized ones in the list's order, `leads` the digests of whose
    they are, both sorted, as 64-bit numbers, little-endian.
    """

    __tablename__ = "session_day"

    day: int = _day()
    visits: str = _text(nullable=False)
    durations: bytes = Field(sa_type=LargeBinary)
    leads: bytes = Field(sa_type=LargeBinary)


class LeadDay(SQLModel, table=True):
    """Identified leads last seen on a UTC day: `facts` is one `summaries.LEAD_FACTS` after another.

    `touches` is the JSON list, of `[source, medium, campaign, content]`, that they point into.
    """

    __tablename__ = "lead_day"

    day: int = _day()
    touches: str = _text(nullable=False)
    facts: bytes = Field(sa_type=LargeBinary)


class EventDay(SQLModel, table=True):
    """Events received on a UTC day: a JSON list of `[hour, type, events, future, late]`.

    `hour` counts from 1970; `future` and `late` are those whose clock is astray.
    """

    __tablename__ = "event_day"

    day: int = _day()
    counts: str = _text(nullable=False)


class HeardDay(SQLModel, table=True):
    """Sessions last heard of on a UTC day: a JSON list of `[stages, sessions, backwards]`.

    `stages` are the bits of those that came; `backwards` are those that end before they start.
    """

    __tablename__ = "heard_day"

    day: int = _day()
    counts: str = _text(nullable=False)


def table(model: type[SQLModel]) -> Table:
    """The Core table of a model, for queries."""
    return cast("Table", cast("Any", model).__table__)


DELIVERY = table(Delivery)
REPEAT = table(Repeat)
PENDING = table(Pending)
COMMIT_LAG = table(CommitLag)
PROJECTION = table(Projection)
EVENT = table(Event)
STAKE = table(Stake)
WITHHELD = table(Withheld)
QUARANTINE = table(Quarantine)
UNKNOWN = table(Unknown)
VISITOR = table(Visitor)
SESSION = table(Session)
PAGE_EVENT = table(PageEvent)
SESSION_ADDRESS = table(SessionAddress)
ADDRESS = table(Address)
EMAIL_CHECK = table(EmailCheck)
PERSON = table(Person)
COMPANY = table(Company)
LEAD = table(Lead)
LEAD_WORD = table(LeadWord)
LEAD_ADDRESS = table(LeadAddress)
SESSION_DAY = table(SessionDay)
LEAD_DAY = table(LeadDay)
EVENT_DAY = table(EventDay)
HEARD_DAY = table(HeardDay)

DERIVED = (
    EVENT, STAKE, QUARANTINE, UNKNOWN, VISITOR, SESSION, PAGE_EVENT, SESSION_ADDRESS, ADDRESS,
    EMAIL_CHECK, PERSON, COMPANY, LEAD, LEAD_WORD, LEAD_ADDRESS,
)  # fmt: skip
"""What `replay` rebuilds. They have no foreign keys: only the projector writes them, and Postgres
would look up each parent row again at every insert."""
