"""The script that Streamlit runs for every page view: who it is, and which page."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from dashboard.access.account import Account, here
from dashboard.access.roles import PAGES
from dashboard.access.sign_in_page import account_box, refused_page, sign_in_page, watch
from dashboard.filters.side_bar import side_bar
from dashboard.screens import page_of
from dashboard.screens.rules.destination_alarm import destinations_alarm
from dashboard.widgets.intake_alarm import intake_alarm
from dashboard.widgets.style import look

_ASSETS = Path(__file__).parent / "widgets" / "assets"
_ICON = (_ASSETS / "icon.svg").read_text(encoding="utf-8")
_WORDMARK = (_ASSETS / "wordmark.svg").read_text(encoding="utf-8")
_TITLES = {
    "live": "Live",
    "leads": "Leads",
    "sessions": "Sessions",
    "companies": "Companies",
    "emails": "Emails",
    "campaigns": "Campaigns",
    "segments": "Segments",
    "rules": "Rules",
    "scoring": "Scoring",
    "dictionary": "Data dictionary",
    "operations": "Operations",
}


def _page(name: str, account: Account) -> StreamlitPage:
    """A page, or what is shown in its place: the address stays the same, so a link survives the
    login."""
    title, need = _TITLES[name], PAGES[name]
    what: str | Callable[[], None]
    if account.may(need):
        what = page_of(name)
    elif account.role is None:
        what = partial(sign_in_page, account)
    else:
        what = partial(refused_page, title, need, account)
    return st.Page(
        what,
        title=title,
        url_path=name,
        default=name == "live",
        visibility="visible" if account.may(need) else "hidden",
    )


def _main() -> None:
    account = here()
    st.set_page_config(page_title="Visitor Desk", page_icon=_ICON, layout="wide")
    look()
    st.logo(_WORDMARK, size="medium")
    pages = [_page(name, account) for name in _TITLES]
    chosen = st.navigation(pages, position="hidden" if account.role is None else "sidebar")
    beside = st.sidebar.container()
    if account.role is not None:
        account_box(account)
    if account.is_signed_in:
        watch(account)
    if account.role is not None and chosen.url_path:  # Live has its own, which is quicker
        intake_alarm()
    if account.role is not None and chosen.url_path != "operations":  # which tells of all
        destinations_alarm(account)
    chosen.run()
    if account.role is not None:  # after the page: counts may take a moment
        with beside:
            side_bar(chosen.url_path or "live")


_main()
