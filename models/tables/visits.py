"""Browsers and their visits."""

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from models.tables.column_types import ms_field, postgres_index, sqlite_index, table, text_field

FILTERED = (
    "lead", "channel", "country", "device", "folded_utm_source", "folded_utm_medium",
    "folded_utm_campaign", "folded_utm_term", "folded_utm_content", "referrer_host", "is_bot",
    "hot", "stage", "last_activity",
)  # fmt: skip
"""Columns of a visit that most filters compare."""

RARE = ("country", "folded_utm_term", "folded_utm_content")
"""Columns of a visit whose values may be of half of all visits or of hardly any."""

LONGEST_RARE = 200
"""Characters of a value of these that an index has: Postgres refuses the longest texts."""


def is_short(column: str) -> str:
    """The condition of their indexes, in SQL. Only a query that names it uses them
    (`filters.finding`): SQLite, without statistics, would for a country of half of all visits, too.
    """
    return f"length({column}) <= {LONGEST_RARE}"


class Visitor(SQLModel, table=True):
    """A browser. `url` is the LinkedIn key that its newest naming event names."""

    vid: str = text_field(primary_key=True)
    url: str | None = text_field()
    url_rank: str | None = text_field()


class Session(SQLModel, table=True):
    """A visit. Facts come whole from one session object, its `rank` greatest (finalized first).

    `hot`: it saw a page of `HOT_PAGES`, by its landing page or a page event.
    `identity` has what identity blocks say: JSON, rank to fields, each in the newest block that has
    it; `phones` is a list, and each number stands in the newest block that has it.
    `known_at`: when the event that they come from was made and received, the earlier (ms).
    `channel`, `referrer_host`, `folded_*`, `*_part` and `is_bot` follow from the session object
    (`facts.visits`); the first is null while there is none.
    """

    __table_args__ = (
        Index("ix_session_vid", "vid"),
        Index("ix_session_lead", "lead", "started_at"),
        Index("ix_session_last_activity", "last_activity", "sid"),
        Index("ix_session_campaign", "folded_utm_campaign", "last_activity"),
        Index("ix_session_referrer_host", "referrer_host", "last_activity"),
        Index(
            "ix_session_bots",
            "last_activity",
            "utm_campaign",
            sqlite_where=text("is_bot"),
            postgresql_where=text("is_bot"),
        ),
        Index("ix_session_heard_at", "heard_at", "stages"),
        # What filters compare, so that a visit is tested, alone or among all, without its whole
        # row. Postgres, which plans by statistics, would refuse the longest of these texts.
        sqlite_index("ix_session_filters", *FILTERED),
        *(
            Index(
                f"ix_session_{column}",
                *(column, "last_activity"),
                sqlite_where=text(is_short(column)),
                postgresql_where=text(is_short(column)),
            )
            for column in RARE
        ),
    )

    sid: str = text_field(primary_key=True)
    vid: str = text_field(nullable=False)
    vid_rank: str = text_field(nullable=False)
    lead: str = text_field(nullable=False)
    url: str | None = text_field()
    own_url: str | None = text_field()
    own_url_rank: str | None = text_field()
    stages: int
    stage: int
    heard_at: int = ms_field(nullable=False)
    company_key: str | None = text_field()
    company_rank: str | None = text_field()
    identity: str | None = text_field()
    rank: str | None = text_field()
    finalized: bool = False
    created_at: int | None = ms_field()
    active_until: int | None = ms_field()
    started_at: int = ms_field(nullable=False)
    ended_at: int | None = ms_field()
    last_activity: int = ms_field(nullable=False)
    duration_seconds: int | None = ms_field()
    pageviews: int | None = None
    last_page: str | None = text_field()
    last_page_ts: int | None = ms_field()
    last_page_place: int | None = None
    pid: str | None = text_field()
    tenant: str | None = text_field()
    landing_page: str | None = text_field()
    landing_title: str | None = text_field()
    referrer: str | None = text_field()
    utm_source: str | None = text_field()
    utm_medium: str | None = text_field()
    utm_campaign: str | None = text_field()
    utm_term: str | None = text_field()
    utm_content: str | None = text_field()
    gclid: str | None = text_field()
    fbclid: str | None = text_field()
    user_agent: str | None = text_field()
    device: str | None = text_field()
    browser: str | None = text_field()
    screen_width: float | None = None
    screen_height: float | None = None
    timezone: str | None = text_field()
    ip: str | None = text_field()
    country: str | None = text_field()
    region: str | None = text_field()
    city: str | None = text_field()
    is_eu: bool | None = None
    asn_name: str | None = text_field()
    bot_score: float | None = None
    verified_bot: bool | None = None
    corporate_proxy: bool | None = None
    hot: bool = False
    channel: str | None = text_field()
    referrer_host: str | None = text_field()
    folded_utm_source: str | None = text_field()
    folded_utm_medium: str | None = text_field()
    folded_utm_campaign: str | None = text_field()
    folded_utm_term: str | None = text_field()
    folded_utm_content: str | None = text_field()
    is_bot: bool = False
    known_at: int | None = ms_field()
    landing_page_part: str | None = text_field()
    referrer_part: str | None = text_field()


class PageEvent(SQLModel, table=True):
    """A page event of a finalized session, at its `place` in the list."""

    __tablename__ = "page_event"

    sid: str = text_field(primary_key=True)
    place: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    ts: int = ms_field(nullable=False)
    signal: str | None = text_field()
    url: str | None = text_field()
    title: str | None = text_field()
    ref: str | None = text_field()
    outlink: str | None = text_field()
    v: str | None = text_field()
    props: str | None = text_field()


class SessionPage(SQLModel, table=True):
    """A path that a visit saw, its landing page's too, decoded (`facts.paths`), once. `part` is the
    path as it is searched for parts, null where that is just the path in lower case.
    """

    __tablename__ = "session_page"
    __table_args__ = (
        # On SQLite with all that is asked of a visit's pages, so that no row is looked up.
        # Postgres, which looks rows up, would refuse the longest of these texts.
        sqlite_index("ix_session_page_part", "sid", "part"),
        postgres_index("ix_session_page_sid", "sid"),
        {"sqlite_with_rowid": False},
    )

    path: str = text_field(primary_key=True)
    sid: str = text_field(primary_key=True)
    part: str | None = text_field()


class SessionAddress(SQLModel, table=True):
    """An address that a session's events gave, of the best `kind` they ever gave it."""

    __tablename__ = "session_address"
    __table_args__ = (Index("ix_session_address_address", "address", "sid"),)

    sid: str = text_field(primary_key=True)
    address: str = text_field(primary_key=True)
    kind: int


class VisitorAddress(SQLModel, table=True):
    """An address, no role's, that a visitor's sessions without a URL hold, of its best `kind`.

    `crowded`: too many visitors or addresses hang together by it to be one human (`humans`).
    """

    __tablename__ = "visitor_address"
    __table_args__ = (
        Index("ix_visitor_address_address", "address", "crowded", "vid"),
        Index("ix_visitor_address_crowded", "crowded", "vid"),
        {"sqlite_with_rowid": False},
    )

    vid: str = text_field(primary_key=True)
    address: str = text_field(primary_key=True)
    kind: int
    crowded: bool


class UrlAddress(SQLModel, table=True):
    """An address, no role's, that a session with this URL holds."""

    __tablename__ = "url_address"
    __table_args__ = (Index("ix_url_address_url", "url"), {"sqlite_with_rowid": False})

    address: str = text_field(primary_key=True)
    url: str = text_field(primary_key=True)


VISITOR = table(Visitor)
VISITOR_ADDRESS = table(VisitorAddress)
URL_ADDRESS = table(UrlAddress)
SESSION = table(Session)
PAGE_EVENT = table(PageEvent)
SESSION_PAGE = table(SessionPage)
SESSION_ADDRESS = table(SessionAddress)
