"""The login as people and their browsers meet it: a real provider, Chromium, one dashboard."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from oidc_provider_mock import run_server_in_thread
from playwright.sync_api import Browser, Page, expect

from dashboard.access.sign_in_page import RECHECK_S
from models import migrations, tokens
from models.storage.database import Database
from tests.browser import browsing, watching
from tests.dashboard.access.login import LOGIN, claims, cookie
from tests.dashboard.deliveries import PIPELINE, payload, put
from tests.processes import Running, free_port, start

LEAD = "/leads?lead=linkedin.com%2Fin%2Fptrtht"
PAGES = {
    "viewer": ["Live", "Leads", "Sessions", "Companies", "Segments"],
    "marketer": [
        "Live", "Leads", "Sessions", "Companies", "Emails", "Campaigns", "Segments",
        "Rules", "Scoring", "Data dictionary",
    ],
    "ops": [
        "Live", "Leads", "Sessions", "Companies", "Emails", "Campaigns", "Segments",
        "Rules", "Scoring", "Data dictionary", "Operations",
    ],
}  # fmt: skip
ROLES = {"viewer": "@sales.example", "marketer": "mia@example.com", "ops": "ops@example.com"}
PEOPLE = {"viewer": "vic@sales.example", "marketer": "mia@example.com", "ops": "ops@example.com"}


@dataclass(slots=True)
class Desk:
    """A dashboard with a login, by the name that people use, and its `.env`."""

    url: str
    running: Running
    env: Path

    def give(self, **roles: str) -> None:
        """Who has which role from now on."""
        text = "".join(f"ROLE_{name.upper()}={value}\n" for name, value in roles.items())
        self.env.write_text(text)

    def get(self, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        """Only the beginning of the answer: the feed has no end."""
        with httpx.stream("GET", self.url + path, headers=headers, timeout=10) as answer:
            if answer.status_code != httpx.codes.OK:
                answer.read()
            return answer

    def cookie(self, email: str = "ops@example.com", **said: Any) -> dict[str, str]:
        """The cookie of somebody who has just signed in."""
        return cookie(claims(email, **{"origin": self.url} | said))


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    with run_server_in_thread() as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"sqlite:///{tmp_path_factory.mktemp('data')}/desk.db"
    database = Database(url)
    migrations.upgrade(database)
    put(database, *(payload(name) for name in PIPELINE))
    database.close()
    return url


def _environment(database_url: str, provider: str) -> dict[str, str]:
    port = str(free_port())
    given = {name.upper(): value for name, value in LOGIN.items() if not name.startswith("role_")}
    return given | {
        "DATABASE_URL": database_url,
        "RECEIVER_PORT": "1",
        "DASHBOARD_PORT": port,
        "DASHBOARD_URL": f"http://localhost:{port}",
        "OIDC_METADATA_URL": f"{provider}/.well-known/openid-configuration",
    }


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory, filled: str, provider: str) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    environment = _environment(filled, provider)
    (folder / ".env").write_text("ROLE_OPS=ops@example.com\n")
    with start(["dashboard"], folder, environment) as running:
        yield Desk(environment["DASHBOARD_URL"], running, folder / ".env")


@pytest.fixture
def desk(started: Desk) -> Desk:
    started.give(**ROLES)
    return started


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as chromium:
        yield chromium


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with watching(browser) as seen:
        yield seen.page


def _sign_in(page: Page, desk: Desk, address: str, path: str = "/") -> None:
    page.goto(desk.url + path)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_placeholder("sub").fill(address)
    page.get_by_role("button", name="Authorize").click()
    page.wait_for_url(f"{desk.url}/**")


def _come_signed_in(page: Page, desk: Desk, address: str, path: str = "/") -> None:
    name, _, value = desk.cookie(address)["cookie"].partition("=")
    page.context.add_cookies([{"name": name, "value": value, "url": desk.url}])
    page.goto(desk.url + path)


def _sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="End session").click()  # the provider's
    page.get_by_role("button", name="Sign in").wait_for()


@pytest.mark.parametrize("role", PAGES)
def test_each_role_sees_its_pages_and_no_others(page: Page, desk: Desk, role: str) -> None:
    _sign_in(page, desk, PEOPLE[role])
    expect(page.get_by_test_id("stSidebarNavLink")).to_have_text(PAGES[role])
    expect(page.get_by_test_id("stSidebar").get_by_text(PEOPLE[role])).to_be_visible()


def test_the_address_of_a_page_for_others_is_refused_in_words(page: Page, desk: Desk) -> None:
    _come_signed_in(page, desk, PEOPLE["viewer"], "/campaigns")
    said = "This page needs the role marketer; yours is viewer."
    expect(page.get_by_text(said)).to_be_visible()


def test_who_may_not_take_leads_away_has_no_button_for_it(page: Page, desk: Desk) -> None:
    _come_signed_in(page, desk, PEOPLE["marketer"], "/leads")
    expect(page.get_by_text("1 lead", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Export")).to_have_count(0)


def test_who_may_not_see_raw_events_has_no_way_to_them(page: Page, desk: Desk) -> None:
    _come_signed_in(page, desk, PEOPLE["marketer"], LEAD)
    expect(page.get_by_role("heading", name="Peter Toth")).to_be_visible()
    expect(page.get_by_text("{ }").filter(visible=True)).to_have_count(0)


def test_a_link_leads_to_its_page_through_the_sign_in(page: Page, desk: Desk) -> None:
    _sign_in(page, desk, PEOPLE["viewer"], LEAD)
    expect(page.get_by_role("heading", name="Peter Toth")).to_be_visible()


def test_whom_only_the_provider_knows_is_refused_in_words_and_can_sign_out(
    page: Page, desk: Desk
) -> None:
    _sign_in(page, desk, "eve@example.org", LEAD)
    expect(page.get_by_text("eve@example.org")).to_be_visible()
    expect(page.get_by_text("This address has no access yet.")).to_be_visible()
    expect(page.get_by_test_id("stSidebarNavLink")).to_have_count(0)
    _sign_out(page)
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_who_is_taken_out_loses_the_open_page_and_the_stream_within_a_minute(
    page: Page, desk: Desk
) -> None:
    _come_signed_in(page, desk, PEOPLE["viewer"])
    expect(page.get_by_role("row").filter(has_text="Peter Toth")).to_be_visible()
    held = desk.cookie(PEOPLE["viewer"])
    with httpx.stream("GET", f"{desk.url}/api/feed", headers=held, timeout=60) as stream:
        desk.give(ops="ops@example.com")
        stream.read()  # which comes to an end
    expect(page.get_by_text("This address has no access yet.")).to_be_visible(
        timeout=2_000 * RECHECK_S
    )


def test_signing_out_ends_the_copies_of_a_cookie_too(page: Page, desk: Desk) -> None:
    _sign_in(page, desk, PEOPLE["ops"])
    page.get_by_role("button", name="Sign out").wait_for()
    held = page.context.cookies()
    copied = {"cookie": "; ".join(f"{one.get('name')}={one.get('value')}" for one in held)}
    assert desk.get("/api/feed", copied).status_code == httpx.codes.OK
    _sign_out(page)
    assert desk.get("/api/feed", copied).status_code == httpx.codes.UNAUTHORIZED


@pytest.mark.parametrize("how", ["signed out", "not ops any more"])
def test_an_open_dialog_tells_nothing_more_to_who_is_out(page: Page, desk: Desk, how: str) -> None:
    _sign_in(page, desk, PEOPLE["ops"], LEAD)
    page.get_by_role("button", name="Forget…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Peter Toth")).to_be_visible()
    if how == "signed out":
        elsewhere = page.context.new_page()
        elsewhere.goto(desk.url)
        _sign_out(elsewhere)
    else:
        desk.give(**ROLES | {"ops": "someone.else@example.com"})
    # Of what a dialog asks the server runs the dialog alone, not the page around it.
    dialog.get_by_role("textbox").fill("forget")
    dialog.get_by_role("textbox").press("Enter")
    expect(dialog.get_by_text("Forgetting needs the role ops.")).to_be_visible()
    expect(dialog.get_by_text("Peter Toth")).to_have_count(0)
    expect(dialog.get_by_role("button", name="Erase for good")).to_have_count(0)


def test_a_provider_that_is_away_stops_no_start_and_is_said_in_a_sentence(
    page: Page, filled: str, tmp_path: Path
) -> None:
    nobody = f"http://localhost:{free_port()}"
    environment = _environment(filled, nobody) | {"ROLE_OPS": "ops@example.com"}
    with start(["dashboard"], tmp_path, environment) as running:
        page.goto(environment["DASHBOARD_URL"])
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_text("Your sign-in service can't be reached right now.")).to_be_visible()
        log = running.log.read_text()
    assert "Traceback" not in log
    assert not [
        name for name in ("oidc_client_secret", "dashboard_cookie_secret") if LOGIN[name] in log
    ]


@pytest.mark.parametrize(
    "path", ["/api/feed", "/api/rows/leads.json", "/api/export/companies.csv", "/media/a.json"]
)
@pytest.mark.parametrize("kind", ["none", "forged", "over", "of another address", "half"])
def test_routes_refuse_who_is_not_signed_in(desk: Desk, path: str, kind: str) -> None:
    good = desk.cookie()["cookie"]
    headers = {
        "none": {},
        "forged": cookie(claims(origin=desk.url), "another secret, as long as the right one"),
        "over": desk.cookie(iat=time.time() - 13 * 3600),
        "of another address": desk.cookie(origin="https://other.example"),
        "half": {"cookie": good[: len(good) // 2]},
    }[kind]
    answer = desk.get(path, headers)
    assert answer.status_code == httpx.codes.UNAUTHORIZED
    assert "open Visitor Desk in this browser" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        ("viewer", "/api/feed", 200),
        ("viewer", "/api/rows/leads.json", 200),
        ("viewer", "/api/rows/sessions.json", 200),
        ("viewer", "/api/export/companies.csv", 403),
        ("marketer", "/api/export/companies.csv", 200),
        ("marketer", "/api/export/leads.csv", 403),
        ("marketer", "/api/export/sessions.csv", 403),
        ("marketer", "/api/export/emails.csv", 403),
        ("ops", "/api/export/leads.csv", 200),
        ("ops", "/api/export/emails.csv", 200),
    ],
)
def test_routes_give_each_role_its_own(desk: Desk, role: str, path: str, status: int) -> None:
    assert desk.get(path, desk.cookie(PEOPLE[role])).status_code == status


def test_a_machine_gets_in_by_its_token_alone(desk: Desk, filled: str) -> None:
    database = Database(filled)
    with database.write() as db:
        token = tokens.add(db, "website", ["leads", "export"])
    database.close()
    headers = {"authorization": f"Bearer {token}"}
    lead = httpx.get(f"{desk.url}/api/leads/linkedin.com/in/ptrtht", headers=headers).json()
    assert lead["full_name"] == "Peter Toth"
    assert desk.get("/api/export/leads.csv", headers).status_code == httpx.codes.OK
    assert desk.get("/api/feed", headers).status_code == httpx.codes.UNAUTHORIZED


def test_a_person_is_no_machine(desk: Desk) -> None:
    answer = desk.get("/api/leads/linkedin.com/in/ptrtht", desk.cookie())
    assert answer.status_code == httpx.codes.UNAUTHORIZED


def test_nobody_writes_our_log(desk: Desk) -> None:
    before = desk.running.log.stat().st_size
    said = {
        "error": "\x1b[31mforged",
        "error_description": "x" * 4_000 + "\n{forged}",
        "state": "x",
    }
    with httpx.Client(timeout=10) as client:
        for _ in range(300):
            client.get(f"{desk.url}/oauth2callback", params=said)
            client.get(f"{desk.url}/leads?forged=1", headers={"cookie": "_streamlit_user=forged"})
    written = desk.running.log.read_text()[before:]
    assert "forged" not in written
    assert "xxx" not in written
    assert len(written) < 40_000
