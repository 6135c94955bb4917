"""Whom a message of several people named beside the one that it is about.

Of messages that were sent before it is told as they were made: from who works at the company now
and was told of by that rule then or later.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from models.tables import TEXT

revision: str = "0034"
down_revision: str | None = "0029"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SENT_BEFORE = """
INSERT INTO named_beside (sid, message)
SELECT DISTINCT l.last_sid, o.key FROM outbox o JOIN lead l ON l.company_key = o.company
WHERE o.kind = 'company' AND o.body IS NOT NULL AND l.key <> o.lead AND EXISTS (
  SELECT 1 FROM session s JOIN rung r ON r.sid = s.sid
  WHERE s.lead = l.key AND r.rule = o.rule AND r.at >= o.made_at
)
"""


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "named_beside",
        sa.Column("sid", TEXT, primary_key=True),
        sa.Column("message", TEXT, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.execute(sa.text(_SENT_BEFORE))


def downgrade() -> None:
    """Undo."""
    op.drop_table("named_beside")
