"""Photos and logos: from the hosts of `IMAGE_HOSTS` by https, from nowhere else, or initials."""

import socket
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from dashboard.widgets.pictures import picture
from models import migrations
from models.storage.database import Database
from tests.browser import Watched, browsing, watching
from tests.conftest import SECRET
from tests.dashboard.deliveries import payload, put
from tests.dashboard.settings import Choose
from tests.processes import Running, free_port, start

HOST = "pics.example.com"
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><circle r="9"/></svg>'


@pytest.fixture
def listed(choose: Choose) -> None:
    choose(image_hosts=f"other.example,{HOST}")


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize(
    "url",
    [
        f"http://{HOST}/in/ana",
        f"https://{HOST}:8443/in/ana",
        f"https://{HOST}",
        f"https://{HOST}.evil.example/in/ana",
        f"https://evil.{HOST}/in/ana",
        f"https://{HOST}@evil.example/",
        f"https://user@{HOST}/in/ana",
        f"https://evil.example\\@{HOST}/",
        f"https://{HOST}\\@evil.example/",
        f"//{HOST}/in/ana",
        f"data:image/svg+xml,{PICTURE}",
        f"javascript:'https://{HOST}/'",
        None,
    ],
)
def test_any_other_address_is_not_loaded(url: str | None) -> None:
    assert picture(url) is None


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize("url", [f"https://{HOST}/in/ana?s=20", f"HTTPS://{HOST.upper()}/in/ana"])
def test_an_address_on_a_listed_host_is_loaded(url: str) -> None:
    assert picture(url) == url


def test_without_the_setting_nothing_is_loaded(choose: Choose) -> None:
    choose(image_hosts="")
    assert picture(f"https://{HOST}/in/ana") is None


@pytest.fixture(scope="module")
def beacon() -> Iterator[socket.socket]:
    """A server on loopback that nobody should speak to."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0)
        yield listening


def _employee(name: str, photo: str, logo: str) -> dict[str, Any]:
    event = deepcopy(payload("enriched")) | {"id": f"evt_{name}"}
    ids = {"sid": f"01SID{name}", "vid": f"01VIS{name}"}
    event["data"]["session"] |= ids
    event["data"]["attribution"] |= {"sessionId": ids["sid"], "vid": ids["vid"]}
    person = event["data"]["enrichment"]["person"]
    person |= {"linkedinUrl": f"https://linkedin.com/in/{name}", "profilePictureUrl": photo}
    person |= {"fullName": f"Ana {name.title()}", "email": None, "experience": []}
    event["data"]["enrichment"] |= {"companies": [], "emailValidations": []}
    person["employments"][0]["company"] |= {
        "domain": f"{name}.example", "name": f"Firm {name.title()}", "logoUrl": logo,
    }  # fmt: skip
    return event


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, beacon: socket.socket) -> Iterator[Running]:
    folder: Path = tmp_path_factory.mktemp("pictures")
    url = f"sqlite:///{folder}/desk.db"
    database = Database(url)
    migrations.upgrade(database)
    elsewhere = f"127.0.0.1:{beacon.getsockname()[1]}"
    put(
        database,
        _employee("seen", f"https://{HOST}/in/ana", f"https://{HOST}/firm"),
        _employee("broken", f"https://{HOST}/gone", f"https://{HOST}/gone"),
        _employee("hostile", f"https://{HOST}@{elsewhere}/in", f"http://{elsewhere}/firm"),
    )
    database.close()
    environment = {
        "DATABASE_URL": url,
        "MIDBOUND_CLOUD_WEBHOOK_SECRET": SECRET,
        "RECEIVER_PORT": str(free_port()),
        "DASHBOARD_PORT": str(free_port()),
        "IMAGE_HOSTS": HOST,
    }
    with start(("dashboard",), folder, environment) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as started:
        yield started


def _answer(route: Route) -> None:
    if route.request.url.endswith("/gone"):
        route.fulfill(status=404)
    else:
        route.fulfill(body=PICTURE, content_type="image/svg+xml")


def _open(seen: Watched, desk: Running, path: str) -> Page:
    seen.page.route(f"https://{HOST}/**", _answer)
    seen.page.goto(desk.dashboard + path)
    expect(seen.page.locator(".visit, .card").first).to_be_visible(timeout=30_000)
    return seen.page


def _asked_of_others(seen: Watched, desk: Running) -> list[str]:
    own = (desk.dashboard, f"blob:{desk.dashboard}", "data:")
    return sorted({url for url in seen.asked if not url.startswith(own)})


def test_a_lead_has_a_photo_and_the_employer_a_logo(browser: Browser, desk: Running) -> None:
    with watching(browser) as seen:
        page = _open(seen, desk, "/leads?lead=linkedin.com/in/seen")
        photo = page.get_by_role("img", name="Photo of Ana Seen")
        expect(photo).to_be_visible()
        expect(page.get_by_role("img", name="Logo of Firm Seen")).to_be_visible()
        assert photo.evaluate("image => image.naturalWidth") > 0
        expect(photo).to_have_attribute("referrerpolicy", "no-referrer")
        expect(photo).to_have_attribute("loading", "lazy")
        assert _asked_of_others(seen, desk) == [f"https://{HOST}/firm", f"https://{HOST}/in/ana"]


def test_initials_stand_for_a_photo_that_cannot_be_had(browser: Browser, desk: Running) -> None:
    with watching(browser) as seen:
        page = _open(seen, desk, "/leads?lead=linkedin.com/in/broken")
        expect(page.locator(".details img")).to_have_count(0)
        assert page.locator(".face").inner_text() == "AB"
        assert page.locator(".logo").inner_text() == "FB"


def test_company_cards_have_logos_or_initials(browser: Browser, desk: Running) -> None:
    with watching(browser) as seen:
        page = _open(seen, desk, "/companies")
        expect(page.get_by_role("img", name="Logo of Firm Seen")).to_be_visible()
        expect(page.locator(".mark img")).to_have_count(1)
        assert sorted(page.locator(".mark").all_inner_texts()) == ["", "FB", "FH"]


@pytest.mark.parametrize("path", ["/leads?lead=linkedin.com/in/hostile", "/companies"])
def test_no_other_address_is_ever_asked(
    browser: Browser, desk: Running, beacon: socket.socket, path: str
) -> None:
    with watching(browser) as seen:
        page = _open(seen, desk, path)
        page.wait_for_timeout(500)
        others = _asked_of_others(seen, desk)
        assert [url for url in others if not url.startswith(f"https://{HOST}/")] == []
        with pytest.raises(BlockingIOError):
            beacon.accept()


def test_the_browser_itself_refuses_any_other_host(
    browser: Browser, desk: Running, beacon: socket.socket
) -> None:
    with watching(browser) as seen:
        page = _open(seen, desk, "/leads?lead=linkedin.com/in/seen")
        page.evaluate(
            "url => new Promise(done => { const image = new Image(); image.onerror = done;"
            " image.src = url })",
            f"http://127.0.0.1:{beacon.getsockname()[1]}/",
        )
        assert any("img-src" in said for said in seen.errors)
        with pytest.raises(BlockingIOError):
            beacon.accept()
