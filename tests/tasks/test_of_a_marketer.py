"""What a marketer comes to do, counted in clicks."""

from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, Page, expect

from tests.browser import watching
from tests.dashboard.table.contents import lines, shown
from tests.processes import Running
from tests.screens import settle
from tests.tasks.steps import WITHIN_MS, Steps


def test_a_view_sent_to_a_colleague_is_the_same_view(
    page: Page, browser: Browser, desk: Running
) -> None:
    """Its address is all there is to send: one click into it, in any browser."""
    page.goto(
        f"{desk.dashboard}/leads?utm_source=google&utm_source=linkedin&validity=valid"
        "&country.not=US&until=yesterday&sort=name.desc&columns=who,company,country"
    )
    mine = _seen(page)
    assert len(mine) > 5
    with watching(browser) as other:
        other.page.goto(page.url)
        assert _seen(other.page) == mine
        assert other.page.url == page.url
        assert other.errors == []


def _seen(page: Page) -> list[str]:
    """Headings of the table and the rows that are in sight."""
    settle(page)
    shown(page)
    heads = page.get_by_role("columnheader").all_text_contents()
    return [*heads, *lines(page).all_text_contents()[:12]]


def test_sessions_of_two_campaigns_and_of_no_third(page: Page, desk: Running, steps: Steps) -> None:
    page.goto(f"{desk.dashboard}/sessions")
    settle(page)
    steps.click(page.get_by_role("button", name="Campaign", exact=True))
    options = page.get_by_role("option")
    expect(options.nth(3)).to_be_visible(timeout=WITHIN_MS)
    names = [options.nth(place).locator(".label").inner_text() for place in (0, 2)]
    steps.click(page.get_by_role("option", name=names[0]))
    steps.click(page.get_by_role("option", name=names[1]))
    steps.click(page.get_by_role("button", name="Apply", exact=True))
    page.wait_for_url("**utm_campaign=**")
    expect(lines(page).first).to_be_visible(timeout=WITHIN_MS)
    assert parse_qs(urlsplit(page.url).query)["utm_campaign"] == names
    assert steps.taken <= 4


def test_which_campaign_brought_most_qualified_people_of_large_firms(
    page: Page, desk: Running, steps: Steps
) -> None:
    page.goto(f"{desk.dashboard}/campaigns")
    settle(page)
    steps.click(page.get_by_role("button", name="Employees from", exact=True))
    steps.click(page.get_by_role("option", name="200", exact=True))
    page.wait_for_url("**min_employees=200**")
    expect(lines(page).first).to_be_visible(timeout=WITHIN_MS)
    steps.click(page.get_by_role("columnheader", name="Qualified leads"))
    expect(page.get_by_role("columnheader", name="Qualified leads")).to_have_attribute(
        "aria-sort", "descending", timeout=WITHIN_MS
    )
    assert steps.taken <= 3


def test_last_week_against_the_week_before(page: Page, desk: Running, steps: Steps) -> None:
    page.goto(f"{desk.dashboard}/campaigns")
    settle(page)
    steps.click(page.get_by_role("button", name="Last 30 days against the period before"))
    steps.click(page.get_by_role("button", name="Last week", exact=True))
    expect(page.get_by_role("button", name="Last week against the period before")).to_be_visible(
        timeout=WITHIN_MS
    )
    assert steps.taken <= 2


def test_which_landing_page_brings_hot_leads(page: Page, desk: Running, steps: Steps) -> None:
    page.goto(f"{desk.dashboard}/campaigns")
    settle(page)
    steps.click(page.get_by_text("landing page", exact=True))
    page.wait_for_url("**by=landing**")
    expect(page.get_by_role("columnheader", name="Landing page")).to_be_visible(timeout=WITHIN_MS)
    steps.click(page.get_by_role("columnheader", name="Hot pages"))
    expect(page.get_by_role("columnheader", name="Hot pages")).to_have_attribute(
        "aria-sort", "descending", timeout=WITHIN_MS
    )
    assert steps.taken <= 2


def test_how_much_comes_from_search_social_assistants_and_nowhere(
    page: Page, desk: Running, steps: Steps
) -> None:
    page.goto(f"{desk.dashboard}/campaigns")
    settle(page)
    steps.click(page.get_by_text("channel", exact=True))
    for channel in ("Organic Search", "Direct"):
        expect(lines(page).filter(has_text=channel)).to_have_count(1, timeout=WITHIN_MS)
    assert steps.taken <= 1
