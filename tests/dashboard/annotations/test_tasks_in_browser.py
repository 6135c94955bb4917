"""What ops come to do: find out why somebody is missing, and export who was not exported yet."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from models.storage.database import Database
from tests.browser import browsing, watching
from tests.desk import catch_up, take_in
from tests.models.people import ANN, BOB, ann, bob, check
from tests.processes import Running

Run = Callable[..., Running]
SOON_MS = 15_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as started:
        yield started


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    opened = Database(sqlite_url)
    take_in(opened, [*ann(), *bob()])
    catch_up(opened)
    yield opened
    opened.close()


@pytest.fixture
def desk(run: Run, sqlite_url: str, database: Database) -> Running:  # noqa: ARG001 - it has rows
    return run("dashboard", database_url=sqlite_url)


def test_why_somebody_is_missing_is_told_by_their_address(browser: Browser, desk: Running) -> None:
    with watching(browser) as seen:
        page = seen.page
        page.goto(f"{desk.dashboard}/operations")
        field = page.get_by_label("Email address, LinkedIn profile, vid or sid")
        field.fill("bob@acme.com")
        field.press("Enter")
        expect(page.get_by_text("Received: 3 events")).to_be_visible(timeout=SOON_MS)
        expect(page.get_by_text(f"Merged into Bob Baker, {BOB}.")).to_be_visible()
        page.get_by_label("Address of the list they are missing from").fill("/leads?validity=valid")
        field.press("Enter")
        left_out = page.get_by_text("The list hides them because of validity=valid.")
        expect(left_out).to_be_visible(timeout=SOON_MS)
        field.fill("<b>nobody</b>@acme.com")
        field.press("Enter")
        expect(page.get_by_text("Nothing that was received")).to_be_visible(timeout=SOON_MS)
        assert seen.errors == []


def test_who_was_not_exported_yet_is_two_clicks_away(
    browser: Browser, desk: Running, database: Database
) -> None:
    with watching(browser) as seen:
        page = seen.page
        page.goto(f"{desk.dashboard}/leads?validity=sendable&bots=show")
        page.get_by_role("button", name="Export", exact=True).click()
        with page.expect_download(timeout=SOON_MS) as first:
            page.get_by_role("link", name="Download").click()
        assert _leads(Path(first.value.path())) == [ANN]
        take_in(database, [check(50, "v-bob", "s-bob", "bob@acme.com", "valid")])
        catch_up(database)
        page.reload()
        page.get_by_role("button", name="Export", exact=True).click()
        with page.expect_download(timeout=SOON_MS) as second:
            page.get_by_role("link", name="Plain CSV: only new since my last export").click()
        assert _leads(Path(second.value.path())) == [BOB]


def _leads(file: Path) -> list[str]:
    with file.open(newline="") as rows:
        return [row["lead"] for row in csv.DictReader(rows)]
