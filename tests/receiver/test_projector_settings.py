"""What the receiver is set to reaches the process that derives: its environment is made for it."""

from collections.abc import Callable

from sqlalchemy import select

from models.storage.database import Database
from models.tables import PROJECTION
from tests.desk import eventually
from tests.processes import Running


def test_the_zone_and_the_hot_pages_are_put_in_force(
    run: Callable[..., Running], sqlite_url: str
) -> None:
    run("receiver", database_url=sqlite_url, TIME_ZONE="Asia/Tokyo", HOT_PAGES="/prices")
    database = Database(sqlite_url)

    def in_force() -> tuple[str, bool]:
        with database.read() as db:
            found = db.execute(select(PROJECTION.c.time_zone, PROJECTION.c.hot_pages)).one()
        return found.time_zone, "/prices" in (found.hot_pages or "")

    eventually(lambda: in_force() == ("Asia/Tokyo", True))
    database.close()
