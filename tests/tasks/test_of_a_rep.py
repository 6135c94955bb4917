"""What a rep comes to do, counted in clicks."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text

from models.storage.database import Database
from tests.dashboard.table.contents import lines, shown
from tests.processes import Running
from tests.tasks.steps import WITHIN_MS, Steps

TEN = 10


@pytest.fixture
def database(desk_folder: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{desk_folder}/three-weeks.db")
    yield opened
    opened.close()


def test_the_ten_most_worth_calling_with_the_reason_beside_each(
    page: Page, steps: Steps, desk: Running
) -> None:
    page.goto(f"{desk.dashboard}/leads")
    shown(page)
    steps.click(page.get_by_role("button", name="To call"))
    expect(page.get_by_role("columnheader", name="Grade")).to_have_attribute(
        "aria-sort", "descending", timeout=WITHIN_MS
    )
    heads = [head.strip() for head in page.get_by_role("columnheader").all_text_contents()]
    why, grade = (
        next(place for place, head in enumerate(heads) if head.startswith(name))
        for name in ("Why", "Grade")
    )
    grades = []
    for line in lines(page).all()[:TEN]:
        said = line.locator(".cell").all_text_contents()
        assert re.match("(Asked|Sent|Looked|Came) .* ago|.* just now", said[why])
        grades.append(said[grade])
    assert len(grades) == TEN
    letters = [mark[0] for mark in grades]
    assert letters == sorted(letters)
    assert letters[0] == "A"
    assert steps.taken == 1


def test_who_is_here_and_whether_one_may_write_and_both_addresses_to_take_along(
    page: Page, steps: Steps, desk: Running
) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])

    def clipboard() -> str:
        return str(page.evaluate("navigator.clipboard.readText()"))

    page.goto(f"{desk.dashboard}/?validity=valid")
    page.locator(".row").first.hover(timeout=WITHIN_MS)
    steps.click(page.locator(".row").first)
    panel = page.get_by_role("article")
    expect(panel.get_by_role("heading", level=2)).not_to_be_empty(timeout=WITHIN_MS)
    expect(panel.get_by_text("Landing page")).to_be_visible(timeout=WITHIN_MS)
    expect(panel.get_by_text("Valid", exact=True)).to_be_visible(timeout=WITHIN_MS)
    assert steps.taken == 1

    steps.click(panel.get_by_role("button", name="Copy Email"))
    expect(panel.get_by_text("Copied")).to_be_visible(timeout=WITHIN_MS)
    assert clipboard().endswith(".example")
    assert "@" in clipboard()
    assert steps.taken == 2


def test_the_address_on_linkedin_to_take_along(
    page: Page, steps: Steps, desk: Running, database: Database
) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    with database.read() as db:
        query = "SELECT key, linkedin_url FROM lead WHERE linkedin_url <> '' LIMIT 1"
        key, url = db.execute(text(query)).one()
    page.goto(f"{desk.dashboard}/leads?lead={key}")
    steps.click(page.get_by_role("button", name="Copy LinkedIn"))
    expect(page.get_by_text("Copied")).to_be_visible(timeout=WITHIN_MS)
    assert page.evaluate("navigator.clipboard.readText()") == url
    assert steps.taken == 1


def test_a_second_person_of_a_company_came_and_one_click_says_who(
    page: Page, steps: Steps, desk: Running, database: Database
) -> None:
    page.goto(desk.dashboard)
    several = re.compile(r"([2-9]|\d\d+) this week")  # of one there is the text, out of sight
    row = page.locator(".row").filter(has_text=several).first
    row.hover(timeout=WITHIN_MS)  # where the pointer rests rows stay
    steps.click(row)
    colleagues = page.get_by_role("article").locator(".colleagues a")
    expect(colleagues.first).to_be_visible(timeout=WITHIN_MS)
    assert steps.taken == 1
    assert colleagues.first.text_content()
    key = unquote((colleagues.first.get_attribute("href") or "").removeprefix("/leads?lead="))
    with database.read() as db:
        query = text("SELECT count(*) FROM lead WHERE key = :key")
        assert db.execute(query, {"key": key}).scalar() == 1
