"""Many leads at once: selected in a list, taken, marked, put on a list, exported."""

import csv
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select

from models.segments.lists import lists
from models.storage.database import Database
from models.tables import GIVEN, LEAD
from tests.browser import browsing, watching
from tests.desk import catch_up, take_in
from tests.models.people import ANN, BOB, ann, bob, visit
from tests.processes import Running

Run = Callable[..., Running]
TAKE = re.compile("^Take(?! off)")
"""The button, whose shortcut is part of its name; a pill's cross says what it takes off."""

SOON_MS = 15_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as started:
        yield started


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    opened = Database(sqlite_url)
    more = [visit(10 + at, f"v{at}", f"s{at}", f"person{at}@x.io") for at in range(8)]
    take_in(opened, [*ann(), *bob(), *more])
    catch_up(opened)
    yield opened
    opened.close()


@pytest.fixture
def desk(run: Run, sqlite_url: str, database: Database) -> Running:  # noqa: ARG001 - it has rows
    return run("dashboard", database_url=sqlite_url)


def _open(page: Page, desk: Running, screen: str) -> None:
    page.goto(f"{desk.dashboard}/{screen}")
    expect(page.get_by_role("checkbox").first).to_be_visible(timeout=30_000)


def _owned(database: Database) -> int:
    with database.read() as db:
        owned = select(func.count()).select_from(LEAD).where(LEAD.c.owner.is_not(None))
        return int(db.execute(owned).scalar_one())


def test_some_rows_are_taken_marked_and_put_on_a_list(
    browser: Browser, desk: Running, database: Database
) -> None:
    with watching(browser) as seen:
        page = seen.page
        _open(page, desk, "leads?bots=show")
        for name in ("Ann Archer", "Bob Baker"):
            page.get_by_role("row").filter(has_text=name).get_by_role("checkbox").click()
        page.get_by_role("button", name=TAKE).click()
        expect(page.get_by_text("2 leads taken.")).to_be_visible(timeout=SOON_MS)
        page.get_by_role("button", name="Status").click()
        page.get_by_role("button", name="Meeting").click()
        expect(page.get_by_text("2 leads marked as Meeting.")).to_be_visible(timeout=SOON_MS)
        page.get_by_role("button", name="Add to list").click()
        page.get_by_role("combobox", name="List").fill("Open deals")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.get_by_text("2 leads added to Open deals.")).to_be_visible(timeout=SOON_MS)
        assert seen.errors == []
    with database.read() as db:
        said = db.execute(
            select(*LEAD.c["key", "owner", "status"]).where(LEAD.c.key.in_((ANN, BOB)))
        )
        assert sorted(map(tuple, said)) == [(ANN, "local", "meeting"), (BOB, "local", "meeting")]
        assert [(one.name, one.entries, one.leads) for one in lists(db)] == [("Open deals", 2, 2)]


@pytest.mark.parametrize("screen", ["leads?bots=show", "sessions?bots=show&since=2020-01-01"])
def test_all_that_match_are_taken(
    browser: Browser, desk: Running, database: Database, screen: str
) -> None:
    with watching(browser) as seen:
        page = seen.page
        _open(page, desk, screen)
        page.get_by_role("checkbox").first.click()
        page.get_by_role("button", name="that match").click()
        page.get_by_role("button", name=TAKE).click()
        expect(page.get_by_text("10 leads taken.")).to_be_visible(timeout=SOON_MS)
    assert _owned(database) == 10


def test_a_company_row_means_its_people(
    browser: Browser, desk: Running, database: Database
) -> None:
    with watching(browser) as seen:
        _open(seen.page, desk, "companies?view=table")
        seen.page.get_by_role("checkbox").last.click()
        seen.page.get_by_role("button", name=TAKE).click()
        expect(seen.page.get_by_text("2 leads taken.")).to_be_visible(timeout=SOON_MS)
    assert _owned(database) == 2


def test_just_these_are_exported_in_three_clicks_and_remembered(
    browser: Browser, desk: Running, database: Database
) -> None:
    with watching(browser) as seen:
        page = seen.page
        _open(page, desk, "leads?bots=show")
        for name in ("Ann Archer", "Bob Baker"):
            page.get_by_role("row").filter(has_text=name).get_by_role("checkbox").click()
        with page.expect_download(timeout=SOON_MS) as download:
            page.locator(".export:visible").click()
        with Path(download.value.path()).open(newline="") as file:
            rows = list(csv.DictReader(file))
    assert [row["lead"] for row in rows] == [ANN, BOB]
    with database.read() as db:
        assert db.execute(select(func.count()).select_from(GIVEN)).scalar() == 2
