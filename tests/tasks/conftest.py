"""What people come to do, each in so many clicks: a desk of three weeks with live traffic."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import browsing, watching
from tests.conftest import SECRET
from tests.processes import ROOT, Running, free_port, start
from tests.tasks.steps import Steps
from tests.three_weeks import ThreeWeeks


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with browsing() as started:
        yield started


@pytest.fixture(scope="package")
def desk_folder(three_weeks: ThreeWeeks, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the desk runs; its database is a copy of the three weeks."""
    folder = tmp_path_factory.mktemp("tasks")
    three_weeks.copy(folder)
    return folder


@pytest.fixture(scope="package")
def desk(desk_folder: Path) -> Iterator[Running]:
    """A desk as `visitor-desk up` runs it, while made-up visitors come and go."""
    environment = {
        "DATABASE_URL": f"sqlite:///{desk_folder}/three-weeks.db",
        "MIDBOUND_CLOUD_WEBHOOK_SECRET": SECRET,
        "RECEIVER_PORT": str(free_port()),
        "DASHBOARD_PORT": str(free_port()),
        "SPOOL_DIR": str(desk_folder / "spool"),
    }
    with start(("up",), desk_folder, environment) as running, _visited(running, environment):
        yield running


@contextmanager
def _visited(running: Running, environment: dict[str, str]) -> Iterator[None]:
    """Made-up visitors, without end, at the pace of the demo."""
    url = f"{running.receiver}/webhooks/midbound"
    command = (sys.executable, "-m", "visitor_desk", "simulate", "--url", url, "--speed", "20")
    simulator = subprocess.Popen(
        command,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        simulator.terminate()
        simulator.wait(30)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page; an error in its console fails the test."""
    with watching(browser) as seen:
        yield seen.page
        assert seen.errors == []


@pytest.fixture
def steps(page: Page) -> Steps:
    """Clicks, keys and words, counted."""
    return Steps(page)
