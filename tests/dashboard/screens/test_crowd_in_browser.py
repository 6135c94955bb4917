"""Every screen in a real Chromium, with the payloads alone and with 5,000 made-up visitors.

The visitors are the simulator's: three hours of its story up to now, kept and derived once.
"""

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.exports.csv_text import stream
from models import migrations
from models.ledger.deliveries import Delivery, keep
from models.storage.database import Database
from simulator.delivery import encode
from simulator.visits import events
from tests.browser import browsing, watching
from tests.commands.test_command_line import desk as command
from tests.dashboard.deliveries import PIPELINE, payload, put
from tests.desk import catch_up, question
from tests.processes import free_port, start
from tests.screens import NAMES, addresses, faults, settle

# The visitors take as long to make as all that is done with them: only one process may.
pytestmark = pytest.mark.xdist_group("crowd")

VISITORS = 5_000
HOURS = 3
A_MINUTE = VISITORS * 1.05 / (HOURS * 60)
"""Newcomers, and some more, for they come by chance."""
TRAFFIC_S = 60
STEP_S = 6
"""Seconds of traffic that are played at once, each second."""
GROUP = 1_000
"""Deliveries in a transaction."""


class Crowd(NamedTuple):
    """A database full of visitors, and what the story sends in the minute that follows."""

    url: str
    coming: list[Delivery]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as started:
        yield started


@contextmanager
def _dashboard(folder: Path, url: str) -> Iterator[str]:
    ports = {"RECEIVER_PORT": str(free_port()), "DASHBOARD_PORT": str(free_port())}
    with start(("dashboard",), folder, {"DATABASE_URL": url, **ports}) as running:
        yield running.dashboard


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Crowd:
    url = f"sqlite:///{tmp_path_factory.mktemp('crowd')}/desk.db"
    database = Database(url)
    migrations.upgrade(database)
    now = int(time.time() * 1000)
    past: list[Delivery] = []
    coming: list[Delivery] = []
    for scheduled in events(
        visitors=None, seed=8, start_ms=now - HOURS * 3_600_000, arrivals_per_minute=A_MINUTE
    ):
        if scheduled.at_ms >= now + TRAFFIC_S * 1000:
            break
        webhook_id, body = str(scheduled.event["id"]), encode(scheduled.event)
        delivery = Delivery(webhook_id, scheduled.at_ms, "1", "v1,made-up", body)
        (past if scheduled.at_ms < now else coming).append(delivery)
        if len(past) == GROUP:
            keep(database, past)
            past = []
    keep(database, past)
    catch_up(database)
    database.close()
    return Crowd(url, coming)


@pytest.fixture(scope="module")
def desk(crowd: Crowd, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A dashboard over the crowd, for tests that only look."""
    with _dashboard(tmp_path_factory.mktemp("desk"), crowd.url) as address:
        yield address


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A dashboard over the payloads alone, and its database."""
    folder = tmp_path_factory.mktemp("few")
    url = f"sqlite:///{folder}/desk.db"
    database = Database(url)
    migrations.upgrade(database)
    put(database, *(payload(name) for name in PIPELINE))
    database.close()
    with _dashboard(folder, url) as address:
        yield address, url


def _path(url: str, name: str) -> str:
    database = Database(url)
    found = addresses(database)[name]
    database.close()
    return found


def _is_well(browser: Browser, address: str) -> None:
    with watching(browser) as seen:
        seen.page.goto(address)
        settle(seen.page)
        own = tuple(f"{kind}{'/'.join(address.split('/')[:3])}" for kind in ("", "blob:"))
        abroad = [url for url in seen.asked if not url.startswith((*own, "data:"))]
        assert (faults(seen.page), seen.errors, abroad) == ([], [], [])


@pytest.mark.parametrize("name", NAMES)
def test_a_screen_is_well_with_the_payloads(
    browser: Browser, few: tuple[str, str], name: str
) -> None:
    address, url = few
    _is_well(browser, f"{address}{_path(url, name)}")


@pytest.mark.parametrize("name", NAMES)
def test_a_screen_is_well_with_thousands(
    browser: Browser, crowd: Crowd, desk: str, name: str
) -> None:
    _is_well(browser, f"{desk}{_path(crowd.url, name)}")


def _rows(crowd: Crowd, name: str, **filters: str) -> int:
    database = Database(crowd.url)
    with database.read() as db:
        lines = sum(part.count("\r\n") for part in stream(db, name, question(filters)))
    database.close()
    return lines - 1


def _says(page: Page, count: int, noun: str) -> None:
    expect(page.get_by_text(re.compile(rf"\b{count:,} {noun}"))).to_be_visible(timeout=20_000)


def test_there_are_thousands(browser: Browser, crowd: Crowd, desk: str) -> None:
    everyone = _rows(crowd, "leads")
    assert everyone > VISITORS * 0.95  # some prove to be one person
    with watching(browser) as seen:
        seen.page.goto(f"{desk}/leads")
        # A screen hides likely bots until it is told to show them.
        _says(seen.page, _rows(crowd, "leads", bots="hide"), "leads")


@pytest.mark.parametrize("name", ["leads", "sessions"])
def test_a_filter_in_the_url_shows_as_many_as_the_export_has(
    browser: Browser, crowd: Crowd, desk: str, name: str
) -> None:
    with watching(browser) as seen:
        seen.page.goto(f"{desk}/{name}?stage=validated&utm_source=google")
        shown = _rows(crowd, name, stage="validated", utm_source="google", bots="hide")
        _says(seen.page, shown, name)
        assert (faults(seen.page), seen.errors) == ([], [])


@pytest.mark.parametrize("name", ["leads", "sessions"])
def test_a_filter_by_hand_lands_in_the_url_and_shows_as_many(
    browser: Browser, crowd: Crowd, desk: str, name: str
) -> None:
    with watching(browser) as seen:
        page = seen.page
        page.goto(f"{desk}/{name}")
        settle(page)
        page.get_by_role("button", name="+ Filter").click()
        page.get_by_role("option", name="Stage").click()
        page.get_by_role("option", name="validated").click()
        page.get_by_role("button", name="Apply").click()
        _says(page, _rows(crowd, name, stage="validated", bots="hide"), name)
        page.wait_for_url("**stage=validated**")
        assert (faults(page), seen.errors) == ([], [])


def test_companies_searched_by_hand_are_those_of_the_export(
    browser: Browser, crowd: Crowd, desk: str
) -> None:
    with watching(browser) as seen:
        seen.page.goto(f"{desk}/companies")
        settle(seen.page)
        seen.page.get_by_role("searchbox", name="Search").fill("solar")
        _says(seen.page, _rows(crowd, "companies", q="solar"), "compan")
        seen.page.wait_for_url("**q=solar**")
        assert (faults(seen.page), seen.errors) == ([], [])


@pytest.mark.parametrize("name", ["leads", "sessions", "companies", "emails"])
def test_a_download_is_what_the_command_writes(
    browser: Browser, crowd: Crowd, desk: str, tmp_path: Path, name: str
) -> None:
    with watching(browser) as seen:
        page = seen.page
        page.goto(f"{desk}/{name}?country=US&since=2020-01-01")
        page.get_by_role("button", name="Export").click(timeout=30_000)
        link = page.get_by_role("link", name="Download")
        at = parse_qs(urlsplit(link.get_attribute("href") or "").query).get("at", [])
        with page.expect_download() as downloading:
            link.click()
        out = tmp_path / "command.csv"
        command(
            "export", name, "--country", "US", "--since", "2020-01-01", "--out", str(out),
            *(("--bots", "hide") if name in {"leads", "sessions"} else ()),
            *(f"--at={moment}" for moment in at),
            cwd=tmp_path, DATABASE_URL=crowd.url,
        )  # fmt: skip
        assert Path(downloading.value.path()).read_bytes() == out.read_bytes()
        assert out.read_text().count("\n") > 100


def test_who_is_selected_stays_so_through_a_minute_of_traffic(
    browser: Browser, crowd: Crowd, tmp_path: Path
) -> None:
    """The story's next minute, all its events in their order, within ten seconds."""
    shutil.copy(crowd.url.removeprefix("sqlite:///"), tmp_path / "desk.db")
    url = f"sqlite:///{tmp_path}/desk.db"
    database = Database(url)
    begin = crowd.coming[0].received_at
    with _dashboard(tmp_path, url) as address, watching(browser) as seen:
        page = seen.page
        page.goto(address)
        row = page.locator(".row").nth(2)
        row.wait_for(timeout=30_000)
        row.click()
        chosen = page.locator(".row[aria-selected=true]")
        name = chosen.locator(".who .first").text_content()
        panel = page.get_by_role("article", name=name or "")
        expect(panel).to_be_visible()
        place = chosen.bounding_box()
        for step in range(TRAFFIC_S // STEP_S):
            at = begin + step * STEP_S * 1000
            keep(database, [d for d in crowd.coming if at <= d.received_at < at + STEP_S * 1000])
            catch_up(database)
            page.wait_for_timeout(1000)
            assert chosen.locator(".who .first").text_content() == name
        assert chosen.bounding_box() == place
        expect(panel).to_be_visible()
        expect(page.locator(".newer")).to_contain_text("new ↑")
        page.keyboard.press("Escape")
        expect(page.get_by_role("article")).to_be_hidden()
        assert seen.errors == []
    database.close()


def test_the_minute_is_a_busy_one(crowd: Crowd) -> None:
    assert len(crowd.coming) > 2 * TRAFFIC_S
