"""What a token opens, and logins that were ended before their time."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from models.tables import TEXT

revision: str = "0017"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    # Null: made before there were scopes, and opens what it did.
    op.add_column("token", sa.Column("scopes", TEXT, nullable=True))
    op.create_table(
        "signed_out",
        sa.Column("login", TEXT, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("login"),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("signed_out")
    op.drop_column("token", "scopes")
