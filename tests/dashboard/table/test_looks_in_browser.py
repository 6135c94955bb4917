"""The table as it looks: long texts, widths, both themes, a phone, text from right to left."""

import re
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from models.storage.database import Database
from tests.browser import PHONE, violations, watching
from tests.dashboard.table.contents import lines, shown
from tests.dashboard.table.list_page import FEW, HEBREW, LONG, cell, head, open_list
from tests.processes import Running

STREAMLITS_OWN = {"list"}


def test_a_text_that_does_not_fit_is_whole_on_hover_and_on_focus(
    browser: Browser, desk: tuple[Running, Database]
) -> None:
    with watching(browser) as seen:
        page = seen.page
        open_list(page, desk, f"/leads?q={FEW:06}")
        title = cell(page, 0, 2)
        expect(title.locator(".text")).to_have_attribute("title", LONG)
        page.get_by_role("button", name="Export").focus()
        for key in ("Tab", "ArrowDown", "ArrowRight"):
            page.keyboard.press(key)
        expect(page.locator(".whole")).to_have_text(LONG)


def test_columns_are_made_wider_and_stay_so(
    browser: Browser, desk: tuple[Running, Database]
) -> None:
    with watching(browser) as seen:
        page = seen.page
        open_list(page, desk)
        before = head(page, "Title").bounding_box()
        grip = head(page, "Title").locator(".grip").bounding_box()
        assert before
        assert grip
        page.mouse.move(grip["x"] + 3, grip["y"] + 5)
        page.mouse.down()
        page.mouse.move(grip["x"] + 83, grip["y"] + 5, steps=4)
        page.mouse.up()
        page.reload()
        shown(page)
        after = head(page, "Title").bounding_box()
        assert after
        assert round(after["width"] - before["width"]) == 80


def _heads(page: Page) -> list[str]:
    return page.locator(".head .name .label").all_text_contents()


def test_columns_are_carried_elsewhere_by_pointer_or_keyboard_and_stay_there(
    browser: Browser, desk: tuple[Running, Database]
) -> None:
    with watching(browser) as seen:
        page = seen.page
        open_list(page, desk)
        name, title, company, email, *others = _heads(page)
        text = cell(page, 0, 2).text_content() or ""
        one, other = head(page, title).bounding_box(), head(page, "Email$").bounding_box()
        assert one
        assert other
        page.mouse.move(one["x"] + 20, one["y"] + 12)
        page.mouse.down()
        page.mouse.move(other["x"] + other["width"] - 20, other["y"] + 12, steps=6)
        expect(page.locator(".drop")).to_be_visible()
        page.mouse.up()
        assert _heads(page) == [name, company, email, title, *others]
        expect(cell(page, 0, 4)).to_have_text(text)
        # It was carried, not clicked.
        expect(head(page, title)).not_to_have_attribute("aria-sort", re.compile("."))
        page.keyboard.press("Control+ArrowLeft")
        expect(page.locator(".table .spoken")).to_have_text(f"{title} is column 3 of 8")
        page.keyboard.press("Control+ArrowLeft")
        page.keyboard.press("Control+ArrowLeft")
        expect(page.locator(".table .spoken")).to_have_text(f"{name} stays first.")
        assert _heads(page) == [name, title, company, email, *others]
        page.keyboard.press("Control+ArrowRight")
        page.reload()
        shown(page)
        assert _heads(page) == [name, company, title, email, *others]
        expect(cell(page, 0, 3)).to_have_text(text)
        # One more column stands where it does for everybody, one less leaves the others.
        page.goto(page.url.replace("email,email_validity", "email_validity,city"))
        shown(page)
        expect(head(page, "City")).to_be_visible()
        assert _heads(page)[:3] == [name, company, title]
        page.get_by_role("button", name="Reset columns").click()
        assert _heads(page)[:3] == [name, title, company]
        expect(page.get_by_role("button", name="Reset columns")).to_be_hidden()
        assert seen.errors == []


def test_the_column_of_the_longest_texts_takes_the_room_that_is_left(
    browser: Browser, desk: tuple[Running, Database]
) -> None:
    with watching(browser) as seen:
        page = seen.page
        page.goto(f"{desk[0].dashboard}/leads?columns=who,job_title,sessions")
        shown(page)
        wide = {name: box["width"] for name in ("Name", "Title", "Visits")
                if (box := head(page, name).bounding_box())}  # fmt: skip
        assert wide["Title"] > 2 * wide["Name"] > 2 * wide["Visits"]
        grip = head(page, "Title").locator(".grip").bounding_box()
        assert grip
        page.mouse.move(grip["x"] + 3, grip["y"] + 5)
        page.mouse.down()
        page.mouse.move(grip["x"] - 27, grip["y"] + 5, steps=3)
        page.mouse.up()
        narrower = head(page, "Title").bounding_box()
        assert narrower
        assert round(wide["Title"] - narrower["width"]) == 30
        assert seen.errors == []


def test_a_finger_that_stays_on_a_head_carries_it_and_one_that_does_not_scrolls(
    browser: Browser, desk: tuple[Running, Database]
) -> None:
    with watching(browser, size=PHONE, own=True) as seen:
        page = seen.page
        finger = page.context.new_cdp_session(page)
        finger.send("Emulation.setTouchEmulationEnabled", {"enabled": True})

        def touch(kind: str, x: float | None = None) -> None:
            points = [] if x is None else [{"x": x, "y": y}]
            finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        def swipe(start: float, end: float) -> None:
            for part in range(1, 9):
                touch("touchMove", start + (end - start) * part / 8)
                # A frame each: moves of one frame are one event, and the table scrolls at each.
                page.evaluate("new Promise(requestAnimationFrame)")
            touch("touchEnd")

        open_list(page, desk)
        name, title, company, *others = _heads(page)
        box = head(page, title).bounding_box()
        assert box
        y = box["y"] + 12
        touch("touchStart", box["x"] + 60)
        swipe(box["x"] + 60, box["x"])
        assert page.locator(".grid").evaluate("grid => grid.scrollLeft") > 20
        assert _heads(page) == [name, title, company, *others]

        page.locator(".grid").evaluate("grid => { grid.scrollLeft = 0 }")
        touch("touchStart", box["x"] + 20)
        expect(head(page, title)).to_have_class(re.compile("moving"))
        swipe(box["x"] + 20, box["x"] + box["width"] + 110)
        expect(page.locator(".drop")).to_be_hidden()
        assert _heads(page) == [name, company, title, *others]
        assert seen.errors == []


@pytest.mark.long_on("dark")
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_nothing_of_ours(
    browser: Browser, desk: tuple[Running, Database], colours: Literal["light", "dark"]
) -> None:
    with watching(browser, colours=colours, motion="reduce") as seen:
        page = seen.page
        open_list(page, desk)
        cell(page, 1, 0).locator("input").click()
        lines(page).nth(2).click()
        expect(page.get_by_role("article")).to_be_visible()
        found = [
            (rule["id"], node["target"], node["failureSummary"])
            for rule in violations(page, colours)
            if rule["id"] not in STREAMLITS_OWN
            for node in rule["nodes"]
            if ".table" in str(node["target"]) or rule["impact"] in {"serious", "critical"}
        ]
        assert found == []


def test_on_a_phone_the_name_stays_and_a_tap_opens_the_whole(
    browser: Browser, desk: tuple[Running, Database]
) -> None:
    with watching(browser, size=PHONE) as seen:
        page = seen.page
        open_list(page, desk)
        assert page.locator("html").evaluate("page => page.scrollWidth <= page.clientWidth")
        name = cell(page, 0, 1)
        before = name.bounding_box()
        page.locator(".grid").evaluate("grid => { grid.scrollLeft = 600 }")
        assert name.bounding_box() == before
        cell(page, 0, 1).click()
        page.wait_for_url("**/leads?lead=**")
        assert seen.errors == []


def test_text_from_right_to_left_keeps_to_itscell(
    browser: Browser, desk: tuple[Running, Database]
) -> None:
    with watching(browser) as seen:
        open_list(seen.page, desk)
        link = lines(seen.page).first.locator(".opens-it")
        expect(link).to_have_text(HEBREW)
        assert link.evaluate("link => getComputedStyle(link).direction") == "rtl"
