"""Which database this is: an id of its own, which stays when its address or password changes."""

from sqlalchemy import Connection, select

from models.tables import DESK


def desk_id(db: Connection) -> str:
    """The database's id, as the migration made it up.

    A copy has it, too. Raises SQLAlchemy's errors while the table is not there.
    """
    return str(db.execute(select(DESK.c.id)).scalar_one())
