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
    config = settings()
    return Database(config.database_read_url or config.database_url, answer_s=ANSWER_S)


def primary() -> Database:
    """The database itself: for the little that the dashboard writes, and what must not be late.

    Raises what `source` does.
    """
    config = settings()
    return _opened(config.database_url) if config.database_read_url else source()


@lru_cache(maxsize=1)
def _opened(url: str) -> Database:
    return Database(url, answer_s=ANSWER_S)
