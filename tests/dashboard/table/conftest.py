"""A browser and a dashboard with some leads, shared by the tests of a module."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from sqlalchemy import update

from models.storage.database import Database
from models.tables import LEAD
from tests.browser import browsing
from tests.dashboard.table.list_page import FEW, HEBREW, LONG, desk_of
from tests.dashboard.table.many import lead
from tests.processes import Running, start


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as started:
        yield started


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Database]]:
    """Some leads, for tests that only look."""
    folder = tmp_path_factory.mktemp("few")
    database, environment = desk_of(folder, range(FEW + 2))
    with database.write() as db:
        its = LEAD.c.key == lead(FEW)["key"]
        db.execute(update(LEAD).where(its).values(job_title=LONG))
        link = "https://linkedin.com/in/x"
        its = LEAD.c.key == lead(FEW + 1)["key"]
        db.execute(update(LEAD).where(its).values(full_name=HEBREW, linkedin_url=link))
    with start(("dashboard",), folder, environment) as running:
        yield running, database
    database.close()
