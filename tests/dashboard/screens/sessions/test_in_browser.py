"""Sessions and Campaigns as people see them: real Chromium, the product's own process."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from models import migrations
from models.storage.database import Database
from tests.browser import PHONE, browsing, violations, watching
from tests.dashboard.deliveries import PIPELINE, Json, payload, put
from tests.dashboard.screens.sessions.test_page import recent
from tests.dashboard.table.contents import shown
from tests.processes import Running, free_port, start

SID: str = payload("resolved")["data"]["session"]["sid"]
PAGES = ("sessions", f"sessions?sid={SID}", "campaigns")
# Streamlit's own: the list of its navigation, the heads of its tables on canvas.
STREAMLITS = {"list", "empty-table-header"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as started:
        yield started


@pytest.fixture(scope="module")
def beacon() -> Iterator[tuple[str, list[str]]]:
    """A server on loopback that notes what is asked of it."""
    asked: list[str] = []

    class Note(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Note)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()


@pytest.fixture(scope="module")
def desk(
    tmp_path_factory: pytest.TempPathFactory, beacon: tuple[str, list[str]]
) -> Iterator[Running]:
    """A desk with some visits, one of them hostile, for tests that only look."""
    folder: Path = tmp_path_factory.mktemp("sessions")
    url = f"sqlite:///{folder}/desk.db"
    database = Database(url)
    migrations.upgrade(database)
    put(database, *(payload(name) for name in PIPELINE))
    put(database, recent(1, "spring"), recent(2, "spring"), recent(3), _hostile(beacon[0]))
    database.close()
    ports = {"RECEIVER_PORT": str(free_port()), "DASHBOARD_PORT": str(free_port())}
    with start(("dashboard",), folder, {"DATABASE_URL": url, **ports}) as running:
        yield running


def _hostile(beacon: str) -> Json:
    bad = (
        f"<img src={beacon}/i onerror=window.hit=1> ![m]({beacon}/m) <script>window.hit=1</script>"
    )
    event = recent(9, bad, page=f"javascript:window.hit=1//{bad}", referrer=bad)
    event["data"]["identity"]["demographics"]["firstName"] = bad
    event["data"]["session"] |= {"userAgent": bad, "timezone": bad}
    return event


def _open(page: Page, desk: Running, path: str) -> None:
    page.goto(f"{desk.dashboard}/{path}")
    _settled(page)


def _settled(page: Page) -> None:
    # What stands last on each of these pages; before it the page may still be on its way.
    last = page.locator('.table .body .line, [data-testid="stDataFrame"], .visit').first
    expect(last).to_be_visible(timeout=20_000)
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')


def test_a_number_of_campaigns_leads_to_its_sessions_and_to_no_others(
    browser: Browser, desk: Running
) -> None:
    with watching(browser) as seen:
        page = seen.page
        _open(page, desk, "sessions?q=peter&since=1970-01-01")
        page.get_by_role("link", name="Campaigns", exact=True).click()
        page.get_by_label("Sessions behind New leads").click()
        expect(page.get_by_text("4 sessions in the last 30 days")).to_be_visible()
        assert page.url == f"{desk.dashboard}/sessions?leads=new"


def test_a_hostile_value_in_a_pill_stays_text(
    browser: Browser, desk: Running, beacon: tuple[str, list[str]]
) -> None:
    bad = f"![x]({beacon[0]}/chip) :red[x] $x^2$ :tada: <b>x</b>"
    with watching(browser) as seen:
        page = seen.page
        page.goto(f"{desk.dashboard}/sessions?utm_term={quote(bad)}")
        pill = page.get_by_role("button", name="Term is").first
        expect(pill).to_contain_text(bad[:20])
        expect(pill).to_have_attribute("title", f"Term is {bad}")
        assert not any("/chip" in asked for asked in beacon[1])


def test_a_row_opens_its_session_and_back_restores_the_list(
    browser: Browser, desk: Running
) -> None:
    with watching(browser) as seen:
        page = seen.page
        _open(page, desk, "sessions?utm_source=google&since=1970-01-01")
        shown(page).click()
        panel = page.get_by_role("article", name="Peter Toth")
        expect(panel).to_be_visible()
        shown(page).dblclick()
        expect(page.locator(".page .dwell")).to_have_text(["53 s", "90 s", "55 s"])
        assert page.url == f"{desk.dashboard}/sessions?sid={SID}"
        page.go_back()
        expect(page.get_by_role("heading", name="Sessions")).to_be_visible()
        shown(page)
        assert "utm_source=google" in page.url
        assert seen.errors == []


def test_what_is_beside_the_list_leads_to_the_whole_visit(browser: Browser, desk: Running) -> None:
    with watching(browser) as seen:
        page = seen.page
        _open(page, desk, "sessions?utm_source=google&since=1970-01-01")
        shown(page).click()
        page.get_by_role("link", name="Full visit").click()
        page.wait_for_url(f"**/sessions?sid={SID}")
        assert seen.errors == []


def test_a_session_leads_to_its_lead(browser: Browser, desk: Running) -> None:
    with watching(browser) as seen:
        _open(seen.page, desk, f"sessions?sid={SID}")
        seen.page.get_by_role("link", name="This lead").click()
        seen.page.wait_for_url("**/leads?lead=linkedin.com%2Fin%2Fptrtht")


def test_a_campaign_leads_to_as_many_sessions_as_it_says(browser: Browser, desk: Running) -> None:
    with watching(browser) as seen:
        page = seen.page
        _open(page, desk, "campaigns?since=2020-01-01")
        page.locator(".table .body .line").first.click()
        page.get_by_label("Sessions behind Sessions").nth(1).click(timeout=30_000)
        expect(page.get_by_text("2 sessions, by day")).to_be_visible()
        assert page.url.endswith("/sessions?since=2020-01-01&utm_campaign=spring")
        assert seen.errors == []


def test_what_a_colleague_is_sent_shows_the_same(browser: Browser, desk: Running) -> None:
    with watching(browser) as seen:
        page = seen.page
        _open(page, desk, "campaigns")
        page.get_by_text("source", exact=True).click()
        page.wait_for_url("**/campaigns?by=source")
        _open(page, desk, "campaigns?by=source")
        expect(page.get_by_role("radio", name="source")).to_be_checked()


@pytest.mark.parametrize("path", [*PAGES, "sessions?sid=01SID0009"])
def test_nothing_of_theirs_loads_or_runs(
    browser: Browser, desk: Running, beacon: tuple[str, list[str]], path: str
) -> None:
    with watching(browser) as seen:
        _open(seen.page, desk, path)
        seen.page.wait_for_timeout(500)
        assert seen.page.evaluate("window.hit") is None
        assert beacon[1] == []
        assert seen.errors == []


def test_a_bar_says_in_plain_text_what_it_counts(
    browser: Browser, desk: Running, beacon: tuple[str, list[str]]
) -> None:
    with watching(browser) as seen:
        page = seen.page
        _open(page, desk, "sessions?since=-7d")
        expect(page.get_by_label("Sessions a day by campaign", exact=True)).to_be_visible()
        bars, told = page.locator(".mark-rect path"), page.locator("#vg-tooltip-element")
        expect(bars).to_have_count(3)
        texts = []
        for bar in bars.all():
            bar.hover(force=True)
            expect(told).to_be_visible()
            texts.append(told.inner_text())
            expect(told.locator("img, script")).to_have_count(0)
        assert any(f"<img src={beacon[0]}/i" in text for text in texts), texts
        assert page.evaluate("window.hit") is None
        assert seen.errors == []


@pytest.mark.parametrize("path", PAGES)
def test_a_phone_needs_no_sideways_scrolling(browser: Browser, desk: Running, path: str) -> None:
    with watching(browser, size=PHONE) as seen:
        _open(seen.page, desk, path)
        assert seen.page.locator("html").evaluate("page => page.scrollWidth <= page.clientWidth")


@pytest.mark.long_on("dark")
@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_serious_of_ours(
    browser: Browser, desk: Running, path: str, colours: Literal["light", "dark"]
) -> None:
    with watching(browser, colours=colours, motion="reduce") as seen:
        _open(seen.page, desk, path)
        seen.page.wait_for_timeout(300)
        bad = [
            (rule["id"], node["target"], node["failureSummary"])
            for rule in violations(seen.page, colours)
            if rule["impact"] in {"serious", "critical"} and rule["id"] not in STREAMLITS
            for node in rule["nodes"]
        ]
        assert bad == []
