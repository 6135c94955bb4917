"""Live as people see it: real Chromium, the product's own process, rows put in one by one."""

import signal
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from models.storage.database import Database
from tests.browser import PHONE, browsing, watching
from tests.dashboard.deliveries import PIPELINE, payload, put, visitor
from tests.processes import Running

STAGES = ("Resolved", "Qualified", "Enriched", "Validated", "Finalized")
Run = Callable[..., Running]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as started:
        yield started


@pytest.fixture
def desk(run: Run, sqlite_url: str) -> Running:
    return run("dashboard", database_url=sqlite_url)


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    opened = Database(sqlite_url)
    yield opened
    opened.close()


def _open(page: Page, desk: Running) -> None:
    page.goto(desk.dashboard)
    shown = page.locator(".list:visible, .empty:visible")
    expect(shown).to_have_count(1, timeout=30_000)


def _row(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has_text=name)


def _names(page: Page) -> list[str]:
    return page.locator(".row .who .first").all_text_contents()


def test_someone_arrives_and_moves_through_the_stages_in_place(
    browser: Browser, desk: Running, database: Database
) -> None:
    with watching(browser) as seen:
        page = seen.page
        _open(page, desk)
        expect(page.get_by_text("Nobody yet")).to_be_visible()
        loads = len([url for url in seen.asked if url.rstrip("/") == desk.dashboard])
        for number, (event, stage) in enumerate(zip(PIPELINE, STAGES, strict=True)):
            put(database, payload(event))
            row = _row(page, "Peter Toth")
            expect(row.get_by_role("img", name=f"{stage}: step")).to_be_visible()
            if number == 0:
                row.evaluate("element => { element.same = true }")
            assert row.evaluate("element => element.same === true")
        expect(row).to_contain_text("Co-Founder & CTO")
        expect(row).to_contain_text("Midbound")
        expect(row).to_contain_text("/pricing")
        expect(row).to_contain_text("google / cpc · q1_brand_awareness")
        expect(row.locator(".badge")).to_have_text("Valid")
        links = row.get_by_role("link").all()
        assert {link.get_attribute("rel") for link in links} == {"noopener noreferrer"}
        assert len([url for url in seen.asked if url.rstrip("/") == desk.dashboard]) == loads
        assert seen.errors == []
        own = (desk.dashboard, f"blob:{desk.dashboard}", "data:")
        assert [url for url in seen.asked if not url.startswith(own)] == []


def test_who_is_selected_stays_selected_while_others_arrive(
    browser: Browser, desk: Running, database: Database
) -> None:
    put(database, *(payload(event) for event in PIPELINE[:2]))
    with watching(browser) as seen:
        page = seen.page
        _open(page, desk)
        row = _row(page, "Peter Toth")
        row.evaluate("element => { element.same = true }")
        row.click()
        panel = page.get_by_role("article", name="Peter Toth")
        expect(panel).to_contain_text("+351913168884")
        place = row.bounding_box()
        assert place
        for number in range(20):
            put(database, visitor(number, first="Guest", last=str(number)))
        expect(page.get_by_role("button", name="20 new ↑")).to_be_visible()
        assert _names(page) == ["Peter Toth"]
        assert row.bounding_box() == place
        put(database, payload("enriched"), payload("validated"))
        expect(row.get_by_role("img", name="Validated: step")).to_be_visible()
        expect(panel.locator(".badge")).to_have_text("Valid")
        page.get_by_role("button", name="new ↑").click()
        expect(page.locator(".row")).to_have_count(21)
        assert row.get_attribute("aria-selected") == "true"
        assert row.evaluate("element => element.same === true")
        expect(panel).to_be_visible()
        assert sum(url.endswith("/api/feed") for url in seen.asked) == 1
        page.keyboard.press("Escape")
        expect(panel).to_be_hidden()
        assert row.get_attribute("aria-selected") == "false"
        assert seen.errors == []


def test_the_keyboard_is_enough(browser: Browser, desk: Running, database: Database) -> None:
    for number in (3, 2, 1):
        put(database, visitor(number, first="Guest", last=str(number)))
    with watching(browser) as seen:
        page = seen.page
        _open(page, desk)
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        expect(page.get_by_role("article", name="Guest 2")).to_be_visible()
        page.keyboard.press("ArrowDown")
        expect(page.get_by_role("article", name="Guest 3")).to_be_visible()
        page.keyboard.press("k")
        expect(page.get_by_role("article", name="Guest 2")).to_be_visible()
        page.get_by_role("button", name="Close").click()
        expect(page.get_by_role("article")).to_be_hidden()
        expect(page.locator("[aria-selected=true]")).to_have_count(0)
        expect(page.locator(".state-word")).to_have_text("Connected")


def test_rows_stand_still_under_the_pointer_only(
    browser: Browser, desk: Running, database: Database
) -> None:
    put(database, visitor(1, first="Guest", last="1"))
    with watching(browser) as seen:
        page = seen.page
        _open(page, desk)
        _row(page, "Guest 1").hover()
        put(database, visitor(2, first="Guest", last="2"))
        expect(page.get_by_role("button", name="1 new ↑")).to_be_visible()
        expect(page.locator(".state-word")).to_have_text("Paused")
        page.mouse.move(5, 5)
        expect(page.locator(".row")).to_have_count(2)
        assert _names(page) == ["Guest 2", "Guest 1"]


def test_hostile_text_has_no_effect(browser: Browser, desk: Running, database: Database) -> None:
    image = "<img src=http://127.0.0.1:9/beacon onerror=\"document.title='caught'\">"
    put(
        database,
        visitor(
            1,
            first=image,
            last="**bold** [x](javascript:alert(1))",
            title="<script>document.title='caught'</script>",
            company=image,
            page="javascript:document.title='caught'",
            referrer="javascript:document.title='caught'",
            utm={"source": image, "campaign": ":material/home: $x^2$"},
        ),
        visitor(2, first="Plain", page="data:text/html,<script>1</script>"),
    )
    with watching(browser, own=True) as seen:
        page = seen.page
        dialogs: list[str] = []
        page.on("dialog", lambda dialog: dialogs.append(dialog.message))
        _open(page, desk)
        row = _row(page, "onerror")
        expect(row.locator("img, script, a")).to_have_count(0)
        row.locator(".page .first").click()
        panel = page.get_by_role("article")
        expect(panel.locator("h2")).to_contain_text("**bold** [x](javascript:alert(1))")
        expect(panel.locator("img, script, a[href^=javascript]")).to_have_count(0)
        assert page.title() == "Visitor Desk"
        assert dialogs == []
        assert not any("beacon" in url for url in seen.asked)


def test_long_and_right_to_left_names_break_nothing(
    browser: Browser, desk: Running, database: Database
) -> None:
    put(
        database,
        visitor(1, first="A" * 80, last="B" * 80, title="T" * 200, company="C" * 200,
                email=f"{'e' * 60}@example.com", page="https://www.example.com/" + "p" * 300),
        visitor(2, first="محمد", last="العربي", company="شركة النور"),
    )  # fmt: skip
    with watching(browser, size=PHONE) as seen:
        page = seen.page
        _open(page, desk)
        row = _row(page, "A" * 80)
        expect(row.locator(".who .first")).to_have_attribute("title", f"{'A' * 80} {'B' * 80}")
        for part in (page.locator(".list"), page.locator("html")):
            assert part.evaluate("element => element.scrollWidth <= element.clientWidth")


def test_a_line_that_breaks_is_said_and_mends_itself(
    browser: Browser, desk: Running, database: Database
) -> None:
    put(database, visitor(1, first="Guest", last="1"))
    with watching(browser) as seen:
        page = seen.page
        _open(page, desk)
        page.route("**/api/feed", lambda route: route.abort())
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(page.locator(".state-word")).to_have_text("Reconnecting…", timeout=10_000)
        assert _names(page) == ["Guest 1"]
        page.unroute("**/api/feed")
        put(database, visitor(2, first="Guest", last="2"))
        expect(page.locator(".row")).to_have_count(2, timeout=15_000)
        expect(page.locator(".state-word")).to_have_text("Connected")


def test_the_process_ends_at_once_though_somebody_watches(desk: Running) -> None:
    with httpx.stream("GET", f"{desk.dashboard}/api/feed", timeout=10) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        said = answer.iter_text()
        next(said)
        desk.process.send_signal(signal.SIGTERM)
        for _ in said:  # ends as it should: who is cut off reads an error
            pass
    assert desk.stop() in {0, -signal.SIGTERM}
    assert "graceful shutdown exceeded" not in desk.log.read_text()


def test_the_feed_is_read_only(desk: Running) -> None:
    assert httpx.post(f"{desk.dashboard}/api/feed").status_code == 405


def test_requests_never_reach_the_log(desk: Running) -> None:
    httpx.get(f"{desk.dashboard}/?lead=linkedin.com/in/somebody")
    httpx.get(f"{desk.dashboard}/api/nothing?q=somebody@example.com")
    desk.stop()
    assert "somebody" not in desk.log.read_text(encoding="utf-8")


def test_a_foreign_host_name_is_refused_by_the_running_desk(desk: Running) -> None:
    answer = httpx.get(f"{desk.dashboard}/api/feed", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert "ALLOWED_HOSTS" in answer.json()["detail"]
