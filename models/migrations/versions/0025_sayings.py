"""What people say of leads, and what exports gave of them; who owns a lead, and how far it is.

What is there is nobody's and new: no older row changes.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from models.tables import SERIAL, TEXT

revision: str = "0025"
down_revision: str | None = "0023b"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_BY = ("owner", "status")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "mention",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("key", TEXT, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_mention_key", "mention", ["key"])
    op.create_table(
        "mention_visit",
        sa.Column("mention", SERIAL, sa.ForeignKey("mention.id"), nullable=False),
        sa.Column("sid", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("mention", "sid"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_mention_visit_sid", "mention_visit", ["sid"])
    op.create_table(
        "mention_lead",
        sa.Column("mention", SERIAL, primary_key=True, autoincrement=False),
        sa.Column("lead", TEXT, nullable=False),
    )
    op.create_index("ix_mention_lead_lead", "mention_lead", ["lead", "mention"])
    op.create_table(
        "statement",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("mention", SERIAL, sa.ForeignKey("mention.id"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("value", TEXT, nullable=True),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_statement_mention", "statement", ["mention"])
    op.create_table(
        "given",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("item", TEXT, nullable=False),
        sa.Column("mention", SERIAL, sa.ForeignKey("mention.id"), nullable=True),
        sa.Column("row", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", "item"),
    )
    op.create_index("ix_given_mention", "given", ["mention"])
    for name in _BY:
        op.add_column("lead", sa.Column(name, TEXT, nullable=True))
        is_said = sa.text(f"{name} IS NOT NULL")
        op.create_index(
            f"ix_lead_{name}",
            "lead",
            [name, "last_seen", "key"],
            sqlite_where=is_said,
            postgresql_where=is_said,
        )


def downgrade() -> None:
    """Undo."""
    for name in _BY:
        op.drop_index(f"ix_lead_{name}", "lead")
        op.drop_column("lead", name)
    for table in ("given", "statement", "mention_lead", "mention_visit", "mention"):
        op.drop_table(table)
