"""Dialogs, which check the role again each time they are drawn."""

from collections.abc import Callable
from typing import ParamSpec

import streamlit as st

from dashboard.access.account import here
from dashboard.access.roles import Role

Given = ParamSpec("Given")


def dialog_for(
    need: Role, title: str, refusal: str, *, icon: str | None = None, large: bool = False
) -> Callable[[Callable[Given, None]], Callable[Given, None]]:
    """Make a function the content of a dialog for people with a role; others see the refusal.

    When something in a dialog is pressed, only the dialog runs, not the page that checked the role
    when it was opened: otherwise somebody who has signed out meanwhile, or lost the role, could
    continue.
    """

    def make(content: Callable[Given, None]) -> Callable[Given, None]:
        @st.dialog(title, width="large" if large else "small", icon=icon)
        def draw(*given: Given.args, **named: Given.kwargs) -> None:
            if here().may(need):
                content(*given, **named)
            else:
                st.info(refusal, icon=":material/lock:")

        return draw

    return make
