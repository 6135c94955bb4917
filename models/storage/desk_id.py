"""Which database this is: its own id, which stays the same when its address or password changes."""

from sqlalchemy import Connection, select

from models.tables import DESK


def desk_id(db: Connection) -> str:
    """The database's id, made up by the migration.

    A copy has the same id. Raises SQLAlchemy's errors while the table does not exist.
    """
    return str(db.execute(select(DESK.c.id)).scalar_one())
