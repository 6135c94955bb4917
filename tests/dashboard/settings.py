"""The settings that the dashboard has in a test's own process, where its screens run, too."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import pytest

from dashboard.access import roles
from dashboard.data.settings import settings
from dashboard.data.source import source


class Choose(Protocol):
    """Gives the dashboard settings, by their names, beside those it was given before."""

    def __call__(self, **values: object) -> None: ...


@contextmanager
def choosing() -> Iterator[Choose]:
    """What is chosen within counts at once, and no longer than the block."""
    with pytest.MonkeyPatch.context() as environment:

        def choose(**values: object) -> None:
            for name, value in values.items():
                environment.setenv(name.upper(), str(value))
            _read_anew()

        try:
            yield choose
        finally:
            _read_anew()


def _read_anew() -> None:
    if source.cache_info().currsize:
        source().close()
    source.cache_clear()
    settings.cache_clear()
    # Roles are read again when `.env` changes; here there is none, and the environment does.
    roles._as_of.cache_clear()
