"""The dashboard's script as a browser opens it at the address of a screen, without a browser."""

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from tests.processes import ROOT


def at(screen: str) -> AppTest:
    """The script, about to run this screen first.

    `switch_page` knows a screen by its file only once the script has run; until then it takes the
    file's name for its address, and here every screen's file is `page.py`.
    """
    app = AppTest.from_file(str(ROOT / "dashboard" / "main.py"), default_timeout=30)
    app._page_hash = calc_hash(screen)
    return app
