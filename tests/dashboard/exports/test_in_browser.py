"""Export as people use it: real Chromium, the product's own process, a real file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

import pytest
from playwright.sync_api import Browser, Download, Page, expect

from models import migrations
from models.storage.database import Database
from tests.browser import PHONE, browsing, violations, watching
from tests.commands.test_command_line import desk as command
from tests.dashboard.deliveries import PIPELINE, payload, put, visitor
from tests.processes import free_port, start


class Desk(NamedTuple):
    """A running dashboard, for all tests here: they only read."""

    dashboard: str
    database_url: str


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as started:
        yield started


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    url = f"sqlite:///{folder}/desk.db"
    database = Database(url)
    migrations.upgrade(database)
    put(database, *(payload(name) for name in PIPELINE))
    put(database, *(visitor(number, first="=Ann", last=str(number)) for number in range(150)))
    database.close()
    ports = {"RECEIVER_PORT": str(free_port()), "DASHBOARD_PORT": str(free_port())}
    with start(("dashboard",), folder, {"DATABASE_URL": url, **ports}) as running:
        yield Desk(running.dashboard, url)


def _open(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="Export").click(timeout=30_000)
    expect(page.get_by_role("combobox", name="Format")).to_be_visible()


def _choose(page: Page, preset: str) -> None:
    page.get_by_role("combobox", name="Format").click()
    page.get_by_role("option", name=preset).click()
    expect(page.get_by_text("rows qualify")).to_be_visible()


def _downloaded(page: Page) -> Download:
    """Press the button; gives the file, which comes by a tab that closes by itself."""
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download").click()
    return downloading.value


def test_the_file_holds_all_rows_of_the_pages_filters(
    browser: Browser, desk: Desk, tmp_path: Path
) -> None:
    with watching(browser) as seen:
        _open(seen.page, f"{desk.dashboard}/leads?q=ann")
        file = _downloaded(seen.page)
        assert file.suggested_filename.startswith("leads-20")
        out = tmp_path / "command.csv"
        command("export", "leads", "--q", "ann", "--out", str(out), cwd=tmp_path,
                DATABASE_URL=desk.database_url)  # fmt: skip
        assert Path(file.path()).read_bytes() == out.read_bytes()
        assert out.read_text().count("\n") == 151


def test_a_preset_is_counted_and_downloaded(browser: Browser, desk: Desk) -> None:
    with watching(browser) as seen:
        _open(seen.page, f"{desk.dashboard}/leads")
        _choose(seen.page, "Salesforce leads")
        expect(seen.page.get_by_text("1 of 151 rows qualify")).to_be_visible()
        file = _downloaded(seen.page)
        assert file.suggested_filename.startswith("salesforce-20")
        assert Path(file.path()).read_text().count("\n") == 2


def test_it_fits_a_phone(browser: Browser, desk: Desk) -> None:
    with watching(browser, size=PHONE) as seen:
        _open(seen.page, f"{desk.dashboard}/leads")
        _choose(seen.page, "LinkedIn contact list")
        link = seen.page.get_by_role("link", name="Download")
        expect(link).to_be_visible()
        box = link.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE["width"]


@pytest.mark.long_on("dark")
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_everyone_can_use_it(
    browser: Browser, desk: Desk, colours: Literal["light", "dark"]
) -> None:
    with watching(browser, colours=colours) as seen:
        _open(seen.page, f"{desk.dashboard}/leads")
        _choose(seen.page, "LinkedIn contact list")
        expect(seen.page.get_by_role("link", name="Download")).to_be_visible()
        found = violations(seen.page, colours, context="[data-testid=stPopoverBody]")
        assert [one["id"] for one in found if one["impact"] in {"serious", "critical"}] == []
