"""Leads of many visits are kept in parts; addresses of URLs are known without their visits.

The parts of a lead are made when it is derived again.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from models.tables import TEXT

revision: str = "0023"
down_revision: str | None = "0021"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_ROLES = (
    "info", "sales", "support", "contact", "hello", "office", "admin", "team", "marketing",
    "noreply",
)  # fmt: skip


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "lead_part",
        sa.Column("lead", TEXT, nullable=False),
        sa.Column("place", TEXT, nullable=False),
        sa.Column("part", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("lead", "place"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "url_address",
        sa.Column("address", TEXT, nullable=False),
        sa.Column("url", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("address", "url"),
        sqlite_with_rowid=False,
    )
    no_role = " AND ".join(f"a.address NOT LIKE '{role}@%'" for role in _ROLES)
    op.execute(
        sa.text(
            "INSERT INTO url_address (address, url) SELECT DISTINCT a.address, s.url"
            " FROM session s JOIN session_address a ON a.sid = s.sid"
            f" WHERE s.url IS NOT NULL AND {no_role}"
        )
    )
    op.create_index("ix_url_address_url", "url_address", ["url"])


def downgrade() -> None:
    """Undo."""
    op.drop_table("url_address")
    op.drop_table("lead_part")
