"""By which points a lead's best reason is told, kept with its score.

Merge rules 7 fill it, and until then lists say no reasons; an empty database has nothing that older
ones derived.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from models.tables import TEXT

revision: str = "0036"
down_revision: str | None = "0031"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.add_column("lead_score", sa.Column("telling", TEXT))
    op.execute("UPDATE projection SET rules = 7 WHERE NOT EXISTS (SELECT 1 FROM delivery)")


def downgrade() -> None:
    """Undo."""
    op.drop_column("lead_score", "telling")
