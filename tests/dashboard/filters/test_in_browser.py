"""The bar as people use it: real Chromium, by hand and by keyboard, wide and on a phone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from models import migrations
from models.storage.database import Database
from tests.browser import PHONE, browsing, violations, watching
from tests.dashboard.deliveries import put
from tests.dashboard.screens.sessions.test_page import recent
from tests.processes import Running, free_port, start
from tests.screens import settle

BAD = "<img src=x onerror=window.hit=1>"
CAMPAIGNS = {"spring": 4, "summer": 3, "autumn": 2, BAD: 1}
STREAMLITS = {"list", "empty-table-header"}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder: Path = tmp_path_factory.mktemp("bar")
    url = f"sqlite:///{folder}/desk.db"
    database = Database(url)
    migrations.upgrade(database)
    named = [name for name, count in CAMPAIGNS.items() for _ in range(count)]
    put(database, *(recent(number, name) for number, name in enumerate([*named, None])))
    database.close()
    ports = {"RECEIVER_PORT": str(free_port()), "DASHBOARD_PORT": str(free_port())}
    with start(("dashboard",), folder, {"DATABASE_URL": url, **ports}) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as started:
        yield started


def _open(page: Page, desk: Running, path: str) -> None:
    page.goto(f"{desk.dashboard}/{path}")
    settle(page)
    expect(_button(page, "+ Filter")).to_be_visible(timeout=30_000)


def _button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def _asked(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def test_two_campaigns_without_a_third_take_four_clicks(browser: Browser, desk: Running) -> None:
    with watching(browser) as seen:
        page = seen.page
        _open(page, desk, "sessions")
        _button(page, "Campaign").click()
        page.get_by_role("option", name="spring").click()
        page.get_by_role("option", name="autumn").click()
        _button(page, "Apply").click()
        expect(page.get_by_text("6 sessions in the last 30 days")).to_be_visible()
        assert _asked(page) == {"utm_campaign": ["spring", "autumn"]}
        assert seen.errors == []


def test_back_takes_back_the_last_filter(browser: Browser, desk: Running) -> None:
    with watching(browser) as seen:
        page = seen.page
        _open(page, desk, "sessions?utm_campaign=spring")
        _button(page, "+ Filter").click()
        page.get_by_role("option", name="Device").click()
        page.get_by_role("option", name="desktop").click()
        _button(page, "Apply").click()
        page.wait_for_url("**device=desktop**")
        expect(_button(page, "Device is desktop")).to_be_visible(timeout=15_000)
        page.go_back()
        expect(page.get_by_text("4 sessions in the last 30 days")).to_be_visible()
        expect(_button(page, "Device is desktop")).to_have_count(0)
        assert _asked(page) == {"utm_campaign": ["spring"]}
        expect(_button(page, "Campaign is spring")).to_be_visible()
        assert seen.errors == []


def test_what_is_not_wanted_and_what_is_contained(browser: Browser, desk: Running) -> None:
    with watching(browser) as seen:
        page = seen.page
        _open(page, desk, "sessions")
        _button(page, "Campaign").click()
        page.get_by_role("radio", name="is not").check()
        page.get_by_role("option", name="spring").click()
        _button(page, "Apply").click()
        expect(page.get_by_text("7 sessions in the last 30 days")).to_be_visible()
        _button(page, "Campaign is not spring").click()
        page.get_by_role("radio", name="contains").check()
        page.get_by_role("option", name="spring").click()
        page.get_by_role("combobox").fill("um")
        page.keyboard.press("Escape")
        assert _asked(page) == {"utm_campaign.not": ["spring"]}
        _button(page, "Campaign is not spring").click()
        page.get_by_role("radio", name="contains").check()
        page.get_by_role("option", name="spring").click()
        page.get_by_role("combobox").fill("MM")
        _button(page, "Apply").click()
        page.wait_for_url("**utm_campaign.has=MM")
        expect(page.get_by_text("3 sessions in the last 30 days")).to_be_visible()


def test_the_keyboard_alone_chooses_changes_and_takes_off(browser: Browser, desk: Running) -> None:
    with watching(browser) as seen:
        page = seen.page
        _open(page, desk, "leads")
        _button(page, "+ Filter").focus()
        page.keyboard.press("Enter")
        page.keyboard.type("campa")
        page.keyboard.press("Enter")
        expect(page.get_by_role("option", name="summer")).to_be_visible()
        page.keyboard.type("summ")
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        page.wait_for_url("**utm_campaign=summer")
        expect(page.get_by_text("3 leads", exact=True)).to_be_visible()
        # The key that closed the menu does not press the button that has the focus next.
        expect(page.get_by_role("dialog")).to_be_hidden()
        expect(_button(page, "+ Filter")).to_be_focused()
        page.get_by_role("button", name="Remove: Campaign is summer").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text("11 leads", exact=True)).to_be_visible()
        assert _asked(page) == {}


def test_a_range_is_two_clicks_and_the_calendar_is_there(browser: Browser, desk: Running) -> None:
    with watching(browser) as seen:
        page = seen.page
        _open(page, desk, "sessions")
        _button(page, "Last 30 days").click()
        _button(page, "Today").click()
        page.wait_for_url("**since=today&until=today")
        expect(_button(page, "Today")).to_be_visible()
        _button(page, "Today").click()
        # The wrong way round: the days between are meant all the same.
        page.get_by_label("From", exact=True).fill("2020-01-31")
        page.get_by_label("To", exact=True).fill("2020-01-01")
        _button(page, "Apply").click()
        page.wait_for_url("**since=2020-01-01&until=2020-01-31")
        expect(_button(page, "1 Jan 2020 – 31 Jan 2020")).to_be_visible()
        _button(page, "Clear all").click()
        expect(_button(page, "Last 30 days")).to_be_visible()


def test_hostile_values_are_offered_as_text(browser: Browser, desk: Running) -> None:
    with watching(browser) as seen:
        page = seen.page
        _open(page, desk, "sessions")
        _button(page, "Campaign").click()
        page.get_by_role("option", name=BAD).click()
        page.get_by_role("heading", name="Sessions").click()
        expect(page.get_by_text("1 session in the last 30 days")).to_be_visible()
        assert _asked(page) == {"utm_campaign": [BAD]}
        assert page.evaluate("window.hit") is None
        assert seen.errors == []


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.long_on("dark")
def test_axe_finds_nothing_serious_of_ours_in_the_menus(
    browser: Browser, desk: Running, colours: Literal["light", "dark"]
) -> None:
    with watching(browser, colours=colours, motion="reduce") as seen:
        page = seen.page
        _open(page, desk, "sessions?utm_campaign=spring&utm_source.not=x")
        for button in ("+ Filter", "Campaign is spring", "Last 30 days"):
            _button(page, button).click()
            expect(page.get_by_role("dialog")).to_be_visible()
            page.wait_for_timeout(700)
            bad = [
                (rule["id"], node["target"], node["failureSummary"])
                for rule in violations(page, colours)
                if rule["impact"] in {"serious", "critical"} and rule["id"] not in STREAMLITS
                for node in rule["nodes"]
            ]
            assert bad == []
            page.keyboard.press("Escape")


def test_on_a_phone_menus_stay_within_the_window(browser: Browser, desk: Running) -> None:
    with watching(browser, size=PHONE) as seen:
        page = seen.page
        _open(page, desk, "sessions?utm_campaign=spring&utm_source.not=x&country.has=p")
        for button in ("+ Filter", "Campaign is spring", "Last 30 days"):
            _button(page, button).click()
            box = page.get_by_role("dialog").bounding_box()
            assert box
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= PHONE["width"]
            assert box["y"] + box["height"] <= PHONE["height"]
            page.keyboard.press("Escape")
        assert page.locator("html").evaluate("page => page.scrollWidth <= page.clientWidth")


def test_live_takes_several_values_from_the_same_menus(browser: Browser, desk: Running) -> None:
    with watching(browser) as seen:
        page = seen.page
        page.goto(desk.dashboard)
        _button(page, "+ Filter").click(timeout=30_000)
        page.keyboard.type("Size")
        expect(page.get_by_role("option", name="Employees from")).to_be_visible()
        page.keyboard.type("zzz")
        expect(page.get_by_text("No filter has that name")).to_be_visible()
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type("campai")
        page.keyboard.press("Enter")
        menu = page.get_by_role("dialog")  # Live's own lists have options of the same names
        menu.get_by_role("option", name="spring").click(timeout=30_000)
        menu.get_by_role("option", name="autumn").click()
        _button(page, "Apply").click()
        expect(_button(page, "Campaign is spring, autumn")).to_be_visible()
        assert _asked(page) == {"utm_campaign": ["spring", "autumn"]}
        assert seen.errors == []
