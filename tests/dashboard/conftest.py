"""Fixtures: the settings of a dashboard whose screens run in the test's own process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dashboard.settings import Choose, choosing


@pytest.fixture
def choose(tmp_path: Path) -> Iterator[Choose]:
    """Give the dashboard settings: `choose(database_url=url)`; its keys lie in the test's folder,
    where the `database` of tests has them, too.
    """
    with choosing() as choose:
        choose(forgotten_file=tmp_path / "forgotten", key_file=tmp_path / "keys")
        yield choose
