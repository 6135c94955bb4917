"""What a marketer comes to do, counted in clicks."""

from playwright.sync_api import Browser, Page, expect

from tests.browser import watching
from tests.processes import Running
from tests.screens import settle
from tests.tasks.steps import WITHIN_MS


def test_a_view_sent_to_a_colleague_is_the_same_view(
    page: Page, browser: Browser, desk: Running
) -> None:
    """Its address is all there is to send: one click into it, in any browser."""
    page.goto(f"{desk.dashboard}/leads?utm_source=google&validity=valid&sort=name")
    settle(page)
    with watching(browser) as other:
        other.page.goto(page.url)
        settle(other.page)
        for seen in (page, other.page):
            expect(seen.get_by_text("google").first).to_be_visible(timeout=WITHIN_MS)
        assert other.page.url == page.url
        assert other.errors == []
