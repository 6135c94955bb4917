"""The table as people handle it: real Chromium, the product's own process, thousands of leads."""

import re
import threading
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Route, ViewportSize, WebSocketRoute, expect
from sqlalchemy import select

from models.storage.database import Database
from models.tables.access import AUDIT
from tests.browser import watching
from tests.dashboard.table.contents import lines, shown
from tests.dashboard.table.list_page import (
    cell,
    desk_of,
    head,
    open_list,
)
from tests.dashboard.table.many import fill, lead
from tests.processes import Running, start

MANY = 1_200
"""More rows than a browser keeps at hand."""
MOST_NODES = 8_000

# Scrolls to the end, noting each row as it is seen; gives how often each key was met at another
# place, and the most nodes that stood in the table.
_WALK = """
async grid => {
  const places = new Map(), twice = [], sleep = ms => new Promise(done => setTimeout(done, ms))
  let nodes = 0, still = 0
  const note = () => {
    const lines = [...grid.querySelectorAll(".body .line")]
    nodes = Math.max(nodes, grid.querySelectorAll("*").length)
    for (const line of lines) {
      const key = line.dataset.key
      if (places.has(key) && places.get(key) !== line.place) twice.push(key)
      places.set(key, line.place)
    }
    return new Set(lines.map(line => line.place))
  }
  while (still < 40) {
    const last = Math.floor((grid.scrollTop + grid.clientHeight) / 36) - 2
    if (!note().has(last)) { still++; await sleep(50); continue }
    still = 0
    if (grid.scrollTop + grid.clientHeight >= grid.scrollHeight - 2) {
      await sleep(300)
      if (grid.scrollTop + grid.clientHeight >= grid.scrollHeight - 2) break
    }
    grid.scrollTop += grid.clientHeight
    await sleep(0)
    await new Promise(requestAnimationFrame)
  }
  note()
  return { keys: [...places.keys()], twice, nodes }
}
"""


@pytest.mark.long
def test_a_list_walked_to_its_end_has_each_row_once_while_rows_come_in(
    browser: Browser, tmp_path: Path
) -> None:
    """And however many were walked by, few stand in the page."""
    database, environment = desk_of(tmp_path, range(MANY))
    ending = threading.Event()

    def come_in() -> None:
        number = MANY
        while not ending.wait(0.5):
            fill(database, range(number, number + 3))
            number += 3

    coming = threading.Thread(target=come_in, daemon=True)
    tall = ViewportSize(width=1440, height=3000)
    with (
        start(("dashboard",), tmp_path, environment) as running,
        watching(browser, size=tall) as seen,
    ):
        page = seen.page
        page.goto(f"{running.dashboard}/leads")
        shown(page)
        coming.start()
        try:
            found = page.locator(".grid").evaluate(_WALK)
        finally:
            ending.set()
            coming.join()
        before = {str(lead(number)["key"]) for number in range(MANY)}
        assert found["twice"] == []
        assert before - set(found["keys"]) == set()
        assert found["nodes"] < MOST_NODES
        assert seen.errors == []
        # What was let go is there again, and above it what has come in.
        page.locator(".grid").evaluate("grid => { grid.scrollTop = 0 }")
        top = page.locator(".body .line[aria-rowindex='2']")
        expect(top).to_be_visible(timeout=20_000)
        expect(top).to_contain_text(f"Guest {MANY // 1000:03}")
    database.close()


def test_a_click_on_a_head_sorts_on_the_server_and_stands_in_the_address(
    browser: Browser, desk: tuple[Running, Database]
) -> None:
    with watching(browser) as seen:
        page = seen.page
        open_list(page, desk)
        head(page, "Name").click()
        expect(lines(page).first).to_contain_text("Guest 000000")
        expect(head(page, "Name")).to_have_attribute("aria-sort", "ascending")
        assert "sort=name.asc" in page.url
        head(page, "Name").click()
        expect(head(page, "Name")).to_have_attribute("aria-sort", "descending")
        # A column without an index of its own, in a list as short as this.
        head(page, "Title").click()
        expect(cell(page, 0, 2)).to_have_text("Title 0")
        shared = page.url
        page.goto(shared)
        shown(page)
        expect(head(page, "Title")).to_have_attribute("aria-sort", "ascending")
        expect(cell(page, 0, 2)).to_have_text("Title 0")
        assert seen.errors == []


def test_rows_stay_dimmed_until_the_next_are_there(
    browser: Browser, desk: tuple[Running, Database]
) -> None:
    with watching(browser) as seen:
        page = seen.page
        first = open_list(page, desk)
        name = first.get_attribute("data-key")
        held: list[Route] = []

        def hold(route: Route) -> None:
            held.append(route)

        page.route("**/api/rows/leads.json*", hold)
        head(page, "Visits").click()
        expect(page.locator(".table.waiting")).to_be_visible()
        expect(lines(page).first).to_have_attribute("data-key", name or "")
        held[0].continue_()
        expect(page.locator(".table.waiting")).to_have_count(0)
        expect(head(page, "Visits")).to_have_attribute("aria-sort", "descending")


def test_rows_that_do_not_come_are_said_so_and_asked_for_again(
    browser: Browser, desk: tuple[Running, Database]
) -> None:
    with watching(browser) as seen:
        page = seen.page
        open_list(page, desk)
        page.route("**/api/rows/leads.json*", lambda route: route.abort())
        head(page, "Visits").click()
        expect(page.get_by_role("alert")).to_contain_text("can't be reached")
        page.unroute("**/api/rows/leads.json*")
        page.get_by_role("button", name="Try again").click()
        expect(cell(page, 0, 7)).to_have_text("11")
        expect(page.get_by_role("alert")).to_be_hidden()


def test_a_click_opens_beside_a_double_click_whole_and_back_returns_to_the_row(
    browser: Browser, desk: tuple[Running, Database]
) -> None:
    with watching(browser) as seen:
        page = seen.page
        open_list(page, desk, "/leads?sort=name.asc")
        page.locator(".grid").evaluate("grid => { grid.scrollTop = 120 * 36 }")
        row = lines(page).filter(has_text="Guest 000125")
        row.click()
        panel = page.get_by_role("article", name="Guest 000125")
        expect(panel).to_be_visible()
        expect(row).to_have_class(re.compile("opened"))
        panel.get_by_role("button", name="Close").click()
        expect(panel).to_be_hidden()
        row.dblclick()
        page.wait_for_url("**/leads?lead=guest000125**")
        page.go_back()
        expect(lines(page).filter(has_text="Guest 000125")).to_be_in_viewport(timeout=20_000)
        assert "sort=name.asc" in page.url
        assert seen.errors == []


def test_the_keyboard_goes_about_selects_and_opens(
    browser: Browser, desk: tuple[Running, Database]
) -> None:
    with watching(browser) as seen:
        page = seen.page
        open_list(page, desk, "/leads?sort=name.asc")
        press = page.keyboard.press
        page.get_by_role("button", name="Export").focus()
        press("Tab")
        here = "document.activeElement.shadowRoot?.activeElement?.{}"

        def at() -> tuple[Any, Any]:
            cell = "document.activeElement.shadowRoot?.activeElement"
            place, column = page.evaluate(
                f"[{cell}.parentElement.ariaRowIndex, {cell}.ariaColIndex].map(Number)"
            )
            return place, column

        assert page.evaluate(here.format("role")) == "columnheader"
        press("ArrowDown")
        assert at() == (2, 2)
        press("PageDown")
        assert at()[0] > 10
        press("Control+Home")
        assert at() == (2, 2)
        press("End")
        assert at()[1] == 9
        press("Home")
        assert at() == (2, 1)
        press("Control+End")
        page.wait_for_function(
            "document.activeElement.shadowRoot?.activeElement?.parentElement.ariaRowIndex === '153'"
        )
        press("Control+Home")
        press("Space")
        press("Shift+ArrowDown")
        press("Shift+ArrowDown")
        expect(page.locator(".said")).to_have_text("3 selected")
        expect(page.get_by_role("row", selected=True)).to_have_count(3)
        press("Enter")
        expect(page.get_by_role("article", name="Guest 000002")).to_be_visible()
        press("Enter")
        page.wait_for_url("**/leads?lead=guest000002**")
        page.go_back()
        expect(lines(page).filter(has_text="Guest 000002")).to_be_visible(timeout=20_000)
        assert seen.errors == []


def test_just_the_selected_are_exported_and_it_is_written_down(
    browser: Browser, desk: tuple[Running, Database]
) -> None:
    with watching(browser) as seen:
        page = seen.page
        open_list(page, desk, "/leads?sort=name.asc")
        cell(page, 0, 0).locator("input").click()
        page.keyboard.down("Shift")
        cell(page, 4, 0).locator("input").click()
        page.keyboard.up("Shift")
        expect(page.locator(".said")).to_have_text("5 selected")
        expect(page.get_by_role("button", name="all 152 that match")).to_be_visible()
        with page.expect_download() as downloading:
            page.get_by_role("button", name="Export these").click()
        text = Path(downloading.value.path()).read_text()
        assert [line.split(",")[0] for line in text.splitlines()[1:]] == [
            f"guest{number:06}@example.com" for number in range(5)
        ]
        with desk[1].read() as db:
            said = db.execute(select(AUDIT.c.filters).order_by(AUDIT.c.id.desc())).scalars().first()
        assert said
        assert "selected=5" in said
        assert "guest" not in said
        page.get_by_role("button", name="all 152 that match").click()
        expect(page.locator(".said")).to_have_text("All 152 selected")
        with page.expect_download() as downloading:
            page.get_by_role("button", name="Export these").click()
        assert Path(downloading.value.path()).read_text().count("\n") == 153
        assert seen.errors == []


def test_copying_gives_clean_text(browser: Browser, desk: tuple[Running, Database]) -> None:
    with watching(browser) as seen:
        page = seen.page
        open_list(page, desk, "/leads?sort=name.asc")
        page.evaluate(
            "addEventListener('copy', event => {"
            "window.copied = event.clipboardData.getData('text/plain') })"
        )
        page.get_by_role("button", name="Export").focus()
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Control+c")
        assert page.evaluate("window.copied") == "Guest 000000"
        # Marked with the pointer over two rows.
        one, other = (cell(page, row, 2).bounding_box() for row in (0, 1))
        assert one
        assert other
        page.mouse.move(one["x"] + 12, one["y"] + 18)
        page.mouse.down()
        page.mouse.move(other["x"] + 60, other["y"] + 18, steps=8)
        page.mouse.up()
        page.keyboard.press("Control+c")
        copied = page.evaluate("window.copied")
        assert copied.startswith("Title 0\t")
        assert copied.endswith("Title 1")
        assert copied.count("\n") == 1


def test_the_first_rows_of_a_filter_do_not_wait_for_the_rest_of_the_page(
    browser: Browser, desk: tuple[Running, Database]
) -> None:
    held: list[tuple[WebSocketRoute, str | bytes]] = []
    flows = threading.Event()

    def between(line: WebSocketRoute) -> None:
        server = line.connect_to_server()
        line.on_message(server.send)
        server.on_message(
            lambda said: line.send(said) if flows.is_set() else held.append((line, said))
        )

    with watching(browser, own=True) as seen:
        page = seen.page
        page.route_web_socket("**/_stcore/stream", between)
        flows.set()
        open_list(page, desk, "/leads?sort=name.asc")
        flows.clear()  # from now on nothing that Python says comes in
        page.get_by_role("searchbox", name="Search").fill("000042")
        expect(lines(page)).to_have_count(1)
        expect(lines(page).first).to_contain_text("Guest 000042")
        expect(page.locator(".table.waiting")).to_have_count(0)
        expect(page.get_by_text("152 leads", exact=True)).to_be_visible()
        flows.set()
        for line, said in held:
            line.send(said)
        expect(page.get_by_text("1 lead", exact=True)).to_be_visible()
        expect(lines(page)).to_have_count(1)
        assert seen.errors == []


def test_a_filter_takes_the_table_along_with_its_place(
    browser: Browser, desk: tuple[Running, Database]
) -> None:
    with watching(browser) as seen:
        page = seen.page
        open_list(page, desk)
        cell(page, 3, 0).locator("input").click()
        page.get_by_role("searchbox", name="Search").fill("000042")
        expect(lines(page)).to_have_count(1, timeout=20_000)
        expect(page.locator(".said")).to_have_text("")
        page.get_by_role("searchbox", name="Search").fill("nobody at all")
        expect(page.get_by_text("No lead matches these filters")).to_be_visible(timeout=20_000)
