"""Live in a real Chromium: strip, filters, hostile text, both themes."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from models import migrations
from models.storage.database import Database
from tests.browser import PHONE, browsing, violations, watching
from tests.dashboard.deliveries import PIPELINE, payload, put
from tests.dashboard.screens.live.visitors import employee, guest, left
from tests.processes import Running, free_port, start

SHOP = "https://www.example.com"
Run = Callable[..., Running]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as started:
        yield started


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A desk with eight visitors, for tests that only look."""
    folder: Path = tmp_path_factory.mktemp("live")
    url = f"sqlite:///{folder}/desk.db"
    database = Database(url)
    migrations.upgrade(database)
    _fill(database)
    database.close()
    ports = {"RECEIVER_PORT": str(free_port()), "DASHBOARD_PORT": str(free_port())}
    with start(("dashboard",), folder, {"DATABASE_URL": url, **ports}) as running:
        yield running


def _fill(database: Database) -> None:
    put(
        database,
        guest(1, first="Ana", company="Acme", country="PT", utm={"campaign": "spring"}, score=95),
        guest(2, first="Bea", company="Acme", country="ES", page=f"{SHOP}/pricing", score=80),
        guest(3, first="Cem", company="Bolt", country="PT", pid="mdb_pxl_two", score=4),
        guest(4, first="Dia", company="Bolt", country="DE", utm={"campaign": "autumn"}),
        left(5, (f"{SHOP}/blog", 53), (f"{SHOP}/demo", 90), (f"{SHOP}/a", 9), (f"{SHOP}/b", 9)),
        employee(6, "zenith.com"),
        *(payload(name) for name in PIPELINE),
    )
    back = guest(7, first="Eve", company="Acme")
    again = guest(7, first="Eve", company="Acme") | {"id": "evt_back"}
    again["data"]["session"]["sid"] = again["data"]["attribution"]["sessionId"] = "01BACK"
    put(database, back, again)


def _open(page: Page, desk: Running, query: str = "") -> None:
    page.goto(f"{desk.dashboard}/{query}")
    expect(page.locator(".list:visible, .empty:visible, .none:visible")).to_have_count(
        1, timeout=30_000
    )


def _names(page: Page) -> list[str]:
    return sorted(page.locator(".row .who .first").all_text_contents())


def _row(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has_text=name)


def _choose(page: Page, label: str, *values: str) -> None:
    """Open a pill, choose some of the values that it offers, and apply."""
    page.get_by_role("button", name=label, exact=True).click()
    for value in values:
        _menu(page).get_by_role("option", name=re.compile(f"^{value}")).click()
    _menu(page).get_by_role("button", name="Apply").click()


def _menu(page: Page) -> Locator:
    return page.locator(".filters .menu")


def _take_off(page: Page, said: str) -> None:
    page.get_by_role("button", name=f"Remove: {said}").click()


def test_filters_narrow_the_rows_at_once_together_and_are_taken_away_one_by_one(
    browser: Browser, desk: Running
) -> None:
    with watching(browser) as seen:
        page = seen.page
        _open(page, desk)
        expect(page.locator(".row")).to_have_count(7)
        _choose(page, "Company", "Acme")
        assert _names(page) == ["Ana", "Bea", "Eve"]
        expect(page.locator(".matching")).to_have_text("3 of 8 match")
        _choose(page, "Country", "PT")
        assert _names(page) == ["Ana"]
        _take_off(page, "Company is Acme")
        expect(page.locator(".row")).to_have_count(4)
        assert _names(page) == ["Ana", "Employee 6", "Peter Toth", "Visitor 01VIS0…"]
        _take_off(page, "Country is PT")
        expect(page.locator(".row")).to_have_count(7)
        assert sum("_stcore/stream" in url for url in seen.asked) == 0
        assert seen.errors == []


@pytest.mark.parametrize(
    ("label", "value", "names"),
    [
        ("Stage", "finalized", ["Peter Toth", "Visitor 01VIS0…"]),
        ("Campaign", "autumn", ["Dia"]),
        ("Company", "Bolt", ["Dia"]),
    ],
)
def test_filter_shows_who_matches(
    browser: Browser, desk: Running, label: str, value: str, names: list[str]
) -> None:
    with watching(browser) as seen:
        _open(seen.page, desk)
        _choose(seen.page, label, value)
        shown = _names(seen.page)
        assert [name[:13] for name in shown] == [name[:13] for name in names]


def test_likely_bots_are_hidden_until_they_are_asked_for_and_hot_pages_shown_alone(
    browser: Browser, desk: Running
) -> None:
    with watching(browser) as seen:
        page = seen.page
        _open(page, desk)
        expect(page.locator(".row")).to_have_count(7)
        expect(page.locator(".bots")).to_contain_text("1 likely bot hidden")
        page.get_by_role("button", name="show", exact=True).click()
        expect(_row(page, "Cem")).to_have_count(1)
        expect(page).to_have_url(f"{desk.dashboard}/?bots=show")
        _take_off(page, "Likely bots is show")
        expect(_row(page, "Cem")).to_have_count(0)
        page.get_by_role("button", name="Hot pages only").click()
        expect(page.locator(".row")).to_have_count(4)
        expect(page.locator(".row .tag.hot")).to_have_count(4)


def test_several_values_what_is_not_wanted_and_what_is_contained_by_the_bars_own_menu(
    browser: Browser, desk: Running
) -> None:
    with watching(browser) as seen:
        page = seen.page
        _open(page, desk, "?bots=show")
        _choose(page, "Country", "ES", "DE")
        assert _names(page) == ["Bea", "Dia"]
        expect(page).to_have_url(f"{desk.dashboard}/?bots=show&country=ES&country=DE")
        page.get_by_role("button", name="Company", exact=True).click()
        _menu(page).get_by_role("radio", name="is not").check()
        _menu(page).get_by_role("option", name="Bolt").click()
        # The next pill is opened without closing this one: what was chosen counts all the same.
        page.get_by_role("button", name="Campaign", exact=True).click()
        _menu(page).get_by_role("radio", name="contains").check()
        page.keyboard.type("SPR")
        expect(page.get_by_role("button", name="Company is not Bolt", exact=True)).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator(".row")).to_have_count(1)
        assert _names(page) == ["Bea"]
        _take_off(page, "Company is not Bolt")
        _take_off(page, "Country is ES, DE")
        page.get_by_role("button", name="Campaign", exact=True).click()
        _menu(page).get_by_role("radio", name="contains").check()
        page.keyboard.type("SPR")
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        expect(page.locator(".row")).to_have_count(1)
        assert _names(page) == ["Ana"]
        page.go_back()
        expect(page.locator(".row")).to_have_count(8)
        expect(page).to_have_url(f"{desk.dashboard}/?bots=show")
        assert seen.errors == []
        page.goto(f"{desk.dashboard}/?segment=nobodys")
        expect(page.get_by_role("heading", name="there is no segment named nobodys")).to_be_visible(
            timeout=20_000
        )


def test_filters_stand_in_the_address_and_come_from_it(browser: Browser, desk: Running) -> None:
    with watching(browser) as seen:
        page = seen.page
        _open(page, desk, "?company=Acme&country=ES&stage=nonsense&since=-7d")
        assert _names(page) == ["Bea"]
        expect(page.locator(".left-out")).to_have_text(
            "Ignored: Stage “nonsense”, Active from “-7d”."
        )
        _choose(page, "Stage", "resolved")
        expect(page).to_have_url(f"{desk.dashboard}/?company=Acme&country=ES&stage=resolved")
        _row(page, "Bea").click()
        expect(page.get_by_role("article", name="Bea")).to_be_visible()
        expect(page).to_have_url(f"{desk.dashboard}/?company=Acme&country=ES&stage=resolved")
        page.reload()
        expect(page.locator(".row")).to_have_count(1, timeout=20_000)


def test_the_best_come_first_by_a_key_or_a_click_and_by_the_address(
    browser: Browser, desk: Running
) -> None:
    with watching(browser) as seen:
        page = seen.page
        rows = page.locator(".row")
        _open(page, desk)
        expect(rows.first).to_contain_text("Eve")
        page.keyboard.press("g")
        expect(page).to_have_url(f"{desk.dashboard}/?sort=grade")
        expect(rows.first).to_contain_text("/demo")
        expect(page.get_by_role("grid", name="Visitors, best first")).to_be_visible()
        _choose(page, "Company", "Acme")
        expect(page).to_have_url(f"{desk.dashboard}/?sort=grade&company=Acme")
        expect(rows.first).to_contain_text("Bea")
        page.reload()
        expect(rows.first).to_contain_text("Bea", timeout=20_000)
        page.get_by_role("link", name="Companies", exact=True).click()
        expect(page.get_by_role("heading", name="Companies")).to_be_visible(timeout=20_000)
        page.get_by_role("link", name="Live", exact=True).click()
        expect(rows.first).to_contain_text("Bea", timeout=20_000)
        expect(page).to_have_url(f"{desk.dashboard}/?sort=grade&company=Acme")
        page.get_by_role("button", name="By time").click()
        expect(rows.first).to_contain_text("Eve")
        expect(page).to_have_url(f"{desk.dashboard}/?company=Acme")
        page.go_back()
        expect(rows.first).to_contain_text("Bea")
        assert seen.errors == []


def test_filters_that_match_nobody_say_so_and_how_to_go_on(browser: Browser, desk: Running) -> None:
    with watching(browser) as seen:
        page = seen.page
        _open(page, desk, "?country=ZZ")
        expect(page.get_by_role("heading", name="0 of 8 match")).to_be_visible()
        page.get_by_role("button", name="Clear filters").click()
        expect(page.locator(".row")).to_have_count(7)


def test_on_a_phone_filters_wait_behind_a_button_and_those_set_stay_visible(
    browser: Browser, desk: Running
) -> None:
    with watching(browser, size=PHONE) as seen:
        page = seen.page
        _open(page, desk)
        company = page.get_by_role("button", name="Company", exact=True)
        expect(company).to_be_hidden()
        page.get_by_role("button", name="Filters", exact=True).click()
        _choose(page, "Company", "Bolt")
        page.get_by_role("button", name="Filters (1)").click()
        expect(page.get_by_role("button", name="Company is Bolt", exact=True)).to_be_visible()
        expect(page.get_by_role("button", name="Stage", exact=True)).to_be_hidden()
        assert page.locator("html").evaluate("page => page.scrollWidth <= page.clientWidth")


def test_a_row_tells_visit_colleagues_pages_and_where_from(browser: Browser, desk: Running) -> None:
    with watching(browser) as seen:
        page = seen.page
        _open(page, desk)
        expect(_row(page, "Eve").locator(".heard .tag")).to_have_text("2nd visit")
        row = page.locator(".row", has_text="/blog")
        expect(row.locator(".page .first")).to_contain_text("Hot/blog53 s+3")
        expect(row.locator(".rest:visible")).to_have_text("+3")
        expect(_row(page, "Ana").locator(".from .first")).to_have_text("PT")
        expect(_row(page, "Peter").locator(".firm")).to_contain_text("8 people · Software")
        row.locator(".stage").click()
        expect(page.get_by_role("article")).to_be_visible()
        expect(row.locator(".page-seen:visible")).to_have_text("/blog53 s")
        expect(row.locator(".rest:visible")).to_have_text("+3")


@pytest.mark.long_on("dark")
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_nothing_serious_of_ours(
    browser: Browser, desk: Running, colours: Literal["light", "dark"]
) -> None:
    with watching(browser, colours=colours, motion="reduce") as seen:
        page = seen.page
        _open(page, desk, "?country=PT")
        _row(page, "Ana").click()
        expect(page.get_by_role("article", name="Ana")).to_be_visible()
        page.get_by_role("button", name="Country is PT", exact=True).click()
        expect(_menu(page)).to_be_visible()
        found = violations(page, colours)
        bad = [
            (rule["id"], node["target"], node["failureSummary"])
            for rule in found
            if rule["impact"] in {"serious", "critical"}
            for node in rule["nodes"]
            if rule["id"] != "list"  # Streamlit's own navigation
        ]
        assert bad == []


def test_reduced_motion_moves_nothing(browser: Browser, desk: Running) -> None:
    with watching(browser, motion="reduce") as seen:
        _open(seen.page, desk)
        running = seen.page.locator(".live").evaluate(
            "live => live.getAnimations({ subtree: true }).length"
        )
        assert running == 0


def test_a_silence_that_is_not_normal_is_said_in_words(
    browser: Browser, run: Run, sqlite_url: str
) -> None:
    database = Database(sqlite_url)
    put(database, guest(1, first="Ana"), received_at=int(time.time() * 1000) - 3 * 3_600_000)
    database.close()
    with watching(browser) as seen:
        _open(seen.page, run("dashboard", database_url=sqlite_url))
        expect(seen.page.get_by_role("alert").filter(has_text="3 h")).to_contain_text(
            "Nothing has come in for 3 h"
        )


@pytest.fixture
def beacon() -> Iterator[tuple[str, list[str]]]:
    """A server on loopback that notes what is asked of it."""
    asked: list[str] = []

    class Noting(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Noting)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()


def test_hostile_text_has_no_effect_in_any_field(
    browser: Browser, run: Run, sqlite_url: str, beacon: tuple[str, list[str]]
) -> None:
    address, asked = beacon
    image = f"\"><img src={address}/x onerror=document.title='caught'><b onmouseover=alert(1)>x"
    hostile = {
        "first": image,
        "company": f"<style>@import '{address}/css'</style>",
        "country": image,
        "city": f"</select><script src={address}/js></script>",
        "pid": f"</option><iframe src={address}/frame>",
        "utm": {"source": image, "medium": image, "campaign": f"<link href={address}/l rel=x>"},
        "agent": image,
    }
    database = Database(sqlite_url)
    put(
        database,
        guest(1, **hostile),
        left(2, (f"javascript:fetch('{address}/href')", 5), (image, 6), (f"{SHOP}/{image}", 7)),
        guest(3, **hostile, page="data:text/html,<script>document.title='caught'</script>"),
    )
    database.close()
    with watching(browser, own=True) as seen:
        page = seen.page
        dialogs: list[str] = []
        page.on("dialog", lambda dialog: dialogs.append(dialog.message))
        _open(page, run("dashboard", database_url=sqlite_url), "?utm_campaign=<img src=x>")
        page.get_by_role("button", name="Clear filters").click()
        for label in ("Company", "Campaign", "Country", "Pixel"):
            page.get_by_role("button", name=label, exact=True).click()
            _menu(page).get_by_role("option").first.click()
        _menu(page).get_by_role("button", name="Apply").click()  # the menu lies over the rows
        page.locator(".row").first.click()
        expect(page.get_by_role("article")).to_be_visible()
        live = page.locator(".live")
        expect(live.locator("img, script, iframe, b b, style, link")).to_have_count(0)
        expect(live.locator("a[href^='javascript'], a[href^='data']")).to_have_count(0)
        assert (page.title(), dialogs, asked) == ("Visitor Desk", [], [])
