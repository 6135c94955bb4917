"""Where the screens read (a replica if there is one), and the database itself for what they
write.
"""

from functools import lru_cache
from pathlib import Path

from dashboard.data.settings import settings
from models.storage.database import Database

ANSWER_S = 60.0
"""How long Postgres may leave a query unanswered before a screen says that it is away."""


@lru_cache(maxsize=1)
def source() -> Database:
    """The process's one database for reading. Cheap; connects when first used.

    Raises `models.storage.engines.DatabaseUrlError` when its URL can't be used.
    """
    config = settings()
    url = config.database_read_url or config.database_url
    return Database(url, answer_s=ANSWER_S, forgotten_file=config.forgotten_file)


def primary() -> Database:
    """The database itself: for the little that the dashboard writes, and for reads that must be up
    to date.

    Raises what `source` raises.
    """
    config = settings()
    if not config.database_read_url:
        return source()
    return _opened(config.database_url, config.forgotten_file)


@lru_cache(maxsize=1)
def _opened(url: str, forgotten_file: Path | None) -> Database:
    return Database(url, answer_s=ANSWER_S, forgotten_file=forgotten_file)
