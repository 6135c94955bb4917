"""The alarm that a destination is switched off, on every screen of whoever has to deal with it."""

import streamlit as st
from sqlalchemy.exc import SQLAlchemyError

from dashboard.access.account import Account
from dashboard.access.roles import DESTINATIONS, role_of
from dashboard.data.settings import settings
from dashboard.data.source import source
from dashboard.widgets import words
from dashboard.widgets.times import moment
from models.rules import destinations
from models.rules.destinations import Destination
from models.storage.transient import is_lost

_AGAIN_S = 20.0


def off_in_words(one: Destination) -> str:
    """What to say about a destination that is switched off, as Markdown."""
    # In code marks, because the name of whoever added it may be anything.
    return (
        f"The destination {words.as_code(one.name)}, added by {words.as_code(one.owner)}, has "
        f"been switched off since {moment(one.off_since)}: {one.off_reason}. Messages for it are "
        "waiting. Test it and switch it on again on Rules."
    )


@st.fragment(run_every=_AGAIN_S)
def destinations_alarm(account: Account) -> None:
    """Say above a page which destinations are switched off, to whoever added them; if that person
    can't sign in, to everybody who may save destinations. Refreshes by itself.
    """
    try:
        with source().read() as db:
            found = destinations.listed(db)
    except SQLAlchemyError as error:  # the page says so itself
        if not is_lost(error):
            raise
        return
    for one in found:
        if one.off_since is not None and _is_told(one, account):
            st.error(off_in_words(one), icon=":material/notifications_off:")


def _is_told(one: Destination, account: Account) -> bool:
    if one.owner == account.who:
        return True
    signs_in = settings().has_login() and role_of(one.owner) is not None
    return account.may(DESTINATIONS) and not signs_in
