"""Days are those of the desk's time zone, and events are summed up by the quarter of an hour."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from models.tables import TEXT

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_DAYS = ("session_day", "lead_day", "event_day", "heard_day")


def upgrade() -> None:
    """Apply. No day is summed up yet: the projector does it."""
    op.add_column("projection", sa.Column("time_zone", TEXT, nullable=True))
    _forget_days()


def downgrade() -> None:
    """Undo."""
    _forget_days()
    op.drop_column("projection", "time_zone")


def _forget_days() -> None:
    for table in _DAYS:
        op.execute(f"DELETE FROM {table}")
