"""People of a company that is known by name only are found by an index."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("lead", schema=None) as batch_op:
        batch_op.create_index(
            "ix_lead_company_name",
            ["company_name", "last_seen"],
            unique=False,
            sqlite_where=sa.text("length(company_name) <= 500"),
            postgresql_where=sa.text("length(company_name) <= 500"),
        )


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("lead", schema=None) as batch_op:
        batch_op.drop_index("ix_lead_company_name")
