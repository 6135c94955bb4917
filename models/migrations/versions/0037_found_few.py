"""Indexes for questions that few match: rare countries, terms and contents of visits, what filters
compare of people; and one for the order by fit.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0037"
down_revision: str | None = "0036"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_RARE = ("country", "folded_utm_term", "folded_utm_content")
_OF_PEOPLE = (
    "company_key", "folded_title", "seniority", "department", "country", "email_validity",
    "is_bot", "last_seen", "key", "email",
)  # fmt: skip


def upgrade() -> None:
    """Apply."""
    for column in _RARE:
        is_short = sa.text(f"length({column}) <= 200")
        op.create_index(
            f"ix_session_{column}",
            "session",
            [column, "last_activity"],
            sqlite_where=is_short,
            postgresql_where=is_short,
        )
    fit = sa.text("coalesce(fit, -1)")
    op.create_index("ix_lead_score_fit", "lead_score", ["version", fit, "lead"])
    if op.get_bind().dialect.name == "sqlite":
        op.create_index("ix_lead_filters", "lead", list(_OF_PEOPLE))


def downgrade() -> None:
    """Undo."""
    if op.get_bind().dialect.name == "sqlite":
        op.drop_index("ix_lead_filters", "lead")
    op.drop_index("ix_lead_score_fit", "lead_score")
    for column in _RARE:
        op.drop_index(f"ix_session_{column}", "session")
