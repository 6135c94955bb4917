"""A company's people are counted from an index alone."""

from collections.abc import Sequence

from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.drop_index("ix_lead_company", "lead")
    op.create_index(
        "ix_lead_company",
        "lead",
        ["company_key", "last_seen", "first_seen", "sessions", "pageviews"],
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_lead_company", "lead")
    op.create_index("ix_lead_company", "lead", ["company_key", "last_seen"])
