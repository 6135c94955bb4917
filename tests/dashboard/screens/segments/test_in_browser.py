"""Segments and lists in a real Chromium, on three weeks of history: territory, customers, lunch."""

import time
from collections.abc import Iterator
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import Connection, select, text

from models.facts.keys import domain_key
from models.segments import lists, segments
from models.segments.list_files import Entry
from models.storage.database import Database
from models.tables import COMPANY, LEAD
from models.tables.access import AUDIT
from tests.browser import browsing, watching
from tests.dashboard.deliveries import payload, put
from tests.processes import Running, free_port, start
from tests.three_weeks import ThreeWeeks

MINUTE = 60_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as started:
        yield started


@pytest.fixture
def desk(three_weeks: ThreeWeeks, tmp_path: object) -> Iterator[tuple[Running, Database]]:
    """A desk with the history, and somebody from Germany, of a large firm, on the site now."""
    url = three_weeks.copy(tmp_path)  # type: ignore[arg-type] # pytest's own path
    database = Database(url)
    put(database, *at_firm("Dora", 1, "DE", 900), *at_firm("Emil", 2, "DE", 12))
    ports = {"RECEIVER_PORT": str(free_port()), "DASHBOARD_PORT": str(free_port())}
    with start(("dashboard",), tmp_path, {"DATABASE_URL": url, **ports}) as running:  # type: ignore[arg-type] # as above
        yield running, database
    database.close()


def at_firm(name: str, number: int, country: str, employees: int) -> list[dict[str, object]]:
    """Events of somebody who is on the site, and of their firm."""
    event = payload("enriched") | {"id": f"evt_firm_{number}"}
    url = f"https://www.linkedin.com/in/firm-{number}"
    data = event["data"]
    data["attribution"] |= {"sessionId": f"01FIRM{number}", "vid": f"01FIRMV{number}"}
    data["session"] |= {"sid": f"01FIRM{number}", "vid": f"01FIRMV{number}"}
    data["session"]["network"] |= {"country": country, "botManagement": {"score": 90}}
    data["query"] = {"match": "linkedinUrl", "value": url}
    person = data["enrichment"]["person"]
    person |= {"linkedinUrl": url, "fullName": name, "firstName": name, "email": None}
    person["location"] |= {"country": "Germany", "countryCode": country}
    firm = person["employments"][0]["company"]
    firm |= {"domain": f"firm-{number}.de", "name": f"Firm {number}", "employeeCount": employees}
    firm |= {"linkedinId": f"77{number}", "headcount": {"total": employees}}
    data["companiesEnriched"] = [firm]
    data["enrichment"]["companies"] = [firm]
    data["enrichment"]["emailValidations"] = []
    return [event]


def opened(page: Page, desk: Running, path: str = "/") -> None:
    page.goto(f"{desk.dashboard}{path}")
    expect(page.get_by_test_id("stSidebarNavLink").first).to_be_visible(timeout=40_000)


def rows(page: Page) -> list[str]:
    return page.locator(".row .who .first").all_text_contents()


def test_ones_own_territory_is_chosen_saved_and_one_click_away_ever_after(
    browser: Browser, desk: tuple[Running, Database]
) -> None:
    running, _database = desk
    with watching(browser) as seen:
        page = seen.page
        opened(page, running)
        expect(page.locator(".row").first).to_be_visible(timeout=40_000)
        page.get_by_role("button", name="Country", exact=True).click()  # 1
        page.get_by_role("dialog").get_by_role("option", name="DE").click()  # 2
        page.get_by_role("button", name="200+ people").click()  # 3
        expect(page.locator(".row.here", has_text="Dora")).to_be_visible()
        expect(page).to_have_url(f"{running.dashboard}/?country=DE&min_employees=200")
        assert "Emil" not in rows(page)
        page.get_by_role("button", name="Save as my territory").click()  # 4
        mine = page.get_by_test_id("stSidebar").get_by_role("button", name="My territory")
        expect(mine.first).to_be_visible(timeout=20_000)
        expect(page.get_by_role("button", name="Save as my territory")).to_be_hidden()
        opened(page, running)
        mine.first.click()  # 1, from now on
        expect(page).to_have_url(f"{running.dashboard}/?segment=my-territory", timeout=20_000)
        expect(page.locator('.row[data-key$="/in/firm-1"]')).to_be_visible()
        expect(page.locator('.row[data-key$="/in/firm-2"]')).to_have_count(0)
        assert seen.errors == []


def kept(db: Connection) -> list[str]:
    """Names of the segments, then of the lists, as their page has them."""
    return [one.name for one in segments.segments(db)] + [one.name for one in lists.lists(db)]


def test_what_nobody_can_bring_back_is_deleted_only_when_asked_twice(
    browser: Browser, desk: tuple[Running, Database]
) -> None:
    running, database = desk
    with database.write() as db:
        segments.save(db, "germany", "country=DE", who="ann", is_shared=True)
        lists.keep(db, "customers", {"firm-1.de": Entry("firm-1.de")})
        there = kept(db)
    assert there[:2] == ["germany", "customers"]
    with watching(browser) as seen:
        page = seen.page
        opened(page, running, "/segments")
        deletes = page.get_by_role("button", name="Delete", exact=True)
        for left in (there[1:], there[2:]):
            expect(deletes).to_have_count(len(left) + 1)
            deletes.first.click()
            again = page.get_by_role("button", name="Delete it")
            expect(again).to_be_visible()
            with database.read() as db:
                assert len(kept(db)) == len(left) + 1
            again.click()
            expect(deletes).to_have_count(len(left))
        assert seen.errors == []
    with database.read() as db:
        assert kept(db) == there[2:]


def test_customers_are_uploaded_seen_in_a_preview_gone_from_live_and_marked(
    browser: Browser, desk: tuple[Running, Database]
) -> None:
    running, database = desk
    with database.read() as db:
        firms = db.execute(select(COMPANY.c.domain).where(COMPANY.c.domain.is_not(None)))
        domains = [domain for (domain,) in firms if domain_key(domain)][:499]
    csv = "Company;Domain\n" + "\n".join(f"x;{domain}" for domain in [*domains, "firm-1.de"])
    csv += "\ny;gmail.com\n"
    with watching(browser) as seen:
        page = seen.page
        opened(page, running, "/segments")
        page.get_by_role("button", name="Import a list").click()  # 1
        dialog = page.get_by_role("dialog")
        dialog.locator("input[type=file]").set_input_files(  # 2
            {
                "name": "customers.csv",
                "mimeType": "text/csv",
                "buffer": f"{csv}\ny;gmail.com".encode(),
            }
        )
        expect(dialog).to_contain_text("leads are on it now", timeout=30_000)
        expect(dialog).to_contain_text("gmail.com")
        dialog.get_by_role("button", name="Import", exact=True).click()  # 3
        expect(dialog).to_have_count(0, timeout=30_000)
        opened(page, running)
        expect(page.locator('.row[data-key$="/in/firm-2"]')).to_be_visible(timeout=40_000)
        expect(page.locator('.row[data-key$="/in/firm-1"]')).to_have_count(0)
        opened(page, running, "/leads?list=customers&q=dora")
        expect(page.get_by_text("Dora").first).to_be_visible(timeout=40_000)
        assert seen.errors == []
    with database.read() as db:
        entry = db.execute(select(AUDIT.c.what, AUDIT.c.filters).order_by(AUDIT.c.id.desc()))
        assert ("list import", "name=customers&quiet=yes") in [tuple(row) for row in entry]


def test_back_from_lunch_one_reads_what_one_missed(
    browser: Browser, desk: tuple[Running, Database]
) -> None:
    running, _database = desk
    with watching(browser) as seen:
        page = seen.page
        opened(page, running)
        expect(page.locator(".row").first).to_be_visible(timeout=40_000)
        lunch = int(time.time() * 1000) - 45 * MINUTE
        page.wait_for_function("localStorage.getItem('visitor-desk-looked')")
        page.goto("about:blank")
        page.goto(f"{running.dashboard}/dictionary")
        page.evaluate(f"localStorage.setItem('visitor-desk-looked', '{lunch}')")
        opened(page, running)  # no click
        expect(page.locator(".missed")).to_contain_text("Since you last looked", timeout=40_000)
        expect(page.locator(".missed")).to_contain_text("2 people, 2 hot")


@pytest.mark.parametrize("path", ["/", "/leads", "/campaigns", "/segments"])
def test_intake_that_stopped_is_said_on_every_screen(
    browser: Browser, desk: tuple[Running, Database], path: str
) -> None:
    running, database = desk
    with database.write() as db:  # nothing for three hours: everything three hours older
        for column in ("received_at", "created"):
            db.execute(text(f"UPDATE event SET {column} = {column} - {180 * MINUTE}"))
        db.execute(text(f"UPDATE lead SET heard_at = heard_at - {180 * MINUTE}"))
        assert db.execute(select(LEAD.c.key).limit(1)).first()
    with watching(browser) as seen:
        page = seen.page
        opened(page, running, path)
        said = page.get_by_role("alert").filter(has_text="Nothing has come in for")
        expect(said.first).to_be_visible(timeout=40_000)
        if path == "/":
            expect(page).to_have_title("⚠ Intake stopped · Visitor Desk")


@pytest.mark.parametrize("path", ["/segments", "/dictionary?event=identity.resolved", "lead"])
def test_a_segment_is_one_step_away_from_a_screen_without_a_list_and_one_step_back(
    browser: Browser, desk: tuple[Running, Database], path: str
) -> None:
    running, database = desk
    with database.write() as db:
        segments.save(db, "germany", "country=DE", who="ann", is_shared=True)
        if path == "lead":
            lead = db.execute(select(LEAD.c.key).order_by(LEAD.c.key)).scalars().first()
            path = f"/leads?lead={quote(str(lead), safe='')}"
    with watching(browser) as seen:
        page = seen.page
        opened(page, running, path)
        before = page.evaluate("history.length")
        heading = page.get_by_role("heading", level=1).first.inner_text()
        page.get_by_test_id("stSidebar").get_by_role("button", name="germany").click()
        expect(page.get_by_role("heading", name="Leads", level=1)).to_be_visible()
        expect(page.get_by_role("button", name="Segment is germany", exact=True)).to_be_visible()
        assert page.url == f"{running.dashboard}/leads?segment=germany"
        assert page.evaluate("history.length") == before + 1
        page.go_back()
        expect(page.get_by_role("heading", level=1).first).to_have_text(heading)
        assert page.url == f"{running.dashboard}{path}"
        assert seen.errors == []


@pytest.mark.parametrize("path", ["/leads", "/"])
def test_a_segment_is_called_by_its_title_in_the_bar(
    browser: Browser, desk: tuple[Running, Database], path: str
) -> None:
    running, database = desk
    long = f"Those whom {'nobody ' * 12}called"
    with database.write() as db:
        for name, title in (("g", "Germany, <b>all</b>"), ("n", long), ("e-1", "É"), ("e-2", "é")):
            segments.save(db, name, "country=DE", who="ann", title=title, is_shared=True)

    with watching(browser) as seen:
        page = seen.page

        def pill(text: str) -> Locator:
            return page.get_by_role("button", name=f"Segment {text}", exact=True)

        opened(page, running, f"{path}?segment=G")
        expect(pill("is Germany, <b>all</b>")).to_be_visible(timeout=40_000)
        opened(page, running, f"{path}?segment.not=n&segment=e-2")
        expect(pill(f"is not {long[:43]}…")).to_be_visible(timeout=40_000)
        expect(pill("is é (e-2)")).to_be_visible()
        pill("is é (e-2)").click()
        field = page.get_by_role("combobox", name="Segment")
        field.fill("germany")
        page.get_by_role("option", name="Germany, <b>all</b>").click()
        field.fill("e-1")
        page.get_by_role("option", name="É (e-1)").click()
        field.fill(long.upper())
        page.get_by_role("button", name="Apply").click()
        page.wait_for_url("**segment=n**")
        assert parse_qs(urlsplit(page.url).query)["segment"] == ["e-2", "g", "e-1", "n"]
        assert seen.errors == []
