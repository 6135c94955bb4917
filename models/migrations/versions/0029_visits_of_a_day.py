"""Days of visits know each visit's channel, landing page and referring host; an index of employers.

What is summed up is made anew from the rows, by the projector when it is idle.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from models.tables import TEXT

revision: str = "0029"
down_revision: str | None = "0027"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_NUMBERS = (
    "leads", "seconds", "flags", "sources", "mediums", "campaigns", "contents", "channels",
    "landing_pages", "referring_hosts",
)  # fmt: skip


def upgrade() -> None:
    """Apply."""
    _make_anew([sa.Column("runs", TEXT, nullable=False), sa.Column("vals", TEXT, nullable=False)])
    op.create_index("ix_company_employees", "company", ["employee_count", "key"])


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_company_employees", "company")
    op.drop_table("session_day")
    op.create_table(
        "session_day",
        _day(),
        sa.Column("visits", TEXT, nullable=False),
        sa.Column("durations", sa.LargeBinary(), nullable=False),
        sa.Column("leads", sa.LargeBinary(), nullable=False),
    )
    op.execute(sa.text("DELETE FROM lead_day"))


def _make_anew(texts: list[sa.Column[str]]) -> None:
    op.drop_table("session_day")
    numbers = [sa.Column(name, sa.LargeBinary(), nullable=False) for name in _NUMBERS]
    op.create_table("session_day", _day(), *texts, *numbers)
    op.execute(sa.text("DELETE FROM lead_day"))


def _day() -> sa.Column[int]:
    return sa.Column("day", sa.Integer(), primary_key=True, autoincrement=False)
