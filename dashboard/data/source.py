"""Where the screens read, a replica if there is one; and the database, for what they note."""

from functools import lru_cache

from models.settings import settings
from models.storage.database import Database

ANSWER_S = 60.0
"""How long Postgres may leave a question without an answer before a screen says that it is away."""


@lru_cache(maxsize=1)
def source() -> Database:
    """The process's one database for reading. Cheap; connects when first used.

    Raises `models.storage.database.DatabaseUrlError` when its URL can't be used.
    """
    told = settings()
    return Database(told.database_read_url or told.database_url, answer_s=ANSWER_S)


def primary() -> Database:
    """The database itself: for the little that the dashboard writes, and what must not be late.

    Raises what `source` does.
    """
    told = settings()
    return _opened(told.database_url) if told.database_read_url else source()


@lru_cache(maxsize=1)
def _opened(url: str) -> Database:
    return Database(url, answer_s=ANSWER_S)
