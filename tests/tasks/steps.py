"""What a person does at the screen, counted: a click, a key pressed or a word typed is one."""

from playwright.sync_api import Locator, Page

WITHIN_MS = 30_000
"""How long an answer may take on a machine that is busy with other tests: clicks are counted here,
not seconds."""


class Steps:
    """Counts what is done through it."""

    def __init__(self, page: Page) -> None:
        """`page` is where keys go to."""
        self._page = page
        self.taken = 0

    def click(self, place: Locator) -> None:
        """Click once."""
        self.taken += 1
        place.click(timeout=WITHIN_MS)

    def press(self, key: str) -> None:
        """Press a key."""
        self.taken += 1
        self._page.keyboard.press(key)

    def type(self, place: Locator, text: str) -> None:
        """Type words into a field that has the focus."""
        self.taken += len(text.split())
        place.press_sequentially(text)
