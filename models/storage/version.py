"""The number that tells readers that derived rows have changed."""

import time

from sqlalchemy import Connection, select, text

from models.tables import PROJECTION


def advance(db: Connection, table: str = "projection") -> None:
    """Tell all readers that derived rows have changed; give `table` if another schema comes
    first.
    """
    db.execute(
        text(f"UPDATE {table} SET version = version + 1, projected_at = :now WHERE id = 1"),
        {"now": int(time.time() * 1000)},
    )


def version(db: Connection) -> int:
    """The number of the newest commit of derived rows; if it changes, screens may change.

    Raises SQLAlchemy's errors if the database is away or not migrated.
    """
    return int(db.execute(select(PROJECTION.c.version)).scalar_one())
