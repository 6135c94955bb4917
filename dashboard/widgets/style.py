"""The look of every page beyond the theme: its heading, room for tables, readable captions."""

import streamlit as st

# Tables and feeds need the width. Streamlit fades captions to a contrast of 4.2 in our light
# colours; this makes it 6. On the primary colour it writes white, in the dark at a contrast of 2.
# What `choice` keeps in the URL nobody sees; names stand in small letters in the URL, and with a
# capital on the page. A button without a border or a symbol is underlined, or it would look like
# the text beside it. Of the pages' links Streamlit does not say which one has the focus, and it
# centres the lines of a long segment's name. The link to what is behind a number covers its tile;
# only the number's explanation lies above it. Beside a list an empty column would still take its
# gap. Streamlit's own tools over tables and charts would lie over our Export button, and some take
# data away. A visitor's right-to-left text stays within its chip.
_STYLE = """
<style>
[data-testid="stMainBlockContainer"] { padding-inline: clamp(0.8rem, 1.6vw, 2rem); }
.stApp [data-testid="stCaptionContainer"] { opacity: .74; }
[class*="st-key-in_url_"] { display: none; }
[data-testid="stButtonGroup"] button p::first-letter { text-transform: uppercase; }
.stMain [data-testid$="-tertiary"]:not(:has([data-testid="stIconMaterial"])) p {
  text-decoration: underline; text-underline-offset: .2em;
}
.st-key-segments button p { text-align: start; }
[data-testid="stSidebarNavLink"]:focus-visible { outline: 2px solid; outline-offset: -2px; }
[class*="st-key-tile_"] {
  position: relative; border-radius: 8px;
  & [data-testid="stHtml"] { position: static; }
  & :has(> [data-testid="stHtml"] > .behind) { position: absolute; inset: 0; width: 100%; }
  & [data-testid="stTooltipIcon"] { position: relative; z-index: 1; }
  &:has(.behind:hover), &:has(.behind:focus-visible) { background: rgba(128, 128, 128, .1); }
}
a.behind {
  position: absolute; inset: 0; padding: .3rem .6rem; border-radius: 8px; text-align: right;
  color: inherit; text-decoration: none; opacity: .7;
  &:hover, &:focus-visible { opacity: 1; }
}
[class*="st-key-beside_"]:not(:has([class*="st-key-panel_"])) [data-testid="stColumn"] + * {
  display: none;
}
[data-testid="stElementToolbar"] { display: none; }
.st-key-chips code { unicode-bidi: isolate; }
.stApp [data-testid="stBaseButton-primary"] { color: light-dark(#fff, #0c1f1d); }
</style>
"""


def look() -> None:
    """Give the page the product's look."""
    st.html(_STYLE)


def heading(title: str, caption: str | None = None) -> None:
    """The page's one heading; both texts are ours, never from the data."""
    st.title(title, anchor=False)
    if caption:
        st.caption(caption)
