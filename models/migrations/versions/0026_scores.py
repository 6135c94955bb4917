"""Scores: versions of their definition, and what is kept of visits and leads.

Merge rules 6 fill what is kept; until then every lead stands there as unknown. The first version is
made of the hot pages that are set when the database is migrated.
"""

import time
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import context, op

from models.scoring.versions import first_text
from models.tables import NEVER, TEXT

revision: str = "0026"
down_revision: str | None = "0025"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    scoring = op.create_table(
        "scoring",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("author", TEXT, nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.bulk_insert(
        scoring,
        [
            {
                "number": 1,
                "text": first_text(context.config.attributes["hot_paths"]),
                "author": "visitor-desk",
                "note": "Made of HOT_PAGES",
                "at": int(time.time() * 1000),
            }
        ],
    )
    op.create_table(
        "session_points",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sid", TEXT, nullable=False),
        sa.Column("points", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("version", "sid"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "lead_score",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("lead", TEXT, nullable=False),
        sa.Column("fit", sa.Integer()),
        sa.Column("fit_known", sa.Integer()),
        sa.Column("letter", sa.Integer(), nullable=False),
        sa.Column("intent_key", sa.Float(), nullable=False),
        sa.Column("newest_point", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("version", "lead"),
        sqlite_with_rowid=False,
    )
    op.execute(
        sa.text(
            "INSERT INTO lead_score (version, lead, letter, intent_key, newest_point)"
            f" SELECT 1, key, 0, {NEVER}, 0 FROM lead"
        )
    )
    op.create_index("ix_lead_score_intent", "lead_score", ["version", "intent_key", "lead", "fit"])
    by_grade = ["version", "letter", "intent_key", "lead", "fit"]
    op.create_index("ix_lead_score_grade", "lead_score", by_grade)
    op.add_column("session", sa.Column("known_at", sa.BigInteger()))
    for column in (
        sa.Column("scoring_version", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("half_life_ms", sa.Float(), nullable=False, server_default="604800000"),
        sa.Column("next_scoring", sa.Integer()),
        sa.Column("rescoring_leads", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("rescored_until", TEXT),
    ):
        op.add_column("projection", column)


def downgrade() -> None:
    """Undo."""
    for name in (
        "scoring_version", "half_life_ms", "next_scoring", "rescoring_leads", "rescored_until",
    ):  # fmt: skip
        op.drop_column("projection", name)
    op.drop_column("session", "known_at")
    for name in ("lead_score", "session_points", "scoring"):
        op.drop_table(name)
