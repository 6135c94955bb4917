"""Operations and the data dictionary as people see them: real Chromium, the product's process."""

from collections.abc import Iterator
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from models import migrations
from models.storage.database import Database
from tests.browser import PHONE, Watched, browsing, violations, watching
from tests.conftest import SECRET
from tests.dashboard.deliveries import PIPELINE, payload, put
from tests.processes import Running, free_port, start

HOSTILE = (
    "<script>document.title='stolen'</script><img src=http://127.0.0.1:9/beacon>"
    "![x](http://127.0.0.1:9/beacon) [x](javascript:alert(1)) **bold**"
)
# Streamlit's own: the list of its navigation, the heads of its tables on canvas.
STREAMLITS = {"list", "empty-table-header"}
# Streamlit's own, too: it asks for these below the page's path first.


def _broken(number: int) -> dict[str, Any]:
    return payload("resolved") | {
        "id": f"broken {number} {HOSTILE}",
        "type": f"identity.{HOSTILE}",
        "created": "yesterday",
        "note": HOSTILE,
    }


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("desk")
    url = f"sqlite:///{folder}/desk.db"
    database = Database(url)
    migrations.upgrade(database)
    put(database, *(payload(name) for name in PIPELINE))
    put(database, payload("resolved"), _broken(1), _broken(2))
    put(database, payload("qualified") | {"id": "mood", f"mood {HOSTILE}": 1})
    database.close()
    environment = {
        "DATABASE_URL": url,
        "MIDBOUND_CLOUD_WEBHOOK_SECRET": SECRET,
        "RECEIVER_PORT": str(free_port()),
        "DASHBOARD_PORT": str(free_port()),
    }
    with start(["dashboard"], folder, environment) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as started:
        yield started


def _open(seen: Watched, desk: Running, page: str, last: str) -> Page:
    """Open a page and wait until its last heading is there."""
    seen.page.goto(f"{desk.dashboard}/{page}")
    expect(seen.page.get_by_role("heading", name=last, exact=True)).to_be_visible(timeout=20_000)
    expect(seen.page.get_by_test_id("stException")).to_have_count(0)
    return seen.page


def _operations(seen: Watched, desk: Running) -> Page:
    return _open(seen, desk, "operations", "System")


def _dictionary(seen: Watched, desk: Running, query: str = "") -> Page:
    return _open(seen, desk, f"dictionary{query}", "Session")


def _overflow(page: Page) -> int:
    script = "m => m.scrollWidth - m.clientWidth"
    return int(page.get_by_test_id("stMain").evaluate(script))


def test_typing_narrows_the_dictionary_and_marks_what_was_found(
    browser: Browser, desk: Running
) -> None:
    with watching(browser) as seen:
        page = _dictionary(seen, desk)
        page.get_by_label("Search").fill("utm_campaign")
        expect(page.get_by_role("status").filter(has_text="1 field")).to_be_visible()
        expect(page.locator("mark").first).to_have_text("utm_campaign")
        expect(page.locator("tbody .path")).to_have_text("utm.campaign")
        assert "q=utm_campaign" in page.url


def test_a_button_of_the_dictionary_leads_to_its_object(browser: Browser, desk: Running) -> None:
    with watching(browser) as seen:
        page = _dictionary(seen, desk)
        page.get_by_role("button", name="Company 62").click()
        heading = page.get_by_role("heading", name="Company", exact=True)
        expect(heading).to_be_focused()
        expect(heading).to_be_in_viewport()


@pytest.mark.parametrize("name", ["operations", "dictionary"])
def test_a_phone_needs_no_scrolling_sideways(browser: Browser, desk: Running, name: str) -> None:
    with watching(browser, size=PHONE) as seen:
        page = _operations(seen, desk) if name == "operations" else _dictionary(seen, desk)
        assert _overflow(page) <= 0


def test_hostile_deliveries_stay_text_and_load_nothing(browser: Browser, desk: Running) -> None:
    with watching(browser) as seen:
        page = _operations(seen, desk)
        page.get_by_role("grid", name="Quarantine").locator(".body .line").first.click()
        page.get_by_role("button", name="See the raw event").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("document.title='stolen'")
        assert page.title() != "stolen"
        # Its own download names the delivery, escaped.
        links = "a:not([href^='/api/event.json?id='])"
        held = page.locator(f"img[src*=beacon], {links}[href*=beacon], {links}[href*=javascript]")
        assert held.evaluate_all("all => all.map(one => one.outerHTML)") == []
        assert [url for url in seen.asked if "127.0.0.1:9/" in url] == []
        assert seen.errors == []


def test_quarantine_is_replayed_after_a_confirmation(browser: Browser, desk: Running) -> None:
    with watching(browser) as seen:
        page = _operations(seen, desk)
        page.get_by_role("button", name="Derive all again").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("All 2 quarantined deliveries")
        dialog.get_by_role("button", name="Derive again").click()
        said = "0 of 2 could be derived; this version still can't read 2"
        expect(page.get_by_text(said)).to_be_visible()
        expect(dialog).to_have_count(0)


@pytest.mark.long_on("dark")
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_nothing_serious_of_ours(
    browser: Browser, desk: Running, colours: Literal["light", "dark"]
) -> None:
    with watching(browser, colours=colours) as seen:
        for show in (_operations, _dictionary):
            show(seen, desk)
            bad = [
                (rule["id"], node["html"][:120])
                for rule in violations(seen.page, colours)
                if rule["impact"] in {"serious", "critical"} and rule["id"] not in STREAMLITS
                for node in rule["nodes"]
            ]
            assert bad == []
        assert seen.errors == []
