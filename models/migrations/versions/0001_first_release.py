"""The first release's tables."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from models.tables import SERIAL, TEXT

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "address",
        sa.Column("address", TEXT, nullable=False),
        sa.Column("validity", TEXT, nullable=True),
        sa.Column("provider", TEXT, nullable=True),
        sa.Column("checked_at", sa.BigInteger(), nullable=True),
        sa.Column("rank", TEXT, nullable=True),
        sa.Column("error_code", TEXT, nullable=True),
        sa.Column("error_message", TEXT, nullable=True),
        sa.Column("check_rank", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("address"),
    )
    op.create_table(
        "company",
        sa.Column("key", TEXT, nullable=False),
        sa.Column("is_full", sa.Boolean(), nullable=False),
        sa.Column("rank", TEXT, nullable=False),
        sa.Column("enriched_at", sa.BigInteger(), nullable=False),
        sa.Column("domain", TEXT, nullable=True),
        sa.Column("name", TEXT, nullable=True),
        sa.Column("industry", TEXT, nullable=True),
        sa.Column("employee_count", sa.Float(), nullable=True),
        sa.Column("revenue_min", sa.Float(), nullable=True),
        sa.Column("revenue_max", sa.Float(), nullable=True),
        sa.Column("revenue_currency", TEXT, nullable=True),
        sa.Column("founded_year", sa.Float(), nullable=True),
        sa.Column("country", TEXT, nullable=True),
        sa.Column("funding_total_usd", sa.Float(), nullable=True),
        sa.Column("last_round_type", TEXT, nullable=True),
        sa.Column("headcount_growth_yoy", sa.Float(), nullable=True),
        sa.Column("monthly_visitors", sa.Float(), nullable=True),
        sa.Column("search", TEXT, nullable=False),
        sa.Column("profile", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "delivery",
        sa.Column("seq", SERIAL, nullable=False),
        sa.Column("webhook_id", TEXT, nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("webhook_timestamp", TEXT, nullable=False),
        sa.Column("webhook_signature", TEXT, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("webhook_id"),
    )
    op.create_table(
        "email_check",
        sa.Column("address", TEXT, nullable=False),
        sa.Column("webhook_id", TEXT, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("validity", TEXT, nullable=True),
        sa.Column("provider", TEXT, nullable=True),
        sa.Column("error_code", TEXT, nullable=True),
        sa.Column("error_message", TEXT, nullable=True),
        sa.Column("checked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("address", "webhook_id", "place"),
    )
    op.create_table(
        "event",
        sa.Column("webhook_id", TEXT, nullable=False),
        sa.Column("event_id", TEXT, nullable=False),
        sa.Column("type", TEXT, nullable=False),
        sa.Column("sid", TEXT, nullable=False),
        sa.Column("vid", TEXT, nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("webhook_id"),
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_event_received_at"), ["received_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_event_sid"), ["sid"], unique=False)

    op.create_table(
        "lead",
        sa.Column("key", TEXT, nullable=False),
        sa.Column("full_name", TEXT, nullable=True),
        sa.Column("first_name", TEXT, nullable=True),
        sa.Column("last_name", TEXT, nullable=True),
        sa.Column("email", TEXT, nullable=True),
        sa.Column("email_kind", sa.Integer(), nullable=True),
        sa.Column("email_validity", TEXT, nullable=True),
        sa.Column("phone", TEXT, nullable=True),
        sa.Column("linkedin_url", TEXT, nullable=True),
        sa.Column("job_title", TEXT, nullable=True),
        sa.Column("company_key", TEXT, nullable=True),
        sa.Column("company_name", TEXT, nullable=True),
        sa.Column("city", TEXT, nullable=True),
        sa.Column("country", TEXT, nullable=True),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("stages", sa.Integer(), nullable=False),
        sa.Column("sessions", sa.Integer(), nullable=False),
        sa.Column("pageviews", sa.Integer(), nullable=False),
        sa.Column("first_seen", sa.BigInteger(), nullable=False),
        sa.Column("last_seen", sa.BigInteger(), nullable=False),
        sa.Column("last_page", TEXT, nullable=True),
        sa.Column("utm_source", TEXT, nullable=True),
        sa.Column("utm_medium", TEXT, nullable=True),
        sa.Column("utm_campaign", TEXT, nullable=True),
        sa.Column("utm_term", TEXT, nullable=True),
        sa.Column("utm_content", TEXT, nullable=True),
        sa.Column("heard_at", sa.BigInteger(), nullable=False),
        sa.Column("last_sid", TEXT, nullable=False),
        sa.Column("search", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    with op.batch_alter_table("lead", schema=None) as batch_op:
        batch_op.create_index("ix_lead_company", ["company_key", "last_seen"], unique=False)
        batch_op.create_index("ix_lead_email", ["email"], unique=False)
        batch_op.create_index("ix_lead_heard_at", ["heard_at", "key"], unique=False)
        batch_op.create_index("ix_lead_last_seen", ["last_seen", "key"], unique=False)

    op.create_table(
        "page_event",
        sa.Column("sid", TEXT, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ts", sa.BigInteger(), nullable=False),
        sa.Column("signal", TEXT, nullable=True),
        sa.Column("url", TEXT, nullable=True),
        sa.Column("title", TEXT, nullable=True),
        sa.Column("ref", TEXT, nullable=True),
        sa.Column("outlink", TEXT, nullable=True),
        sa.Column("v", TEXT, nullable=True),
        sa.Column("props", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("sid", "place"),
    )
    op.create_table(
        "person",
        sa.Column("url", TEXT, nullable=False),
        sa.Column("rank", TEXT, nullable=False),
        sa.Column("enriched_at", sa.BigInteger(), nullable=False),
        sa.Column("full_name", TEXT, nullable=True),
        sa.Column("first_name", TEXT, nullable=True),
        sa.Column("last_name", TEXT, nullable=True),
        sa.Column("headline", TEXT, nullable=True),
        sa.Column("job_title", TEXT, nullable=True),
        sa.Column("company_key", TEXT, nullable=True),
        sa.Column("city", TEXT, nullable=True),
        sa.Column("country", TEXT, nullable=True),
        sa.Column("email", TEXT, nullable=True),
        sa.Column("profile", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("url"),
    )
    op.create_table(
        "projection",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("projected_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "quarantine",
        sa.Column("webhook_id", TEXT, nullable=False),
        sa.Column("type", TEXT, nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("error", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("webhook_id"),
    )
    op.create_table(
        "repeat",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("webhook_id", TEXT, nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("conflict", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("repeat", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_repeat_received_at"), ["received_at"], unique=False)

    op.create_table(
        "session",
        sa.Column("sid", TEXT, nullable=False),
        sa.Column("vid", TEXT, nullable=False),
        sa.Column("vid_rank", TEXT, nullable=False),
        sa.Column("lead", TEXT, nullable=False),
        sa.Column("url", TEXT, nullable=True),
        sa.Column("own_url", TEXT, nullable=True),
        sa.Column("own_url_rank", TEXT, nullable=True),
        sa.Column("stages", sa.Integer(), nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("heard_at", sa.BigInteger(), nullable=False),
        sa.Column("company_key", TEXT, nullable=True),
        sa.Column("company_rank", TEXT, nullable=True),
        sa.Column("identity", TEXT, nullable=True),
        sa.Column("rank", TEXT, nullable=True),
        sa.Column("finalized", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=True),
        sa.Column("active_until", sa.BigInteger(), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("last_activity", sa.BigInteger(), nullable=False),
        sa.Column("duration_seconds", sa.BigInteger(), nullable=True),
        sa.Column("pageviews", sa.Integer(), nullable=True),
        sa.Column("last_page", TEXT, nullable=True),
        sa.Column("last_page_ts", sa.BigInteger(), nullable=True),
        sa.Column("last_page_place", sa.Integer(), nullable=True),
        sa.Column("pid", TEXT, nullable=True),
        sa.Column("tenant", TEXT, nullable=True),
        sa.Column("landing_page", TEXT, nullable=True),
        sa.Column("landing_title", TEXT, nullable=True),
        sa.Column("referrer", TEXT, nullable=True),
        sa.Column("utm_source", TEXT, nullable=True),
        sa.Column("utm_medium", TEXT, nullable=True),
        sa.Column("utm_campaign", TEXT, nullable=True),
        sa.Column("utm_term", TEXT, nullable=True),
        sa.Column("utm_content", TEXT, nullable=True),
        sa.Column("gclid", TEXT, nullable=True),
        sa.Column("fbclid", TEXT, nullable=True),
        sa.Column("user_agent", TEXT, nullable=True),
        sa.Column("device", TEXT, nullable=True),
        sa.Column("browser", TEXT, nullable=True),
        sa.Column("screen_width", sa.Float(), nullable=True),
        sa.Column("screen_height", sa.Float(), nullable=True),
        sa.Column("timezone", TEXT, nullable=True),
        sa.Column("ip", TEXT, nullable=True),
        sa.Column("country", TEXT, nullable=True),
        sa.Column("region", TEXT, nullable=True),
        sa.Column("city", TEXT, nullable=True),
        sa.Column("is_eu", sa.Boolean(), nullable=True),
        sa.Column("asn_name", TEXT, nullable=True),
        sa.Column("bot_score", sa.Float(), nullable=True),
        sa.Column("verified_bot", sa.Boolean(), nullable=True),
        sa.Column("corporate_proxy", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("sid"),
    )
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.create_index(
            "ix_session_campaign", ["utm_campaign", "last_activity"], unique=False
        )
        batch_op.create_index("ix_session_heard_at", ["heard_at"], unique=False)
        batch_op.create_index("ix_session_last_activity", ["last_activity", "sid"], unique=False)
        batch_op.create_index("ix_session_lead", ["lead", "started_at"], unique=False)
        batch_op.create_index("ix_session_vid", ["vid"], unique=False)

    op.create_table(
        "session_address",
        sa.Column("sid", TEXT, nullable=False),
        sa.Column("address", TEXT, nullable=False),
        sa.Column("kind", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("sid", "address"),
    )
    with op.batch_alter_table("session_address", schema=None) as batch_op:
        batch_op.create_index("ix_session_address_address", ["address", "sid"], unique=False)

    op.create_table(
        "unknown",
        sa.Column("type", TEXT, nullable=False),
        sa.Column("path", TEXT, nullable=False),
        sa.Column("first_created", sa.BigInteger(), nullable=False),
        sa.Column("rank", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("type", "path"),
    )
    op.create_table(
        "visitor",
        sa.Column("vid", TEXT, nullable=False),
        sa.Column("url", TEXT, nullable=True),
        sa.Column("url_rank", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("vid"),
    )
    op.create_table(
        "pending",
        sa.Column("seq", SERIAL, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["seq"],
            ["delivery.seq"],
        ),
        sa.PrimaryKeyConstraint("seq"),
    )
    # Readers probe this row, the projector advances it: it must be there from the start.
    op.execute("INSERT INTO projection (id, version, projected_at) VALUES (1, 0, 0)")


def downgrade() -> None:
    """Undo."""
    op.drop_table("pending")
    op.drop_table("visitor")
    op.drop_table("unknown")
    with op.batch_alter_table("session_address", schema=None) as batch_op:
        batch_op.drop_index("ix_session_address_address")

    op.drop_table("session_address")
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.drop_index("ix_session_vid")
        batch_op.drop_index("ix_session_lead")
        batch_op.drop_index("ix_session_last_activity")
        batch_op.drop_index("ix_session_heard_at")
        batch_op.drop_index("ix_session_campaign")

    op.drop_table("session")
    with op.batch_alter_table("repeat", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_repeat_received_at"))

    op.drop_table("repeat")
    op.drop_table("quarantine")
    op.drop_table("projection")
    op.drop_table("person")
    op.drop_table("page_event")
    with op.batch_alter_table("lead", schema=None) as batch_op:
        batch_op.drop_index("ix_lead_last_seen")
        batch_op.drop_index("ix_lead_heard_at")
        batch_op.drop_index("ix_lead_email")
        batch_op.drop_index("ix_lead_company")

    op.drop_table("lead")
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_event_sid"))
        batch_op.drop_index(batch_op.f("ix_event_received_at"))

    op.drop_table("event")
    op.drop_table("email_check")
    op.drop_table("delivery")
    op.drop_table("company")
    op.drop_table("address")
