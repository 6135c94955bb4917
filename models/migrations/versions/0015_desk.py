"""The database's own id."""

from collections.abc import Sequence
from uuid import uuid4

import sqlalchemy as sa
from alembic import op

from models.tables import TEXT

revision: str = "0015"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    desk = op.create_table(
        "desk", sa.Column("id", TEXT, nullable=False), sa.PrimaryKeyConstraint("id")
    )
    op.bulk_insert(desk, [{"id": uuid4().hex}])


def downgrade() -> None:
    """Undo."""
    op.drop_table("desk")
