"""A page that fails under `up`: the log and the screen tell of it by one number."""

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from models.storage.database import Database
from tests.browser import browsing, watching
from tests.dashboard.deliveries import payload, put
from tests.processes import Running
from tests.screens import faults

SECRETIVE = "ann@example.com"


@pytest.mark.long
def test_an_error_is_one_line_in_the_log_with_the_number_on_the_screen(
    sqlite_url: str, run: Callable[..., Running]
) -> None:
    database = Database(sqlite_url)
    put(database, payload("qualified") | {"mood": 1})
    running = run("up", database_url=sqlite_url)
    with database.write() as db:
        db.exec_driver_sql("UPDATE unknown SET rank = ?", (SECRETIVE,))
    database.close()
    with browsing() as browser, watching(browser) as watched:
        watched.page.goto(f"{running.dashboard}/operations")
        box = watched.page.get_by_text("This part of the page could not be shown.")
        expect(box).to_be_visible(timeout=30_000)
        found = re.search(r"under ([0-9a-f]{8})\.", box.inner_text())
        assert found
        assert faults(watched.page)
        assert watched.page.get_by_test_id("stException").count() == 0
    lines = [line for line in running.log.read_text().splitlines() if found[1] in line]
    assert len(lines) == 1
    line = json.loads(lines[0])
    assert (line["event"], line["error"], line["level"]) == ("page_failed", "ValueError", "error")
    assert re.fullmatch(r"models/facts/\w+\.py:\d+ created_of", line["at"][-1])
    assert SECRETIVE not in running.log.read_text()
    assert "Traceback" not in running.log.read_text()
