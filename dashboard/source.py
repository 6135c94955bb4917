"""Where the screens read: the replica if there is one, else the database itself."""

from functools import lru_cache

from models.database import Database
from models.settings import settings


@lru_cache(maxsize=1)
def source() -> Database:
    """The process's one database for reading. Cheap; connects when first used.

    Raises `models.database.DatabaseUrlError` when its URL can't be used.
    """
    told = settings()
    return Database(told.database_read_url or told.database_url)
