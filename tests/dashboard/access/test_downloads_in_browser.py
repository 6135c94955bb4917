"""What leaves the house leaves by our own buttons: no screen offers a download of Streamlit's."""

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page

from models import migrations
from models.storage.database import Database
from tests.browser import browsing, watching
from tests.dashboard.access.login import LOGIN, claims, cookie
from tests.dashboard.deliveries import PIPELINE, payload, put, visitor
from tests.processes import free_port, start
from tests.screens import addresses, settle

ROLES = ("viewer", "marketer", "ops")
_OF_STREAMLIT = re.compile(
    "download|print|record|screencast|save|export|csv|png|svg", re.IGNORECASE
)
_OURS = {"Export", "Download", "Subject access file", "Save as segment"}
_CONTROLS = """() => [...document.querySelectorAll(
  'button, a, [role=menuitem], [role=button], [data-title], summary'
)].map(one => [
  one.getAttribute('aria-label') || one.dataset.title || one.title || one.innerText, one.href || ''
])"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """Address of a dashboard with a login and something on each screen, and each screen's path."""
    folder = tmp_path_factory.mktemp("desk")
    url = f"sqlite:///{folder}/desk.db"
    database = Database(url)
    migrations.upgrade(database)
    put(database, *(payload(name) for name in PIPELINE), *(visitor(n) for n in range(5)))
    paths = addresses(database)
    database.close()
    port = str(free_port())
    address = f"http://localhost:{port}"
    environment = {name.upper(): value for name, value in LOGIN.items()} | {
        "DATABASE_URL": url, "RECEIVER_PORT": "1", "DASHBOARD_PORT": port,
        "DASHBOARD_URL": address,
    } | {f"ROLE_{role.upper()}": f"{role}@example.com" for role in ROLES}  # fmt: skip
    with start(["dashboard"], folder, environment):
        yield address, paths


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as chromium:
        yield chromium


def _offered(page: Page) -> list[str]:
    found: list[list[str]] = page.evaluate(_CONTROLS)
    return [
        name.strip()
        for name, href in found
        if _OF_STREAMLIT.search(name)
        and _OURS.isdisjoint(name.splitlines())
        and "/api/" not in href
    ]


@pytest.mark.long
@pytest.mark.parametrize("role", ROLES)
def test_no_screen_offers_a_download_of_streamlits(
    browser: Browser, desk: tuple[str, dict[str, str]], role: str
) -> None:
    address, paths = desk
    name, _, value = cookie(claims(f"{role}@example.com", origin=address))["cookie"].partition("=")
    with watching(browser) as seen:
        seen.page.context.add_cookies([{"name": name, "value": value, "url": address}])
        for screen, path in paths.items():
            seen.page.goto(address + path)
            settle(seen.page)
            for table in seen.page.get_by_test_id("stDataFrame").all():
                table.hover()
            assert _offered(seen.page) == [], screen
            assert (
                seen.page.locator("[data-testid=stMainMenu], .modebar, .vega-actions").count() == 0
            )
        assert not [asked for asked in seen.asked if "/media/" in asked and "/static/" not in asked]


@pytest.mark.parametrize("role", ROLES)
def test_streamlits_own_files_are_closed(desk: tuple[str, dict[str, str]], role: str) -> None:
    address, _ = desk
    shown = cookie(claims(f"{role}@example.com", origin=address))
    for path in ("/media/a.json", "/_stcore/upload_file/a/b", "/_stcore/agent/openapi.json"):
        answer = httpx.get(address + path, headers=shown)
        assert (answer.status_code, "with the buttons" in answer.text) == (404, True), path


def test_raw_events_leave_by_role_and_into_the_log(desk: tuple[str, dict[str, str]]) -> None:
    address, _ = desk
    event = f"{address}/api/event.json?id={payload('qualified')['id']}"
    answers = {
        role: httpx.get(event, headers=cookie(claims(f"{role}@example.com", origin=address)))
        for role in ROLES
    }
    assert [answer.status_code for answer in answers.values()] == [403, 403, 200]
    assert answers["ops"].json()["id"] == payload("qualified")["id"]
    log = httpx.get(
        f"{address}/api/export/audit.csv",
        headers=cookie(claims("ops@example.com", origin=address)),
    )
    assert f"ops@example.com,raw download,webhook_id={payload('qualified')['id']},1" in log.text
