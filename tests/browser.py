"""A real Chromium for tests, and what it complained of."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize, sync_playwright

_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)

WIDE = ViewportSize(width=1440, height=900)
PHONE = ViewportSize(width=390, height=844)


STREAMLITS_404 = ("/_stcore/health", "/_stcore/host-config")
"""What Streamlit asks for in vain below a page's path, and the browser logs as an error."""


@dataclass(slots=True)
class Watched:
    """A page, the addresses it asked for and the errors it logged, but for Streamlit's own two."""

    page: Page
    asked: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def chromium() -> str | None:
    """Path of a Chromium: `CHROMIUM` if set, else the system's; None: Playwright's own."""
    return (
        os.environ.get("CHROMIUM")
        or shutil.which("chromium-headless-shell")
        or shutil.which("chromium")
    )


@contextmanager
def browsing() -> Iterator[Browser]:
    """A headless browser; it goes when the block ends."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(_ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def watching(
    browser: Browser,
    *,
    size: ViewportSize = WIDE,
    colours: Literal["light", "dark"] = "light",
    motion: Literal["no-preference", "reduce"] = "no-preference",
) -> Iterator[Watched]:
    """A fresh page, in its own context, that keeps what it asked for and complained of."""
    context = browser.new_context(
        viewport=size, color_scheme=colours, reduced_motion=motion, timezone_id="Europe/Lisbon"
    )
    watched = Watched(context.new_page())
    watched.page.on("request", lambda request: watched.asked.append(request.url))
    watched.page.on("pageerror", lambda error: watched.errors.append(str(error)))
    watched.page.on("console", lambda said: _note(watched, said))
    try:
        yield watched
    finally:
        context.close()


def _note(watched: Watched, said: ConsoleMessage) -> None:
    is_streamlits = "404" in said.text and said.location["url"].endswith(STREAMLITS_404)
    if said.type == "error" and not is_streamlits:
        watched.errors.append(said.text)
