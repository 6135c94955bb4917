"""What exports gave of addresses and visits is found by these, when somebody is forgotten."""

from collections.abc import Sequence

from alembic import op

revision: str = "0025b"
down_revision: str | None = "0024"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.create_index("ix_given_item", "given", ["item"])


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_given_item", "given")
