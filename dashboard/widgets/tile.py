"""A tile with a number that links to what is behind it."""

import html
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import streamlit as st


@contextmanager
def tile(
    key: str, says: str, path: str, filters: Mapping[str, str | list[str]] | None, **how: Any
) -> Iterator[None]:
    """A container whose whole surface links to a page with these filters; without them no link.

    `says` is the link's text for screen readers, in our own words. The link loads the page: within
    Streamlit, the filters last used there would be added to those of the link.
    """
    with st.container(key=f"tile_{key}", **how):
        yield
        if filters is not None:
            href = html.escape(f"{path}?{urlencode(filters, doseq=True)}")
            st.html(f'<a class="behind" href="{href}" aria-label="{html.escape(says)}">↗</a>')
