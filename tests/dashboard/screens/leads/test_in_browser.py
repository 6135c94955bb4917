"""Leads as people see them: real Chromium, the product's own process."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from models import migrations
from models.storage.database import Database
from tests.browser import PHONE, browsing, violations, watching
from tests.conftest import SECRET
from tests.dashboard.deliveries import PIPELINE, payload, put, visitor
from tests.dashboard.screens.leads.test_queries import later_visit
from tests.processes import Running, free_port, start
from tests.quickest import quickest

LEAD = "/leads?lead=linkedin.com/in/"
PETER, REGULAR, HOSTILE, LONG, MANY_PHONES = (
    LEAD + name for name in ("ptrtht", "regular", "hostile", "long", "phones")
)
BEACON = "<img src=http://127.0.0.1:9/beacon onerror=\"document.title='caught'\">"
SCRIPT = "javascript:document.title='caught'"
NAME = "مريم " + "Wolfeschlegelsteinhausen" * 3
MOST_S = 6
STREAMLITS_OWN = {"list", "empty-table-header"}
"""Findings in Streamlit's markup of its navigation and its tables."""


def _of(name: str, number: int, days: int, text: str | None = None, **session: Any) -> Any:
    """A finalized visit of somebody else, everything they say of themselves being `text`."""
    event = later_visit("session.finalized", number, days)
    person = event["data"]["enrichment"]["person"]
    person |= {"linkedinUrl": f"https://linkedin.com/in/{name}", "email": f"{name}@example.com"}
    event["data"]["enrichment"]["emailValidations"] = None
    event["data"]["session"] |= {"vid": f"01{name.upper()}"} | session
    if text:
        person |= dict.fromkeys(("fullName", "headline", "summary", "profilePictureUrl"), text)
        person |= {"skills": [text], "languages": [text]}
        person["employments"][0] |= {"title": text, "description": text}
        for company in (
            person["employments"][0]["company"],
            event["data"]["enrichment"]["companies"][0],
        ):
            company |= {"name": text, "domain": None, "linkedinId": name, "logoUrl": text}
            company |= {"website": SCRIPT, "description": text, "industry": text}
        for page in event["data"]["session"]["events"]:
            page |= {"title": text, "outlink": SCRIPT, "signal": text, "props": {text: text}}
        event["data"]["session"]["events"][1]["url"] = SCRIPT
    return event


def _with_phones(*phones: str) -> Any:
    event = later_visit("qualified", 700, 0)
    event["data"]["session"]["vid"] = event["data"]["attribution"]["vid"] = "01PHONES"
    event["data"]["identity"] |= {
        "linkedinUrl": "https://linkedin.com/in/phones",
        "emails": [],
        "phones": list(phones),
    }
    return event


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder: Path = tmp_path_factory.mktemp("leads")
    url = f"sqlite:///{folder}/desk.db"
    database = Database(url)
    migrations.upgrade(database)
    put(database, *(payload(name) for name in PIPELINE))
    put(database, *(_of("regular", 1000 + n, n, utm={}) for n in range(500)))
    put(
        database,
        _of("hostile", 1, 0, BEACON, landingPage=SCRIPT, referrer=SCRIPT),
        _of("long", 2, 0, NAME),
        visitor(1, first="Ana", last="Lima"),
        _with_phones("+351910000001", "913 168 884", "020 7946 0000", SCRIPT),
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
    expect(page.locator(".visit, .table .body .line").first).to_be_visible(timeout=30_000)
    expect(page.locator("[data-test-script-state=notRunning]")).to_have_count(1, timeout=15_000)


def _seconds_to_open(page: Page, desk: Running, path: str) -> float:
    """From the list of leads, as people come there."""
    _open(page, desk, "/leads")
    began = time.monotonic()
    _open(page, desk, path)
    return time.monotonic() - began


def test_the_vendors_visit_is_drawn_to_time(browser: Browser, desk: Running) -> None:
    with watching(browser) as seen:
        _open(seen.page, desk, PETER)
        visit = seen.page.locator(".visit")
        assert visit.locator(".page:not(.axis) .dwell").all_text_contents() == [
            "53 s",
            "90 s",
            "55 s",
        ]
        bars = [bar.bounding_box() for bar in visit.locator(".bar").all()]
        widths = [bar["width"] for bar in bars if bar]
        assert [round(width / sum(widths), 2) for width in widths] == [0.27, 0.45, 0.28]
        link = visit.get_by_role("link", name="calendly.com/example-inc/demo")
        expect(link).to_have_attribute("href", "https://calendly.com/example-inc/demo")
        expect(link).to_have_attribute("rel", "noopener noreferrer")


def test_the_signed_event_is_one_click_from_a_fact(browser: Browser, desk: Running) -> None:
    with watching(browser) as seen:
        _open(seen.page, desk, PETER)
        seen.page.get_by_role("button", name="Signed event behind: Phone").click()
        dialog = seen.page.get_by_role("dialog")
        expect(dialog).to_contain_text(f"webhook-id: {payload('qualified')['id']}")
        expect(dialog).to_contain_text("webhook-signature: v1,test")
        expect(dialog).to_contain_text('"+351913168884"')


def test_an_unchecked_address_leads_to_who_said_it(browser: Browser, desk: Running) -> None:
    with watching(browser) as seen:
        _open(seen.page, desk, PETER)
        seen.page.get_by_role("button", name="Signed event behind: peter.toth@gmail.com").click()
        said_by = payload("resolved")["id"]
        expect(seen.page.get_by_role("dialog")).to_contain_text(f"webhook-id: {said_by}")


def test_five_hundred_visits_open_fast_and_earlier_ones_on_demand(
    browser: Browser, desk: Running
) -> None:
    with watching(browser) as seen:
        assert quickest(lambda: _seconds_to_open(seen.page, desk, REGULAR), MOST_S) < MOST_S
        visits = seen.page.locator(".visit")
        expect(visits).to_have_count(20)
        seen.page.get_by_role("button", name="Show earlier visits (480 more)").click()
        expect(visits).to_have_count(40)
        assert visits.nth(39).locator("h3").inner_text().startswith("20 May")


def test_a_row_opens_the_lead_and_back_returns_to_the_same_list(
    browser: Browser, desk: Running
) -> None:
    with watching(browser) as seen:
        page = seen.page
        _open(page, desk, "/leads?q=ana+lima&sort=name")
        page.get_by_role("gridcell", name="Ana Lima", exact=True).dblclick()
        expect(page.get_by_role("heading", name="Ana Lima", level=1)).to_be_visible()
        assert page.url.endswith("/leads?lead=01VIS0001")
        page.go_back()
        expect(page.get_by_role("grid")).to_be_visible()
        expect(page.get_by_role("searchbox", name="Search")).to_have_value("ana lima")
        page.go_forward()
        expect(page.get_by_role("heading", name="Ana Lima", level=1)).to_be_visible()
        page.get_by_role("button", name="All leads").click()
        expect(page.get_by_role("searchbox", name="Search")).to_have_value("ana lima")


def test_a_colleague_is_one_click_away(browser: Browser, desk: Running) -> None:
    with watching(browser) as seen:
        _open(seen.page, desk, REGULAR)
        seen.page.locator(".colleagues").get_by_role("link", name="Peter Toth").click()
        expect(seen.page.get_by_text("peter.toth@gmail.com")).to_be_visible()
        assert "ptrtht" in seen.page.url


@pytest.mark.parametrize("path", ["/leads", HOSTILE])
def test_hostile_text_has_no_effect_and_nothing_is_asked_of_others(
    browser: Browser, desk: Running, path: str
) -> None:
    with watching(browser) as seen:
        _open(seen.page, desk, path)
        for more in seen.page.locator("summary").all():
            more.click()
        seen.page.wait_for_timeout(300)
        assert "caught" not in seen.page.title()
        assert seen.page.locator("a[href^='javascript' i]").count() == 0
        assert seen.page.locator(".details img, .details script").count() == 0
        own = (desk.dashboard, f"blob:{desk.dashboard}", "data:")
        assert [url for url in seen.asked if not url.startswith(own)] == []
        # Streamlit asks below the page's own path for what is at the root.
        assert seen.errors == []
        assert seen.page.locator("[data-testid=stException]").count() == 0


def test_every_phone_that_is_one_is_there_and_can_be_called(
    browser: Browser, desk: Running
) -> None:
    with watching(browser) as seen:
        _open(seen.page, desk, MANY_PHONES)
        phones = seen.page.locator(".fact", has=seen.page.get_by_text("Phone", exact=True))
        assert phones.locator("dd").count() == 2
        links = phones.get_by_role("link").all()
        assert [link.get_attribute("href") for link in links] == [
            "tel:+351910000001",
            "tel:+351913168884",
        ]
        phones.get_by_role("button", name="Phone +351913168884").click()
        expect(seen.page.get_by_role("dialog")).to_contain_text("webhook-id: evt_visit_0700")


@pytest.mark.parametrize("path", ["/leads", LONG])
def test_everything_fits_a_phone(browser: Browser, desk: Running, path: str) -> None:
    with watching(browser, size=PHONE) as seen:
        _open(seen.page, desk, path)
        for part in (seen.page.locator("html"), *seen.page.locator(".details, .visit").all()):
            assert part.evaluate("element => element.scrollWidth <= element.clientWidth + 1")


@pytest.mark.long_on("dark")
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_everybody_can_read_it(
    browser: Browser, desk: Running, colours: Literal["light", "dark"]
) -> None:
    with watching(browser, colours=colours) as seen:
        found = []
        for path in ("/leads", PETER):
            _open(seen.page, desk, path)
            for finding in violations(seen.page, colours):
                if finding["impact"] in {"serious", "critical"}:
                    found += [
                        (path, finding["id"], node["target"], node["failureSummary"])
                        for node in finding["nodes"]
                        if finding["id"] not in STREAMLITS_OWN
                    ]
        assert found == []
