"""Taking leads as people do: real Chromium, two people at once."""

from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from models.annotations.ownership import take
from models.storage.database import Database
from models.tables import LEAD
from tests.browser import browsing, watching
from tests.dashboard.deliveries import PIPELINE, payload, put
from tests.processes import Running

Run = Callable[..., Running]
SOON_MS = 5_000  # a second is promised; the machine of the tests may be busy


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as started:
        yield started


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    opened = Database(sqlite_url)
    for event in PIPELINE:
        put(opened, payload(event))
    yield opened
    opened.close()


@pytest.fixture
def desk(run: Run, sqlite_url: str, database: Database) -> Running:  # noqa: ARG001 - it has rows
    return run("dashboard", database_url=sqlite_url)


def _live(page: Page, desk: Running) -> None:
    page.goto(desk.dashboard)
    expect(page.locator(".list:visible")).to_have_count(1, timeout=30_000)


@pytest.mark.parametrize("way", ["click", "key"])
def test_i_take_this_one_and_a_colleague_sees_it(browser: Browser, desk: Running, way: str) -> None:
    with watching(browser) as mine, watching(browser) as colleagues:
        for seen in (mine, colleagues):
            _live(seen.page, desk)
        if way == "click":
            mine.page.locator(".row").first.hover()
            mine.page.get_by_role("button", name="Take Peter Toth").click()
        else:
            mine.page.keyboard.press("j")
            mine.page.keyboard.press("t")
        owner = colleagues.page.locator(".row .owner .mine")
        expect(owner).to_be_visible(timeout=SOON_MS)
        # Without a login everybody is who sits at this machine.
        expect(owner).to_have_text("You")
        assert mine.errors == colleagues.errors == []


def test_the_second_reads_who_was_first(
    browser: Browser, desk: Running, database: Database
) -> None:
    with watching(browser) as seen:
        page = seen.page
        _live(page, desk)
        page.keyboard.press("j")
        with database.write() as db:
            key = db.execute(select(LEAD.c.key)).scalar_one()
            take(db, key, "ann@desk.example", "ann@desk.example")
        page.keyboard.press("t")
        expect(page.locator(".told")).to_have_text(
            "1 lead has an owner already: ann@desk.example.", timeout=SOON_MS
        )
        expect(page.locator(".row .owner .mine")).to_have_text("ann", timeout=SOON_MS)


def test_a_leads_page_takes_marks_notes_and_tells_it_between_the_visits(
    browser: Browser, desk: Running, database: Database
) -> None:
    with database.read() as db:
        key = db.execute(select(LEAD.c.key)).scalar_one()
    with watching(browser) as seen:
        page = seen.page
        page.goto(f"{desk.dashboard}/leads?lead={quote(key, safe='')}")
        expect(page.locator(".note-form")).to_be_visible(timeout=30_000)
        page.keyboard.press("t")
        said = page.locator(".said")
        expect(said).to_contain_text(["local took this lead"], timeout=SOON_MS)
        page.get_by_label("Status").select_option("Meeting")
        expect(said.first).to_contain_text("marked it as Meeting", timeout=SOON_MS)
        page.get_by_label("Note").fill("Wants a <b>demo</b>")
        page.get_by_role("button", name="Add note").click()
        expect(said.first.locator(".text")).to_have_text("Wants a <b>demo</b>", timeout=SOON_MS)
        page.get_by_role("button", name="Release").click()
        expect(said.first).to_contain_text("local released this lead", timeout=SOON_MS)
        assert seen.errors == []
    with database.read() as db:
        assert db.execute(select(*LEAD.c["owner", "status"])).one() == (None, "meeting")
