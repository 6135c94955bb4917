"""What every page looks like beyond the theme: room for tables, captions that can be read."""

import streamlit as st

# Tables and feeds need the width. Streamlit fades captions to a contrast of 4.2 in our light
# colours; this makes it 6.
_STYLE = """
<style>
[data-testid="stMainBlockContainer"] { padding-inline: clamp(0.8rem, 1.6vw, 2rem); }
.stApp [data-testid="stCaptionContainer"] { opacity: .74; }
</style>
"""


def look() -> None:
    """Give the page the product's look."""
    st.html(_STYLE)
