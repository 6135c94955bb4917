"""A list of leads as people see it: a dashboard that has them, its page, and parts of its table."""

import re
from pathlib import Path

from playwright.sync_api import Locator, Page

from models import migrations
from models.storage.database import Database
from tests.dashboard.table.contents import lines, shown
from tests.dashboard.table.many import fill
from tests.processes import Running, free_port

FEW = 150
LONG = "Vice President of " + "Very " * 30 + "Long Titles"
HEBREW = "יהב סלע"
COLUMNS = "who,job_title,company,email,email_validity,stage,sessions,last_seen"


def desk_of(folder: Path, numbers: range) -> tuple[Database, dict[str, str]]:
    """A database with leads of these numbers, and the settings of a dashboard on it."""
    url = f"sqlite:///{folder}/desk.db"
    database = Database(url)
    migrations.upgrade(database)
    fill(database, numbers)
    ports = {"RECEIVER_PORT": str(free_port()), "DASHBOARD_PORT": str(free_port())}
    return database, {"DATABASE_URL": url, **ports}


def open_list(page: Page, desk: tuple[Running, Database], path: str = "/leads") -> Locator:
    """Open a list of that dashboard; gives its first row once the page is at rest."""
    page.goto(f"{desk[0].dashboard}{path}{'&' if '?' in path else '?'}columns={COLUMNS}")
    first = shown(page)
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    return first


def head(page: Page, label: str) -> Locator:
    """The head of a column."""
    return page.get_by_role("columnheader", name=re.compile(f"^{label}"))


def cell(page: Page, row: int, column: int) -> Locator:
    """A cell by its place among those drawn; the box of a row is column 0."""
    return lines(page).nth(row).locator(".cell").nth(column)
