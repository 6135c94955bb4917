"""The dashboard's settings, read once: Streamlit runs screens by itself and hands them nothing.

Only what is called so asks here. What reads the database, or works out what is shown, is handed
what it needs.
"""

from functools import lru_cache
from zoneinfo import ZoneInfo

from models.filters.times import When
from models.settings import Settings


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The process's settings.

    Raises `pydantic.ValidationError` when one can't be used; it never shows the value.
    """
    return Settings()


def own_zone() -> ZoneInfo:
    """The desk's own zone (`TIME_ZONE`)."""
    return settings().zone()


def now() -> When:
    """This moment, with the days of the desk's own zone."""
    return When.now(own_zone())
