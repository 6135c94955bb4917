"""What ops come to do, counted in clicks."""

import csv
import time
from datetime import datetime
from pathlib import Path

import httpx
from playwright.sync_api import Page, expect

from models.payloads.vocabulary import SENDABLE
from tests.dashboard.table.contents import shown
from tests.processes import Running
from tests.tasks.steps import WITHIN_MS, Steps

MANY = 500
DAY_S = 86_400


def test_sendable_leads_of_last_week_for_hubspot_without_those_it_had(
    page: Page, desk: Running, steps: Steps
) -> None:
    # The file of some days ago: not all that there were.
    asked = {"preset": "hubspot", "since_last": "new", "validity": "sendable", "grade": "A"}
    before = httpx.get(f"{desk.dashboard}/api/export/leads.csv", params=asked, timeout=60)
    had = {_person(row) for row in csv.DictReader(before.text.splitlines())}
    page.goto(f"{desk.dashboard}/leads")
    shown(page)
    steps.click(page.locator(".pills .open[data-pill=range]"))
    steps.click(page.get_by_role("button", name="Last 7 days", exact=True))
    page.wait_for_url("**since=-7d**")
    shown(page)
    steps.click(page.get_by_role("button", name="Export", exact=True))
    with page.expect_download(timeout=WITHIN_MS) as download:
        steps.click(page.get_by_role("link", name="HubSpot contacts: only new and sendable"))
    rows = _rows(Path(download.value.path()))
    assert had
    assert rows
    assert not had & {_person(row) for row in rows}
    assert {row["Email validity"] for row in rows} <= set(SENDABLE)
    week_ago = time.time() - 8 * DAY_S  # whole days
    assert min(datetime.fromisoformat(row["Last seen"]).timestamp() for row in rows) > week_ago
    assert steps.taken <= 4


def _person(row: dict[str, str]) -> tuple[str, str]:
    """Two people may share an address, and only one of them be in the first file."""
    return row["Email"], row["First seen"]


def test_why_somebody_is_not_among_the_leads(page: Page, desk: Running, steps: Steps) -> None:
    page.goto(f"{desk.dashboard}/leads")
    shown(page)
    steps.type(page.get_by_role("searchbox", name="Search"), "ann@example.com")
    steps.click(page.get_by_role("button", name="Why is this person missing?"))
    said = "Nothing that was received and kept names them."
    expect(page.get_by_text(said)).to_be_visible(timeout=WITHIN_MS)
    assert steps.taken <= 2


def test_five_hundred_leads_are_chosen_and_just_these_are_exported(
    page: Page, desk: Running, steps: Steps
) -> None:
    page.goto(f"{desk.dashboard}/leads?sort=first_seen.asc&bots=show")  # whoever comes comes last
    shown(page)
    box = page.locator(".body .line[aria-rowindex='2'] input")
    steps.click(box)
    page.locator(".grid").evaluate(_SCROLL, MANY)
    page.keyboard.down("Shift")
    steps.click(page.locator(f".body .line[aria-rowindex='{MANY + 1}'] input"))
    page.keyboard.up("Shift")
    expect(page.locator(".said")).to_have_text(f"{MANY} selected", timeout=WITHIN_MS)
    with page.expect_download(timeout=WITHIN_MS) as download:
        steps.click(page.get_by_role("button", name="Export these"))
    rows = _rows(Path(download.value.path()))
    assert len({row["lead"] for row in rows}) == MANY
    everybody = httpx.get(f"{desk.dashboard}/api/export/leads.csv", timeout=60)
    first_seen = sorted(row["first_seen"] for row in csv.DictReader(everybody.text.splitlines()))
    assert sorted(row["first_seen"] for row in rows) == first_seen[:MANY]
    assert steps.taken <= 3


_SCROLL = """
async (grid, row) => {
  const px = grid.querySelector(".body .line").offsetHeight
  while (!grid.querySelector(`.body .line[aria-rowindex="${row + 1}"] input`)) {
    grid.scrollTop = px * (row - 5)
    await new Promise(done => setTimeout(done, 100))
  }
}
"""


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(newline="") as lines:
        return list(csv.DictReader(lines))
