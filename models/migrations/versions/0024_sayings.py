"""Segments, lists, and the names by which lists mean leads.

Merge rules 6 fill `lead_identifier`; an empty database has nothing that older ones derived.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from models.tables import TEXT

revision: str = "0024"
down_revision: str | None = "0026"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "segment",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("query", TEXT, nullable=False),
        sa.Column("owner", TEXT, nullable=True),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.Column("saved_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "list",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("quiet", sa.Boolean(), nullable=False),
        sa.Column("imported_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "list_entry",
        sa.Column("list", TEXT, nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.Column("date", sa.BigInteger(), nullable=True),
        sa.Column("owner", TEXT, nullable=True),
        sa.Column("label", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("list", "value"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_list_entry_value", "list_entry", ["value", "list"])
    op.create_table(
        "lead_identifier",
        sa.Column("value", TEXT, nullable=False),
        sa.Column("lead", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("value", "lead"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_lead_identifier_lead", "lead_identifier", ["lead", "value"])
    op.execute("UPDATE projection SET rules = 6 WHERE NOT EXISTS (SELECT 1 FROM delivery)")


def downgrade() -> None:
    """Undo."""
    for table in ("lead_identifier", "list_entry", "list", "segment"):
        op.drop_table(table)
