"""Pages of a list, one at a time; the page is in the URL."""

import streamlit as st

from dashboard.data.paging import Order, Page, Place
from dashboard.data.place_words import from_word, to_word

_AT = "at"
"""The URL parameter for the page of a list."""


def place(order: Order, *list_of: object, at: str = _AT) -> Place | None:
    """The place of the page in the URL; the list's beginning if the place is for another list.

    `list_of`: what decides which rows the list has, such as its filters. `at`: the URL parameter,
    if a screen has two lists.
    """
    return from_word(st.query_params.get(at), list_of, order)


def pager(page: Page, *list_of: object, total: str = "", at: str = _AT) -> None:
    """Which rows are shown out of `total`, and buttons for those before and after; the page is in
    the URL.
    """
    if not (page.before or page.after):
        return
    key = "pager" if at == _AT else f"pager_{at}"
    with st.container(horizontal=True, vertical_alignment="center", key=key):
        ways = (("First", "first_page", None), ("Previous", "chevron_left", page.before))
        for label, icon, to in (*ways, ("Next", "chevron_right", page.after)):
            st.button(
                label,
                key=f"{key}_{label.lower()}",
                icon=f":material/{icon}:",
                icon_position="right" if label == "Next" else "left",
                type="tertiary",
                disabled=not (page.after if label == "Next" else page.before),
                on_click=_go,
                args=(to, list_of, at),
            )
        of = f" of {total}" if total else ""
        last = page.first + len(page.rows) - 1
        st.markdown(f":gray[{page.first:,}–{last:,}{of}]", width="content")


def _go(to: Place | None, list_of: object, at: str) -> None:
    if to is None:
        st.query_params.pop(at, None)
    else:
        st.query_params[at] = to_word(to, list_of)
