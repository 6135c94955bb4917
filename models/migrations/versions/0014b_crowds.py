"""What visitors without a URL hold, and who of them is in a crowd."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from models.tables import TEXT

revision: str = "0014b"
down_revision: str | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_ROLES = (
    "info", "sales", "support", "contact", "hello", "office", "admin", "team", "marketing",
    "noreply",
)  # fmt: skip


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "visitor_address",
        sa.Column("vid", TEXT, nullable=False),
        sa.Column("address", TEXT, nullable=False),
        sa.Column("kind", sa.Integer(), nullable=False),
        sa.Column("crowded", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("vid", "address"),
        sqlite_with_rowid=False,
    )
    # Until what is derived is derived again, nobody is in a crowd: as it was before.
    no_role = " AND ".join(f"a.address NOT LIKE '{role}@%'" for role in _ROLES)
    op.execute(
        sa.text(
            "INSERT INTO visitor_address (vid, address, kind, crowded)"
            " SELECT s.vid, a.address, MIN(a.kind), false FROM session s"
            " JOIN session_address a ON a.sid = s.sid"
            f" WHERE s.url IS NULL AND {no_role} GROUP BY s.vid, a.address"
        )
    )
    op.create_index("ix_visitor_address_address", "visitor_address", ["address", "crowded", "vid"])
    op.create_index("ix_visitor_address_crowded", "visitor_address", ["crowded", "vid"])


def downgrade() -> None:
    """Undo."""
    op.drop_table("visitor_address")
