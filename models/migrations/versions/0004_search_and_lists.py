"""Words to search by, what addresses count as, orders of the lists.

What is new can only be told by the merge rules: `projection.rules` says that the derived rows are
of the first ones, and `replay.refresh` derives them again.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from models.tables import TEXT

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "lead_word",
        sa.Column("word", TEXT, nullable=False),
        sa.Column("lead", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("word", "lead"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "lead_address",
        sa.Column("address", TEXT, nullable=False),
        sa.Column("lead", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("is_kept", sa.Boolean(), nullable=False),
        sa.Column("week", sa.BigInteger(), nullable=True),
        sa.Column("company_key", TEXT, nullable=True),
        sa.Column("last_seen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("address", "lead"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_lead_address_lead", "lead_address", ["lead", "address"])
    op.create_index("ix_lead_address_company", "lead_address", ["company_key", "status", "address"])
    op.create_index(
        "ix_lead_address_status", "lead_address", ["status", "week", "is_kept", "address"]
    )
    op.create_index(
        "ix_lead_address_last_seen",
        "lead_address",
        ["last_seen", "lead", "address", "status", "week", "is_kept", "company_key"],
    )
    op.add_column("address", sa.Column("changed_at", sa.BigInteger(), nullable=True))
    op.create_index("ix_address_changed_at", "address", ["changed_at"])
    op.add_column("lead", sa.Column("sort_name", TEXT, nullable=False, server_default=""))
    op.create_index("ix_lead_first_seen", "lead", ["first_seen", "key"])
    op.create_index("ix_lead_sessions", "lead", ["sessions", "key"])
    op.create_index("ix_lead_sort_name", "lead", ["sort_name", "key"])
    # It named what a search looked through; now it names the lead's rows in lead_word: none yet.
    op.execute("UPDATE lead SET search = ''")
    op.add_column(
        "projection", sa.Column("rules", sa.Integer(), nullable=False, server_default="1")
    )
    # Where nothing is derived nothing has to be derived again.
    op.execute("UPDATE projection SET rules = 2 WHERE NOT EXISTS (SELECT 1 FROM delivery)")


def downgrade() -> None:
    """Undo."""
    op.drop_column("projection", "rules")
    op.drop_index("ix_lead_sort_name", "lead")
    op.drop_index("ix_lead_sessions", "lead")
    op.drop_index("ix_lead_first_seen", "lead")
    op.drop_column("lead", "sort_name")
    op.drop_index("ix_address_changed_at", "address")
    op.drop_column("address", "changed_at")
    op.drop_table("lead_address")
    op.drop_table("lead_word")
