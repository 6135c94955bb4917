"""Leads know whether each of their visits is a likely bot's, and such are found by an index.

Merge rules 5 fill the column; an empty database has nothing that older ones derived.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0023b"
down_revision: str | None = "0023"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_BOTS = sa.text("is_bot")


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "lead", sa.Column("is_bot", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    for table, columns in (("lead", ["last_seen"]), ("session", ["last_activity", "utm_campaign"])):
        op.create_index(
            f"ix_{table}_bots", table, columns, sqlite_where=_BOTS, postgresql_where=_BOTS
        )


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_session_bots", "session")
    op.drop_index("ix_lead_bots", "lead")
    op.drop_column("lead", "is_bot")
