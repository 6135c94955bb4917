"""One receiver for all tests of a module, on each database: starting one takes seconds."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from models.storage.database import Database
from tests.conftest import SECRET, fresh
from tests.processes import Running, free_port, start

NEXT_SECRET = "whsec_" + base64.b64encode(b"the secret that is rotated in").decode()
LIMIT = 64 * 1024


@dataclass(frozen=True, slots=True)
class Desk:
    """A running receiver and its database."""

    running: Running
    database: Database

    @property
    def url(self) -> str:
        """The receiver's address."""
        return self.running.receiver


@pytest.fixture(scope="module")
def open_desk(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Callable[..., Iterator[Desk]]:
    """Start a receiver on an empty database: `yield from open_desk("sqlite", NAME=value)`."""

    def opened(kind: str, **environment: str) -> Iterator[Desk]:
        folder: Path = tmp_path_factory.mktemp(kind)
        with fresh(kind, request, folder) as url:
            database = Database(url)
            values = {
                "DATABASE_URL": url,
                "MIDBOUND_CLOUD_WEBHOOK_SECRET": SECRET,
                "RECEIVER_PORT": str(free_port()),
                "DASHBOARD_PORT": str(free_port()),
                "SPOOL_DIR": str(folder / "spool"),
            } | environment
            with start(["receiver"], folder, values) as running:
                yield Desk(running, database)
            database.close()

    return opened


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def desk(
    request: pytest.FixtureRequest, open_desk: Callable[..., Iterator[Desk]]
) -> Iterator[Desk]:
    """A receiver that knows two secrets and takes bodies of up to 64 KiB."""
    yield from open_desk(
        request.param,
        MIDBOUND_CLOUD_WEBHOOK_SECRET=f"{SECRET},{NEXT_SECRET}",
        MAX_BODY_BYTES=str(LIMIT),
        ALLOWED_HOSTS="desk.example",
    )
