"""By which points a lead's best reason is told, kept with its score.

Leads that merge rules 6 derived are scored again in place, which takes minutes; merge rules 7 fill
it, too, once everything is derived again. What still older rules derived is not scored at all until
then, and an empty database has nothing that older ones derived.
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
    # As of a version that is saved: its visits have their points already, and leads begin anew.
    op.execute(
        "UPDATE projection SET next_scoring = coalesce(next_scoring, scoring_version),"
        " rescoring_leads = (next_scoring IS NULL OR rescoring_leads),"
        " rescored_until = CASE WHEN rescoring_leads THEN NULL ELSE rescored_until END"
        " WHERE rules = 6"
    )
    op.execute("UPDATE projection SET rules = 7 WHERE NOT EXISTS (SELECT 1 FROM delivery)")


def downgrade() -> None:
    """Undo."""
    op.drop_column("lead_score", "telling")
