"""Captions that can be read: Streamlit fades them to a contrast of 4.2 in our light colours."""

import streamlit as st

_STYLE = """
<style>
.stApp [data-testid="stCaptionContainer"] { opacity: .74; }
</style>
"""


def readable_captions() -> None:
    """Darken the page's captions to a contrast of 6."""
    st.html(_STYLE)
