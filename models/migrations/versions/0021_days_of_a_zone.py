"""Days and weeks are those of the desk's time zone.

Merge rules 5 fill when addresses were checked.
"""

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
    _replace("week", "checked_at")


def downgrade() -> None:
    """Undo."""
    _replace("checked_at", "week")
    _forget_days()
    op.drop_column("projection", "time_zone")


def _forget_days() -> None:
    for table in _DAYS:
        op.execute(f"DELETE FROM {table}")


def _replace(old: str, new: str) -> None:
    """In the table of who holds which address, and its indexes."""
    for name in ("ix_lead_address_status", "ix_lead_address_last_seen"):
        op.drop_index(name, "lead_address")
    op.drop_column("lead_address", old)
    op.add_column("lead_address", sa.Column(new, sa.BigInteger(), nullable=True))
    op.create_index("ix_lead_address_status", "lead_address", ["status", new, "is_kept", "address"])
    op.create_index(
        "ix_lead_address_last_seen",
        "lead_address",
        ["last_seen", "lead", "address", "status", new, "is_kept", "company_key"],
    )
