"""Companies and Emails as people see them: real Chromium, the product's own process."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from models import migrations
from models.storage.database import Database
from tests.browser import PHONE, browsing, violations, watching
from tests.conftest import SECRET
from tests.dashboard.deliveries import PIPELINE, payload, put, visitor, worker
from tests.dashboard.screens.emails.checks import check
from tests.dashboard.table.contents import shown
from tests.processes import Running, free_port, start

PAGES = ("/companies", "/companies?company=midbound.ai", "/emails")
BEACON = "<img src=http://127.0.0.1:9/beacon onerror=\"document.title='caught'\">"
LONG = "Grand Unified " * 6
STREAMLITS_OWN = {"list", "empty-table-header"}
"""Findings in Streamlit's markup of its navigation and its tables."""
"""Streamlit makes its shade out of the theme's text colour."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder: Path = tmp_path_factory.mktemp("companies")
    url = f"sqlite:///{folder}/desk.db"
    database = Database(url)
    migrations.upgrade(database)
    hostile = dict.fromkeys(("name", "industry", "description", "logoUrl", "linkedinUrl"), BEACON)
    now = int(time.time() * 1000)
    guest = visitor(90, first=BEACON, email="<img/src=http://127.0.0.1:9/beacon>@x.example")
    guest["data"]["session"]["createdAt"] = guest["created"] = now
    put(
        database,
        *(payload(name) for name in PIPELINE),
        worker(1, hour=1, industry="Retail"),
        worker(2, hour=2, website="javascript:document.title='caught'", **hostile),
        worker(3, hour=3, name=LONG, industry=LONG, specialties=["x" * 300]),
        worker(4, hour=4, name="شركة النور للتجارة", funding=None),
        guest,
        check(90, "<img/src=http://127.0.0.1:9/beacon>@x.example", "catch_all"),
        check(90, "<img/src=http://127.0.0.1:9/beacon>@x.example", "valid", day=2),
    )
    database.close()
    environment = {
        "DATABASE_URL": url,
        "MIDBOUND_CLOUD_WEBHOOK_SECRET": SECRET,
        "RECEIVER_PORT": str(free_port()),
        "DASHBOARD_PORT": str(free_port()),
    }
    with start(("dashboard",), folder, environment) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as started:
        yield started


def _open(page: Page, desk: Running, path: str) -> None:
    page.goto(desk.dashboard + path)
    shown = page.locator(".card, .table .body .line, [data-testid=stMetric]")
    expect(shown.first).to_be_visible(timeout=30_000)
    expect(page.locator("[data-test-script-state=notRunning]")).to_have_count(1, timeout=15_000)


def test_a_card_opens_its_company_and_both_ways_back_keep_the_filters(
    browser: Browser, desk: Running
) -> None:
    with watching(browser) as seen:
        page = seen.page
        _open(page, desk, "/companies?q=firm")
        page.get_by_role("link", name="Firm 1").click()
        expect(page.get_by_role("heading", name="Firm 1", level=1)).to_be_visible()
        assert page.url.endswith("/companies?company=firm1.example")
        page.get_by_role("button", name="All companies").click()
        expect(page.get_by_role("link", name="Firm 1")).to_be_visible()
        assert page.url.endswith("/companies?q=firm")
        page.get_by_role("link", name="Firm 1").click()
        expect(page.get_by_role("heading", name="Firm 1", level=1)).to_be_visible()
        page.go_back()
        expect(page.get_by_role("link", name="Firm 1")).to_be_visible()
        assert page.url.endswith("/companies?q=firm")


def test_who_visited_is_one_step_away_and_one_step_back(browser: Browser, desk: Running) -> None:
    with watching(browser) as seen:
        page = seen.page
        _open(page, desk, "/companies?company=midbound.ai")
        page.get_by_role("gridcell", name="Peter Toth").click()
        expect(page.get_by_role("heading", name="Peter Toth", level=1)).to_be_visible()
        assert page.url.endswith("/leads?lead=linkedin.com%2Fin%2Fptrtht")
        page.go_back()
        expect(page.get_by_role("heading", name="Midbound", level=1)).to_be_visible()
        assert page.url.endswith("/companies?company=midbound.ai")
        assert seen.errors == []


def test_a_company_opens_at_its_top_wherever_the_list_was(browser: Browser, desk: Running) -> None:
    with watching(browser, size=PHONE) as seen:
        page = seen.page
        _open(page, desk, "/companies")
        page.locator(".card a.open").last.scroll_into_view_if_needed()
        main = page.get_by_test_id("stMain")
        assert main.evaluate("main => main.scrollTop") > PHONE["height"] / 2
        page.locator(".card a.open").last.click()
        expect(page.locator(".cards.whole h1")).to_be_in_viewport()
        assert seen.errors == []


def test_a_row_opens_its_company(browser: Browser, desk: Running) -> None:
    with watching(browser) as seen:
        _open(seen.page, desk, "/companies?view=table&q=midbound")
        shown(seen.page).click()
        expect(seen.page.locator(".card")).to_contain_text("Midbound")
        seen.page.get_by_role("button", name="Close").click()
        expect(seen.page.locator(".card")).to_have_count(0)
        shown(seen.page).dblclick()
        expect(seen.page.get_by_role("heading", name="Midbound", level=1)).to_be_visible()


def test_a_score_has_its_parts_and_each_leads_to_its_event(browser: Browser, desk: Running) -> None:
    with watching(browser) as seen:
        page = seen.page
        _open(page, desk, "/companies?company=midbound.ai")
        point = page.locator(".part").filter(has_text="Looked at /pricing")
        expect(point).to_contain_text("Peter Toth")
        expect(point.locator(".worth")).to_have_text("0 of 20")
        point.get_by_role("button", name="Signed event behind").click()
        expect(page.get_by_role("dialog")).to_contain_text("webhook-id: evt_")
        page.keyboard.press("Escape")
        _open(page, desk, "/companies?view=table")
        shown(page)
        page.get_by_role("columnheader", name="Intent").click()
        page.wait_for_url("**sort=intent**")
        expect(page.get_by_role("columnheader", name="Intent")).to_have_attribute(
            "aria-sort", "descending"
        )
        assert seen.errors == []


def test_who_visited_leads_to_the_lead(browser: Browser, desk: Running) -> None:
    with watching(browser) as seen:
        _open(seen.page, desk, "/companies?company=midbound.ai")
        shown(seen.page).click()
        seen.page.wait_for_url("**/leads?lead=linkedin.com*", timeout=10_000)


def test_an_address_leads_to_the_lead_who_uses_it(browser: Browser, desk: Running) -> None:
    with watching(browser) as seen:
        _open(seen.page, desk, "/emails?q=peter&since=2025-01-01")
        addresses = seen.page.get_by_role("grid", name="Addresses").locator(".body .line")
        addresses.first.click()
        expect(seen.page.get_by_role("article", name="Peter Toth")).to_be_visible()
        seen.page.get_by_role("link", name="Full lead page").click()
        seen.page.wait_for_url("**/leads?lead=linkedin.com*", timeout=10_000)


@pytest.mark.parametrize("path", ["/companies", "/companies?company=firm2.example", "/emails"])
def test_hostile_text_has_no_effect_and_nothing_is_asked_of_others(
    browser: Browser, desk: Running, path: str
) -> None:
    with watching(browser) as seen:
        _open(seen.page, desk, path)
        seen.page.wait_for_timeout(300)
        assert "caught" not in seen.page.title()
        assert seen.page.locator("a[href^='javascript']").count() == 0
        assert seen.page.locator(".card img, .card script").count() == 0
        own = (desk.dashboard, f"blob:{desk.dashboard}", "data:")
        assert [url for url in seen.asked if not url.startswith(own)] == []
        # Streamlit asks below the page's own path for what is at the root.
        assert seen.errors == []
        assert seen.page.locator("[data-testid=stException]").count() == 0


def test_links_leave_the_house_without_a_trace(browser: Browser, desk: Running) -> None:
    with watching(browser) as seen:
        _open(seen.page, desk, "/companies?company=midbound.ai")
        link = seen.page.get_by_role("link", name="midbound.ai", exact=True)
        expect(link).to_have_attribute("href", "https://www.midbound.ai/")
        expect(link).to_have_attribute("rel", "noopener noreferrer")


@pytest.mark.parametrize("path", ["/companies", "/companies?company=firm3.example"])
def test_long_and_right_to_left_names_fit_a_phone(
    browser: Browser, desk: Running, path: str
) -> None:
    with watching(browser, size=PHONE) as seen:
        _open(seen.page, desk, path)
        for part in (seen.page.locator("html"), *seen.page.locator(".card").all()):
            assert part.evaluate("element => element.scrollWidth <= element.clientWidth")


@pytest.mark.long_on("dark")
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_everybody_can_read_it(
    browser: Browser, desk: Running, colours: Literal["light", "dark"]
) -> None:
    with watching(browser, colours=colours) as seen:
        found = []
        for path in PAGES:
            _open(seen.page, desk, path)
            for finding in violations(seen.page, colours):
                if finding["impact"] in {"serious", "critical"}:
                    found += [
                        (path, finding["id"], node["html"][:160])
                        for node in finding["nodes"]
                        if finding["id"] not in STREAMLITS_OWN
                    ]
        assert found == []
