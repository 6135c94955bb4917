"""Going to another screen in one step of the browser's history."""

from dashboard.widgets.component import component

_MOUNT = component(
    "go_to", "<span hidden></span>", beside=__file__, scripts=("go_to.js",), style=()
)


def go_to(href: str) -> None:
    """Go to an address of ours, in the run that a press of a button began: `st.switch_page` with
    parameters would make two steps, and Back stop at the first one.
    """
    _MOUNT(key="go_to", data={"href": href})
