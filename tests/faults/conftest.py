"""Databases and receivers for a whole module: what a crash leaves is looked at many times."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.conftest import SECRET, fresh
from tests.processes import Running, free_port, start


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def wrecked_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """URL of an empty, migrated database of each kind."""
    with fresh(request.param, request, tmp_path_factory.mktemp(request.param)) as url:
        yield url


@pytest.fixture(scope="module")
def shared_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """URL of an empty, migrated Postgres database."""
    with fresh("postgres", request, tmp_path_factory.mktemp("postgres")) as url:
        yield url


@pytest.fixture(scope="module")
def start_receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Running]]:
    """Start a receiver: `start_receiver(database_url, NAME=value)`."""
    folder = tmp_path_factory.mktemp("receivers")
    with ExitStack() as stack:

        def started(database_url: str, **environment: str) -> Running:
            values = {
                "DATABASE_URL": database_url,
                "MIDBOUND_CLOUD_WEBHOOK_SECRET": SECRET,
                "RECEIVER_PORT": str(free_port()),
                "DASHBOARD_PORT": str(free_port()),
                "SPOOL_DIR": str(folder / "spool"),
            } | environment
            return stack.enter_context(start(["receiver"], folder, values))

        yield started
