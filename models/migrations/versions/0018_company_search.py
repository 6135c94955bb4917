"""People of a company known by name only are found by its name as searches compare it.

Merge rules 5 fill the column; an empty database has nothing that older ones derived.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from models.tables import TEXT

revision: str = "0018"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_NAMED = sa.text("company_search IS NOT NULL")


def upgrade() -> None:
    """Apply."""
    op.add_column("lead", sa.Column("company_search", TEXT, nullable=True))
    op.create_index(
        "ix_lead_company_search",
        "lead",
        ["company_search"],
        sqlite_where=_NAMED,
        postgresql_where=_NAMED,
    )
    op.execute("UPDATE projection SET rules = 5 WHERE NOT EXISTS (SELECT 1 FROM delivery)")


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_lead_company_search", "lead")
    op.drop_column("lead", "company_search")
