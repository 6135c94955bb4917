"""What an event costs no longer grows with the addresses that its lead holds.

`lead_address` says which address is shown, and has no copies of what changes with each event where
a lead holds very many; leads keep the words of their addresses. All this is made when a lead is
next derived, which a null in `address_words` asks for. Leads of many visits get their parts anew.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from models.tables import TEXT

revision: str = "0030"
down_revision: str | None = "0034"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_COUNTED = ("address", "status", "checked_at", "is_kept", "company_key")
_NEW = {"address": ("changed_rank", "before_rank"), "lead": ("address_words",)}


def upgrade() -> None:
    """Apply."""
    for table, names in _NEW.items():
        for name in names:
            op.add_column(table, sa.Column(name, TEXT, nullable=True))
    op.add_column(
        "lead_identifier",
        sa.Column("of_address", sa.Boolean(), nullable=False, server_default=sa.true()),
    )
    for name in ("kind", "verdict"):
        op.add_column(
            "lead_address", sa.Column(name, sa.Integer(), nullable=False, server_default="3")
        )
    _make_last_seen_anew(sa.Column("last_seen", sa.BigInteger(), nullable=True))
    op.create_index("ix_lead_address_shown", "lead_address", ["lead", "verdict", "kind", "address"])
    op.execute(sa.text("DELETE FROM lead_part"))


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_lead_address_shown", "lead_address")
    _make_last_seen_anew(
        sa.Column("last_seen", sa.BigInteger(), nullable=False, server_default="0")
    )
    for name in ("verdict", "kind"):
        op.drop_column("lead_address", name)
    op.drop_column("lead_identifier", "of_address")
    for table, names in _NEW.items():
        for name in reversed(names):
            op.drop_column(table, name)
    op.execute(sa.text("DELETE FROM lead_part"))


def _make_last_seen_anew(column: sa.Column[int]) -> None:
    # SQLite can't change whether a column may be null.
    op.drop_index("ix_lead_address_last_seen", "lead_address")
    op.drop_column("lead_address", "last_seen")
    op.add_column("lead_address", column)
    op.execute(
        sa.text(
            "UPDATE lead_address SET last_seen ="
            " (SELECT l.last_seen FROM lead l WHERE l.key = lead_address.lead)"
        )
    )
    op.create_index("ix_lead_address_last_seen", "lead_address", ["last_seen", "lead", *_COUNTED])
