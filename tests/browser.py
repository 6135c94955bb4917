"""A real Chromium for tests, and what it complained of."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal
from weakref import WeakKeyDictionary

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Error,
    Page,
    Request,
    ViewportSize,
    expect,
    sync_playwright,
)

# Several tests share two cores: an expectation that holds is met soon, one that does not is none.
expect.set_options(timeout=15_000)

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
    own: bool = False,
) -> Iterator[Watched]:
    """A page as if it were fresh, that keeps what it asked for and complained of.

    It is used again once the block has ended, without what it kept: a page that has compiled
    Streamlit's scripts once opens the next address in half the time. `own` is for a block that
    leaves more behind than `_clean` takes away.
    """
    free = _FREE.setdefault(browser, [])
    if free and not own:
        page = free.pop()
    else:
        page = browser.new_context(timezone_id="Europe/Lisbon").new_page()
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=colours, reduced_motion=motion)
    watched = Watched(page)

    def ask(request: Request) -> None:
        watched.asked.append(request.url)

    def fail(error: Error) -> None:
        watched.errors.append(str(error))

    def say(said: ConsoleMessage) -> None:
        _note(watched, said)

    page.on("request", ask)
    page.on("pageerror", fail)
    page.on("console", say)
    try:
        yield watched
    except BaseException:
        page.context.close()
        raise
    page.remove_listener("request", ask)
    page.remove_listener("pageerror", fail)
    page.remove_listener("console", say)
    if own or not _clean(watched):
        page.context.close()
    else:
        free.append(page)


_FREE: WeakKeyDictionary[Browser, list[Page]] = WeakKeyDictionary()
"""Pages that nobody uses, each in a context of its own."""


def _clean(watched: Watched) -> bool:
    """Take away what a page and its context keep; false when it can't be."""
    page, context = watched.page, watched.page.context
    if page.is_closed():
        return False
    for other in context.pages:
        if other is not page:
            other.close()
    page.unroute_all(behavior="ignoreErrors")
    try:
        page.evaluate("sessionStorage.clear()")
    except Error:  # a page without an origin, or one that is just leaving
        return False
    page.goto("about:blank")
    origins = {"/".join(url.split("/")[:3]) for url in watched.asked if url.startswith("http")}
    storage = context.new_cdp_session(page)
    for origin in origins:
        storage.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
    storage.detach()
    context.clear_cookies()
    context.clear_permissions()
    page.mouse.move(0, 0)
    return True


def violations(
    page: Page, colours: Literal["light", "dark"], context: str | None = None
) -> list[dict[str, Any]]:
    """What axe finds on a page, or in one place of it, once its tables have their rows.

    In the dark all but contrast is the same.
    """
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    # What passed is not reported: on a long page that takes twice as long as all else.
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if colours == "dark":
        options["runOnly"] = ["color-contrast"]
    found: list[dict[str, Any]] = Axe().run(page, context, options).response["violations"]
    return found


def _note(watched: Watched, said: ConsoleMessage) -> None:
    is_streamlits = "404" in said.text and said.location["url"].endswith(STREAMLITS_404)
    if said.type == "error" and not is_streamlits:
        watched.errors.append(said.text)
