"""Columns and a table that filters ask by: channels, folded texts, pages seen, titles told.

Merge rules 5 fill them; an empty database has nothing that older ones derived.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from models.tables import TEXT

revision: str = "0020"
down_revision: str | None = "0014b"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_NEW = {
    "session": (
        "channel", "referrer_host", "folded_utm_source", "folded_utm_medium",
        "folded_utm_campaign", "folded_utm_term", "folded_utm_content",
    ),
    "lead": (
        "first_touch_sid", "last_touch_sid", "channel", "folded_title", "seniority", "department",
    ),
    "company": ("folded_industry", "folded_round"),
}  # fmt: skip


def upgrade() -> None:
    """Apply."""
    for table, names in _NEW.items():
        for name in names:
            op.add_column(table, sa.Column(name, TEXT, nullable=True))
    op.add_column(
        "session", sa.Column("is_bot", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_table(
        "session_page",
        sa.Column("path", TEXT, nullable=False),
        sa.Column("sid", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("path", "sid"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_session_page_sid", "session_page", ["sid"])
    op.drop_index("ix_session_campaign", "session")
    op.create_index("ix_session_campaign", "session", ["folded_utm_campaign", "last_activity"])
    op.create_index("ix_session_referrer_host", "session", ["referrer_host", "last_activity"])


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_session_referrer_host", "session")
    op.drop_index("ix_session_campaign", "session")
    op.create_index("ix_session_campaign", "session", ["utm_campaign", "last_activity"])
    op.drop_table("session_page")
    op.drop_column("session", "is_bot")
    for table, names in _NEW.items():
        for name in reversed(names):
            op.drop_column(table, name)
