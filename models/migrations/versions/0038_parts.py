"""Addresses and paths as they are searched for parts, where that is not just lower case.

Merge rules 8 fill them; until then accents and escapes in what was derived before are compared as
they are written. An empty database has nothing that older ones derived.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from models.tables import TEXT

revision: str = "0038"
down_revision: str | None = "0037"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_COLUMNS = (
    ("session", "landing_page_part"), ("session", "referrer_part"), ("session_page", "part"),
)  # fmt: skip


def upgrade() -> None:
    """Apply."""
    for table, column in _COLUMNS:
        op.add_column(table, sa.Column(column, TEXT))
    op.execute("UPDATE projection SET rules = 8 WHERE NOT EXISTS (SELECT 1 FROM delivery)")
    if op.get_bind().dialect.name == "sqlite":
        op.drop_index("ix_session_page_sid", "session_page")
        op.create_index("ix_session_page_part", "session_page", ["sid", "part"])


def downgrade() -> None:
    """Undo."""
    if op.get_bind().dialect.name == "sqlite":
        op.drop_index("ix_session_page_part", "session_page")
        op.create_index("ix_session_page_sid", "session_page", ["sid"])
    for table, column in _COLUMNS:
        op.drop_column(table, column)
