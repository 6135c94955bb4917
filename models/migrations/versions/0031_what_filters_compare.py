"""Indexes of what filters compare, on SQLite, which reads whole rows otherwise."""

from collections.abc import Sequence

from alembic import op

revision: str = "0031"
down_revision: str | None = "0030"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_OF_VISITS = (
    "lead", "channel", "country", "device", "folded_utm_source", "folded_utm_medium",
    "folded_utm_campaign", "folded_utm_term", "folded_utm_content", "referrer_host", "is_bot",
    "hot", "stage", "last_activity",
)  # fmt: skip
_OF_COMPANIES = (
    "folded_industry", "employee_count", "folded_round", "headcount_growth_yoy", "country", "key",
)  # fmt: skip


def upgrade() -> None:
    """Apply."""
    if op.get_bind().dialect.name == "sqlite":
        op.create_index("ix_session_filters", "session", list(_OF_VISITS))
        op.create_index("ix_company_filters", "company", list(_OF_COMPANIES))


def downgrade() -> None:
    """Undo."""
    if op.get_bind().dialect.name == "sqlite":
        op.drop_index("ix_company_filters", "company")
        op.drop_index("ix_session_filters", "session")
