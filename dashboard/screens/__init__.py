"""The screens: each folder has a page, its queries and its parts."""


def page_of(screen: str) -> str:
    """The script of a screen as Streamlit names it: from the folder of `main.py`."""
    return f"screens/{screen}/page.py"
