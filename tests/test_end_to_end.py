"""One event, all the way: signed, posted, kept, derived, and on the screen."""

import re
from collections.abc import Callable
from itertools import islice

import httpx
import pytest
from playwright.sync_api import expect

from simulator.delivery import encode, sign
from simulator.visits import events
from tests.browser import browsing, watching
from tests.conftest import SECRET
from tests.dashboard.deliveries import PIPELINE, payload
from tests.processes import Running

WITHIN_MS = 2_000
"""From the receiver's 200 to the screen: somebody who is on the site now is seen now."""


def _post(running: Running, webhook_id: str, body: bytes) -> None:
    answer = httpx.post(
        f"{running.receiver}/webhooks/midbound",
        content=body,
        headers=sign(SECRET, webhook_id, body),
        timeout=30,
    )
    assert (answer.status_code, answer.json()) == (200, {"status": "stored"})


@pytest.mark.long_on("postgres")
def test_peter_toth_arrives_while_somebody_watches_and_stays_selected(
    database_url: str, run: Callable[..., Running]
) -> None:
    running = run("up", database_url=database_url)
    with browsing() as browser, watching(browser) as seen:
        page = seen.page
        page.goto(running.dashboard)
        expect(page.get_by_text("Nobody yet")).to_be_visible(timeout=30_000)
        row = page.get_by_role("row").filter(has_text="Peter Toth")
        for event in PIPELINE:
            sent = payload(event)
            _post(running, sent["id"], encode(sent))
            expect(row.first).to_be_visible(timeout=WITHIN_MS)
        steps = row.locator(".stage .steps")
        expect(steps).to_have_attribute("title", re.compile("^Finalized: "), timeout=WITHIN_MS)
        expect(row).to_contain_text("Co-Founder & CTO")
        expect(row).to_contain_text("Midbound")
        row.click()
        expect(row).to_have_attribute("aria-selected", "true")
        expect(page.get_by_role("heading", name="Peter Toth")).to_be_visible()
        for scheduled in islice(events(visitors=20, seed=2, start_ms=1_790_000_000_000), 40):
            _post(running, scheduled.event["id"], encode(scheduled.event))
        expect(page.get_by_role("button", name="new")).to_be_visible(timeout=WITHIN_MS)
        expect(row).to_have_attribute("aria-selected", "true")
        expect(page.get_by_role("heading", name="Peter Toth")).to_be_visible()
        assert seen.errors == []
