"""Times, spans and numbers: browsers say what Python says, whatever their own zone and language."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

from dashboard.widgets import component, numbers, times
from tests.browser import browsing
from tests.dashboard.settings import choosing

NOW = 1_795_602_600_000
"""2026-11-25, 10:30 UTC: 23:30 in Auckland."""
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
ZONES = ("UTC", "Pacific/Auckland", "America/St_Johns", "Asia/Kathmandu")
FORMAT = Path(component.__file__).parent / "assets" / "format.js"

at = st.one_of(
    st.integers(NOW - 2 * DAY, NOW + DAY),
    st.integers(NOW - 800 * DAY, NOW),
    st.integers(0, 4_000_000_000_000),
)
lengths = st.one_of(st.integers(-HOUR, 2 * DAY), st.integers(0, 5_000 * DAY))
counts = st.one_of(st.integers(-2_000_000, 2_000_000), st.integers(-(10**18), 10**18))
CALLS: dict[str, Callable[[int], str]] = {
    "momentText": lambda ms: times.moment(ms, NOW),
    "dayText": lambda ms: times.day(ms, NOW),
    "agoText": lambda ms: times.ago(ms, NOW),
    "spanText": lambda ms: times.span(ms / 1000),
    "dwellText": times.dwell,
    "numberText": numbers.number,
}
WITH_NOW = {"momentText", "dayText", "agoText"}


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """A page of a browser of another zone and language."""
    with browsing() as browser:
        yield browser.new_page(locale="de-DE", timezone_id="America/Lima")


@contextmanager
def desk_in(zone: str) -> Iterator[None]:
    """The desk is in this zone until the block ends."""
    with choosing() as choose:
        choose(time_zone=zone)
        yield


@pytest.mark.parametrize("zone", ZONES)
@settings(max_examples=12, deadline=None)
@given(moments=st.lists(at, max_size=30), spans=st.lists(lengths), numbers=st.lists(counts))
def test_a_browser_says_what_python_says(
    page: Page, zone: str, moments: list[int], spans: list[int], numbers: list[int]
) -> None:
    known = [NOW, NOW - 1999, NOW - 2000, NOW - 11 * HOUR - 30 * MINUTE, NOW - 12 * HOUR, NOW + DAY]
    cases = [
        *(("momentText", ms) for ms in known + moments),
        *(("dayText", ms) for ms in known + moments),
        *(("agoText", ms) for ms in known + moments),
        *(("spanText", ms) for ms in [0, 999, MINUTE, HOUR - 1, DAY, 2 * DAY, *spans] if ms >= 0),
        *(("dwellText", ms) for ms in [119_999, 2 * MINUTE, HOUR, HOUR - 1, DAY - 1, DAY, *spans]),
        *(("numberText", value) for value in [0, 999, 1000, 10**15 - 1, 10**15, *numbers]),
    ]
    script = f"const ZONE = {json.dumps(zone)}\n{FORMAT.read_text(encoding='utf-8')}"
    asked = [[name, [value, NOW] if name in WITH_NOW else [value]] for name, value in cases]
    calls = ", ".join(CALLS)
    said = page.evaluate(
        f"asked => {{ {script}; const all = {{ {calls} }};"
        " return asked.map(([name, given]) => all[name](...given)) }",
        asked,
    )
    with desk_in(zone):
        assert said == [CALLS[name](value) for name, value in cases]


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (NOW, "23:30"),
        (NOW - 23 * HOUR - 30 * MINUTE, "00:00"),
        (NOW - 24 * HOUR, "24 Nov, 23:30"),
        (NOW - 365 * DAY, "25 Nov 2025, 23:30"),
        (None, "–"),
    ],
)
def test_a_moment_is_told_as_short_as_it_is_clear(ms: int | None, text: str) -> None:
    with desk_in("Pacific/Auckland"):
        assert times.moment(ms, NOW) == text
