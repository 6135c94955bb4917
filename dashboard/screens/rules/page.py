"""Rules: whom to notify, when, and about whom; destinations, and the outbox."""

import streamlit as st

from dashboard.access.account import here
from dashboard.access.roles import DESTINATIONS
from dashboard.filters.from_url import say_ignored
from dashboard.screens.rules.acts import say_what_was_done
from dashboard.screens.rules.destinations import destinations_box
from dashboard.screens.rules.outbox import outbox_box
from dashboard.screens.rules.rules import rules_box
from dashboard.widgets.style import heading


def _page() -> None:
    heading("Rules", "Who gets a message when a lead matters, and what was sent.")
    say_ignored()
    say_what_was_done()
    if not here().may(DESTINATIONS):
        rules_box()
        return
    rules, destinations, outbox = st.tabs(["Rules", "Destinations", "Outbox"])
    with rules:
        rules_box()
    with destinations:
        destinations_box()
    with outbox:
        outbox_box()


_page()
