"""Where the screens read, a replica if there is one; and the database, for what they note."""

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


@lru_cache(maxsize=1)
def primary() -> Database:
    """The database itself, for the little that the dashboard writes. Raises what `source` does."""
    told = settings()
    return Database(told.database_url) if told.database_read_url else source()
